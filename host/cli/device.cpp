// `portcullis device`: what the management firmware of a device does for people: status, load, rollback, counters, log,
// self-test, starting it, and watching it.
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

#include "cli/command.h"
#include "device/firmware.h"
#include "device/pci_registers.h"
#include "device/policy_totals.h"
#include "device/registers.h"
#include "device/serial_transport.h"
#include "tables/image.h"
#include "tables/tree/image_file.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string action;
  std::string file;
  std::string serial;
  std::string pci;
  std::string totals;
  unsigned patience = 10'000;
  bool discard = false;
  std::string reload;
  std::uint32_t from = 0;
  double every = 1.0;            ///< seconds between two looks of `watch`
  std::optional<double> period;  ///< seconds after which `watch` ends
};

/// The way to the device that the options name.
class Connection {
 public:
  explicit Connection(const Options& options) {
    if (options.serial.empty() == options.pci.empty())
      throw std::runtime_error("device: name the device with either --serial or --pci");
    if (!options.serial.empty()) {
      port_ = std::make_unique<device::SerialPort>(options.serial);
      transport_ = std::make_unique<device::SerialTransport>(*port_);
    } else {
      transport_ = std::make_unique<device::PciRegisters>(options.pci);
    }
    std::optional<device::Management> found = device::Management::find(*transport_);
    if (!found)
      throw std::runtime_error(
          "device: there is no management processor; `portcullis load` loads a device without one");
    management_ = std::make_unique<device::Management>(*found);
  }
  device::Management& management() { return *management_; }
  device::Transport& transport() { return *transport_; }

 private:
  std::unique_ptr<device::SerialPort> port_;
  std::unique_ptr<device::Transport> transport_;
  std::unique_ptr<device::Management> management_;
};

const char* name_of(device::BankPolicy::State state) {
  switch (state) {
    case device::BankPolicy::State::unknown:
      return "not loaded by the firmware";
    case device::BankPolicy::State::loading:
      return "half a policy";
    case device::BankPolicy::State::tested:
      return "tested, not yet in force";
    case device::BankPolicy::State::used:
      return "tested";
  }
  return "unknown";
}

void print_status(Connection& connection, Exit& exit) {
  const device::ManagementState state = connection.management().state();
  if (const std::string problem = state.problem(); !problem.empty()) {
    std::cout << fmt::format("firmware   does not answer: {}\nwatchdog   {} resets\n", problem, state.watchdog_resets);
    exit = Exit::answer_is_no;
    return;
  }
  device::Firmware firmware(connection.management());
  const device::FirmwareVersion& version = firmware.version();
  const device::FirmwareStatus status = firmware.status();
  const double hz = version.clock_hz == 0 ? 1.0 : version.clock_hz;
  std::cout << fmt::format("firmware   {}.{}.{}, {} bytes with CRC {:08x}, protocol {}.{}\n", version.major,
                           version.minor, version.patch, version.image_bytes, version.image_crc, version.protocol_major,
                           version.protocol_minor)
            << fmt::format("running    {:.3f} s at {:.0f} MHz since start {}, {} resets by the watchdog\n",
                           static_cast<double>(status.uptime) / hz, hz / 1e6, status.boots, status.watchdog_resets)
            << fmt::format("geometry   {}\n", device::Device(connection.transport()).geometry().to_string());
  for (unsigned bank = 0; bank < status.banks.size(); ++bank) {
    const device::BankPolicy& policy = status.banks[bank];
    std::cout << fmt::format("bank {}     {}, {}", bank, bank == status.active_bank ? "in force" : "shadow",
                             name_of(policy.state));
    if (policy.state == device::BankPolicy::State::tested || policy.state == device::BankPolicy::State::used) {
      std::cout << fmt::format(": load {}, {} entries, {} probes, image of {} bytes with CRC {:08x}", policy.load,
                               policy.entries, policy.probes, policy.image_bytes, policy.image_crc);
    }
    std::cout << '\n';
  }
  const device::ScrubStatus& scrub = status.scrub;
  if (scrub.rows == 0) {
    std::cout << "scrubbing  none: the rows of this device carry no check bits\n";
  } else {
    std::cout << fmt::format("scrubbing  {} rows in {:.3f} ms, {} passes, {} rows mended\n", scrub.rows,
                             scrub.pass_clocks / hz * 1e3, scrub.passes, scrub.mended);
  }
  for (unsigned bank = 0; bank < status.banks.size(); ++bank) {
    if (scrub.damaged[bank] == 0) continue;
    const bool in_force = bank == status.active_bank;
    std::cout << fmt::format("damaged    {}{}: more than one bit is wrong; {}\n", scrub.damaged_row[bank].to_string(),
                             scrub.damaged[bank] > 1 ? fmt::format(" and {} more", scrub.damaged[bank] - 1) : "",
                             in_force ? "the policy in force is not what was loaded: load it again"
                                      : "the bank is not in force, and rollback is refused");
    if (in_force) exit = Exit::answer_is_no;
  }
  if (status.loading)
    std::cout << fmt::format("load       {} is under way, {} bytes taken{}\n", status.load, status.offset,
                             status.ready ? ", tested" : "");
  const device::LockOwner owner = connection.management().owner();
  std::cout << (owner.id == 0    ? std::string("lock       free\n")
                : owner.firmware ? std::string("lock       held by the firmware\n")
                                 : fmt::format("lock       held by a driver, number {}\n", owner.id));
}

