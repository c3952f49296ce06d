#include "run/bench_traffic.h"

#include "policy/packet.h"
#include "traffic/generate.h"

namespace portcullis::sim {

policy::Policy bench_policy() {
  policy::Policy policy;
  traffic::Random random(kBenchSeed);
  for (unsigned i = 0; i < 50; ++i) {
    const policy::Address v4 = policy::from_ipv4(0xC0000200 + i * 4);
    const policy::Address v6 = policy::make_address(0x20010db800000000 + i, 0);
    policy::Entry entry;
    entry.match = policy::Match::any();
    entry.match.destination = {{v4, v4 + 3}, {v6, v6 + 0xFFFF}};
    const auto port = static_cast<std::uint32_t>(random() % 60000);
    entry.match.destination_port = {{port, port}, {port + 2, port + 40}};
    entry.match.protocol.reset();
    entry.match.protocol.set(i % 3 == 0 ? 17 : 6);
    entry.action.permit = i % 8 != 0;
    policy.entries.push_back(entry);
    std::swap(entry.match.source, entry.match.destination);
    std::swap(entry.match.source_port, entry.match.destination_port);
    policy.entries.push_back(entry);
  }
  return policy;
}

traffic::PacketSet smallest_frames(const policy::Policy& policy) {
  const traffic::RandomKeys keys(policy, 1);
  traffic::Random random(kBenchSeed);
  traffic::PacketSet packets;
  while (packets.size() < kDistinctFrames) {
    const std::vector<std::uint8_t> frame = traffic::build(*traffic::frame_presenting(keys.next(random)));
    if (frame.size() <= policy::kMinFrame) packets.add(frame, 0);
  }
  return packets;
}

}  // namespace portcullis::sim
