#include "device/mailbox.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "device/mailbox_protocol.h"
#include "device/registers.h"
#include "tables/crc32c.h"

namespace portcullis::device {
namespace {

std::uint32_t field(std::uint32_t word, std::uint32_t mask, std::uint32_t shift) { return (word & mask) >> shift; }

/// CRC-32C of a header word, low byte first, and the data behind it.
std::uint32_t message_crc(std::uint32_t header, std::span<const std::uint8_t> data) {
  std::array<std::uint8_t, 4> bytes{};
  for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(header >> (8 * i));
  return tables::crc32c(data, tables::crc32c(bytes));
}

std::vector<std::uint32_t> to_words(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint32_t> words((bytes.size() + 3) / 4);
  for (std::size_t i = 0; i < bytes.size(); ++i) words[i / 4] |= std::uint32_t{bytes[i]} << (8 * (i % 4));
  return words;
}

}  // namespace

MessageWriter& MessageWriter::u32(std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) data_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return *this;
}

MessageWriter& MessageWriter::u64(std::uint64_t value) {
  return u32(static_cast<std::uint32_t>(value)).u32(static_cast<std::uint32_t>(value >> 32U));
}

MessageWriter& MessageWriter::bytes(std::span<const std::uint8_t> bytes) {
  data_.insert(data_.end(), bytes.begin(), bytes.end());
  return *this;
}

std::uint32_t MailboxAnswer::u32(std::size_t offset) const {
  if (offset + 4 > data.size())
    throw DeviceError(
        fmt::format("the firmware's answer has {} bytes, {} are needed; is the firmware of another version?",
                    data.size(), offset + 4));
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{data[offset + i]} << (8 * i);
  return value;
}

std::uint64_t MailboxAnswer::u64(std::size_t offset) const {
  return std::uint64_t{u32(offset)} | std::uint64_t{u32(offset + 4)} << 32U;
}

std::string mailbox_status_text(std::uint8_t status) {
  switch (status) {
    case PCL_DONE:
      return "done";
    case PCL_ERROR_REQUEST_CRC:
      return "the request was damaged on its way to the firmware";
    case PCL_ERROR_COMMAND:
      return "the firmware does not know the command";
    case PCL_ERROR_LENGTH:
      return "the request has too few or too many bytes for its command";
    case PCL_ERROR_ARGUMENT:
      return "a number in the request is out of range";
    case PCL_ERROR_NO_LOAD:
      return "no load of this number is under way; begin again";
    case PCL_ERROR_ORDER:
      return "a piece of the image came out of order, so the load was given up; begin again";
    case PCL_ERROR_LOCKED:
      return "a driver holds the owner lock of the shadow bank; stop it, or wait until its claim ends";
    case PCL_ERROR_BANK_BUSY:
      return "the shadow bank is busy: packets of the retired policy are still on their way, or a table-load queue is "
             "enabled; is an egress blocked?";
    case PCL_ERROR_COUNTERS:
      return "the retired policy's final counters have not been collected; collect them first";
    case PCL_ERROR_NO_ROLLBACK:
      return "the other bank holds no tested policy to go back to";
    case PCL_ERROR_FLIP:
      return "the device did not exchange the banks; the old policy is in force";
    case PCL_ERROR_DEVICE:
      return "the device reported an error while tables were written or tested; the old policy is in force";
    case PCL_ERROR_TIMEOUT:
      return "the device did not finish a command of the firmware in time";
    case PCL_ERROR_SELF_TEST:
      return "the firmware's self-test failed";
    case PCL_ERROR_TREES:
      return "the image is for a device without trees, and this one has trees; compile it for this device (--geometry "
             "scale)";
    case PCL_ERROR_NO_TREES:
      return "the image is for a device with trees, and this one has none; compile it for this device";
    case PCL_ERROR_TOUCHED:
      return "other software wrote to the banks during the load, so it was given up; stop it and begin again";
    case PCL_ERROR_IMAGE_MAGIC:
      return "not a table image: it does not begin with its magic number";
    case PCL_ERROR_IMAGE_VERSION:
      return "a table image of another version; compile it again";
    case PCL_ERROR_IMAGE_HEADER_CRC:
      return "the table image's header is damaged";
    case PCL_ERROR_IMAGE_DIRECTORY:
      return "the table image's sections are not in their order and place";
    case PCL_ERROR_IMAGE_GEOMETRY:
      return "the table image is for another geometry; compile it for this device";
    case PCL_ERROR_IMAGE_SECTION_CRC:
      return "the table image, or a section of it, is damaged";
    case PCL_ERROR_IMAGE_BOUNDARIES:
      return "a boundary in the table image is wrong";
    case PCL_ERROR_IMAGE_ROWS:
      return "a bitmap row in the table image is wrong";
    case PCL_ERROR_IMAGE_ACTIONS:
      return "the actions in the table image are wrong";
    case PCL_ERROR_IMAGE_ENTRIES:
      return "the entries in the table image are wrong";
    case PCL_ERROR_IMAGE_PROBES:
      return "a probe in the table image is wrong";
    case PCL_ERROR_IMAGE_SOURCES:
      return "the list of files in the table image is wrong";
    case PCL_ERROR_IMAGE_PADDING:
      return "bytes of the table image that must be zero are not";
    case PCL_ERROR_IMAGE_LENGTH:
      return "the table image is shorter or longer than its header says";
    case PCL_ERROR_IMAGE_TREES:
      return "a record, an entry or a predicate of the trees in the image is wrong";
    case PCL_ERROR_DAMAGED:
      return "a row of the bank that should come into force has more than one wrong bit; load the policy";
    case PCL_ERROR_PROBES:
      return "self-test probes were answered wrongly; the old policy is in force";
    default:
      return fmt::format("unknown status 0x{:02x} of the firmware", status);
  }
}

