#include "run/counter_check.h"

#include <fmt/format.h>

#include "run/packet_text.h"

namespace portcullis::sim {

std::vector<std::string> counter_differences(device::Device& device, device::Bank bank, const policy::Policy& policy,
                                             const std::vector<Count>& by_entry,
                                             const std::array<Count, 16>& by_cause) {
  std::vector<std::string> differences;
  const auto check = [&differences](const device::Tally& counted, const Count& sent, const std::string& what) {
    if (counted.packets == sent.packets && counted.bytes == sent.bytes) return;
    differences.push_back(fmt::format("counter of {}: {} packets and {} bytes; reference: {} and {}", what,
                                      counted.packets, counted.bytes, sent.packets, sent.bytes));
  };
  const device::Counters counters = device.counters(bank, static_cast<unsigned>(policy.entries.size()));
  for (std::size_t i = 0; i < policy.entries.size(); ++i) check(counters.rules[i], by_entry[i], entry_text(policy, i));
  for (unsigned cause = 0; cause < device::kCauses; ++cause) {
    check(counters.causes[cause], by_cause[cause],
          cause == 0 ? "the default action"
                     : fmt::format("malformed packets ({})", policy::to_string(static_cast<policy::Malformed>(cause))));
  }
  return differences;
}

}  // namespace portcullis::sim
