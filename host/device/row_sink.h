// Ways for rows to reach the shadow bank: through registers here; a driver with DMA has another.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "device/device.h"
#include "device/load_sequence.h"

namespace portcullis::device {

/// Takes rows for the shadow bank.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Returns when all rows are in the bank. Throws DeviceError or TransportError; then any of them may be.
  virtual void write(std::span<const RowWrite> rows) = 0;
};

/// Stages rows in LOAD_DATA and commits them, writing only what differs from what the registers hold.
class RegisterRowSink : public RowSink {
 public:
  /// The device must outlive the sink. Other software must not write the load registers meanwhile.
  explicit RegisterRowSink(Device& device) : device_(device), staged_(device.row_words(), kUnknown) {}

  void write(std::span<const RowWrite> rows) override;

  std::size_t rows() const { return rows_; }        ///< rows written so far, repeats counted
  std::size_t commits() const { return commits_; }  ///< writes of LOAD_COMMIT
  std::size_t words() const { return words_; }      ///< words of LOAD_DATA that had to be written

 private:
  /// What a register holds before it is written for the first time: no 32-bit number.
  static constexpr std::uint64_t kUnknown = std::uint64_t{1} << 32U;

  void write(const RowWrite& row);
  void set(std::uint64_t& known, std::uint32_t offset, std::uint32_t value);

  Device& device_;
  std::vector<std::uint64_t> staged_;
  std::uint64_t target_ = kUnknown, index_ = kUnknown, count_ = kUnknown;
  std::size_t rows_ = 0, commits_ = 0, words_ = 0;
};

}  // namespace portcullis::device