void load(const Options& options, Connection& connection) {
  const std::vector<std::uint8_t> bytes = tables::read_image_bytes(options.file);
  const bool trees = tables::tree::is_scale_image(bytes);
  if (trees && !options.totals.empty())
    throw std::runtime_error(
        options.file +
        ": totals are kept of images of the bitmap engine alone; load an image of trees without --totals");
  const std::vector<policy::Provenance> entries =
      trees ? tables::tree::decode_scale(bytes, options.file).entries : tables::decode(bytes, options.file).entries;
  device::Firmware firmware(connection.management());
  device::FirmwareLoadOptions how;
  how.patience = std::chrono::milliseconds(options.patience);
  how.discard_counters = options.discard;
  if (!options.totals.empty()) {
    device::PolicyTotals totals(options.totals);
    how.collected = totals.collect(firmware);
    how.nonce = totals.announce(entries);
  }
  const device::FirmwareLoadReport report = firmware.load(bytes, how);
  std::cout << fmt::format("{}: load {}, {} probes answered as expected, bank {} is in force\n", options.file,
                           report.load, report.probes, report.active_bank);
}

/// Loads the image again if rows of the bank in force are damaged. True if it did.
bool reload(const Options& options, const std::string& file, Connection& connection,
            const device::FirmwareStatus& status) {
  const device::BankPolicy& policy = status.banks[status.active_bank];
  if (status.scrub.damaged[status.active_bank] == 0) return false;
  const std::vector<std::uint8_t> bytes = tables::read_image_bytes(file);
  tables::decode(bytes, file);
  if (bytes.size() != policy.image_bytes || tables::header_crc(bytes) != policy.image_crc)
    throw std::runtime_error(fmt::format(
        "{}: is not the image of the policy in force; give that one, or load another with `device load`", file));
  Options again = options;
  again.file = file;
  load(again, connection);
  return true;
}

void print_totals(const Options& options, device::Firmware& firmware) {
  device::PolicyTotals totals(options.totals);
  totals.collect(firmware);
  for (const auto& [rule, total] : totals.rules()) {
    std::cout << fmt::format("{:>14} {:>18}  {}{}{}\n", total.packets, total.bytes,
                             rule.document.empty() ? "" : rule.document + ": ", rule.name,
                             rule.reply ? " (replies)" : "");
  }
  for (unsigned cause = 0; cause < device::kCauses; ++cause) {
    const device::Tally& tally = totals.causes()[cause];
    if (tally.packets != 0)
      std::cout << fmt::format("{:>14} {:>18}  {}\n", tally.packets, tally.bytes,
                               cause == 0 ? "default action" : fmt::format("malformed, cause {}", cause));
  }
}

