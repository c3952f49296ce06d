// Mailbox: requests to the management firmware and its answers, with the CRC of both and a second try where one was
// damaged (docs/mailbox.md).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "device/management.h"

namespace portcullis::device {

/// What stands in the data of requests and answers: little-endian numbers.
class MessageWriter {
 public:
  MessageWriter& u32(std::uint32_t value);
  MessageWriter& u64(std::uint64_t value);
  MessageWriter& bytes(std::span<const std::uint8_t> bytes);
  const std::vector<std::uint8_t>& data() const { return data_; }

 private:
  std::vector<std::uint8_t> data_;
};

struct MailboxAnswer {
  std::uint8_t status = 0;  ///< PCL_DONE or PCL_ERROR_...
  std::vector<std::uint8_t> data;

  /// Throw DeviceError if the answer is shorter.
  std::uint32_t u32(std::size_t offset) const;
  std::uint64_t u64(std::size_t offset) const;
};

/// What an answer's status means, as a sentence without a full stop.
std::string mailbox_status_text(std::uint8_t status);

/// The firmware is not there to answer, or was restarted before it did. Whether the request was carried out is unknown.
class FirmwareGone : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

class Mailbox {
 public:
  struct Options {
    unsigned polls = 10'000'000;  ///< reads of MAILBOX_STATE before an answer is given up
    unsigned tries = 4;           ///< of a request that arrives damaged, or whose answer does
    /// Called between two looks for an answer; other software may use other registers meanwhile. May be empty.
    std::function<void()> between_looks = {};
  };

  /// The management processor must outlive the mailbox, and no other software may use its mailbox meanwhile.
  explicit Mailbox(Management& management) : Mailbox(management, Options{}) {}
  Mailbox(Management& management, Options options);

  /// Sends a request and waits for its answer, whatever its status. Throws DeviceError: too much data, no firmware, no
  /// answer in time, damaged in every try.
  MailboxAnswer request(std::uint8_t command, std::span<const std::uint8_t> data = {});
  unsigned max_data() const { return management_.buffer_bytes(); }

 private:
  void wait_until_idle(const std::string& what);
  void check_running();

  Management& management_;
  Transport& transport_;
  Options options_;
  std::uint8_t sequence_;
};

}  // namespace portcullis::device
