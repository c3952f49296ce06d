// Headers without packets: ClassBench traces through the engine's key port.
#include <fmt/format.h>

#include <istream>
#include <iterator>

#include "device/device.h"
#include "device/scale_loader.h"
#include "model/engine_model.h"
#include "model/nic.h"
#include "model/nic_rows.h"
#include "policy/classbench.h"
#include "run/progress.h"
#include "run/run.h"
#include "run/tree_model.h"

namespace portcullis::sim {
namespace {

constexpr std::size_t kBlock = 16384;

std::vector<policy::Key> read_keys(std::istream& trace, std::string_view name) {
  const std::string text{std::istreambuf_iterator<char>(trace), std::istreambuf_iterator<char>()};
  if (trace.bad()) throw RunError(fmt::format("{}: cannot be read", name));
  return policy::parse_trace(name, text);
}

}  // namespace

std::vector<int> classify_rtl(const tables::TableImage& image, std::istream& trace, std::string_view name,
                              bool progress) {
  const std::vector<policy::Key> keys = read_keys(trace, name);

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

std::vector<int> classify_rtl(const tables::tree::ScaleImage& image, std::istream& trace, std::string_view name,
                              bool progress) {
  const std::vector<policy::Key> keys = read_keys(trace, name);

  // No frame has every key (ports of a protocol without any), so the shadow bank is asked through its test lookups.
  model::Nic nic(model::make_filter_model(tree_model(image.trees.shape)));
  device::Device device(nic);
  model::NicRowSink rows(nic);
  device::ScaleLoader(device, rows).stage(image);
  const std::vector<std::int32_t> rule_of_number = device::rules_by_number(image);
  std::vector<int> rules;
  rules.reserve(keys.size());
  Progress bar(progress, "headers", keys.size());
  for (const policy::Key& key : keys) {
    const device::TestResult answer = device.test(key);
    rules.push_back(answer.hit ? rule_of_number.at(answer.rule) : -1);
    bar.done() += 1;
  }
  return rules;
}

}  // namespace portcullis::sim
