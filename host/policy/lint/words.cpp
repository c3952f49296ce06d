#include "policy/lint/words.h"

#include <stdexcept>

#include "policy/yaml_tree.h"
#include "spec/text.h"

namespace portcullis::policy::lint {
namespace {

/// A letter or digit of a script that puts spaces between words.
bool is_word_byte(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x80) return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
  std::size_t start = at;
  while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U) --start;
  const char32_t code_point = spec::code_point_at(text, start);
  constexpr char32_t kLatinToCyrillic[] = {0xC0, 0x52F};
  return code_point >= kLatinToCyrillic[0] && code_point <= kLatinToCyrillic[1];
}

Phrases read(const YamlTree& tree, std::string_view key) {
  const YamlNode* list = tree.root().find(key);
  if (list == nullptr) throw std::runtime_error("words.yaml: " + std::string(key) + " is missing");
  std::vector<std::string> phrases;
  for (const YamlNode* item : list->items) phrases.push_back(item->text);
  return Phrases(phrases);
}

}  // namespace

Phrases::Phrases(const std::vector<std::string>& phrases) {
  for (const std::string& phrase : phrases) {
    phrases_.push_back(spec::fold(phrase));
    whole_.insert(phrases_.back());
  }
}

bool Phrases::in(std::string_view folded) const {
  for (const std::string& phrase : phrases_) {
    for (std::size_t at = folded.find(phrase); at != std::string_view::npos; at = folded.find(phrase, at + 1)) {
      const std::size_t end = at + phrase.size();
      const bool starts = at == 0 || !is_word_byte(folded, at - 1) || !is_word_byte(folded, at);
      const bool ends = end == folded.size() || !is_word_byte(folded, end) || !is_word_byte(folded, end - 1);
      if (starts && ends) return true;
    }
  }
  return false;
}

const Words& Words::built_in() {
  static const Words words = [] {
    const YamlTree tree(words_text());
    return Words{read(tree, "media"),  read(tree, "unused"),  read(tree, "closed"),      read(tree, "over"),
                 read(tree, "hedges"), read(tree, "counted"), read(tree, "other_ports"), read(tree, "articles")};
  }();
  return words;
}

}  // namespace portcullis::policy::lint
