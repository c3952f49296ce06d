// Headers without packets: ClassBench traces through the engine's key port.
#include <fmt/format.h>

#include <istream>
#include <iterator>

#include "model/engine_model.h"
#include "policy/classbench.h"
#include "run/progress.h"
#include "run/run.h"

namespace portcullis::sim {
namespace {

constexpr std::size_t kBlock = 16384;

}  // namespace

std::vector<int> classify_rtl(const tables::TableImage& image, std::istream& trace, std::string_view name,
                              bool progress) {
  const std::string text{std::istreambuf_iterator<char>(trace), std::istreambuf_iterator<char>()};
  if (trace.bad()) throw RunError(fmt::format("{}: cannot be read", name));
  const std::vector<policy::Key> keys = policy::parse_trace(name, text);

  model::EngineModel engine;
  engine.load(image);
  std::vector<int> rules;
  rules.reserve(keys.size());
  std::vector<model::EngineVerdict> verdicts(kBlock);
  Progress bar(progress, "headers", keys.size());
  for (std::size_t begin = 0; begin < keys.size(); begin += kBlock) {
    const std::span block = std::span(keys).subspan(begin, std::min(kBlock, keys.size() - begin));
    engine.look_up(block, std::span(verdicts).first(block.size()));
    for (std::size_t i = 0; i < block.size(); ++i) rules.push_back(verdicts[i].rule);
    bar.done() += block.size();
  }
  return rules;
}

}  // namespace portcullis::sim
