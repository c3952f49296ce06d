#include "run/bench_growth.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "device/load_sequence.h"
#include "device/loader.h"
#include "model/engine_model.h"
#include "model/nic.h"
#include "policy/build.h"
#include "policy/diff.h"
#include "policy/lint/lint.h"
#include "run/bench_machine.h"
#include "run/processor_time.h"
#include "run/progress.h"
#include "run/run.h"
#include "spec/extract.h"
#include "tables/compile.h"
#include "tables/prove.h"
#include "tables/reference.h"
#include "traffic/generate.h"

namespace portcullis::sim {
namespace {

constexpr unsigned kRoles = 8;
constexpr unsigned kUsualPrefixes = 3;
constexpr unsigned kUsualRows = 64;
/// Rows share these ports, as documents do, so that a thousand rows fit the port intervals.
constexpr unsigned kDistinctPorts = 400;
constexpr std::size_t kKeys = 2048;

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / fmt::format("portcullis-growth-{}", getpid())) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// A document with `rows` rows, and before them so many lines of prose.
std::string document(unsigned rows, unsigned roles, unsigned prose_lines, std::uint64_t seed) {
  traffic::Random random(seed);
  std::string text = "# Ports and protocols\n\n";
  for (unsigned i = 0; i < prose_lines; ++i)
    text += "The servers of this site answer on the ports below; clients reach them through the edge only.\n";
  text += "\n| Server role | Service | Protocol | Port |\n|---|---|---|---|\n";
  for (unsigned row = 0; row < rows; ++row) {
    const unsigned port = 1024 + static_cast<unsigned>(random() % kDistinctPorts) * 16;
    const char* protocol = random() % 2 == 0 ? "TCP" : "UDP";
    text += fmt::format("| Role {} | Service {} | {} | {} |\n", random() % roles, row, protocol,
                        random() % 3 == 0 ? fmt::format("{}-{}", port, port + 7) : std::to_string(port));
  }
  return text;
}

std::string site(const std::string& document_name, unsigned roles, unsigned prefixes) {
  std::string text = fmt::format("portcullis: 1\ndocuments:\n  - file: {}\nroles:\n", document_name);
  unsigned slot = 0;
  for (unsigned role = 0; role < roles; ++role) {
    text += fmt::format("  Role {}: [", role);
    for (unsigned i = 0; i < prefixes; ++i, slot += 2) {
      text += fmt::format("{}10.{}.{}.0/24", i == 0 ? "" : ", ", slot / 256, slot % 256);
    }
    text += "]\n";
  }
  return text + "unbound: error\npeers: any\ndefault: drop\nreplies: none\n";
}

GrowthPoint measure(double size, unsigned repetitions, double scale, const std::function<void()>& work) {
  constexpr double kLeastSeconds = 0.01;  // shorter work is repeated within a measurement
  std::vector<double> costs;
  unsigned rounds = 1;
  while (costs.size() < repetitions) {
    const double start = processor_seconds();
    for (unsigned i = 0; i < rounds; ++i) work();
    const double seconds = processor_seconds() - start;
    if (seconds < kLeastSeconds && rounds < 1'000'000) {
      rounds *= 4;
      continue;
    }
    costs.push_back(seconds / rounds * scale);
  }
  std::sort(costs.begin(), costs.end());
  return {size, costs[costs.size() / 2], costs.front(), costs.back()};
}

class Bench {
 public:
  explicit Bench(const GrowthOptions& options) : options_(options) {
    growth_.seed = options.seed;
    growth_.repetitions = options.repetitions;
  }

