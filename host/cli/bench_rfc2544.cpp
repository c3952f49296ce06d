#include "cli/bench_rfc2544.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <iostream>
#include <map>

#include "cli/write_json.h"
#include "run/bench_rfc2544.h"
#include "run/run.h"

namespace portcullis::cli {
namespace {

const std::map<std::string, sim::Activity> kActivities{{"none", sim::Activity::none},
                                                       {"exchanges", sim::Activity::exchanges},
                                                       {"counters", sim::Activity::counter_reads},
                                                       {"both", sim::Activity::both}};

unsigned parse_size(const std::string& text) {
  if (text == "imix") return 0;
  unsigned size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc{} || end != text.data() + text.size() || size == 0)
    throw sim::RunError(fmt::format("frame size \"{}\": give bytes with FCS, or imix", text));
  return size;
}

}  // namespace

void add_rfc2544_options(CLI::App& command, Rfc2544Arguments& arguments) {
  const auto list = [&command](const char* name, auto& value, const char* what) {
    return command.add_option(name, value, std::string(what) + " (rfc2544)")->delimiter(',')->capture_default_str();
  };
  list("--rates", arguments.rates, "line rates per port, as in 10G,100G");
  list("--clocks", arguments.clocks, "core clocks in MHz, 1 to 1000");
  list("--ports", arguments.ports, "wire ports in use");
  list("--rules", arguments.rules, "numbers of rules");
  list("--sizes", arguments.sizes,
       "frame sizes with FCS, or imix; without it the sizes of RFC 2544, some more, and the worst one of the bus");
  list("--families", arguments.families, "4, 6: IPv4, IPv6")->check(CLI::IsMember({4, 6}));
  list("--beside", arguments.activities, "what goes on beside the traffic: exchanges of policies, readings of counters")
      ->check(CLI::IsMember({"none", "exchanges", "counters", "both"}));
  command.add_option("--geometry", arguments.geometry, "geometry of the tables (rfc2544)")
      ->check(CLI::IsMember({"edge", "large"}))
      ->capture_default_str();
  command
      .add_option("--width", arguments.width,
                  "bits of the bus; others than 512 with geometry edge only (rfc2544, model)")
      ->check(CLI::IsMember({256, 512, 1024}))
      ->capture_default_str();
  command.add_option("--lanes", arguments.lanes, "lookups a clock; 2 with geometry edge and 512 bits only (rfc2544)")
      ->check(CLI::IsMember({1, 2}))
      ->capture_default_str();
  command.add_flag("--least-clock", arguments.least_clock,
                   "also search the lowest clock in whole MHz that carries the whole line (rfc2544)");
  command.add_option("--seed", arguments.seed, "seed of the frames (rfc2544)")->capture_default_str();
}

Exit run_rfc2544(const Rfc2544Arguments& arguments, const std::string& json,
                 std::function<std::unique_ptr<model::FilterModel>()> make_filter) {
  sim::Rfc2544Options options;
  options.rates.clear();
  for (const std::string& rate : arguments.rates) options.rates.push_back(sim::parse_rate(rate));
  options.clocks_mhz = arguments.clocks;
  options.ports = arguments.ports;
  options.rules = arguments.rules;
  for (const std::string& size : arguments.sizes) options.sizes.push_back(parse_size(size));
  options.families.clear();
  for (const unsigned family : arguments.families)
    options.families.push_back(family == 4 ? traffic::Family::ipv4 : traffic::Family::ipv6);
  options.activities.clear();
  for (const std::string& activity : arguments.activities) options.activities.push_back(kActivities.at(activity));
  options.least_clock = arguments.least_clock;
  options.seed = arguments.seed;
  options.geometry = arguments.geometry == "large" ? tables::Geometry::large() : tables::Geometry::edge();
  options.make_filter = std::move(make_filter);
  options.progress = isatty(STDERR_FILENO) != 0;
  const sim::Rfc2544 bench = sim::bench_rfc2544(options);
  std::cout << sim::to_text(bench);
  write_json(json, sim::to_json(bench));
  return bench.ok() ? Exit::as_asked : Exit::answer_is_no;
}

}  // namespace portcullis::cli
