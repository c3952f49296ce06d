// The words of words.yaml, looked up in notes, prose and names.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace portcullis::policy::lint {

/// Phrases that are looked for in text; a phrase that starts or ends with a letter of a script with word spaces is a
/// whole word there.
class Phrases {
 public:
  Phrases() = default;
  /// The phrases need not be folded.
  explicit Phrases(const std::vector<std::string>& phrases);
  /// True if one of them stands in `folded` (spec::fold).
  bool in(std::string_view folded) const;
  /// True if `folded` is one of them.
  bool is(std::string_view folded) const { return whole_.contains(std::string(folded)); }

 private:
  std::vector<std::string> phrases_;
  std::unordered_set<std::string> whole_;
};

struct Words {
  Phrases media, unused, closed, over, hedges, counted, other_ports, articles;
  /// The words built into the library. Throws std::runtime_error if they are damaged.
  static const Words& built_in();
};

/// The text of words.yaml (generated at build time).
std::string_view words_text();

}  // namespace portcullis::policy::lint