  Growth run() {
    const std::vector<unsigned> rules{64, 128, 256, 512, 1000};
    const std::vector<unsigned> prefixes{1, 3, 10, 30, 100, 300, 1000};
    const std::vector<unsigned> rows{100, 316, 1000, 3162, 10'000};
    const std::vector<unsigned> prose{100, 1000, 10'000, 50'000};
    Progress progress(options_.progress, "sizes", rules.size() + prefixes.size() + rows.size() + prose.size());
    for (const unsigned size : rules) {
      policies("rules", size, size, kRoles, kUsualPrefixes, true);
      ++progress.done();
    }
    for (const unsigned size : prefixes) {
      policies("prefixes of a role", size, kUsualRows, 1, size, false);
      ++progress.done();
    }
    for (const unsigned size : rows) {
      documents("rows of a document", size, document(size, kRoles, 0, options_.seed), size);
      ++progress.done();
    }
    for (const unsigned size : prose) {
      const std::string text = document(kUsualRows, kRoles, size, options_.seed);
      documents("kB of a document", static_cast<double>(text.size()) / 1e3, text, kUsualRows);
      ++progress.done();
    }
    return std::move(growth_);
  }

 private:
  static constexpr double kMs = 1e3;

  void add(const std::string& axis, const std::string& step, const std::string& unit, const GrowthPoint& point) {
    auto found = std::find_if(growth_.series.begin(), growth_.series.end(),
                              [&](const GrowthSeries& s) { return s.axis == axis && s.step == step; });
    if (found == growth_.series.end()) found = growth_.series.insert(growth_.series.end(), {axis, step, unit, {}});
    found->points.push_back(point);
  }
  void timed(const std::string& axis, const std::string& step, double size, const std::function<void()>& work) {
    add(axis, step, "ms", measure(size, options_.repetitions, kMs, work));
  }
  void exact(const std::string& axis, const std::string& step, const std::string& unit, double size, double cost) {
    add(axis, step, unit, {size, cost, cost, cost});
  }
  void check(bool right, const std::string& what) {
    if (!right) growth_.wrong.push_back(what);
  }

  void policies(const std::string& axis, unsigned size, unsigned rows, unsigned roles, unsigned prefixes, bool loaded) {
    const std::string here = fmt::format("{} {}", size, axis);
    const std::string text = document(rows, roles, 0, options_.seed);
    folder_.write("ports.md", text);
    const std::filesystem::path file = folder_.write("site.yaml", site("ports.md", roles, prefixes));
    std::string changed = text;
    changed.replace(changed.rfind(" |\n"), 3, "9 |\n");  // the last row's port gets one digit more
    folder_.write("changed.md", changed);
    const policy::Policy after =
        policy::load_policy(folder_.write("changed.yaml", site("changed.md", roles, prefixes))).policy;

    const policy::Policy policy = policy::load_policy(file).policy;
    timed(axis, "read site and document", size, [&] { policy::load_policy(file); });
    timed(axis, "lint", size, [&] { policy::lint::lint_site(file); });
    tables::Compiled compiled;
    timed(axis, "compile", size, [&] { compiled = tables::compile(policy, tables::Geometry::large()); });
    timed(axis, "tables of compile", size, [&] { tables::compile_tables(policy, tables::Geometry::large()); });
    const std::vector<std::uint8_t> image = tables::encode(compiled.image);
    bool proved = true;
    timed(axis, "prove", size, [&] { proved = proved && tables::prove(policy, image, here).proved(); });
    check(proved, here + ": the image was not proved");
    bool found = true;
    timed(axis, "diff of one row", size, [&] { found = found && !policy::diff(policy, after).changes.empty(); });
    check(found, here + ": diff did not find the row that was changed");

    traffic::Random random(options_.seed);
    const traffic::RandomKeys source(policy, 1);
    std::vector<policy::Key> keys(kKeys);
    for (policy::Key& key : keys) key = source.next(random);
    std::vector<std::int32_t> expected;
    for (const policy::Key& key : keys) {
      const auto entry = tables::first_match(policy, key);
      expected.push_back(entry ? static_cast<std::int32_t>(*entry) : -1);
    }
    std::size_t hits = 0;
    add(axis, "lookup by the reference", "ns", measure(size, options_.repetitions, 1e9 / kKeys, [&] {
          for (const policy::Key& key : keys) hits += tables::first_match(policy, key).has_value() ? 1 : 0;
        }));
    model::EngineModel engine;
    engine.load(compiled.image);
    std::vector<model::EngineVerdict> verdicts(kKeys);
    const std::uint64_t before = engine.clocks();
    engine.look_up(keys, verdicts);
    exact(axis, "lookup by the engine", "clocks", size,
          static_cast<double>(engine.clocks() - before - engine.latency()) / kKeys);
    for (std::size_t i = 0; i < kKeys; ++i) {
      if (verdicts[i].rule != expected[i]) {
        check(false, here + ": the engine and the reference differ");
        break;
      }
    }
    std::uint64_t rows_written = 0;
    for (const device::RowWrite& row : device::load_sequence(compiled.image)) rows_written += row.count;
    exact(axis, "load by rows", "rows", size, static_cast<double>(rows_written));
    if (!loaded) return;
    model::Nic nic(model::make_filter_model(model::ModelGeometry::large));
    device::Device device(nic);
    const std::uint64_t start = nic.now();
    device::Loader(device).load(compiled.image);
    exact(axis, "load by registers, self-test and flip", "clocks", size, static_cast<double>(nic.now() - start));
  }

  void documents(const std::string& axis, double size, const std::string& text, std::size_t rows) {
    const std::filesystem::path file = folder_.write("document.md", text);
    std::size_t read = rows;
    timed(axis, "extract", size, [&] { read = std::min(read, spec::extract("document.md", text).rows.size()); });
    check(read >= rows, fmt::format("{} {}: extract gave {} rows of {}", size, axis, read, rows));
    timed(axis, "lint", size, [&] { policy::lint::lint_documents({file}); });
  }

  const GrowthOptions& options_;
  Folder folder_;
  Growth growth_;
};

}  // namespace

double GrowthSeries::order() const {
  const double half = std::sqrt(points.front().size * points.back().size);
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (const GrowthPoint& point : points) {
    if (point.size < half || point.median <= 0) continue;
    const double x = std::log(point.size), y = std::log(point.median);
    n += 1;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const double spread = n * sxx - sx * sx;
  return n < 2 || spread <= 0 ? 0 : (n * sxy - sx * sy) / spread;
}

Growth bench_growth(const GrowthOptions& options) { return Bench(options).run(); }

std::string to_text(const Growth& growth) {
  std::string out;
  for (const std::string& text : growth.wrong) out += "wrong: " + text + '\n';
  if (!growth.ok()) return out;
  std::string axis;
  for (const GrowthSeries& series : growth.series) {
    if (series.axis != axis) {
      axis = series.axis;
      out += fmt::format("\n{:<38} {:<7}", axis, "");
      for (const GrowthPoint& point : series.points) out += fmt::format(" {:>10.0f}", point.size);
      out += "   order\n";
    }
    out += fmt::format("{:<38} {:<7}", series.step, series.unit);
    for (const GrowthPoint& point : series.points) out += fmt::format(" {:>10.4g}", point.median);
    out += fmt::format(" {:>7.2f}\n", series.order());
  }
  return out;
}

std::string to_json(const Growth& growth) {
  nlohmann::ordered_json json;
  json["measurement"] = "growth";
  json["machine"] = nlohmann::ordered_json::parse(machine_json());
  json["seed"] = growth.seed;
  json["repetitions"] = growth.repetitions;
  json["wrong"] = growth.wrong;
  for (const GrowthSeries& series : growth.series) {
    nlohmann::ordered_json item{
        {"axis", series.axis}, {"step", series.step}, {"unit", series.unit}, {"order", series.order()}};
    for (const GrowthPoint& point : series.points)
      item["points"].push_back(
          {{"size", point.size}, {"median", point.median}, {"least", point.least}, {"most", point.most}});
    json["series"].push_back(std::move(item));
  }
  return json.dump(1);
}

}  // namespace portcullis::sim
