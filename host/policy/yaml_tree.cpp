#include "policy/yaml_tree.h"

#include <fmt/format.h>
#include <utf8proc.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_set>

#include "policy/fields.h"

namespace portcullis::policy {
namespace {

constexpr bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

/// Turns yaml-cpp's marks (line, and column in bytes, both from 0) into places. Marks come in almost ascending order,
/// so the finder walks from the last one instead of from the start of a line that may be the whole file.
class PlaceFinder {
 public:
  explicit PlaceFinder(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  Place operator()(const YAML::Mark& mark) {
    if (mark.is_null()) return {1, 1};
    const std::size_t line = std::min(static_cast<std::size_t>(mark.line), starts_.size() - 1);
    const std::size_t target = std::min(starts_[line] + static_cast<std::size_t>(mark.column), text_.size());
    if (line != line_) {
      line_ = line;
      at_ = starts_[line];
      column_ = 0;
    }
    for (; at_ < target; ++at_) column_ += starts_character(text_[at_]) ? 1U : 0U;
    while (at_ > target) {
      --at_;
      column_ -= starts_character(text_[at_]) ? 1U : 0U;
    }
    return {static_cast<unsigned>(line) + 1, column_ + 1};
  }

  /// The line that holds a mark, without its end.
  std::string_view line_of(const YAML::Mark& mark) const {
    const std::size_t line = mark.is_null() ? 0 : std::min(static_cast<std::size_t>(mark.line), starts_.size() - 1);
    const std::size_t end = line + 1 < starts_.size() ? starts_[line + 1] - 1 : text_.size();
    return text_.substr(starts_[line], end - starts_[line]);
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
  std::size_t line_ = 0;
  std::size_t at_ = 0;
  unsigned column_ = 0;
};

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::deque<YamlNode>& nodes, PlaceFinder& places) : nodes_(nodes), places_(places) {}

  const YamlNode* root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (root_ != nullptr) {
      throw YamlError(places_(mark), "a second YAML document starts here: keep everything in one");
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(YamlNode::Kind::null, mark, anchor, {}); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const YamlNode* target = anchors_.at(anchor);
    for (const Open& open : open_) {
      if (open.node == target) throw YamlError(places_(mark), "an alias inside its own anchor: write the values out");
    }
    attach(target, places_(mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    leaf(YamlNode::Kind::scalar, mark, anchor, value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    enter(YamlNode::Kind::list, mark, anchor);
  }
  void OnSequenceEnd() override { leave(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    enter(YamlNode::Kind::map, mark, anchor);
  }
  void OnMapEnd() override { leave(); }

 private:
  struct Open {
    YamlNode* node = nullptr;
    const YamlNode* key = nullptr;  // of a map: the key whose value comes next
    std::unordered_set<std::string_view> keys = {};
  };

  YamlNode* make(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    YamlNode& node = nodes_.emplace_back();
    node.kind = kind;
    node.place = places_(mark);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = &node;
    return &node;
  }

  void leaf(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& text) {
    YamlNode* node = make(kind, mark, anchor);
    node->text = text;
    attach(node, node->place);
  }

  void enter(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    YamlNode* node = make(kind, mark, anchor);
    attach(node, node->place);
    open_.push_back({.node = node});
  }

  void leave() { open_.pop_back(); }

  void attach(const YamlNode* node, Place place) {
    if (open_.empty()) {
      root_ = node;
      return;
    }
    Open& parent = open_.back();
    if (parent.node->kind == YamlNode::Kind::list) {
      parent.node->items.push_back(node);
    } else if (parent.key != nullptr) {
      parent.node->members.emplace_back(parent.key, node);
      parent.key = nullptr;
    } else {
      if (node->kind != YamlNode::Kind::scalar) throw YamlError(place, "a key must be a word: put it in quotes");
      if (!parent.keys.insert(node->text).second) {
        throw YamlError(place, fmt::format("key \"{}\" is given twice: remove one of them", shown(node->text)));
      }
      parent.key = node;
    }
  }

  std::deque<YamlNode>& nodes_;
  PlaceFinder& places_;
  const YamlNode* root_ = nullptr;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, const YamlNode*> anchors_;
};

/// yaml-cpp takes byte 4 for the end of the file and repairs wrong UTF-8 in silence, so both are refused before it
/// reads.
void check_characters(std::string_view text) {
  Place place{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    utf8proc_int32_t character = 0;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + i;
    const auto length = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - i), &character);
    if (length <= 0) throw YamlError(place, "bytes that are not UTF-8: save the file as UTF-8");
    const bool control = character < 0x20 && character != '\t' && character != '\n' && character != '\r';
    if (control || character == 0x7F) {
      throw YamlError(place, fmt::format("control character U+{:04X}: remove it", static_cast<unsigned>(character)));
    }
    i += static_cast<std::size_t>(length);
    place = character == '\n' ? Place{place.line + 1, 1} : Place{place.line, place.column + 1};
  }
}

/// Column of a tab in the indentation of a line; 0 if there is none.
unsigned column_of_tab(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  const std::size_t tab = line.substr(0, first).find('\t');
  return tab == std::string_view::npos ? 0 : static_cast<unsigned>(tab) + 1;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name->text == key) return value;
  }
  return nullptr;
}

YamlTree::YamlTree(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  check_characters(text);
  PlaceFinder places(text);
  TreeBuilder builder(nodes_, places);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::DeepRecursion& error) {
    throw YamlError(places(error.mark), "lists and keys nested hundreds deep: no site file needs that");
  } catch (const YAML::Exception& error) {
    const Place place = places(error.mark);
    if (const unsigned column = column_of_tab(places.line_of(error.mark)); column != 0) {
      throw YamlError({place.line, column}, "a tab in the indentation: YAML indents with spaces");
    }
    throw YamlError(place, fmt::format("not YAML: {}", error.msg));
  }
  root_ = builder.root() != nullptr ? builder.root() : &nodes_.emplace_back();
}

}  // namespace portcullis::policy
