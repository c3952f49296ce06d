// The entries of the image in force, and what each has decided under all images that had it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "device/rule_table.h"
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

  /// Puts an image into force in place of the one before, by `commit`. Throws what RuleTable::set_policy and `commit`
  /// throw; then all is as before.
  void load(device::RuleTable& rules, const tables::TableImage& image, std::uint32_t priority,
            const std::function<void()>& commit);

  const std::vector<Entry>& entries() const { return entries_; }
  /// What an entry has decided under all images. Throws DeviceError.
  static device::Tally counters(device::RuleTable& rules, const Entry& entry);
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
