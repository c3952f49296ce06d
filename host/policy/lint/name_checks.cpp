// Names of roles: spelt in two ways, bound nowhere, bound and never named.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "policy/fields.h"
#include "policy/lint/checks.h"
#include "policy/lint/words.h"
#include "spec/extract.h"
#include "spec/text.h"
#include "spec/vocabulary.h"

namespace portcullis::policy::lint {
namespace {

using Spelling = Names::Spelling;

/// Ends the word of a protocol or application, whose letters all count.
constexpr char kProtocolMark = '!';

/// The words that tell a name from others: without articles, endings of the plural, punctuation.
std::vector<std::string> words_of(std::string_view name) {
  const std::string folded = spec::join_plurals(spec::fold_cell(name));
  const Words& words = Words::built_in();
  const std::vector<spec::Atom> atoms = spec::split_atoms(folded);
  constexpr std::uint32_t kProtocols = spec::kProtocolTerm | spec::kApplicationTerm | spec::kAmbiguousTerm;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    const spec::Atom& atom = atoms[i];
    if (atom.kind == spec::Atom::Kind::punctuation || atom.kind == spec::Atom::Kind::newline) continue;
    if (words.articles.is(atom.text)) continue;
    std::string word(atom.text);
    // LDAPS is no plural of LDAP.
    if ((spec::Vocabulary::built_in().term(atoms, i).kinds & kProtocols) != 0) {
      out.push_back(word + kProtocolMark);
      continue;
    }
    constexpr std::size_t kShortestPlural = 4;
    if (word.size() >= kShortestPlural && word.ends_with('s') && !word.ends_with("ss")) word.pop_back();
    out.push_back(std::move(word));
  }
  return out;
}

/// The words without spaces, for "Front-End" is "Front End"; but numbers stay apart, for 10.1.12.3 is not 10.11.2.3.
std::string joined(const std::vector<std::string>& words) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty() && is_digit(out.back()) && is_digit(word.front())) out += ' ';
    out += word;
  }
  return out;
}

/// Letters only, and long enough that a letter less is no other word.
bool can_be_misspelt(const std::string& word) {
  constexpr std::size_t kShortest = 5;
  return word.size() >= kShortest && std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

/// One letter changed, left out or added, or two neighbours exchanged.
bool one_letter_off(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1 || a == b) return false;
  std::size_t i = 0;
  while (i < a.size() && a[i] == b[i]) ++i;
  if (a.size() < b.size()) return a.substr(i) == b.substr(i + 1);
  if (a.substr(i + 1) == b.substr(i + 1)) return true;
  return i + 1 < a.size() && a[i] == b[i + 1] && a[i + 1] == b[i] && a.substr(i + 2) == b.substr(i + 2);
}

/// The spellings of one name, by index.
std::vector<std::vector<std::size_t>> clusters(const std::vector<Spelling>& spellings) {
  std::vector<std::vector<std::size_t>> out;
  std::unordered_map<std::string, std::size_t> by_key;
  std::vector<std::vector<std::string>> words;
  for (std::size_t i = 0; i < spellings.size(); ++i) {
    words.push_back(words_of(spellings[i].text));
    const std::string key = joined(words.back());
    if (key.empty()) continue;
    const auto [found, is_new] = by_key.emplace(key, out.size());
    if (is_new) out.emplace_back();
    out[found->second].push_back(i);
  }
  // Clusters that differ in a letter of one word, found by all the other words.
  std::unordered_map<std::string, std::vector<std::pair<std::size_t, std::string>>> by_rest;
  constexpr std::size_t kMostAlike = 100;
  constexpr std::size_t kMostWords = 20;
  std::vector<std::size_t> merged_into(out.size());
  for (std::size_t c = 0; c < out.size(); ++c) {
    merged_into[c] = c;
    const std::vector<std::string>& name = words[out[c].front()];
    for (std::size_t w = 0; w < name.size() && name.size() <= kMostWords; ++w) {
      if (!can_be_misspelt(name[w])) continue;
      std::vector<std::string> rest = name;
      rest[w].assign(1, '*');
      auto& alike = by_rest[fmt::format("{}", fmt::join(rest, " "))];
      for (const auto& [other, word] : alike) {
        if (merged_into[c] == c && one_letter_off(word, name[w])) merged_into[c] = other;
      }
      if (alike.size() < kMostAlike) alike.emplace_back(c, name[w]);
    }
  }
  for (std::size_t c = out.size(); c-- > 0;) {
    if (merged_into[c] == c) continue;
    auto& into = out[merged_into[c]];
    into.insert(into.end(), out[c].begin(), out[c].end());
    out[c].clear();
  }
  return out;
}

