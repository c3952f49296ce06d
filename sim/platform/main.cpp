// portcullis-platform: the card as a virtual platform, a policy loaded into it, traffic on both wires, and where time
// goes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "platform/platform.h"
#include "platform/plot.h"
#include "platform/uart.h"
#include "run/expected.h"
#include "run/run.h"
#include "traffic/generate.h"
#include "traffic/pcap.h"

#ifdef PORTCULLIS_HAS_FIRMWARE
#include "firmware/image.h"
#include "model/managed_nic.h"
#endif

namespace {

using namespace portcullis;

struct Arguments {
  std::string subject;
  std::vector<std::string> pcaps;
  std::size_t packets = 0;
  std::uint64_t seed = 1;
  std::string rate = "10G";
  bool pause = false;
  std::string mode = "wire";
  std::string timing = "lt";
  std::string load = "dma";
  double latency_ns = 250, bandwidth_gbit = 126;
  unsigned queues = 4, descriptors = 256, reloads = 0;
  std::optional<std::size_t> crash_at;
  bool management = false;
  std::string firmware, uart;
  unsigned baud = 0;
  std::optional<double> register_mhz;
  unsigned patience_ms = 1;
  std::string json, csv, figures, plot, page;
};

#ifdef PORTCULLIS_HAS_FIRMWARE
std::vector<std::uint8_t> firmware_of(const std::string& file) {
  if (file.empty()) {
    const std::string_view image = firmware::image();
    return {image.begin(), image.end()};
  }
  std::ifstream in(file, std::ios::binary);
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || bytes.empty()) throw std::runtime_error(file + ": cannot be read; give a firmware image");
  return bytes;
}
#endif

/// A NIC with a management processor, its firmware, and where its console goes.
void set_up_management(const Arguments& arguments, platform::Options& options, std::optional<platform::Uart>& uart) {
  if (!arguments.management && arguments.load != "mailbox" && arguments.firmware.empty() && arguments.uart.empty())
    return;
#ifdef PORTCULLIS_HAS_FIRMWARE
  options.nic = model::make_managed_nic;
  options.firmware = firmware_of(arguments.firmware);
#else
  throw std::runtime_error(
      "this build has no management firmware; scripts/install-dependencies.sh test brings what it needs");
#endif
  if (arguments.baud != 0) {
    constexpr unsigned kBits = 10;  // of a character: start, eight of data, stop
    options.console_clocks = platform::Card::kClockHz * kBits / arguments.baud;
  }
  if (arguments.uart.empty()) return;
  uart.emplace(arguments.uart);
  if (uart->port() != 0)
    std::cerr << fmt::format("portcullis-platform: the console is at 127.0.0.1:{}\n", uart->port());
  uart->accept();
  options.console = [&uart](char character) { uart->put(character); };
}

void write_file(const std::string& file, const std::string& text) {
  if (file == "-") {
    std::cout << text;
    return;
  }
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out.flush())
    throw std::runtime_error(fmt::format("cannot write {}: check that its folder exists and has room", file));
}

traffic::PacketSet packets_of(const Arguments& arguments, const policy::Policy& policy) {
  if (arguments.pcaps.empty())
    return traffic::make_traffic(policy, model::kWirePorts, arguments.seed, arguments.packets).packets;
  traffic::PacketSet all;
  for (unsigned port = 0; port < arguments.pcaps.size(); ++port) {
    if (arguments.pcaps[port] == "none") continue;
    const traffic::Capture capture = traffic::read_pcap(arguments.pcaps[port], port);
    for (std::size_t i = 0; i < capture.packets.size(); ++i) {
      all.add(capture.packets.frame(i), port, capture.packets[i].original, capture.packets[i].time_ns);
    }
  }
  return all;
}

/// Where the reference has each packet.
std::vector<platform::Fate> fates_of(const policy::Policy& policy, const traffic::PacketSet& packets, bool endpoint) {
  const std::vector<sim::Expected> expected = sim::expect(policy, packets, 1);
  std::vector<platform::Fate> fates(packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const auto action = policy::Action::from_word(expected[i].action);
    auto& copies = fates[i].copies;
    if (expected[i].permit) {
      const unsigned by_mode = endpoint ? model::kWirePorts : 1U - packets[i].ingress;
      const unsigned to = expected[i].would_drop ? by_mode
                          : action.queue         ? model::kWirePorts
                          : action.wire          ? *action.wire
                                                 : by_mode;
      if (to < copies.size()) ++copies[to];
    }
    // A frame that goes to the host anyway goes there once.
    if (action.mirror && expected[i].malformed == policy::Malformed::none) copies[model::kWirePorts] = 1;
  }
  return fates;
}

