// YAML text as a tree whose every node knows its line and column; what the site file is read from.
#pragma once

#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portcullis::policy {

/// A place in a text file, both from 1; the column counts characters, not bytes. 0 where there is none.
struct Place {
  unsigned line = 0;
  unsigned column = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

struct YamlNode {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string text;  ///< of a scalar; empty otherwise
  Place place;
  std::vector<const YamlNode*> items;                                ///< of a list
  std::vector<std::pair<const YamlNode*, const YamlNode*>> members;  ///< of a map, in the order of the file

  /// The value of a key, or nullptr. Only for maps.
  const YamlNode* find(std::string_view key) const;
};

/// Text that is no YAML, or YAML that a configuration file has no use for.
class YamlError : public std::runtime_error {
 public:
  YamlError(Place place, const std::string& message) : std::runtime_error(message), place_(place) {}
  Place place() const { return place_; }

 private:
  Place place_;
};

/// One YAML document. Anchors and aliases are shared nodes, not copies, so the tree is never larger than its text.
/// Refused with a YamlError: text that is not UTF-8 or holds control characters, a second document, a key that is no
/// scalar, a key twice in a map, an alias inside its own anchor, nesting deeper than yaml-cpp's limit (500).
class YamlTree {
 public:
  explicit YamlTree(std::string_view text);
  /// A null node if the text is empty.
  const YamlNode& root() const { return *root_; }

 private:
  std::deque<YamlNode> nodes_;
  const YamlNode* root_ = nullptr;
};

}  // namespace portcullis::policy
