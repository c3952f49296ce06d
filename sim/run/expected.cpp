#include "run/expected.h"

#include <algorithm>
#include <thread>

#include "tables/image.h"

namespace portcullis::sim {
namespace {

Expected expect_one(const policy::Policy& policy, const traffic::PacketSet& packets, std::size_t packet) {
  const tables::Verdict verdict = tables::decide(policy, parse(packets, packet));
  Expected expected;
  expected.entry = verdict.entry ? static_cast<std::int32_t>(*verdict.entry) : -1;
  expected.cause = verdict.cause;
  expected.malformed = verdict.malformed;
  expected.permit = verdict.permit;
  expected.would_drop = verdict.would_drop;
  if (verdict.malformed == policy::Malformed::none) {
    expected.action = verdict.action.to_word();
    if (!verdict.entry && policy.monitor) expected.action |= tables::kMonitorBit;
  }
  return expected;
}

}  // namespace

policy::ParsedFrame parse(const traffic::PacketSet& packets, std::size_t packet) {
  return policy::parse_frame(packets.frame(packet), packets[packet].ingress);
}

std::vector<Expected> expect(const policy::Policy& policy, const traffic::PacketSet& packets, unsigned jobs,
                             std::atomic<std::uint64_t>* done) {
  std::vector<Expected> all(packets.size());
  const auto part = [&](std::size_t first, std::size_t last) {
    constexpr std::size_t kStep = 1024;
    for (std::size_t i = first; i < last; ++i) {
      all[i] = expect_one(policy, packets, i);
      if (done != nullptr && i % kStep == 0) *done += kStep;
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned job = 1; job < jobs; ++job) {
    threads.emplace_back(part, packets.size() * job / jobs, packets.size() * (job + 1) / jobs);
  }
  part(0, packets.size() / std::max(jobs, 1U));
  return all;
}

}  // namespace portcullis::sim