double ns(const sc_core::sc_time& time) { return time.to_seconds() * 1e9; }

double share(const platform::ProcessorLoad& load) {
  return load.clocks == 0 ? 0 : static_cast<double>(load.busy) / load.clocks;
}

nlohmann::json to_json(const platform::ProcessorLoad& load) {
  return {{"clocks", load.clocks}, {"busy", load.busy}, {"share", share(load)}};
}

nlohmann::json to_json(const platform::LoadTimes& load) {
  return {{"rows", load.rows},
          {"pieces", load.pieces},
          {"staging_ns", ns(load.staging)},
          {"self_test_ns", ns(load.self_test)},
          {"flip_ns", ns(load.flip)}};
}

nlohmann::json to_json(const platform::Latencies& latencies) {
  return {{"frames", latencies.size()},
          {"least_ns", latencies.quantile(0)},
          {"median_ns", latencies.quantile(0.5)},
          {"p99_ns", latencies.quantile(0.99)},
          {"most_ns", latencies.quantile(1)}};
}

nlohmann::json to_json(const platform::PcieTraffic& traffic, double seconds, double bandwidth) {
  return {{"packets", traffic.packets},
          {"data_bytes", traffic.data},
          {"bytes", traffic.total},
          {"used", seconds == 0 ? 0 : 8 * static_cast<double>(traffic.total) / seconds / bandwidth}};
}

nlohmann::json to_json(const platform::Result& result, const Arguments& arguments, double wall_seconds) {
  const double seconds = (result.end - result.begin).to_seconds();
  nlohmann::json json = {
      {"good", result.good()},
      {"crashed", result.crashed},
      {"load", to_json(result.load)},
      {"reloads", nlohmann::json::array()},
      {"ports", nlohmann::json::array()},
      {"delivered", result.delivered},
      {"refused", result.refused},
      {"unexpected", result.unexpected},
      {"missing", result.missing},
      {"wire_to_wire", to_json(result.wire_to_wire)},
      {"wire_to_host", to_json(result.wire_to_host)},
      {"traffic_ns", seconds * 1e9},
      {"clocks", result.clocks},
      {"upstream", to_json(result.up, seconds, arguments.bandwidth_gbit * 1e9)},
      {"downstream", to_json(result.down, seconds, arguments.bandwidth_gbit * 1e9)},
      {"dma_read_bytes", result.dma_read},
      {"dma_written_bytes", result.dma_written},
      {"register_reads", result.register_reads},
      {"register_writes", result.register_writes},
      {"register_read_ns", ns(result.register_read)},
      {"wall_seconds", wall_seconds},
  };
  if (result.booted) {
    json["management"] = {{"boot_ns", ns(result.boot)},
                          {"boot", to_json(result.boot_load)},
                          {"load", to_json(result.load_load)},
                          {"traffic", to_json(result.traffic_load)}};
  }
  for (const platform::LoadTimes& load : result.reloads) json["reloads"].push_back(to_json(load));
  for (const platform::PortResult& port : result.ports) {
    json["ports"].push_back(
        {{"frames", port.frames}, {"lost", port.lost}, {"left", port.left}, {"pauses", port.pauses}});
  }
  return json;
}

/// Every figure by its place in the JSON.
std::string to_figures(const nlohmann::json& json) {
  std::string out = "figure,value\n";
  const nlohmann::json flat = json.flatten();
  for (const auto& [place, value] : flat.items()) out += fmt::format("{},{}\n", place.substr(1), value.dump());
  return out;
}

std::string line_of(const std::string& what, const platform::LoadTimes& load) {
  return fmt::format("{:<13}{} rows{}: {:.1f} us, probes {:.1f} us, flip {:.2f} us\n", what, load.rows,
                     load.pieces == 0 ? "" : fmt::format(" in {} pieces of an image", load.pieces),
                     ns(load.staging) / 1e3, ns(load.self_test) / 1e3, ns(load.flip) / 1e3);
}

