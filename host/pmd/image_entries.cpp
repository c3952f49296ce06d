#include "pmd/image_entries.h"

#include <fmt/format.h>

#include "policy/policy.h"

namespace portcullis::pmd {

void ImageEntries::load(device::Rules& rules, std::span<const tables::EntryInfo> from,
                        std::span<const std::uint64_t> actions, const std::function<std::vector<device::RuleId>()>& set,
                        const std::function<void()>& commit) {
  std::vector<device::RuleId> ids;
  try {
    ids = set();
    commit();
  } catch (...) {
    rules.revert();
    throw;
  }
  // The rules of the image before can be asked until the next commit.
  for (const Entry& entry : entries_) retired_[entry.identity] = {counters(rules, entry), entry.permit};
  entries_.clear();
  std::map<std::string, unsigned> seen;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Entry entry;
    entry.rule = ids[i];
    entry.from = from[i];
    entry.permit = policy::Action::from_word(actions[i]).permit;
    const std::string name = fmt::format("{}\n{}\n{}", entry.from.document, entry.from.line, entry.from.rule);
    // An entry that now does the opposite is another one.
    entry.identity = fmt::format("{}\n{}\n{}", name, entry.permit ? "permit" : "drop", seen[name]++);
    if (const auto known = retired_.find(entry.identity); known != retired_.end()) {
      entry.before = known->second.tally;
      retired_.erase(known);
    }
    entries_.push_back(std::move(entry));
  }
}

device::Tally ImageEntries::counters(device::Rules& rules, const Entry& entry) {
  device::Tally tally = entry.before;
  tally += rules.counters(entry.rule);
  return tally;
}

std::pair<device::Tally, device::Tally> ImageEntries::removed() const {
  device::Tally all, dropped;
  for (const auto& [identity, entry] : retired_) {
    all += entry.tally;
    if (!entry.permit) dropped += entry.tally;
  }
  return {all, dropped};
}

}  // namespace portcullis::pmd
