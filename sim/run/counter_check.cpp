#include "run/counter_check.h"

#include <fmt/format.h>

#include "run/packet_text.h"

namespace portcullis::sim {

std::vector<std::string> counter_differences(device::Device& device, device::Bank bank, const policy::Policy& policy,
                                             const std::vector<Count>& by_entry, const std::array<Count, 16>& by_cause,
                                             const std::vector<std::int32_t>* entry_of_number) {
  std::vector<std::string> differences;
  const auto check = [&differences](const device::Tally& counted, const Count& sent, const std::string& what) {
    if (counted.packets == sent.packets && counted.bytes == sent.bytes) return;
    differences.push_back(fmt::format("counter of {}: {} packets and {} bytes; reference: {} and {}", what,
                                      counted.packets, counted.bytes, sent.packets, sent.bytes));
  };
  device::Counters counters = device.counters(
      bank, entry_of_number == nullptr ? static_cast<unsigned>(policy.entries.size()) : device.rule_numbers());
  if (entry_of_number != nullptr) {
    std::vector<device::Tally> sums(policy.entries.size());
    for (std::size_t number = 0; number < counters.rules.size(); ++number) {
      const std::int32_t entry = entry_of_number->at(number);
      if (entry >= 0) {
        sums.at(static_cast<std::size_t>(entry)) += counters.rules[number];
      } else if (counters.rules[number].packets != 0) {
        differences.push_back(fmt::format("counter of rule number {}, which no entry has: {} packets", number,
                                          counters.rules[number].packets));
      }
    }
    counters.rules = std::move(sums);
  }
  for (std::size_t i = 0; i < policy.entries.size(); ++i) check(counters.rules[i], by_entry[i], entry_text(policy, i));
  for (unsigned cause = 0; cause < device::kCauses; ++cause) {
    check(counters.causes[cause], by_cause[cause],
          cause == 0 ? "the default action"
                     : fmt::format("malformed packets ({})", policy::to_string(static_cast<policy::Malformed>(cause))));
  }
  return differences;
}

}  // namespace portcullis::sim