Mailbox::Mailbox(Management& management, Options options)
    : management_(management),
      transport_(management.transport()),
      options_(std::move(options)),
      // Behind the number of the last answer, so that the firmware does not take a request of ours for a repeated one.
      sequence_(
          static_cast<std::uint8_t>(field(answered(transport_.read32(PCL_MAILBOX_REQUEST)),
                                          PCL_MAILBOX_REQUEST_SEQUENCE_MASK, PCL_MAILBOX_REQUEST_SEQUENCE_SHIFT))) {}

void Mailbox::check_running() {
  const std::string problem = management_.state().problem();
  if (!problem.empty()) throw FirmwareGone(problem);
}

void Mailbox::wait_until_idle(const std::string& what) {
  for (unsigned poll = 0; poll < options_.polls; ++poll) {
    if ((answered(transport_.read32(PCL_MAILBOX_STATE)) & PCL_MAILBOX_STATE_BUSY_MASK) == 0) return;
    if (options_.between_looks) options_.between_looks();
  }
  throw FirmwareGone(
      fmt::format("the firmware did not finish in time: {}; its heartbeat is {}", what, management_.state().heartbeat));
}

MailboxAnswer Mailbox::request(std::uint8_t command, std::span<const std::uint8_t> data) {
  if (data.size() > max_data())
    throw DeviceError(
        fmt::format("a request of {} bytes does not fit into the mailbox of {}", data.size(), max_data()));
  check_running();
  wait_until_idle("a request before");
  ++sequence_;
  const std::uint32_t header = std::uint32_t{command} << PCL_MAILBOX_REQUEST_COMMAND_SHIFT |
                               std::uint32_t{sequence_} << PCL_MAILBOX_REQUEST_SEQUENCE_SHIFT |
                               static_cast<std::uint32_t>(data.size()) << PCL_MAILBOX_REQUEST_LENGTH_SHIFT;
  const std::vector<std::uint32_t> words = to_words(data);
  std::string reason;
  for (unsigned attempt = 0; attempt < options_.tries; ++attempt) {
    transport_.write_block(PCL_MAILBOX_REQUEST_DATA, words);
    transport_.write32(PCL_MAILBOX_REQUEST_CRC, message_crc(header, data));
    transport_.write32(PCL_MAILBOX_REQUEST, header);
    wait_until_idle(fmt::format("command 0x{:02x}", command));
    const std::uint32_t state = answered(transport_.read32(PCL_MAILBOX_STATE));
    if ((state & PCL_MAILBOX_STATE_LOST_MASK) != 0)
      throw FirmwareGone(fmt::format("the firmware was restarted while it worked on command 0x{:02x}", command));
    if ((state & PCL_MAILBOX_STATE_OVERRUN_MASK) != 0) {
      check_running();
      reason = "the mailbox did not take it";
      transport_.write32(PCL_MAILBOX_STATE, PCL_MAILBOX_STATE_OVERRUN_MASK);
      continue;
    }
    const std::uint32_t response = transport_.read32(PCL_MAILBOX_RESPONSE);
    const std::uint32_t length = field(response, PCL_MAILBOX_RESPONSE_LENGTH_MASK, PCL_MAILBOX_RESPONSE_LENGTH_SHIFT);
    if (field(response, PCL_MAILBOX_RESPONSE_SEQUENCE_MASK, PCL_MAILBOX_RESPONSE_SEQUENCE_SHIFT) != sequence_ ||
        length > max_data()) {
      reason = fmt::format("the answer 0x{:08x} is not to it", response);
      continue;
    }
    MailboxAnswer answer;
    answer.status =
        static_cast<std::uint8_t>(field(response, PCL_MAILBOX_RESPONSE_STATUS_MASK, PCL_MAILBOX_RESPONSE_STATUS_SHIFT));
    for (std::uint32_t at = 0; at < length; at += 4) {
      const std::uint32_t word = transport_.read32(PCL_MAILBOX_RESPONSE_DATA + at);
      for (unsigned i = 0; i < 4 && at + i < length; ++i)
        answer.data.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
    }
    if (message_crc(response, answer.data) != transport_.read32(PCL_MAILBOX_RESPONSE_CRC)) {
      reason = "its answer was damaged";
      continue;
    }
    if (answer.status == PCL_ERROR_REQUEST_CRC) {
      reason = mailbox_status_text(answer.status);
      continue;
    }
    return answer;
  }
  throw DeviceError(fmt::format("command 0x{:02x} was not answered in {} tries: {}; is the way to the device sound?",
                                command, options_.tries, reason));
}

}  // namespace portcullis::device
