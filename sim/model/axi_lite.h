// AXI4-Lite master: one access at a time, register by register, as a driver makes them.
#pragma once

#include <cstdint>

#include "model/filter_model.h"

namespace portcullis::model {

class AxiLiteMaster {
 public:
  explicit AxiLiteMaster(const AxiLitePins& pins) : pins_(pins) {
    *pins_.awvalid = *pins_.wvalid = *pins_.arvalid = 0;
    *pins_.bready = *pins_.rready = 0;
  }

  bool busy() const { return state_ != State::idle; }

  /// Starts an access; only when not busy.
  void start_write(std::uint16_t address, std::uint32_t value) {
    *pins_.awaddr = address;
    *pins_.wdata = value;
    *pins_.wstrb = 0xF;
    *pins_.awvalid = *pins_.wvalid = *pins_.bready = 1;
    state_ = State::write;
  }
  void start_read(std::uint16_t address) {
    *pins_.araddr = address;
    *pins_.arvalid = *pins_.rready = 1;
    state_ = State::read;
  }

  /// Sees this clock's handshakes; call between settle and edge, then call advance() behind the edge.
  void sample() {
    if (state_ == State::idle) return;
    address_taken_ = *pins_.awvalid != 0 && *pins_.awready != 0;
    data_taken_ = *pins_.wvalid != 0 && *pins_.wready != 0;
    read_taken_ = *pins_.arvalid != 0 && *pins_.arready != 0;
    if (state_ == State::write && *pins_.bvalid != 0) {
      response_ = *pins_.bresp;
      answered_ = true;
    } else if (state_ == State::read && *pins_.rvalid != 0) {
      response_ = *pins_.rresp;
      value_ = *pins_.rdata;
      answered_ = true;
    }
  }

  /// Behind the edge: takes back what was taken.
  void advance() {
    if (state_ == State::idle) return;
    if (address_taken_) *pins_.awvalid = 0;
    if (data_taken_) *pins_.wvalid = 0;
    if (read_taken_) *pins_.arvalid = 0;
    if (answered_) {
      *pins_.bready = *pins_.rready = 0;
      answered_ = false;
      state_ = State::idle;
    }
  }

  /// Of the last access: the value read, and 0 (OKAY), 2 (SLVERR) or 3 (DECERR).
  std::uint32_t value() const { return value_; }
  unsigned response() const { return response_; }

 private:
  enum class State : std::uint8_t { idle, write, read };
  AxiLitePins pins_;
  State state_ = State::idle;
  bool address_taken_ = false;
  bool data_taken_ = false;
  bool read_taken_ = false;
  bool answered_ = false;
  std::uint32_t value_ = 0;
  unsigned response_ = 0;
};

}  // namespace portcullis::model
