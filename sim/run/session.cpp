#include "run/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "run/packet_text.h"
#include "tables/image.h"

namespace portcullis::sim {
namespace {

/// Evaluated clocks without any event after which the filter, all of whose pipelines are shorter, stands still until an
/// input changes.
constexpr std::uint64_t kQuietClocks = 96;
/// Clocks without any event while packets are inside, after which they are given up: the filter stalls for no reason of
/// its own.
constexpr std::uint64_t kPatience = 100'000;
constexpr std::uint64_t kProgressStep = 256;

/// First in, first out. Grows to what is inside at a time: its memory, passed through again and again, then stays in
/// the processor's caches.
template <typename T>
class Ring {
 public:
  bool empty() const { return head_ == tail_; }
  std::size_t size() const { return tail_ - head_; }
  void push(const T& value) {
    if (size() == items_.size()) grow();
    items_[tail_++ & (items_.size() - 1)] = value;
  }
  T& front() { return items_[head_ & (items_.size() - 1)]; }
  T& operator[](std::size_t i) { return items_[(head_ + i) & (items_.size() - 1)]; }
  void pop() { ++head_; }

 private:
  static constexpr std::size_t kFirstSize = 64;  // a power of two, as all sizes

  void grow() {
    std::vector<T> items(items_.empty() ? kFirstSize : 2 * items_.size());
    for (std::size_t i = 0; i < items_.size(); ++i) items[i] = operator[](i);
    tail_ = size();
    head_ = 0;
    items_ = std::move(items);
  }

  std::vector<T> items_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
};

struct Underway {
  std::uint64_t packet = 0;
  std::uint32_t index = 0;    ///< in the set
  std::uint64_t arrived = 0;  ///< clock in which its last byte has come over the wire
  std::uint64_t taken = 0;    ///< clock
};

struct Leaving {
  std::uint64_t packet = 0;
  std::uint32_t index = 0;
  std::uint64_t arrived = 0;
  bool copy = false;  ///< the host's, of a frame that goes elsewhere or nowhere
  model::Report report;
};

/// The packets of one ingress among packets first to last - 1.
class PortQueue {
 public:
  PortQueue(const traffic::PacketSet& packets, unsigned ingress, std::uint64_t first, std::uint64_t last)
      : size_(packets.size()), last_(last) {
    if (packets.empty()) return;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      if (packets[i].ingress == ingress) indices_.push_back(static_cast<std::uint32_t>(i));
    }
    base_ = first / size_ * size_;
    place_ = static_cast<std::size_t>(
        std::lower_bound(indices_.begin(), indices_.end(), static_cast<std::uint32_t>(first % size_)) -
        indices_.begin());
    settle();
  }

  bool empty() const { return empty_; }
  std::uint32_t index() const { return indices_[place_]; }
  std::uint64_t packet() const { return base_ + indices_[place_]; }
  void pop() {
    ++place_;
    settle();
  }

 private:
  void settle() {
    if (place_ == indices_.size()) {
      place_ = 0;
      base_ += size_;
    }
    empty_ = indices_.empty() || packet() >= last_;
  }

  std::uint64_t size_;
  std::uint64_t last_;
  std::vector<std::uint32_t> indices_;
  std::uint64_t base_ = 0;  ///< number of the repetition's first packet
  std::size_t place_ = 0;
  bool empty_ = true;
};

std::string expected_text(const policy::Policy& policy, const Expected& expected) {
  if (expected.malformed != policy::Malformed::none)
    return fmt::format("malformed ({})", policy::to_string(expected.malformed));
  return fmt::format(
      "{}{} by {}", expected.permit ? "permit" : "drop", expected.would_drop ? " (would drop)" : "",
      expected.entry < 0 ? "the default action" : entry_text(policy, static_cast<std::size_t>(expected.entry)));
}

std::string report_text(const policy::Policy& policy, const model::Report& report) {
  if (report.cause != 0)
    return fmt::format("malformed ({})", policy::to_string(static_cast<policy::Malformed>(report.cause)));
  return fmt::format("{}{} by {}", report.permit ? "permit" : "drop", report.would_drop ? " (would drop)" : "",
                     !report.hit                           ? "the default action"
                     : report.rule < policy.entries.size() ? entry_text(policy, report.rule)
                                                           : "a rule that is not there");
}

class Session final : public model::NicListener {
 public:
  Session(model::Nic& nic, const SessionPlan& plan, std::uint64_t first, std::uint64_t last,
          std::atomic<std::uint64_t>& done)
      : nic_(nic), plan_(plan), first_(first), done_(done), origin_(nic.now()) {
    for (unsigned port = 0; port < model::kWirePorts; ++port) queues_.emplace_back(*plan.packets, port, first, last);
    bank_ = first_bank_ = figures_.last_bank = plan.active_bank;
    beat_bytes_ = nic.filter().pins().ingress[0].beat_bytes;
    figures_.by_entry.resize(plan.policy->entries.size());
    if (plan.policy->monitor) figures_.would_drop_by_packet.resize(plan.packets->size());
    if (plan.keep_verdicts) figures_.verdicts.resize(last - first);
  }

