#include "run/bench_machine.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <verilated.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

namespace portcullis::sim {
namespace {

/// The value behind "name :" in a file of such lines; empty if there is none.
std::string value_of(const char* file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.compare(0, name.size(), name) != 0) continue;
    const std::size_t colon = line.find(':');
    const std::size_t begin = colon == std::string::npos ? colon : line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return {};
}

}  // namespace

std::string machine_json() {
  nlohmann::ordered_json machine;
  const std::string processor = value_of("/proc/cpuinfo", "model name");
  if (!processor.empty()) machine["processor"] = processor;
  machine["cores"] = std::thread::hardware_concurrency();
  const std::string memory = value_of("/proc/meminfo", "MemTotal");
  if (!memory.empty()) machine["memory"] = memory;
  utsname system{};
  if (uname(&system) == 0) machine["kernel"] = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
  machine["compiler"] = __VERSION__;
  machine["verilator"] = fmt::format("{} {}", Verilated::productName(), Verilated::productVersion());
  machine["portcullis"] = PORTCULLIS_VERSION;
  machine["utc"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  double load = 0;
  if (getloadavg(&load, 1) == 1) machine["load_average"] = load;
  return machine.dump();
}

std::string machine_text() {
  const std::string processor = value_of("/proc/cpuinfo", "model name");
  return fmt::format("{}, {} cores", processor.empty() ? "unknown processor" : processor,
                     std::thread::hardware_concurrency());
}

}  // namespace portcullis::sim