std::string line_of(const std::string& what, const platform::Latencies& latencies) {
  if (latencies.size() == 0) return {};
  return fmt::format("{:<13}{} frames: least {:.0f} ns, median {:.0f}, 99 % {:.0f}, most {:.0f}\n", what,
                     latencies.size(), latencies.quantile(0), latencies.quantile(0.5), latencies.quantile(0.99),
                     latencies.quantile(1));
}

std::string line_of(const std::string& what, const platform::PcieTraffic& traffic, double seconds, double bandwidth) {
  return fmt::format("{:<13}{} packets, {} bytes of data, {:.1f} % of the link\n", what, traffic.packets, traffic.data,
                     seconds == 0 ? 0 : 100 * 8 * static_cast<double>(traffic.total) / seconds / bandwidth);
}

std::string to_text(const platform::Result& result, const Arguments& arguments) {
  const double seconds = (result.end - result.begin).to_seconds();
  const double bandwidth = arguments.bandwidth_gbit * 1e9;
  std::string out;
  if (result.booted) {
    out += fmt::format("{:<13}firmware runs {:.1f} us after the first write of its image\n", "boot",
                       ns(result.boot) / 1e3);
    out +=
        fmt::format("{:<13}busy for {:.1f} % of the boot, {:.1f} % of the load, {:.2f} % of the traffic\n", "processor",
                    100 * share(result.boot_load), 100 * share(result.load_load), 100 * share(result.traffic_load));
  }
  out += line_of("load", result.load);
  for (const platform::LoadTimes& load : result.reloads) out += line_of("reload", load);
  if (result.crashed) out += fmt::format("{:<13}the host died in the middle of the first one\n", "reload");
  for (unsigned p = 0; p < result.ports.size(); ++p) {
    const platform::PortResult& port = result.ports[p];
    out += fmt::format("{:<13}{} frames came, {} lost for want of room, {} left{}\n", fmt::format("wire {}", p),
                       port.frames, port.lost, port.left,
                       port.pauses == 0 ? "" : fmt::format(", the peer was told to pause {} times", port.pauses));
  }
  out += fmt::format("{:<13}{} packets seen by software, {} refused for want of buffers or descriptors\n", "host",
                     result.delivered, result.refused);
  out += fmt::format("{:<13}{}\n", "verdicts",
                     result.good() ? "every frame went where the reference has it"
                                   : fmt::format("{} frames where the reference has none, {} missing where it has them",
                                                 result.unexpected, result.missing));
  out += line_of("wire to wire", result.wire_to_wire);
  out += line_of("wire to host", result.wire_to_host);
  out += line_of("upstream", result.up, seconds, bandwidth);
  out += line_of("downstream", result.down, seconds, bandwidth);
  out += fmt::format("{:<13}{} reads of {:.0f} ns in the mean, {} words written\n", "registers", result.register_reads,
                     ns(result.register_read), result.register_writes);
  out += fmt::format("{:<13}{:.1f} us of traffic, {} clocks\n", "time", seconds * 1e6, result.clocks);
  return out;
}

