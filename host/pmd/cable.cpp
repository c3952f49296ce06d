#include "pmd/cable.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "pmd/kernel_cable.h"
#include "policy/packet.h"
#include "run/run.h"
#include "traffic/frame.h"
#include "traffic/line_rate.h"
#include "traffic/packets.h"
#include "traffic/pcap.h"

namespace portcullis::pmd {

namespace {

class NoCable final : public Cable {
 public:
  explicit NoCable(std::optional<std::uint64_t> rate) { rate_ = rate; }
  std::optional<std::span<const std::uint8_t>> next() override { return std::nullopt; }
  void left(std::uint64_t, std::span<const std::uint8_t>) override {}
  bool has_more() override { return false; }
};

class PcapCable final : public Cable {
 public:
  PcapCable(const std::string& in, const std::string& out, std::optional<std::uint64_t> rate) {
    rate_ = rate;
    if (!in.empty()) packets_ = traffic::read_pcap(in, 0).packets;
    if (!out.empty()) writer_.emplace(out);
  }
  ~PcapCable() override {
    try {
      if (writer_) writer_->close();
    } catch (const traffic::PcapError&) {
      // Nobody is left to tell; a full disk showed itself in left() before.
    }
  }
  std::optional<std::span<const std::uint8_t>> next() override {
    if (next_ == packets_.size()) return std::nullopt;
    return packets_.frame(next_++);
  }
  void left(std::uint64_t nanoseconds, std::span<const std::uint8_t> frame) override {
    if (writer_) writer_->write(nanoseconds, frame);
  }
  bool has_more() override { return next_ < packets_.size(); }

 private:
  traffic::PacketSet packets_;
  std::size_t next_ = 0;
  std::optional<traffic::PcapWriter> writer_;
};

class GeneratorCable final : public Cable {
 public:
  GeneratorCable(unsigned bytes, std::optional<std::uint64_t> rate) {
    rate_ = rate;
    traffic::Frame frame;
    frame.from = policy::from_ipv4(0xC6120001);  // 198.18.0.0/15 is for benchmarks (RFC 2544, C.2.2)
    frame.to = policy::from_ipv4(0xC6130001);
    frame.source_port = 1024;
    frame.destination_port = 9;
    frame.payload = bytes - traffic::kFcs - static_cast<unsigned>(traffic::build(frame).size());
    frame_ = traffic::build(frame);
  }
  std::optional<std::span<const std::uint8_t>> next() override { return frame_; }
  void left(std::uint64_t, std::span<const std::uint8_t>) override {}
  bool has_more() override { return true; }

 private:
  std::vector<std::uint8_t> frame_;
};

/// Frames on their way between two devices. Each side may live in a thread of its own.
class Link {
 public:
  static constexpr std::size_t kLongest = 4096;  ///< frames on their way; more are lost, as in any queue
  using Frame = std::vector<std::uint8_t>;

  void put(unsigned side, std::span<const std::uint8_t> frame) {
    const std::scoped_lock lock(mutex_);
    if (ways_[1 - side].size() < kLongest) ways_[1 - side].emplace_back(frame.begin(), frame.end());
  }
  std::optional<Frame> take(unsigned side) {
    const std::scoped_lock lock(mutex_);
    if (ways_[side].empty()) return std::nullopt;
    Frame frame = std::move(ways_[side].front());
    ways_[side].pop_front();
    return frame;
  }
  bool waits_for(unsigned side) {
    const std::scoped_lock lock(mutex_);
    return !ways_[side].empty();
  }

 private:
  std::mutex mutex_;
  std::deque<Frame> ways_[2];  ///< by side that receives
};

/// The links of this process: the n-th wire of a device that names another is connected with the n-th wire of that one
/// that names the first.
class Links {
 public:
  struct End {
    std::shared_ptr<Link> link;
    unsigned side = 0;
    unsigned ordinal = 0;
  };
  End connect(const std::string& device, const std::string& peer) {
    const std::scoped_lock lock(mutex_);
    const unsigned side = device < peer ? 0 : 1;
    for (unsigned ordinal = 0;; ++ordinal) {
      if (!taken_.insert({{device, peer, ordinal}, true}).second) continue;
      auto& link = links_[{std::min(device, peer), std::max(device, peer), ordinal}];
      std::shared_ptr<Link> shared = link.lock();
      if (!shared) link = shared = std::make_shared<Link>();
      return {shared, side, ordinal};
    }
  }
  void disconnect(const std::string& device, const std::string& peer, unsigned ordinal) {
    const std::scoped_lock lock(mutex_);
    taken_.erase({device, peer, ordinal});
  }