  SessionFigures run() {
    nic_.set_rate(plan_.rate, plan_.load);
    nic_.set_listener(this);
    while (more_to_send() || inside_count_ > 0 || leaving_count_ > 0) {
      if (plan_.meanwhile && more_to_send()) plan_.meanwhile();
      nic_.clock();
      if (plan_.skip_idle && leaving_count_ == 0 && !undecided()) skip();
      if (nic_.now() - nic_.last_activity() > kPatience && (undecided() || leaving_count_ > 0)) give_up();
    }
    nic_.set_listener(nullptr);
    figures_.clocks = nic_.now() - origin_;
    if (figures_.accepted != 0) figures_.decided_clocks = last_decided_ - figures_.latency_min + 1 - origin_;
    for (unsigned port = 0; port < model::kWirePorts; ++port) {
      if (figures_.ports[port].packets == 0) continue;
      const std::uint64_t gap_end = plan_.rate ? nic_.wire(port).free_at() : last_taken_[port] + 1;
      figures_.ports[port].clocks = std::max(gap_end, last_taken_[port] + 1) - origin_;
    }
    done_ += unreported_;
    return std::move(figures_);
  }

  void before_clock(std::uint64_t clock) override {
    for (unsigned port = 0; port < model::kWirePorts; ++port) {
      PortQueue& queue = queues_[port];
      model::Wire& wire = nic_.wire(port);
      while (!queue.empty() && wire.free(clock)) {
        ++figures_.offered;
        if (wire.put(plan_.packets->frame(queue.index()))) {
          inside_[port].push({queue.packet(), queue.index(), plan_.rate ? wire.arrived_at() : 0, 0});
          ++inside_count_;
        } else {
          ++figures_.lost;
          if (plan_.times != nullptr) plan_.times->lost.push_back(queue.packet());
          if (plan_.keep_verdicts)
            figures_.verdicts[queue.packet() - first_] = {.clock = clock - origin_, .lost = true};
        }
        queue.pop();
      }
    }
  }

  void frame_taken(unsigned ingress) override {
    // The first whose time is not yet known: frames are taken in order.
    Underway& underway = inside_[ingress][taken_[ingress]++];
    underway.taken = nic_.now();
    last_taken_[ingress] = nic_.now();
  }

  void decided(const model::Report& report) override {
    if (report.ingress >= model::kWirePorts || taken_[report.ingress] == 0) {
      stray(fmt::format("a verdict for ingress {}, where no packet waits for one", report.ingress));
      return;
    }
    const Underway underway = inside_[report.ingress].front();
    inside_[report.ingress].pop();
    --taken_[report.ingress];
    --inside_count_;

    if (plan_.other && report.bank != (bank_ == 1)) exchange();
    const Expected& expected = (bank_ == first_bank_ ? *plan_.expected : *plan_.other->expected)[underway.index];
    const std::uint32_t length = (*plan_.packets)[underway.index].length;
    model::Report named = report;  // with the policy's entry for the rule
    if (plan_.entry_of_number != nullptr && report.hit) named.rule = entry_of(report.rule);
    compare(underway, expected, length, named);
    account(underway, expected, length, named);

    expect_departures(underway, report);
    if (++unreported_ == kProgressStep) {
      done_ += unreported_;
      unreported_ = 0;
    }
  }

  void left(unsigned egress, const model::StreamSink& sink, const model::EgressMetadata& metadata) override {
    auto& waiting = leaving_[egress];
    if (metadata.ingress >= model::kWirePorts || waiting[metadata.ingress].empty()) {
      stray(fmt::format("a frame of {} bytes from ingress {} left at egress {}, where none was to", sink.frame().size(),
                        metadata.ingress, egress));
      return;
    }
    const Leaving leaving = waiting[metadata.ingress].front();
    waiting[metadata.ingress].pop();
    --leaving_count_;
    const auto sent = plan_.packets->frame(leaving.index);
    const bool same = sink.well_formed() && std::ranges::equal(sent, sink.frame());
    if (!same || !describes(metadata, leaving)) {
      mismatch(leaving.packet, leaving.index, [&] {
        return same ? fmt::format("left at egress {} with metadata that differ from its verdict", egress)
                    : fmt::format("left changed at egress {}: {}", egress, hex_text(sink.frame()));
      });
    }
    if (plan_.times != nullptr && plan_.rate && !metadata.mirror_copy) {
      plan_.times->to_egress.push_back(static_cast<std::uint32_t>(sink.first_beat() - leaving.arrived));
    }
    if (plan_.keep_egress && !metadata.mirror_copy) {
      figures_.egress.push_back({sink.first_beat() - origin_, leaving.packet});
    }
  }