/// Pictures of where time goes, of what the run had.
std::vector<std::string> pictures_of(const platform::Result& result, const Arguments& arguments,
                                     const platform::NamedLatencies& series) {
  std::vector<std::string> pictures = {platform::to_svg(series, "Latency of frames")};
  const double seconds = (result.end - result.begin).to_seconds();
  const auto gbit = [&](auto bytes) { return seconds == 0 ? 0 : 8 * static_cast<double>(bytes) / seconds / 1e9; };
  const auto link = [&](const std::string& name, const platform::PcieTraffic& traffic) {
    return platform::Bar{name, {gbit(traffic.data), gbit(traffic.total - traffic.data)}};
  };
  pictures.push_back(platform::to_svg(
      {link("upstream", result.up),
       link("downstream", result.down),
       {"DMA reads", {gbit(result.dma_read)}},
       {"DMA writes", {gbit(result.dma_written)}}},
      {"data", "headers of the link"},
      fmt::format("Bandwidth while traffic runs; each direction of the link has {} Gbit/s", arguments.bandwidth_gbit),
      "Gbit/s"));
  // Software uses registers to load as well: over the whole run.
  const double whole = result.end.to_seconds();
  const auto mbit = [&](std::uint64_t words) { return whole == 0 ? 0 : 32 * static_cast<double>(words) / whole / 1e6; };
  pictures.push_back(platform::to_svg(
      {{"reads", {mbit(result.register_reads)}}, {"writes", {mbit(result.register_writes)}}}, {"data"},
      fmt::format("Bandwidth of registers, loads included; a read takes {:.0f} ns", ns(result.register_read)),
      "Mbit/s"));
  std::vector<platform::Bar> loads;
  const auto duration = [&](const std::string& name, const platform::LoadTimes& load) {
    loads.push_back({name, {ns(load.staging) / 1e3, ns(load.self_test) / 1e3, ns(load.flip) / 1e3}});
  };
  duration("load", result.load);
  for (std::size_t i = 0; i < result.reloads.size(); ++i) duration(fmt::format("reload {}", i + 1), result.reloads[i]);
  pictures.push_back(platform::to_svg(loads, {"rows", "probes", "flip"}, "Time to bring a policy into force", "us"));
  if (result.booted) {
    pictures.push_back(platform::to_svg({{"boot", {100 * share(result.boot_load)}},
                                         {"load", {100 * share(result.load_load)}},
                                         {"traffic", {100 * share(result.traffic_load)}}},
                                        {"busy"}, "Load of the management processor", "%"));
  }
  return pictures;
}

int run(const Arguments& arguments) {
  const sim::Subject subject = sim::load_subject(arguments.subject, "edge");
  const traffic::PacketSet packets = packets_of(arguments, subject.policy);
  platform::Options options;
  options.pcie.latency = sc_core::sc_time(arguments.latency_ns, sc_core::SC_NS);
  options.pcie.bandwidth = arguments.bandwidth_gbit * 1e9;
  options.timing = arguments.timing == "lt" ? platform::Timing::loosely : platform::Timing::approximately;
  options.load = arguments.load == "dma"       ? platform::LoadWay::dma
                 : arguments.load == "mailbox" ? platform::LoadWay::mailbox
                                               : platform::LoadWay::registers;
  std::optional<platform::Uart> uart;
  set_up_management(arguments, options, uart);
  if (arguments.register_mhz) options.register_clock = *arguments.register_mhz * 1e6;
  options.patience = std::chrono::milliseconds(arguments.patience_ms);
  options.endpoint = arguments.mode == "host";
  options.queues = arguments.queues;
  options.descriptors = arguments.descriptors;
  options.reloads = arguments.reloads;
  options.crash_at = arguments.crash_at;
  const std::uint64_t rate = sim::parse_rate(arguments.rate);
  for (platform::PortOptions& port : options.ports) {
    if (rate != 0) port.rate = rate;
    port.pause = arguments.pause;
  }
  platform::Platform card(options, subject.image, {&packets, fates_of(subject.policy, packets, options.endpoint)});
  const auto begin = std::chrono::steady_clock::now();
  const platform::Result result = card.run();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  const platform::NamedLatencies series = {{"wire to wire", &result.wire_to_wire},
                                           {"wire to host", &result.wire_to_host}};
  if (!arguments.csv.empty()) write_file(arguments.csv, platform::to_csv(series));
  if (!arguments.plot.empty())
    write_file(arguments.plot, platform::to_svg(series, "Latency of frames, " + arguments.subject));
  const nlohmann::json figures = to_json(result, arguments, wall.count());
  if (!arguments.json.empty()) write_file(arguments.json, figures.dump(2) + "\n");
  if (!arguments.figures.empty()) write_file(arguments.figures, to_figures(figures));
  if (!arguments.page.empty())
    write_file(arguments.page,
               platform::to_page(pictures_of(result, arguments, series), "Where time goes: " + arguments.subject,
                                 to_text(result, arguments), figures.dump(2)));
  if (arguments.json != "-" && arguments.figures != "-" && arguments.csv != "-" && arguments.plot != "-" &&
      arguments.page != "-")
    std::cout << to_text(result, arguments);
  return result.good() ? 0 : 1;
}

}  // namespace

int main(int argc, char* argv[]) {
  // Else SystemC greets on standard error.
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
  return sc_core::sc_elab_and_sim(argc, argv);
}

