// Host memory behind the NIC's AXI4 master (AMBA IHI 0022E): pieces of memory at bus addresses, and the slave that
// reads and writes them, with latency, rests and errors as wanted.
//
// Each clock has four steps: drive() puts this clock's values on the pins, the model settles, sample() sees the
// handshakes, and behind the clock edge nothing is to be done. A write becomes visible in memory with its response, not
// before: what relies on more than AXI4 promises, fails here.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace portcullis::model {

/// Pieces of memory that a device may reach, by bus address. What is in no piece answers with an error.
class HostMemory {
 public:
  /// The piece must stay where it is until it is removed. Pieces must not overlap.
  void add(std::uint64_t address, std::span<std::uint8_t> bytes) { pieces_[address] = bytes; }
  /// The piece that add() was given at this address.
  void remove(std::uint64_t address) { pieces_.erase(address); }
  /// `size` bytes from `address` on, or nullptr if they are not all in one piece.
  std::uint8_t* find(std::uint64_t address, std::size_t size) const {
    auto after = pieces_.upper_bound(address);
    if (after == pieces_.begin()) return nullptr;
    --after;
    const std::uint64_t offset = address - after->first;
    if (offset >= after->second.size() || after->second.size() - offset < size) return nullptr;
    return after->second.data() + offset;
  }

 private:
  std::map<std::uint64_t, std::span<std::uint8_t>> pieces_;
};

/// Pins of the AXI4 master. Data and strobes are bytes in the host's (little-endian) order.
struct AxiPins {
  unsigned beat_bytes = 0;
  const std::uint64_t* awaddr = nullptr;
  const std::uint8_t* awlen = nullptr;
  const std::uint8_t* awvalid = nullptr;
  std::uint8_t* awready = nullptr;
  const std::uint8_t* wdata = nullptr;
  const std::uint8_t* wstrb = nullptr;
  const std::uint8_t* wlast = nullptr;
  const std::uint8_t* wvalid = nullptr;
  std::uint8_t* wready = nullptr;
  std::uint8_t* bresp = nullptr;
  std::uint8_t* bvalid = nullptr;
  const std::uint8_t* bready = nullptr;
  const std::uint8_t* arid = nullptr;
  const std::uint64_t* araddr = nullptr;
  const std::uint8_t* arlen = nullptr;
  const std::uint8_t* arvalid = nullptr;
  std::uint8_t* arready = nullptr;
  std::uint8_t* rid = nullptr;
  std::uint8_t* rdata = nullptr;
  std::uint8_t* rresp = nullptr;
  std::uint8_t* rlast = nullptr;
  std::uint8_t* rvalid = nullptr;
  const std::uint8_t* rready = nullptr;
};

/// How the memory behaves; percentages of clocks, or of bursts for errors.
struct AxiBehaviour {
  unsigned read_latency = 8;   ///< clocks from the address to the first beat
  unsigned write_latency = 4;  ///< clocks from the last beat to the response
  unsigned rest_percent = 0;   ///< each channel rests on its own
  bool mix_reads = false;      ///< beats of different IDs come mixed, bursts of different IDs in any order
  unsigned read_error_percent = 0;
  unsigned write_error_percent = 0;
  bool dead = false;  ///< takes what has room in its queues and never answers
};

/// The NIC broke a rule of AXI4. The message says which.
class AxiViolation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What answers the NIC's AXI4 master.
class AxiSlave {
 public:
  virtual ~AxiSlave() = default;
  /// Puts this clock's values on the pins, before the model settles.
  virtual void drive() = 0;
  /// Sees the handshakes, behind it.
  virtual void sample() = 0;
  /// Nothing is under way and nothing is offered by either side.
  virtual bool quiet() const = 0;

 protected:
  AxiSlave() = default;
  AxiSlave(const AxiSlave&) = default;
  AxiSlave& operator=(const AxiSlave&) = default;
};

class AxiMemory final : public AxiSlave {
 public:
  AxiMemory(const AxiPins& pins, HostMemory& memory, std::uint64_t seed = 1)
      : pins_(pins), memory_(memory), random_(static_cast<std::uint32_t>(seed)) {}

  AxiBehaviour behaviour;

  bool quiet() const override {
    return reads_.empty() && writes_.empty() && !read_offered_ && !response_offered_ && *pins_.awvalid == 0 &&
           *pins_.wvalid == 0 && *pins_.arvalid == 0;
  }
  std::uint64_t beats_read() const { return beats_read_; }
  std::uint64_t beats_written() const { return beats_written_; }
  std::uint64_t errors_given() const { return errors_given_; }