void print_counters(const Options& options, Connection& connection) {
  device::Firmware firmware(connection.management());
  std::cout << fmt::format("{:>14} {:>18}  rule\n", "packets", "bytes");
  if (!options.totals.empty()) return print_totals(options, firmware);
  const device::FirmwareStatus status = firmware.status();
  const device::BankPolicy& policy = status.banks[status.active_bank];
  if (connection.management().transport().read32(PCL_GEOMETRY_TREE_RULES) != 0)
    throw std::runtime_error(
        "device counters: the device has trees, whose rules have other numbers than the policy's; read them by "
        "registers");
  std::vector<policy::Provenance> names;
  if (!options.file.empty()) names = tables::read_image(options.file).entries;
  if (!names.empty() && names.size() != policy.entries)
    throw std::runtime_error(fmt::format("{}: has {} entries, the policy in force {}; give the image that was loaded",
                                         options.file, names.size(), policy.entries));
  const device::BankCounters counters = firmware.counters(status.active_bank, policy.entries);
  for (std::size_t rule = 0; rule < counters.counters.rules.size(); ++rule) {
    const device::Tally& tally = counters.counters.rules[rule];
    std::cout << fmt::format("{:>14} {:>18}  {}{}\n", tally.packets, tally.bytes, rule,
                             rule < names.size() ? " " + names[rule].rule : "");
  }
  for (unsigned cause = 0; cause < device::kCauses; ++cause) {
    const device::Tally& tally = counters.counters.causes[cause];
    if (tally.packets != 0)
      std::cout << fmt::format("{:>14} {:>18}  {}\n", tally.packets, tally.bytes,
                               cause == 0 ? "default action" : fmt::format("malformed, cause {}", cause));
  }
}

/// Of its clock; of firmware that does not know it, events are timed in clocks.
double hz_of(device::Firmware& firmware) {
  const std::uint32_t hz = firmware.version().clock_hz;
  return hz == 0 ? 1.0 : hz;
}

void print_event(const device::FirmwareEvent& event, double hz) {
  std::cout << fmt::format("{:>6} {:>12.6f} s  {}\n", event.number, static_cast<double>(event.clock) / hz,
                           event.to_string());
}

void print_log(const Options& options, Connection& connection) {
  device::Firmware firmware(connection.management());
  const double hz = hz_of(firmware);
  for (const device::FirmwareEvent& event : firmware.log(options.from)) print_event(event, hz);
}

volatile std::sig_atomic_t interrupted = 0;
void interrupt(int) { interrupted = 1; }

/// Prints events as they come, and loads the image again whenever the tables in force are damaged, until it is
/// interrupted or its time is over. What goes wrong meanwhile (the device does not answer, another policy is in force)
/// is printed, once, and looked at again. Throws if the device cannot be reached at the beginning.
void watch(const Options& options, Exit& exit) {
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](double value) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
  };
  const Clock::time_point end = options.period ? Clock::now() + seconds(*options.period) : Clock::time_point::max();
  std::signal(SIGINT, interrupt);
  std::signal(SIGTERM, interrupt);
  std::optional<Connection> connection(std::in_place, options);
  std::optional<std::uint32_t> next;  // event
  std::string problem;
  for (Clock::time_point look = Clock::now();;) {
    try {
      if (!connection) connection.emplace(options);
      device::Firmware firmware(connection->management());
      const device::FirmwareStatus status = firmware.status();
      // Memory that was lost begins its events anew.
      if (!next || status.next_event < *next) next = next ? 0 : status.next_event;
      if (reload(options, options.file, *connection, status))
        std::cout << "the tables in force were damaged; they are loaded again\n";
      const double hz = hz_of(firmware);
      for (const device::FirmwareEvent& event : firmware.log(*next)) {
        print_event(event, hz);
        next = event.number + 1;
      }
      if (!problem.empty()) std::cout << "the device answers again\n";
      problem.clear();
    } catch (const std::exception& error) {
      if (problem != error.what()) std::cerr << "portcullis: " << error.what() << std::endl;
      problem = error.what();
      connection.reset();
    }
    std::cout.flush();
    look += seconds(options.every);
    while (interrupted == 0 && Clock::now() < std::min(look, end))
      std::this_thread::sleep_for(
          std::min<Clock::duration>(std::chrono::milliseconds(50), std::min(look, end) - Clock::now()));
    if (interrupted != 0 || Clock::now() >= end) break;
  }
  if (!problem.empty()) exit = Exit::answer_is_no;
}

