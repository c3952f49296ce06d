// The management processor's hardware in software, written from docs/registers.md and docs/core-registers.md, with the
// real firmware, compiled for this machine, between its two sides: registers of the host as a Transport here, registers
// of the firmware behind platform.h.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "../device/fake_device.h"
#include "commands.h"
#include "core_registers.h"
#include "device/registers.h"
#include "device/transport.h"
#include "memory_map.h"
#include "tables/crc32c.h"

namespace portcullis::test {

class FakeManagement final : public device::Transport {
 public:
  /// Of the clock that the firmware sees; a turn of its main loop takes kTurn.
  static constexpr std::uint32_t kClockHz = 1'000'000;
  static constexpr std::uint64_t kTurn = 10;

  explicit FakeManagement(FakeDevice& device) : device_(device) {
    current() = this;
    firmware_.resize(64);
    const auto put = [&](std::size_t at, std::uint32_t word) {
      for (unsigned i = 0; i < 4; ++i) firmware_[at + i] = static_cast<std::uint8_t>(word >> (8 * i));
    };
    put(IMAGE_MAGIC_OFFSET, IMAGE_MAGIC);
    put(IMAGE_LENGTH_OFFSET, static_cast<std::uint32_t>(firmware_.size()));
    put(IMAGE_VERSION_OFFSET, 0x000203);
    put(firmware_.size() - 4, tables::crc32c(std::span(firmware_).first(firmware_.size() - 4)));
    // Power-up: what the firmware keeps stands in memory of this program, which outlives a test; touched banks make it
    // forget.
    touched_ = true;
    start(2);
    start(0);
  }
  ~FakeManagement() override { current() = nullptr; }

  /// The processor is reset, for this cause (0 power-up, 1 watchdog, 2 held), and the firmware starts again.
  void start(std::uint32_t cause) {
    cause_ = cause;
    if (pending_) lost_ = true;
    pending_ = false;
    if (owner_is_core_) owner_ = 0;
    owner_is_core_ = false;
    clock_ = 0;
    ::firmware_start();
  }
  /// Lets the main loop turn without a request.
  void turn(unsigned turns) {
    for (unsigned i = 0; i < turns; ++i) {
      clock_ += kTurn;
      ::firmware_turn();
    }
  }

  std::string console;
  std::vector<std::uint8_t>& firmware() { return firmware_; }
  /// The firmware does not run: requests stay unanswered.
  bool stopped = false;
  /// Told of every word that the host writes to its request data, before it is written.
  std::function<void(std::uint32_t word, std::uint32_t& value)> on_request_word;
  /// Told of every word of an answer that the host reads.
  std::function<void(std::uint32_t& value)> on_response_word;
  unsigned requests = 0;  ///< that were taken

  // ------------------------------------------------------------------ the host's side
  std::uint32_t read32(std::uint32_t offset) override {
    if (offset < 0x2000 || offset > 0x2FFF) return device_.read32(offset);
    switch (offset) {
      case 0x2000:
        return 0x50434C4D;
      case 0x2004:
        return 0x00010000;
      case 0x2008:
        return 1024;
      case 0x200C:
        return 32768;
      case 0x2014:
        return stopped ? 0 : 1;
      case 0x2044:
        return owner_ | (owner_is_core_ ? 1U << 16U : 0);
      case 0x204C:
        return 256;
      case 0x2084:
        return request_;
      case 0x2088: {
        const bool busy = pending_;
        if (pending_ && !stopped) turn(1);
        return (busy ? 1U : 0U) | (lost_ ? 4U : 0U);
      }
      case 0x208C:
        return response_;
      case 0x2090:
        return response_crc_;
      default:
        break;
    }
    if (offset >= 0x2800 && offset < 0x2C00) {
      std::uint32_t word = word_at(response_data_, offset - 0x2800);
      if (on_response_word) on_response_word(word);
      return word;
    }
    return 0;
  }