  void drive() override {
    ++clock_;
    if (busy_or_offered()) drive_answers();
    *pins_.awready = !rest() && writes_.size() < kQueue;
    *pins_.wready = !rest() && data_.size() < kQueue * 4;
    *pins_.arready = !rest() && reads_.size() < kQueue;
  }

  void sample() override {
    check_held();
    if (*pins_.awvalid != 0 && *pins_.awready != 0) {
      check_burst(*pins_.awaddr, *pins_.awlen);
      writes_.push_back({*pins_.awaddr, *pins_.awlen + 1U, {}, {}, false, 0});
    }
    if (*pins_.wvalid != 0 && *pins_.wready != 0) {
      Beat& beat = data_.emplace_back();
      std::memcpy(beat.data.data(), pins_.wdata, pins_.beat_bytes);
      std::memcpy(beat.strobes.data(), pins_.wstrb, pins_.beat_bytes / 8);
      beat.last = *pins_.wlast != 0;
      ++beats_written_;
    }
    if (!data_.empty()) take_data();
    if (response_offered_ && *pins_.bready != 0) response_offered_ = false;
    if (*pins_.arvalid != 0 && *pins_.arready != 0) {
      check_burst(*pins_.araddr, *pins_.arlen);
      reads_.push_back({*pins_.arid, *pins_.araddr, *pins_.arlen + 1U, 0, clock_ + behaviour.read_latency,
                        chance(behaviour.read_error_percent)});
    }
    if (read_offered_ && *pins_.rready != 0) {
      read_offered_ = false;
      ++beats_read_;
    }
  }

 private:
  static constexpr std::size_t kQueue = 64;
  static constexpr std::size_t kMaxBeat = 128;  // bytes
  struct Beat {
    std::array<std::uint8_t, kMaxBeat> data;
    std::array<std::uint8_t, kMaxBeat / 8> strobes;
    bool last;
  };
  struct Write {
    std::uint64_t address;
    unsigned beats;
    std::vector<std::uint8_t> data, strobes;
    bool complete;
    std::uint64_t due;
  };
  struct Read {
    std::uint8_t id;
    std::uint64_t address;
    unsigned beats, next;
    std::uint64_t due;
    bool error;
  };

  bool chance(unsigned percent) { return percent != 0 && random_() % 100 < percent; }
  bool rest() { return chance(behaviour.rest_percent); }
  bool busy_or_offered() const {
    return !reads_.empty() || !writes_.empty() || read_offered_ || response_offered_ || *pins_.rvalid != 0 ||
           *pins_.bvalid != 0;
  }

  void check_burst(std::uint64_t address, std::uint8_t length) const {
    const std::uint64_t bytes = (std::uint64_t{length} + 1) * pins_.beat_bytes;
    if (address % pins_.beat_bytes != 0) throw AxiViolation("a burst does not begin at a beat's border");
    if (address / 4096 != (address + bytes - 1) / 4096) throw AxiViolation("a burst crosses a 4 KiB border");
  }

  /// VALID and its payload stay until READY (A3.2.1).
  void check_held() {
    const auto held = [](bool was, bool is, const char* what) {
      if (was && !is) throw AxiViolation(std::string(what) + " fell before it was taken");
    };
    held(aw_waited_, *pins_.awvalid != 0 && *pins_.awaddr == aw_address_, "AWVALID");
    held(w_waited_, *pins_.wvalid != 0 && std::memcmp(pins_.wdata, w_data_.data(), w_data_.size()) == 0, "WVALID");
    held(ar_waited_, *pins_.arvalid != 0 && *pins_.araddr == ar_address_, "ARVALID");
    aw_waited_ = *pins_.awvalid != 0 && *pins_.awready == 0;
    aw_address_ = *pins_.awaddr;
    w_waited_ = *pins_.wvalid != 0 && *pins_.wready == 0;
    if (w_waited_) w_data_.assign(pins_.wdata, pins_.wdata + pins_.beat_bytes);
    ar_waited_ = *pins_.arvalid != 0 && *pins_.arready == 0;
    ar_address_ = *pins_.araddr;
  }