std::string place_of(const Location& at, const Location& from) {
  return at.file == from.file ? fmt::format("line {}", at.line) : fmt::format("{}:{}", at.file, at.line);
}

}  // namespace

void check_spellings(const Subject& subject, const Site* site) {
  const std::vector<Spelling>& spellings = subject.names.spellings();
  for (std::vector<std::size_t>& cluster : clusters(spellings)) {
    if (cluster.size() < 2) continue;
    std::sort(cluster.begin(), cluster.end());
    std::size_t usual = cluster.front();
    for (const std::size_t i : cluster) {
      if (spellings[i].uses > spellings[usual].uses) usual = i;
    }
    for (const std::size_t i : cluster) {
      if (i == usual) continue;
      const Spelling& odd = spellings[i];
      const Spelling& main = spellings[usual];
      if (site != nullptr && site->find_role(odd.text) != nullptr && site->find_role(main.text) != nullptr) continue;
      Finding& finding = subject.findings.add(
          kRoleSpelling, odd.first,
          fmt::format("\"{}\" is spelt \"{}\" in {}: two spellings are two roles", spec::collapse(odd.text),
                      spec::collapse(main.text), place_of(main.first, odd.first)),
          odd.text);
      finding.words = odd.text;
      finding.relate(main.first, main.text);
    }
  }
}

void check_bindings(const Site& site, const Subject& subject) {
  std::unordered_set<std::string> named;
  const auto name = [&](std::string_view text) { named.insert(spec::role_key(text)); };
  std::vector<std::string_view> texts;
  for (const Spelling& spelling : subject.names.spellings()) {
    name(spelling.text);
    texts.push_back(spelling.text);
    // A cell may list roles (docs/site-file.md, "roles").
    for (std::size_t at = 0; at < spelling.text.size();) {
      const std::size_t stop = std::min(spelling.text.find_first_of(",;", at), spelling.text.size());
      name(std::string_view(spelling.text).substr(at, stop - at));
      at = stop + 1;
    }
  }
  for (const std::string& role : site.peers.roles) name(role);
  for (const SiteRule& rule : site.rules) {
    for (const std::string& role : rule.source.roles) name(role);
    for (const std::string& role : rule.destination.roles) name(role);
  }
  std::unordered_map<std::string, std::string_view> by_words;
  for (const std::string_view text : texts) by_words.emplace(joined(words_of(text)), text);
  for (const Role& role : site.roles) {
    if (named.contains(role.key)) continue;
    std::string_view meant;
    if (const auto alike = by_words.find(joined(words_of(role.name))); alike != by_words.end()) meant = alike->second;
    if (meant.empty()) meant = closest(role.name, texts);
    subject.findings.add(kUnusedRole, {site.file, role.place.line, role.place.column},
                         fmt::format("role \"{}\" is bound, and no row and no rule names it{}", role.name,
                                     meant.empty() ? "" : fmt::format(": the documents have \"{}\"", meant)),
                         role.name);
  }
}

void check_unbound(const Site& site, const std::vector<UnboundRole>& unbound, const Subject& subject) {
  std::unordered_map<std::string, std::string_view> by_words;
  std::vector<std::string_view> bound;
  for (const Role& role : site.roles) {
    by_words.emplace(joined(words_of(role.name)), role.name);
    bound.push_back(role.name);
  }
  std::unordered_map<std::string_view, std::string_view> files;
  for (const Document& document : subject.documents) files.emplace(document.name, document.file);
  for (const UnboundRole& role : unbound) {
    const Location at{std::string(files[role.document]), role.line, 0};
    std::string_view meant;
    if (const auto alike = by_words.find(joined(words_of(role.text))); alike != by_words.end()) meant = alike->second;
    if (meant.empty() && !role.text.empty()) meant = closest(role.text, bound);
    if (!site.unbound_is_error) {
      // "unbound: none" says that nobody is meant, unless it looks like a slip.
      if (meant.empty()) continue;
      Finding& finding = subject.findings.add(
          kRoleSpelling, at,
          fmt::format("\"{}\" is bound to nobody by \"unbound: none\", and roles binds \"{}\"", role.text, meant),
          role.text);
      finding.words = role.text;
      continue;
    }
    if (role.text.empty()) {
      subject.findings.add(kUnboundRole, at,
                           fmt::format("the rows of table {} name no role: write tables: {{{}: {{role: ...}}}}",
                                       role.table, role.table));
      continue;
    }
    Finding& finding =
        subject.findings.add(kUnboundRole, at,
                             fmt::format("role \"{}\" has no binding: {}", role.text,
                                         meant.empty() ? std::string("bind it under roles: to prefixes, any, or none")
                                                       : fmt::format("roles has \"{}\"", meant)),
                             role.text);
    finding.words = role.text;
  }
}

}  // namespace portcullis::policy::lint