void start(const Options& options, Connection& connection) {
  std::ifstream in(options.file, std::ios::binary);
  const std::vector<std::uint8_t> firmware{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || firmware.empty())
    throw std::runtime_error(options.file + ": cannot be read; give a firmware image (build/firmware/firmware.bin)");
  connection.management().start(firmware);
  const device::FirmwareVersion version = device::Firmware(connection.management()).version();
  std::cout << fmt::format("{}: firmware {}.{}.{} runs\n", options.file, version.major, version.minor, version.patch);
}

void device_command(const Options& options, Exit& exit) {
  const bool takes_file = options.action == "load" || options.action == "start" || options.action == "watch";
  if (takes_file && options.file.empty())
    throw std::runtime_error(fmt::format("device {}: name the file", options.action));
  if (!options.reload.empty() && options.action != "status")
    throw std::runtime_error(fmt::format("device {}: --reload belongs to status", options.action));
  if (!takes_file && options.action != "counters" && !options.file.empty())
    throw std::runtime_error(fmt::format("device {}: takes no file", options.action));
  if (options.action == "watch") {
    tables::read_image(options.file);
    return watch(options, exit);
  }
  Connection connection(options);
  try {
    if (options.action == "status") {
      print_status(connection, exit);
      // Afterwards the answer is that of the new bank.
      if (!options.reload.empty() &&
          reload(options, options.reload, connection, device::Firmware(connection.management()).status()))
        exit = Exit::as_asked;
    } else if (options.action == "start") {
      start(options, connection);
    } else if (options.action == "load") {
      load(options, connection);
    } else if (options.action == "rollback") {
      std::cout << fmt::format("bank {} is in force\n", device::Firmware(connection.management()).rollback());
    } else if (options.action == "counters") {
      print_counters(options, connection);
    } else if (options.action == "log") {
      print_log(options, connection);
    } else {
      const std::vector<std::string> failed = device::Firmware(connection.management()).self_test();
      for (const std::string& text : failed) std::cout << "failed: " << text << '\n';
      if (failed.empty()) std::cout << "the firmware's self-test found nothing wrong\n";
      if (!failed.empty()) exit = Exit::answer_is_no;
    }
  } catch (const device::FirmwareRefused& refused) {
    std::cerr << "portcullis: " << refused.what() << '\n';
    exit = Exit::answer_is_no;
  }
}

}  // namespace

void add_device(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "device",
      "Speak to the management firmware of a device: status, load, rollback, counters, log, self-test, watch");
  command->add_option("ACTION", options->action, "status, load, rollback, counters, log, self-test, start, or watch")
      ->required()
      ->check(CLI::IsMember({"status", "load", "rollback", "counters", "log", "self-test", "start", "watch"}));
  command->add_option(
      "FILE", options->file,
      "load: table image (.pti); start: firmware image; counters: table image, for the rules' names; watch: "
      "table image of the policy in force");
  command->add_option("--serial", options->serial,
                      "serial port of the board, such as /dev/ttyUSB1, or the terminal of portcullis-device-model");
  command->add_option("--pci", options->pci, "PCI address of the NIC as `lspci -D` writes it, such as 0000:03:00.0");
  command->add_option("--totals", options->totals,
                      "load, counters, watch, --reload: file with the totals of each rule over all policies; loads "
                      "then lose no counts");
  command
      ->add_option("--patience", options->patience,
                   "load: milliseconds of silence after which the firmware gives the load up")
      ->check(CLI::Range(1U, 600'000U))
      ->capture_default_str();
  command->add_flag("--discard-counters", options->discard,
                    "load, watch, --reload: the counters of the policy before are not wanted");
  command->add_option("--reload", options->reload,
                      "status: table image of the policy in force, which is loaded again if its tables are damaged");
  command->add_option("--every", options->every, "watch: seconds between two looks at the device")
      ->check(CLI::Range(0.01, 86'400.0))
      ->capture_default_str();
  command->add_option("--for", options->period, "watch: seconds after which it ends; else when it is interrupted")
      ->check(CLI::Range(0.0, 1e9));
  command->add_option("--from", options->from, "log: number of the first event");
  command->callback([options, &exit] { device_command(*options, exit); });
}

}  // namespace portcullis::cli
