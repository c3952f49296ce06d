#include "device/firmware.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "device/mailbox_protocol.h"
#include "device/registers.h"

namespace portcullis::device {
namespace {

bool is_image_error(std::uint8_t status) { return status >= PCL_ERROR_IMAGE_MAGIC && status <= PCL_ERROR_IMAGE_TREES; }

BankPolicy bank_policy(const MailboxAnswer& answer, std::size_t at) {
  BankPolicy bank;
  bank.state = static_cast<BankPolicy::State>(answer.u32(at + PCL_BANK_STATE));
  bank.load = answer.u32(at + PCL_BANK_LOAD);
  bank.nonce = answer.u64(at + PCL_BANK_NONCE);
  bank.image_bytes = answer.u32(at + PCL_BANK_IMAGE_BYTES);
  bank.image_crc = answer.u32(at + PCL_BANK_IMAGE_CRC);
  bank.entries = answer.u32(at + PCL_BANK_ENTRIES);
  bank.probes = answer.u32(at + PCL_BANK_PROBES);
  return bank;
}

std::vector<ProbeFailure> probe_failures(const MailboxAnswer& answer) {
  std::vector<ProbeFailure> failures;
  for (std::uint32_t i = 0; i < answer.u32(PCL_LOAD_END_LISTED); ++i) {
    const std::size_t at = PCL_LOAD_END_FAILURES + std::size_t{i} * PCL_FAILURE_BYTES;
    ProbeFailure failure;
    failure.probe = answer.u32(at + PCL_FAILURE_PROBE);
    failure.answered = {answer.u32(at + PCL_FAILURE_HIT) != 0, answer.u32(at + PCL_FAILURE_RULE),
                        answer.u64(at + PCL_FAILURE_ACTION)};
    failures.push_back(failure);
  }
  return failures;
}

/// What a refusal says in its data.
std::string detail(const MailboxAnswer& answer) {
  if (is_image_error(answer.status) && answer.data.size() >= PCL_LOAD_ERROR_BYTES) {
    return fmt::format(", at byte {} of the image (0x{:x})", answer.u32(PCL_LOAD_ERROR_OFFSET),
                       answer.u32(PCL_LOAD_ERROR_DETAIL));
  }
  if (answer.status == PCL_ERROR_PROBES) {
    std::string text =
        fmt::format(": {} of {} probes failed", answer.u32(PCL_LOAD_END_FAILED), answer.u32(PCL_LOAD_END_PROBES));
    for (const ProbeFailure& failure : probe_failures(answer)) {
      text += failure.answered.hit ? fmt::format("\n  probe {}: answered rule {} with action 0x{:016x}", failure.probe,
                                                 failure.answered.rule, failure.answered.action)
                                   : fmt::format("\n  probe {}: answered no rule and action 0x{:016x}", failure.probe,
                                                 failure.answered.action);
    }
    return text;
  }
  return {};
}

}  // namespace

std::uint64_t random_nonce() {
  std::random_device device;
  std::uint64_t nonce = 0;
  while (nonce == 0) nonce = std::uint64_t{device()} << 32U | device();
  return nonce;
}

TableRow TableRow::from_register(std::uint32_t value) {
  return {(value & PCL_SCRUB_DAMAGED_PLACE_BANK_MASK) >> PCL_SCRUB_DAMAGED_PLACE_BANK_SHIFT,
          (value & PCL_SCRUB_DAMAGED_PLACE_NUMBER_MASK) >> PCL_SCRUB_DAMAGED_PLACE_NUMBER_SHIFT,
          (value & PCL_SCRUB_DAMAGED_PLACE_ROW_MASK) >> PCL_SCRUB_DAMAGED_PLACE_ROW_SHIFT};
}

std::string TableRow::to_string() const { return fmt::format("bank {}, table {}, row {}", bank, table, row); }

std::string FirmwareEvent::to_string() const {
  static constexpr std::array<const char*, 3> kCauses = {"power-up", "watchdog", "held by the host"};
  switch (code) {
    case PCL_EVENT_BOOT:
      return fmt::format("started (reset by {}), start {}", a < kCauses.size() ? kCauses[a] : "an unknown cause", b);
    case PCL_EVENT_MEMORY_LOST:
      return "what was known of the banks, and the events before, are lost";
    case PCL_EVENT_LOAD_BEGIN:
      return fmt::format("load {} began, {} bytes", a, b);
    case PCL_EVENT_LOAD_READY:
      return fmt::format("load {} is complete, {} probes answered as expected", a, b);
    case PCL_EVENT_LOAD_FAILED:
      return fmt::format("load {} failed: {}", a, mailbox_status_text(static_cast<std::uint8_t>(b)));
    case PCL_EVENT_LOAD_TIMEOUT:
      return fmt::format("load {} was given up: the host was silent for too long behind byte {}", a, b);
    case PCL_EVENT_LOAD_ABANDONED:
      return fmt::format("load {} was given up by the host behind byte {}", a, b);
    case PCL_EVENT_ACTIVATED:
      return fmt::format("load {} came into force in bank {}", a, b);
    case PCL_EVENT_ROLLED_BACK:
      return fmt::format("rolled back: load {} is in force again, in bank {}", a, b);
    case PCL_EVENT_TOUCHED:
      return "the host wrote to the banks by registers; rollback is not possible until the next load";
    case PCL_EVENT_REQUEST_DAMAGED:
      return fmt::format("a damaged request was refused (0x{:08x})", a);
    case PCL_EVENT_RESTORED:
      return fmt::format("the device was reset: load {} is in force as before, in bank {}", a, b);
    case PCL_EVENT_NOT_RESTORED:
      return "a reset left no policy in force that the firmware knows; load the policy again";
    case PCL_EVENT_MENDED:
      return fmt::format("{}: a wrong bit was mended, row {} since the reset", TableRow::from_register(a).to_string(),
                         b);
    case PCL_EVENT_DAMAGED:
      return fmt::format(
          "{}: more than one bit is wrong; {}", TableRow::from_register(a).to_string(),
          b != 0 ? "the bank is in force, load the policy again" : "the bank is not in force, and rollback is refused");
    default:
      return fmt::format("event {} ({}, {})", code, a, b);
  }
}

Firmware::Firmware(Management& management, Mailbox::Options options) : mailbox_(management, std::move(options)) {
  const MailboxAnswer answer = ask(PCL_COMMAND_VERSION);
  const std::uint32_t protocol = answer.u32(PCL_VERSION_PROTOCOL);
  version_.protocol_major = protocol >> 16U;
  version_.protocol_minor = protocol & 0xFFFFU;
  if (version_.protocol_major != PCL_PROTOCOL_MAJOR)
    throw DeviceError(fmt::format(
        "the firmware speaks version {} of the mailbox protocol, this program {}; use a matching program or firmware",
        version_.protocol_major, PCL_PROTOCOL_MAJOR));
  const std::uint32_t firmware = answer.u32(PCL_VERSION_FIRMWARE);
  version_.major = firmware >> 16U & 0xFFU;
  version_.minor = firmware >> 8U & 0xFFU;
  version_.patch = firmware & 0xFFU;
  version_.image_bytes = answer.u32(PCL_VERSION_IMAGE_BYTES);
  version_.image_crc = answer.u32(PCL_VERSION_IMAGE_CRC);
  version_.geometry_signature = answer.u32(PCL_VERSION_GEOMETRY);
  version_.boots = answer.u32(PCL_VERSION_BOOTS);
  version_.reset_cause = answer.u32(PCL_VERSION_RESET_CAUSE);
  version_.clock_hz = answer.u32(PCL_VERSION_CLOCK_HZ);
}

MailboxAnswer Firmware::ask(std::uint8_t command, const MessageWriter& data) {
  MailboxAnswer answer = mailbox_.request(command, data.data());
  if (answer.status != PCL_DONE) {
    throw FirmwareRefused("the firmware refused: " + mailbox_status_text(answer.status) + detail(answer), answer.status,
                          answer.status == PCL_ERROR_PROBES ? probe_failures(answer) : std::vector<ProbeFailure>());
  }
  return answer;
}

FirmwareStatus Firmware::status() {
  const MailboxAnswer answer = ask(PCL_COMMAND_STATUS);
  FirmwareStatus status;
  status.active_bank = answer.u32(PCL_STATUS_ANSWER_ACTIVE_BANK) & 1U;
  const std::uint32_t flags = answer.u32(PCL_STATUS_ANSWER_FLAGS);
  status.loading = (flags & PCL_STATUS_FLAG_LOADING) != 0;
  status.ready = (flags & PCL_STATUS_FLAG_READY) != 0;
  status.load = answer.u32(PCL_STATUS_ANSWER_LOAD);
  status.offset = answer.u32(PCL_STATUS_ANSWER_OFFSET);
  status.uptime = answer.u64(PCL_STATUS_ANSWER_UPTIME);
  status.watchdog_resets = answer.u32(PCL_STATUS_ANSWER_WATCHDOG_RESETS);
  status.boots = answer.u32(PCL_STATUS_ANSWER_BOOTS);
  status.next_event = answer.u32(PCL_STATUS_ANSWER_EVENTS);
  for (std::size_t bank = 0; bank < status.banks.size(); ++bank)
    status.banks[bank] = bank_policy(answer, PCL_STATUS_ANSWER_BANKS + bank * PCL_BANK_BYTES);
  if (version_.protocol_minor >= 1) {
    constexpr std::size_t kAt = PCL_STATUS_ANSWER_SCRUB;
    status.scrub.rows = answer.u32(kAt + PCL_STATUS_SCRUB_ROWS);
    status.scrub.passes = answer.u32(kAt + PCL_STATUS_SCRUB_PASSES);
    status.scrub.pass_clocks = answer.u32(kAt + PCL_STATUS_SCRUB_PASS_CLOCKS);
    status.scrub.mended = answer.u32(kAt + PCL_STATUS_SCRUB_MENDED);
    for (std::size_t bank = 0; bank < status.banks.size(); ++bank) {
      const std::size_t at = kAt + bank * PCL_STATUS_SCRUB_BANK;
      status.scrub.damaged[bank] = answer.u32(at + PCL_STATUS_SCRUB_DAMAGED);
      status.scrub.damaged_row[bank] = TableRow::from_register(answer.u32(at + PCL_STATUS_SCRUB_PLACE));
    }
  }
  return status;
}

std::uint32_t Firmware::begin(std::size_t bytes, const FirmwareLoadOptions& options) {
  if (bytes > 0xFFFFFFFFU) throw DeviceError(fmt::format("an image of {} bytes is too large for the mailbox", bytes));
  const MailboxAnswer answer =
      ask(PCL_COMMAND_LOAD_BEGIN, MessageWriter()
                                      .u32(static_cast<std::uint32_t>(bytes))
                                      .u32(static_cast<std::uint32_t>(options.patience.count()))
                                      .u64(options.nonce)
                                      .u64(options.collected)
                                      .u32(options.discard_counters ? PCL_LOAD_FLAG_DISCARD_COUNTERS : 0));
  piece_bytes_ =
      std::min<std::size_t>(answer.u32(PCL_LOAD_BEGIN_ANSWER_PIECE), mailbox_.max_data() - PCL_LOAD_DATA_PIECE);
  if (piece_bytes_ == 0) throw DeviceError("the firmware takes pieces of 0 bytes");
  return answer.u32(PCL_LOAD_BEGIN_ANSWER_LOAD);
}

void Firmware::piece(std::uint32_t load, std::uint32_t offset, std::span<const std::uint8_t> bytes) {
  ask(PCL_COMMAND_LOAD_DATA, MessageWriter().u32(load).u32(offset).bytes(bytes));
}

std::uint32_t Firmware::end(std::uint32_t load) {
  return ask(PCL_COMMAND_LOAD_END, MessageWriter().u32(load)).u32(PCL_LOAD_END_PROBES);
}

unsigned Firmware::activate(std::uint32_t load) {
  return ask(PCL_COMMAND_ACTIVATE, MessageWriter().u32(load)).u32(0) & 1U;
}

void Firmware::abandon() { ask(PCL_COMMAND_ABANDON); }

FirmwareLoadReport Firmware::load(std::span<const std::uint8_t> image, const FirmwareLoadOptions& given) {
  FirmwareLoadOptions options = given;
  if (options.nonce == 0) options.nonce = random_nonce();
  FirmwareLoadReport report;
  report.nonce = options.nonce;
  report.load = begin(image.size(), options);
  try {
    for (std::size_t at = 0; at < image.size();) {
      const std::size_t bytes = std::min(piece_bytes_, image.size() - at);
      piece(report.load, static_cast<std::uint32_t>(at), image.subspan(at, bytes));
      at += bytes;
      ++report.pieces;
      if (options.progress) options.progress(at);
    }
    report.probes = end(report.load);
    if (options.before_activation) options.before_activation();
    report.active_bank = activate(report.load);
  } catch (...) {
    try {
      abandon();
    } catch (const std::exception&) {
      // It is out of reach; then it gives up by itself.
    }
    throw;
  }
  return report;
}

unsigned Firmware::rollback() { return ask(PCL_COMMAND_ROLLBACK).u32(0) & 1U; }

BankCounters Firmware::counters(unsigned bank, unsigned rules) {
  BankCounters result;
  result.counters.rules.resize(rules);
  bool first_answer = true;
  const auto read = [&](std::uint32_t kind, std::span<Tally> tallies) {
    for (std::size_t at = 0; at < tallies.size();) {
      const MailboxAnswer answer = ask(PCL_COMMAND_COUNTERS, MessageWriter()
                                                                 .u32(bank)
                                                                 .u32(kind)
                                                                 .u32(static_cast<std::uint32_t>(at))
                                                                 .u32(static_cast<std::uint32_t>(tallies.size() - at)));
      const std::uint64_t nonce = answer.u64(PCL_COUNTERS_ANSWER_NONCE);
      if (!first_answer && nonce != result.nonce)
        throw DeviceError(fmt::format("bank {} was loaded anew while its counters were read; read them again", bank));
      first_answer = false;
      result.nonce = nonce;
      const std::size_t count = answer.u32(PCL_COUNTERS_ANSWER_COUNT);
      if (count == 0 || count > tallies.size() - at)
        throw DeviceError(
            fmt::format("the firmware answers {} counters where {} were asked", count, tallies.size() - at));
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t place = PCL_COUNTERS_ANSWER_TALLIES + i * PCL_TALLY_BYTES;
        tallies[at + i] = {answer.u64(place), answer.u64(place + 8)};
      }
      at += count;
    }
  };
  read(0, result.counters.rules);
  read(1, result.counters.causes);
  return result;
}