  void write32(std::uint32_t offset, std::uint32_t value) override {
    if (offset < 0x2000 || offset > 0x2FFF) {
      const bool banks = offset == 0xC0 || (offset >= 0x100 && offset < 0x400);
      const bool locked = banks || offset == 0xC8 || (offset >= 0x400 && offset < 0x480);
      if (locked && owner_is_core_) return;
      if (banks) touched_ = true;
      device_.write32(offset, value);
    } else if (offset >= 0x2400 && offset < 0x2800) {
      if (on_request_word) on_request_word((offset - 0x2400) / 4, value);
      if (!pending_)
        for (unsigned i = 0; i < 4; ++i)
          request_data_[offset - 0x2400 + i] = static_cast<std::uint8_t>(value >> (8 * i));
    } else if (offset == 0x2040) {
      claim(value, false);
    } else if (offset == 0x2080) {
      request_crc_ = value;
    } else if (offset == 0x2084 && !pending_) {
      request_ = value;
      pending_ = true;
      lost_ = false;
      ++requests;
    } else if (offset == 0x2088 && (value & 4) != 0) {
      lost_ = false;
    }
  }

  // ------------------------------------------------------------------ the firmware's side
  static FakeManagement*& current() {
    static FakeManagement* it = nullptr;
    return it;
  }
  FakeDevice& device() { return device_; }
  std::uint64_t now() { return ++clock_; }
  const std::uint8_t* request_data() const { return request_data_.data(); }
  std::array<std::uint8_t, 1024>& response_data() { return response_data_; }

  std::uint32_t core_read(std::uint32_t offset) {
    switch (offset) {
      case PCL_CORE_EVENTS:
        return touched_ ? 1 : 0;
      case PCL_CORE_RESET:
        return cause_;
      case PCL_CORE_CLOCK_HZ:
        return kClockHz;
      case PCL_CORE_LOCK_OWNER:
        return owner_ | (owner_is_core_ ? 1U << 16U : 0);
      case PCL_CORE_MAILBOX_REQUEST:
        return request_;
      case PCL_CORE_MAILBOX_REQUEST_CRC:
        return request_crc_;
      case PCL_CORE_MAILBOX_STATE:
        return pending_ ? 1U | (sound() ? 2U : 0U) : 0U;
      default:
        return 0;
    }
  }
  void core_write(std::uint32_t offset, std::uint32_t value) {
    switch (offset) {
      case PCL_CORE_CONSOLE:
        console.push_back(static_cast<char>(value));
        break;
      case PCL_CORE_EVENTS:
        if ((value & 1) != 0) touched_ = false;
        break;
      case PCL_CORE_LOCK_CLAIM:
        claim(value, true);
        break;
      case PCL_CORE_MAILBOX_RESPONSE:
        if (!pending_) break;
        response_ = value;
        response_crc_ = message_crc(value, response_data_.data(), value >> 16U);
        pending_ = false;
        break;
      default:
        break;
    }
  }

 private:
  static std::uint32_t word_at(const std::array<std::uint8_t, 1024>& bytes, std::uint32_t at) {
    std::uint32_t word = 0;
    for (unsigned i = 0; i < 4; ++i) word |= std::uint32_t{bytes[at + i]} << (8 * i);
    return word;
  }
  static std::uint32_t message_crc(std::uint32_t header, const std::uint8_t* data, std::size_t size) {
    const std::array<std::uint8_t, 4> bytes = {
        static_cast<std::uint8_t>(header), static_cast<std::uint8_t>(header >> 8U),
        static_cast<std::uint8_t>(header >> 16U), static_cast<std::uint8_t>(header >> 24U)};
    return tables::crc32c({data, size}, tables::crc32c(bytes));
  }
  bool sound() const { return message_crc(request_, request_data_.data(), request_ >> 16U) == request_crc_; }
  void claim(std::uint32_t value, bool core) {
    const std::uint32_t id = value & 0xFFFF;
    if (id == 0 || (owner_ != 0 && (owner_ != id || owner_is_core_ != core))) return;
    owner_ = value >> 16U == 0 ? 0 : id;
    owner_is_core_ = owner_ != 0 && core;
  }

  FakeDevice& device_;
  std::vector<std::uint8_t> firmware_;
  std::array<std::uint8_t, 1024> request_data_{}, response_data_{};
  std::uint32_t request_ = 0, request_crc_ = 0, response_ = 0, response_crc_ = 0, owner_ = 0, cause_ = 0;
  bool pending_ = false, lost_ = false, touched_ = false, owner_is_core_ = false;
  std::uint64_t clock_ = 0;
};

}  // namespace portcullis::test