 private:
  using Key = std::tuple<std::string, std::string, unsigned>;
  std::mutex mutex_;
  std::map<Key, bool> taken_;
  std::map<Key, std::weak_ptr<Link>> links_;
};

Links& links() {
  static Links all;
  return all;
}

class PeerCable final : public Cable {
 public:
  PeerCable(std::string device, std::string peer, std::optional<std::uint64_t> rate)
      : device_(std::move(device)), peer_(std::move(peer)), end_(links().connect(device_, peer_)) {
    rate_ = rate;
  }
  ~PeerCable() override { links().disconnect(device_, peer_, end_.ordinal); }
  std::optional<std::span<const std::uint8_t>> next() override {
    std::optional<Link::Frame> frame = end_.link->take(end_.side);
    if (!frame) return std::nullopt;
    return given_.emplace_back(std::move(*frame));
  }
  void release() override { given_.clear(); }
  void left(std::uint64_t, std::span<const std::uint8_t> frame) override { end_.link->put(end_.side, frame); }
  bool has_more() override { return end_.link->waits_for(end_.side); }

 private:
  std::string device_, peer_;
  Links::End end_;
  std::deque<Link::Frame> given_;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t from = 0;;) {
    const std::size_t colon = text.find(':', from);
    words.push_back(text.substr(from, colon - from));
    if (colon == std::string::npos) return words;
    from = colon + 1;
  }
}

std::optional<std::uint64_t> rate_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  try {
    return sim::parse_rate(text);
  } catch (const std::exception& error) {
    throw CableError(error.what());
  }
}

}  // namespace

std::uint32_t Cable::speed() const {
  constexpr std::uint32_t kFastest = 100'000;
  return rate_ ? static_cast<std::uint32_t>(*rate_ / 1'000'000) : kFastest;
}

std::unique_ptr<Cable> make_cable(const std::string& argument, const std::string& rate, const std::string& device) {
  const std::vector<std::string> words = split(argument);
  const std::string& kind = words[0];
  const std::optional<std::uint64_t> bits = rate_of(rate);
  if (kind == "none" && words.size() == 1) return std::make_unique<NoCable>(bits);
  if (kind == "tap" && words.size() == 2) return make_tap_cable(words[1]);
  if (kind == "af_packet" && words.size() == 2) return make_packet_socket_cable(words[1]);
  if (kind == "peer" && words.size() == 2) {
    if (words[1].empty() || words[1] == device) {
      throw CableError(fmt::format("wire \"{}\": the peer is another device of this driver", argument));
    }
    return std::make_unique<PeerCable>(device, words[1], bits);
  }
  if (kind == "pcap" && (words.size() == 2 || words.size() == 3)) {
    try {
      return std::make_unique<PcapCable>(words[1], words.size() == 3 ? words[2] : "", bits);
    } catch (const traffic::PcapError& error) {
      throw CableError(error.what());
    }
  }
  if (kind == "gen" && (words.size() == 2 || words.size() == 3)) {
    unsigned bytes = 0;
    const std::string& size = words[1];
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), bytes);
    if (error != std::errc{} || end != size.data() + size.size() || bytes < policy::kMinFrame + traffic::kFcs ||
        bytes > traffic::kMaxFrame + traffic::kFcs) {
      throw CableError(fmt::format("wire \"{}\": the size of generated frames is {} to {} bytes, FCS included",
                                   argument, policy::kMinFrame + traffic::kFcs, traffic::kMaxFrame + traffic::kFcs));
    }
    return std::make_unique<GeneratorCable>(bytes, words.size() == 3 ? rate_of(words[2]) : bits);
  }
  throw CableError(
      fmt::format("wire \"{}\": a wire is pcap:IN.pcap[:OUT.pcap], tap:NAME, af_packet:IFACE, peer:DEVICE, "
                  "gen:SIZE[:RATE] or none",
                  argument));
}

}  // namespace portcullis::pmd