std::vector<FirmwareEvent> Firmware::log(std::uint32_t first) {
  std::vector<FirmwareEvent> events;
  for (;;) {
    const MailboxAnswer answer = ask(PCL_COMMAND_LOG, MessageWriter().u32(first));
    const std::uint32_t count = answer.u32(PCL_LOG_COUNT);
    if (count == 0) return events;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::size_t at = PCL_LOG_EVENTS + std::size_t{i} * PCL_EVENT_BYTES;
      events.push_back({answer.u32(at + PCL_EVENT_NUMBER), answer.u32(at + PCL_EVENT_CODE),
                        answer.u64(at + PCL_EVENT_TIME), answer.u32(at + PCL_EVENT_A), answer.u32(at + PCL_EVENT_B)});
    }
    first = events.back().number + 1;
    if (first == answer.u32(PCL_LOG_NEXT)) return events;
  }
}

std::vector<std::string> Firmware::self_test() {
  const MailboxAnswer answer = mailbox_.request(PCL_COMMAND_SELF_TEST);
  if (answer.status != PCL_DONE && answer.status != PCL_ERROR_SELF_TEST)
    throw FirmwareRefused("the firmware refused: " + mailbox_status_text(answer.status), answer.status);
  static constexpr std::array<std::pair<std::uint32_t, const char*>, 4> kTests = {{
      {PCL_SELF_TEST_FIRMWARE, "the firmware in memory has changed: its CRC is wrong"},
      {PCL_SELF_TEST_CRC_UNIT, "the CRC unit computes wrong checksums"},
      {PCL_SELF_TEST_REGISTERS, "the registers of the filter cannot be read"},
      {PCL_SELF_TEST_CLOCK, "the processor's clock does not go on"},
  }};
  std::vector<std::string> failed;
  const std::uint32_t bits = answer.u32(4);
  for (const auto& [bit, text] : kTests)
    if ((bits & bit) != 0) failed.emplace_back(text);
  return failed;
}

}  // namespace portcullis::device