  void take_data() {
    for (Write& write : writes_) {
      if (write.complete) continue;
      while (!data_.empty() && !write.complete) {
        const Beat& beat = data_.front();
        write.data.insert(write.data.end(), beat.data.begin(), beat.data.begin() + pins_.beat_bytes);
        write.strobes.insert(write.strobes.end(), beat.strobes.begin(), beat.strobes.begin() + pins_.beat_bytes / 8);
        const bool last = write.data.size() == std::size_t{write.beats} * pins_.beat_bytes;
        if (last != beat.last) throw AxiViolation("WLAST does not mark the burst's last beat");
        if (last) {
          write.complete = true;
          write.due = clock_ + behaviour.write_latency;
        }
        data_.pop_front();
      }
    }
  }

  void drive_answers() {
    if (!response_offered_) *pins_.bvalid = 0;
    if (!response_offered_ && !writes_.empty() && writes_.front().complete && writes_.front().due <= clock_ &&
        !behaviour.dead && !rest()) {
      *pins_.bresp = perform(writes_.front());
      *pins_.bvalid = 1;
      response_offered_ = true;
      writes_.pop_front();
    }
    if (!read_offered_) {
      *pins_.rvalid = 0;
      if (!behaviour.dead && !rest()) offer_read();
    }
  }

  std::uint8_t perform(const Write& write) {
    constexpr std::uint8_t slave_error = 2;
    constexpr std::uint8_t decode_error = 3;
    if (chance(behaviour.write_error_percent)) {
      ++errors_given_;
      return slave_error;
    }
    // Only bytes with a strobe need to be there.
    std::size_t first = write.data.size();
    std::size_t last = 0;
    for (std::size_t i = 0; i < write.data.size(); ++i) {
      if ((write.strobes[i / 8] >> (i % 8) & 1) == 0) continue;
      first = std::min(first, i);
      last = i;
    }
    if (first == write.data.size()) return 0;
    std::uint8_t* bytes = memory_.find(write.address + first, last + 1 - first);
    if (bytes == nullptr) {
      ++errors_given_;
      return decode_error;
    }
    for (std::size_t i = first; i <= last; ++i) {
      if (write.strobes[i / 8] >> (i % 8) & 1) bytes[i - first] = write.data[i];
    }
    return 0;
  }

  void offer_read() {
    // Of each ID only the oldest burst; with mix_reads a random one of those, else the oldest of all.
    std::size_t chosen = reads_.size();
    unsigned seen = 0;
    unsigned ids = 0;
    for (std::size_t i = 0; i < reads_.size(); ++i) {
      if (ids >> reads_[i].id & 1U) continue;
      ids |= 1U << reads_[i].id;
      if (reads_[i].due > clock_) continue;
      ++seen;
      if (chosen == reads_.size() || (behaviour.mix_reads && random_() % seen == 0)) chosen = i;
      if (!behaviour.mix_reads) break;
    }
    if (chosen == reads_.size()) return;
    Read& read = reads_[chosen];
    // A beat may reach over the end of a piece: what is there is read, the rest is 0.
    bool found = false;
    const std::uint64_t address = read.address + std::uint64_t{read.next} * pins_.beat_bytes;
    if (const std::uint8_t* bytes = memory_.find(address, pins_.beat_bytes)) {
      std::memcpy(pins_.rdata, bytes, pins_.beat_bytes);
      found = true;
    } else {
      for (unsigned i = 0; i < pins_.beat_bytes; ++i) {
        const std::uint8_t* byte = memory_.find(address + i, 1);
        pins_.rdata[i] = byte != nullptr ? *byte : 0;
        found = found || byte != nullptr;
      }
    }
    *pins_.rresp = static_cast<std::uint8_t>(!found ? 3 : read.error ? 2 : 0);
    if (*pins_.rresp != 0) ++errors_given_;
    *pins_.rid = read.id;
    ++read.next;
    *pins_.rlast = read.next == read.beats;
    *pins_.rvalid = 1;
    read_offered_ = true;
    if (read.next == read.beats) reads_.erase(reads_.begin() + static_cast<std::ptrdiff_t>(chosen));
  }

  AxiPins pins_;
  HostMemory& memory_;
  std::minstd_rand random_;
  std::uint64_t clock_ = 0;
  std::deque<Write> writes_;
  std::deque<Beat> data_;
  std::deque<Read> reads_;
  bool read_offered_ = false;
  bool response_offered_ = false;
  bool aw_waited_ = false, w_waited_ = false, ar_waited_ = false;
  std::uint64_t aw_address_ = 0, ar_address_ = 0;
  std::vector<std::uint8_t> w_data_;
  std::uint64_t beats_read_ = 0, beats_written_ = 0, errors_given_ = 0;
};

}  // namespace portcullis::model