int sc_main(int argc, char* argv[]) {
  Arguments arguments;
  CLI::App app(
      "The card as a virtual platform: host, PCI Express, Verilated NIC and wires; a policy is loaded, traffic runs, "
      "and where time goes is printed.\n"
      "Exit codes: 0 every frame went where the reference has it, 1 it did not, 2 it could not be run.",
      "portcullis-platform");
  app.add_option("SUBJECT", arguments.subject, "site file or table image (.pti), geometry edge")->required();
  app.add_option("--pcap", arguments.pcaps,
                 "frames for wire 0, then for wire 1 (none: no frames); without it they are made from the rules")
      ->expected(1, 2);
  app.add_option("--packets", arguments.packets, "how many packets are made from the rules");
  app.add_option("--seed", arguments.seed, "of these")->capture_default_str();
  app.add_option("--rate", arguments.rate, "line rate of both wires: 10G, 25G, 100G, any other, or max")
      ->capture_default_str();
  app.add_flag("--pause", arguments.pause,
               "peers stop when the MAC's receive buffer is half full (IEEE 802.3, annex 31B)");
  app.add_option("--mode", arguments.mode, "where permitted frames go: wire, the other one, or host, its queues")
      ->check(CLI::IsMember({"wire", "host"}))
      ->capture_default_str();
  app.add_option("--timing", arguments.timing, "register accesses: lt, blocking transport, or at, non-blocking")
      ->check(CLI::IsMember({"lt", "at"}))
      ->capture_default_str();
  app.add_option("--load", arguments.load,
                 "way of the tables: dma, the table-load queue; registers; or mailbox, through the management firmware")
      ->check(CLI::IsMember({"dma", "registers", "mailbox"}))
      ->capture_default_str();
  app.add_flag(
      "--management", arguments.management,
      "a NIC with a management processor, whose firmware software starts; mailbox, firmware and uart imply it");
  app.add_option("--firmware", arguments.firmware, "its image; without it, that of this build");
  app.add_option(
      "--uart", arguments.uart,
      "what the firmware prints goes to: terminal (standard error), or tcp:PORT of this machine, which waits "
      "until somebody connects (0: any free port, named on standard error)");
  app.add_option("--baud", arguments.baud, "bits a second of its console, 10 a character; 0: as fast as it prints")
      ->check(CLI::Range(0U, 100'000'000U))
      ->capture_default_str();
  app.add_option("--register-clock", arguments.register_mhz,
                 "MHz of the registers, behind a clock crossing; without it they have the NIC's clock of 250 MHz")
      ->check(CLI::Range(1.0, 1000.0));
  app.add_option("--patience", arguments.patience_ms, "ms that the firmware waits for a host that is silent in a load")
      ->check(CLI::Range(1U, 600'000U))
      ->capture_default_str();
  app.add_option("--pcie-latency", arguments.latency_ns, "one way, ns")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--pcie-bandwidth", arguments.bandwidth_gbit, "of a direction, Gbit/s")
      ->check(CLI::Range(0.1, 10000.0))
      ->capture_default_str();
  app.add_option("--queues", arguments.queues, "receive queues")
      ->check(CLI::Range(1U, model::kNicQueues))
      ->capture_default_str();
  app.add_option("--descriptors", arguments.descriptors, "of each queue, rounded up to a power of two")
      ->check(CLI::Range(8U, 4096U))
      ->capture_default_str();
  app.add_option("--reloads", arguments.reloads, "times that the policy is loaded again while frames come (mode wire)")
      ->capture_default_str();
  app.add_option(
         "--crash-at", arguments.crash_at,
         "the host dies before this row of the first reload, or this piece of the image (--load mailbox); behind "
         "a mailbox its next program loads again")
      ->needs("--reloads");
  app.add_option("--json", arguments.json, "write all figures as JSON; - for standard output");
  app.add_option("--csv", arguments.csv, "write every latency as CSV");
  app.add_option("--figures", arguments.figures, "write all figures as CSV; - for standard output");
  app.add_option("--plot", arguments.plot, "write the distributions of latencies as SVG");
  app.add_option(
      "--page", arguments.page,
      "write a page of pictures as HTML: latencies, bandwidth of link, DMA and registers, time of each load, "
      "load of the management processor");
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  try {
    app.parse(argc, argv);
    return run(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "portcullis-platform: " << error.what() << '\n';
    return 2;
  }
}
