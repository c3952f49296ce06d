// The filter with trees between two wires: packets in, every verdict and every frame that leaves compared with the
// reference parser and matcher.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "device/scale_loader.h"
#include "model/nic.h"
#include "model/nic_rows.h"
#include "policy/packet.h"
#include "tables/reference.h"
#include "tables/tree/compile.h"
#include "traffic/generate.h"

namespace portcullis::rtl_test {

/// Clocks after which every packet that was looked up before is decided: more than the engine's latency and the flip's,
/// doubled.
constexpr unsigned kSettled = 100;

/// What a packet's verdict must be.
struct Judgement {
  policy::Policy policy;
};

/// Packets again and again at both ports, as fast as the filter takes them or at a rate.
class TreeTraffic final : public model::NicListener {
 public:
  TreeTraffic(model::Nic& nic, traffic::PacketSet packets) : nic_(nic), packets_(std::move(packets)) {
    nic_.set_listener(this);
  }
  ~TreeTraffic() override { nic_.set_listener(nullptr); }
  TreeTraffic(const TreeTraffic&) = delete;
  TreeTraffic& operator=(const TreeTraffic&) = delete;

  /// Policies that may decide a packet of a bank now: any of them is right.
  std::array<std::vector<std::shared_ptr<const Judgement>>, 2> in_force;
  /// What names the rule of a verdict, if its number is to be compared.
  std::array<std::vector<std::int32_t>, 2> entry_of_number;

  bool sending = false;
  std::uint64_t sent = 0;
  std::uint64_t verdicts = 0;
  std::uint64_t mismatches = 0;
  std::uint64_t left_count = 0;
  std::uint64_t permits = 0;
  std::uint64_t hits = 0;
  std::uint64_t slice_hits = 0;
  std::uint64_t bank_changes = 0;
  std::string first_mismatch;
  std::array<std::map<std::uint32_t, device::Tally>, 2> rules;  ///< by bank, by the number in the verdict
  std::array<std::array<device::Tally, device::kCauses>, 2> causes{};
  std::map<std::uint32_t, device::Tally> marks;  ///< by the mark of the rule that decided
  unsigned first_slice_number = 0;

  /// Any of these may decide a packet, whatever its bank.
  void allow(const std::vector<std::shared_ptr<const Judgement>>& judgements) { in_force = {judgements, judgements}; }
  void expect_in_bank(unsigned bank, const std::shared_ptr<const Judgement>& judgement,
                      std::vector<std::int32_t> numbers = {}) {
    in_force[bank] = {judgement};
    entry_of_number[bank] = std::move(numbers);
  }

  void run(std::uint64_t clocks) {
    sending = true;
    for (std::uint64_t i = 0; i < clocks; ++i) nic_.clock();
  }
  /// Until everything has left; nothing may be missing.
  void drain() {
    sending = false;
    while (!under_way_[0].empty() || !under_way_[1].empty() || !on_wire_[0].empty() || !on_wire_[1].empty())
      nic_.clock();
    for (int i = 0; i < 200; ++i) nic_.clock();
    EXPECT_EQ(verdicts, sent) << "packets without a verdict";
    EXPECT_EQ(left_count, permits) << "permitted packets that did not leave, or others that did";
  }

  void before_clock(std::uint64_t clock) override {
    for (unsigned port = 0; port < model::kWirePorts; ++port) {
      if (!sending || !nic_.wire(port).free(clock)) continue;
      const std::size_t packet = next_++ % packets_.size();
      if (!nic_.wire(port).put(packets_.frame(packet))) {
        ADD_FAILURE() << "a frame was lost at port " << port;
        continue;
      }
      on_wire_[port].push_back(packet);
      ++sent;
    }
  }
  void frame_taken(unsigned ingress) override {
    under_way_[ingress].push_back(on_wire_[ingress].front());
    on_wire_[ingress].pop_front();
  }
  void decided(const model::Report& report) override {
    ASSERT_FALSE(under_way_[report.ingress].empty()) << "a verdict without a packet";
    const std::span<const std::uint8_t> frame = packets_.frame(under_way_[report.ingress].front());
    if (report.permit) leaving_[1 - report.ingress].push_back(under_way_[report.ingress].front());
    under_way_[report.ingress].pop_front();
    ++verdicts;
    const unsigned bank = report.bank ? 1 : 0;
    if (verdicts > 1 && bank != last_bank_) ++bank_changes;
    last_bank_ = bank;
    permits += report.permit ? 1U : 0U;
    hits += report.hit ? 1U : 0U;
    slice_hits += report.hit && report.rule >= first_slice_number ? 1U : 0U;
    const device::Tally one{1, frame.size()};
    if (report.hit) {
      rules[bank][report.rule] += one;
      if (const auto mark = policy::Action::from_word(report.action).mark) marks[*mark] += one;
    } else {
      causes[bank][report.cause] += one;
    }
    const policy::ParsedFrame parsed = policy::parse_frame(frame, report.ingress);
    std::string expected;
    for (const auto& judgement : in_force[bank]) {
      const tables::Verdict verdict = tables::decide(judgement->policy, parsed);
      if (same(report, verdict, bank)) return;
      expected += (expected.empty() ? " " : " or ") +
                  text(verdict.entry ? static_cast<std::int64_t>(*verdict.entry) : -1, verdict.permit);
    }
    if (mismatches++ == 0) {
      first_mismatch = "verdict " + std::to_string(verdicts) + ", bank " + std::to_string(bank) + ": " +
                       text(report.hit ? report.rule : -1, report.permit) + " instead of" + expected;
    }
  }
  void left(unsigned egress, const model::StreamSink& sink, const model::EgressMetadata& metadata) override {
    ++left_count;
    if (egress >= model::kWirePorts || metadata.ingress != 1 - egress || leaving_[egress].empty()) {
      ADD_FAILURE() << "a frame left at egress " << egress << " that was not to";
      return;
    }
    const auto frame = packets_.frame(leaving_[egress].front());
    leaving_[egress].pop_front();
    if (!std::ranges::equal(frame, sink.frame())) ++mismatches;
  }

 private:
  static std::string text(std::int64_t rule, bool permit) {
    return (rule < 0 ? std::string("no rule") : "rule " + std::to_string(rule)) + (permit ? ", permit" : ", drop");
  }

  bool same(const model::Report& report, const tables::Verdict& verdict, unsigned bank) const {
    if (report.permit != verdict.permit || report.would_drop != verdict.would_drop ||
        report.hit != verdict.entry.has_value() || report.cause != static_cast<unsigned>(verdict.malformed))
      return false;
    if (!report.hit) return true;
    if (report.action != verdict.action.to_word()) return false;
    const auto& numbers = entry_of_number[bank];
    return numbers.empty() ||
           (report.rule < numbers.size() && numbers[report.rule] == static_cast<std::int32_t>(*verdict.entry));
  }

  model::Nic& nic_;
  traffic::PacketSet packets_;
  std::size_t next_ = 0;
  unsigned last_bank_ = 0;
  std::array<std::deque<std::size_t>, model::kWirePorts> on_wire_, under_way_, leaving_;
};

}  // namespace portcullis::rtl_test
