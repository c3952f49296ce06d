#include "run/bench_cocotb.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "device/load_sequence.h"
#include "device/loader.h"
#include "run/bench_traffic.h"
#include "run/processor_time.h"
#include "run/run.h"
#include "run/session.h"
#include "tables/compile.h"

namespace portcullis::sim {
namespace {

/// How often the model sends the frames in a repetition: cocotb sends them once, which takes it longer.
constexpr std::uint64_t kRounds = 50;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// What bench/cocotb/drive.py reads.
void write_for_cocotb(const std::filesystem::path& folder, const tables::TableImage& image,
                      const traffic::PacketSet& frames, const std::vector<Expected>& expected) {
  std::ofstream rows(folder / "rows.txt");
  for (const device::RowWrite& row : device::load_sequence(image)) {
    rows << row.target << ' ' << row.index << ' ' << row.count << ' ';
    for (std::size_t i = row.words.size(); i-- > 0;) rows << fmt::format("{:08x}", row.words[i]);
    rows << '\n';
  }
  std::ofstream list(folder / "frames.txt");
  for (std::size_t i = 0; i < frames.size(); ++i) {
    for (const std::uint8_t byte : frames.frame(i)) list << fmt::format("{:02x}", byte);
    list << ' ' << (expected[i].permit ? 1 : 0) << ' ' << expected[i].entry << '\n';
  }
  if (!rows.flush() || !list.flush())
    throw RunError(fmt::format("{}: cannot be written to; name another folder with --work", folder.string()));
}

/// Runs a program with its output in `log`; its exit code, or -1.
int run_program(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int error = posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (error != 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

DriverSpeed drive_model(const policy::Policy& policy, const tables::TableImage& image, const traffic::PacketSet& frames,
                        const std::vector<Expected>& expected, unsigned repetitions) {
  model::Nic nic(model::make_filter_model(model::ModelGeometry::edge));
  device::Device device(nic);
  device::Loader(device).load(image);
  SessionPlan plan;
  plan.policy = &policy;
  plan.packets = &frames;
  plan.expected = &expected;
  plan.ports = 1;
  for (unsigned port = 0; port < model::kWirePorts; ++port)
    plan.forward_to[port] = static_cast<std::uint8_t>(device.forward_to(port));
  DriverSpeed speed{"C++ model", {}};
  std::atomic<std::uint64_t> done = 0;
  for (unsigned i = 0; i < repetitions; ++i) {
    const double start = processor_seconds();
    const SessionFigures figures = run_session(nic, plan, 0, kRounds * frames.size(), done);
    speed.repetitions.push_back(
        {figures.accepted, figures.mismatches + figures.lost, figures.clocks, processor_seconds() - start});
  }
  return speed;
}

DriverSpeed read_driver(const nlohmann::json& result, const char* key, const char* name) {
  DriverSpeed speed{name, {}};
  for (const nlohmann::json& repetition : result.at(key)) {
    speed.repetitions.push_back(
        {repetition.at("packets"), repetition.at("mismatches"), repetition.at("clocks"), repetition.at("seconds")});
  }
  return speed;
}

}  // namespace

std::uint64_t DriverSpeed::mismatches() const {
  std::uint64_t sum = 0;
  for (const Repetition& repetition : repetitions) sum += repetition.mismatches;
  return sum;
}

double DriverSpeed::clocks_per_second() const {
  std::vector<double> rates;
  for (const Repetition& r : repetitions) rates.push_back(static_cast<double>(r.clocks) / r.seconds);
  return median(rates);
}

double DriverSpeed::packets_per_second() const {
  std::vector<double> rates;
  for (const Repetition& r : repetitions) rates.push_back(static_cast<double>(r.packets) / r.seconds);
  return median(rates);
}

bool CocotbBench::ok() const {
  return std::all_of(drivers.begin(), drivers.end(),
                     [](const DriverSpeed& driver) { return driver.mismatches() == 0; });
}

CocotbBench bench_cocotb(const CocotbBenchOptions& options) {
  const std::filesystem::path script = options.repository / "bench/cocotb/run.py";
  const std::filesystem::path python = options.repository / ".venv-nightly/bin/python";
  if (!std::filesystem::exists(script)) {
    throw RunError(
        fmt::format("{} is not there; name the folder of Portcullis' sources with --repository", script.string()));
  }
  if (!std::filesystem::exists(python)) {
    throw RunError(
        fmt::format("{} is not there: cocotb and a Verilator that it works with are missing; "
                    "run {}/scripts/install-dependencies.sh nightly",
                    python.string(), options.repository.string()));
  }
  std::error_code error;
  std::filesystem::create_directories(options.work, error);
  if (error)
    throw RunError(fmt::format("{}: {}; name another folder with --work", options.work.string(), error.message()));

  const policy::Policy policy = bench_policy();
  const tables::TableImage image = tables::compile(policy, tables::Geometry::edge()).image;
  const traffic::PacketSet frames = smallest_frames(policy);
  const std::vector<Expected> expected = expect(policy, frames, 1);
  CocotbBench bench;
  bench.drivers.push_back(drive_model(policy, image, frames, expected, options.repetitions));

  write_for_cocotb(options.work, image, frames, expected);
  if (options.progress) std::cerr << "running cocotb; building its simulation takes minutes the first time\n";
  const std::filesystem::path log = options.work / "cocotb.log";
  const int code =
      run_program({python.string(), script.string(), options.work.string(), std::to_string(options.repetitions)}, log);
  std::ifstream file(options.work / "result.json");
  if (code != 0 || !file)
    throw RunError(fmt::format("cocotb did not come to an end (exit code {}); {} says why", code, log.string()));
  const nlohmann::json result = nlohmann::json::parse(file);
  bench.drivers.push_back(read_driver(result, "bus_models_plain", "cocotb, bus models"));
  bench.drivers.push_back(read_driver(result, "by_hand_plain", "cocotb, by hand"));
  bench.drivers.push_back(read_driver(result, "bus_models_fast", "cocotb tuned, bus models"));
  bench.drivers.push_back(read_driver(result, "by_hand_fast", "cocotb tuned, by hand"));
  return bench;
}

std::string to_text(const CocotbBench& bench) {
  std::string text = fmt::format("{:<26}{:>10}{:>14}{:>14}{:>12}{:>8}\n", "driver", "packets", "packets/s", "clocks/s",
                                 "mismatches", "ratio");
  const double ours = bench.drivers.empty() ? 0 : bench.drivers.front().clocks_per_second();
  for (const DriverSpeed& driver : bench.drivers) {
    std::uint64_t packets = 0;
    for (const DriverSpeed::Repetition& repetition : driver.repetitions) packets += repetition.packets;
    text += fmt::format("{:<26}{:>10}", driver.name, packets);
    if (bench.ok()) {
      text += fmt::format("{:>14.0f}{:>14.0f}{:>12}{:>8.1f}\n", driver.packets_per_second(), driver.clocks_per_second(),
                          driver.mismatches(), ours / driver.clocks_per_second());
    } else {
      text += fmt::format("{:>14}{:>14}{:>12}{:>8}\n", "-", "-", driver.mismatches(), "-");
    }
  }
  text +=
      bench.ok()
          ? "Medians, per second of one core's processor time; ratio: clocks of the C++ model to those of the driver.\n"
            "bus models: cocotbext-axi; by hand: one coroutine that reads and writes the pins it needs; tuned: "
            "Verilator sees that "
            "nothing but pins is read,\nand -O3, where cocotb's own build keeps every signal visible.\n"
          : "Results differ from the reference, so no rates.\n";
  return text;
}

std::string to_json(const CocotbBench& bench) {
  nlohmann::json drivers = nlohmann::json::array();
  for (const DriverSpeed& driver : bench.drivers) {
    nlohmann::json repetitions = nlohmann::json::array();
    for (const DriverSpeed::Repetition& r : driver.repetitions) {
      repetitions.push_back(
          {{"packets", r.packets}, {"mismatches", r.mismatches}, {"clocks", r.clocks}, {"seconds", r.seconds}});
    }
    drivers.push_back({{"name", driver.name},
                       {"clocks_per_second", driver.clocks_per_second()},
                       {"packets_per_second", driver.packets_per_second()},
                       {"repetitions", repetitions}});
  }
  return nlohmann::json{{"geometry", "edge"}, {"traffic", "64-byte frames, one a clock"}, {"drivers", drivers}}.dump(2);
}

}  // namespace portcullis::sim