 private:
  bool more_to_send() const {
    return std::any_of(queues_.begin(), queues_.end(), [](const PortQueue& queue) { return !queue.empty(); });
  }

  /// Packets that are whole in the filter and not yet decided.
  bool undecided() const {
    return std::any_of(taken_.begin(), taken_.end(), [](std::size_t count) { return count != 0; });
  }

  /// Lets idle time pass unseen: nothing inside, nothing has moved for longer than any pipeline is, and the next beat
  /// is some way off.
  void skip() {
    const std::uint64_t now = nic_.now();
    if (now - nic_.last_activity() < kQuietClocks) return;
    std::uint64_t until = std::numeric_limits<std::uint64_t>::max();
    for (unsigned port = 0; port < model::kWirePorts; ++port) {
      until = std::min(until, nic_.wire(port).quiet_until(!queues_[port].empty()));
    }
    if (until == std::numeric_limits<std::uint64_t>::max() || until <= now) return;
    nic_.skip(until - now);
    figures_.skipped_clocks += until - now;
  }

  /// What must leave, and where ("Where a frame goes" in rtl/nic/pcl_filter.sv). The report itself is compared
  /// elsewhere.
  void expect_departures(const Underway& underway, const model::Report& report) {
    const policy::Action action = policy::Action::from_word(report.action & ~tables::kMonitorBit);
    constexpr unsigned kHost = model::kWirePorts;
    constexpr unsigned kNowhere = kHost + 1;
    unsigned egress = kNowhere;
    if (report.permit) {
      egress = plan_.forward_to[report.ingress];
      if (action.permit && action.queue) egress = kHost;
      if (action.permit && action.wire) egress = *action.wire < model::kWirePorts ? *action.wire : kNowhere;
    }
    const auto expect_at = [&](unsigned place, bool copy) {
      leaving_[place][report.ingress].push({underway.packet, underway.index, underway.arrived, copy, report});
      ++leaving_count_;
    };
    if (egress != kNowhere) expect_at(egress, false);
    if (action.mirror && report.cause == 0 && egress != kHost) expect_at(kHost, true);
  }

  static bool describes(const model::EgressMetadata& metadata, const Leaving& leaving) {
    const model::Report& report = leaving.report;
    const policy::Action action = policy::Action::from_word(report.action & ~tables::kMonitorBit);
    const bool queued = report.permit && action.permit && action.queue;
    return metadata.permit == report.permit && metadata.would_drop == report.would_drop && metadata.hit == report.hit &&
           metadata.cause == report.cause && metadata.ingress == report.ingress && metadata.length == report.length &&
           metadata.mirror_copy == leaving.copy && metadata.rule == report.rule &&
           metadata.mark_valid == action.mark.has_value() && (!action.mark || metadata.mark == *action.mark) &&
           metadata.queue_valid == queued && (!queued || metadata.queue == *action.queue);
  }

  void compare(const Underway& underway, const Expected& expected, std::uint32_t length, const model::Report& report) {
    const bool malformed = expected.malformed != policy::Malformed::none;
    const bool same = report.permit == expected.permit && report.would_drop == expected.would_drop &&
                      report.cause == static_cast<unsigned>(expected.malformed) && report.length == length &&
                      (malformed || (report.hit == (expected.entry >= 0) &&
                                     (!report.hit || report.rule == static_cast<std::uint32_t>(expected.entry)) &&
                                     report.action == expected.action));
    if (same) return;
    mismatch(underway.packet, underway.index, [&] {
      const policy::Policy& policy = bank_ == first_bank_ ? *plan_.policy : *plan_.other->policy;
      return fmt::format("model: {} (action 0x{:x}, {} bytes); reference: {} (action 0x{:x}, {} bytes)",
                         report_text(policy, report), report.action, report.length, expected_text(policy, expected),
                         expected.action, length);
    });
  }

