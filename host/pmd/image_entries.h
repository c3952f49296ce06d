// The entries of the image in force, and what each has decided under all images that had it.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "device/rules.h"
#include "tables/image.h"

namespace portcullis::pmd {

/// An entry goes on from image to image by what it stands for: document, line and rule, and its number among those that
/// share them. Under the adapter's lock.
class ImageEntries {
 public:
  struct Entry {
    device::RuleId rule = 0;
    policy::Provenance from;
    bool permit = false;
    std::string identity;
    device::Tally before;  ///< under earlier images
  };

  /// Puts an image of these entries and action words into force in place of the one before: `set` puts it among the
  /// rules and gives theirs, then `commit`. Throws what both throw; then all is as before.
  void load(device::Rules& rules, std::span<const tables::EntryInfo> from, std::span<const std::uint64_t> actions,
            const std::function<std::vector<device::RuleId>()>& set, const std::function<void()>& commit);

  const std::vector<Entry>& entries() const { return entries_; }
  /// What an entry has decided under all images. Throws DeviceError.
  static device::Tally counters(device::Rules& rules, const Entry& entry);
  /// Sum over entries that no image in force has any more, all and those that drop.
  std::pair<device::Tally, device::Tally> removed() const;

 private:
  struct Retired {
    device::Tally tally;
    bool permit = false;
  };
  std::vector<Entry> entries_;
  std::map<std::string, Retired> retired_;  ///< by identity
};

}  // namespace portcullis::pmd