  void account(const Underway& underway, const Expected& expected, std::uint32_t length, const model::Report& report) {
    ++figures_.accepted;
    PortFigures& port = figures_.ports[report.ingress];
    ++port.packets;
    port.bytes += length;
    port.beats += (length + beat_bytes_ - 1) / beat_bytes_;
    ++(report.permit ? figures_.permits : figures_.drops);
    if (report.would_drop) {
      ++figures_.would_drops;
      if (!figures_.would_drop_by_packet.empty()) ++figures_.would_drop_by_packet[underway.index];
    }
    ++figures_.by_policy_cause[static_cast<unsigned>(expected.cause)];
    Count& count = expected.entry >= 0 ? figures_.by_entry[static_cast<std::size_t>(expected.entry)]
                                       : figures_.by_cause[static_cast<unsigned>(expected.malformed)];
    ++count.packets;
    count.bytes += length;
    if (plan_.times != nullptr && plan_.rate) {
      plan_.times->to_verdict.push_back(static_cast<std::uint32_t>(nic_.now() - underway.arrived));
    }
    const std::uint64_t latency = nic_.now() - underway.taken;
    last_decided_ = nic_.now();
    figures_.latency_min = std::min(figures_.latency_min, latency);
    figures_.latency_max = std::max(figures_.latency_max, latency);
    figures_.latency_sum += latency;
    const std::size_t place = std::min<std::size_t>(latency, kMostLatencies - 1);
    if (place >= figures_.latency_histogram.size()) figures_.latency_histogram.resize(place + 1);
    ++figures_.latency_histogram[place];
    if (plan_.keep_verdicts) {
      figures_.verdicts[underway.packet - first_] = {nic_.now() - origin_,
                                                     report.hit ? static_cast<std::int32_t>(report.rule) : -1,
                                                     static_cast<policy::Malformed>(report.cause),
                                                     report.permit,
                                                     report.would_drop,
                                                     false};
    }
  }

  std::uint16_t entry_of(std::uint16_t number) const {
    constexpr std::uint16_t kNone = 0xFFFF;
    const std::vector<std::int32_t>& entries = *plan_.entry_of_number;
    return number < entries.size() && entries[number] >= 0 ? static_cast<std::uint16_t>(entries[number]) : kNone;
  }

  /// The banks have changed places: counters of the new one began at 0 when it was loaded.
  void exchange() {
    bank_ = 1 - bank_;
    figures_.last_bank = bank_;
    ++figures_.exchanges;
    const policy::Policy& policy = bank_ == first_bank_ ? *plan_.policy : *plan_.other->policy;
    figures_.by_entry.assign(policy.entries.size(), {});
    figures_.by_cause = {};
  }

  template <typename Text>
  void mismatch(std::uint64_t packet, std::uint32_t index, Text text) {
    ++figures_.mismatches;
    if (figures_.first_mismatches.size() >= kWordedMismatches) return;
    const policy::ParsedFrame parsed = parse(*plan_.packets, index);
    figures_.first_mismatches.push_back(fmt::format("packet {} ({}): {}; frame {}", packet, key_text(parsed.key),
                                                    text(), hex_text(plan_.packets->frame(index))));
  }
  void stray(std::string text) {
    ++figures_.mismatches;
    if (figures_.first_mismatches.size() < kWordedMismatches) figures_.first_mismatches.push_back(std::move(text));
  }

  [[noreturn]] void give_up() {
    nic_.set_listener(nullptr);
    std::string waiting;
    for (unsigned port = 0; port < model::kWirePorts; ++port) {
      if (!inside_[port].empty()) {
        waiting +=
            fmt::format(" packet {} entered at ingress {} and was not decided;", inside_[port].front().packet, port);
      }
      for (unsigned egress = 0; egress <= model::kWirePorts; ++egress) {
        auto& queue = leaving_[egress][port];
        if (!queue.empty())
          waiting +=
              fmt::format(" packet {} was permitted and did not leave at egress {};", queue.front().packet, egress);
      }
    }
    waiting.back() = '.';
    throw model::ModelError(
        fmt::format("the model stands still since clock {}:{}{}", nic_.last_activity(), waiting,
                    figures_.first_mismatches.empty() ? "" : " " + figures_.first_mismatches.front()));
  }

  model::Nic& nic_;
  const SessionPlan& plan_;
  std::uint64_t first_;
  std::atomic<std::uint64_t>& done_;
  std::uint64_t origin_;
  std::vector<PortQueue> queues_;
  SessionFigures figures_;
  std::array<Ring<Underway>, model::kWirePorts> inside_;
  std::array<std::size_t, model::kWirePorts> taken_{};  ///< of inside_, whole in the filter
  std::array<std::array<Ring<Leaving>, model::kWirePorts>, model::kWirePorts + 1> leaving_;
  std::size_t inside_count_ = 0;
  std::size_t leaving_count_ = 0;
  std::array<std::uint64_t, model::kWirePorts> last_taken_{};
  std::uint64_t last_decided_ = 0;
  std::uint64_t unreported_ = 0;
  unsigned beat_bytes_ = model::kBeatBytes;
  unsigned first_bank_ = 0;
  unsigned bank_ = 0;
};

}  // namespace

SessionFigures run_session(model::Nic& nic, const SessionPlan& plan, std::uint64_t first, std::uint64_t last,
                           std::atomic<std::uint64_t>& done) {
  return Session(nic, plan, first, last, done).run();
}

}  // namespace portcullis::sim
