#include "policy/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <map>

#include "policy/expect.h"
#include "policy/fields.h"
#include "policy/lint/rules.h"
#include "spec/extract.h"

namespace portcullis::policy {
namespace {

constexpr std::uintmax_t kLargestFile = 4U << 20U;
// Lists may hold aliases to lists, so how many values there are to read is not bounded by the file's size.
constexpr std::size_t kMostValues = 1'000'000;
constexpr std::size_t kMostIcmpMessages = 65'536;
constexpr std::uint16_t kLargestTarget = 4095;  // 12 bits of the action word

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kIcmpv6 = 58;

std::string_view kind_name(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return "a single value";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "keys and values";
  }
  return "nothing";
}

class SiteReader {
 public:
  SiteReader(std::string_view file, std::string_view text, std::vector<SiteError>* mended)
      : file_(file), text_(text), mended_(mended) {}

  Site read() {
    const YamlTree tree = [&] {
      try {
        return YamlTree(text_);
      } catch (const YamlError& error) {
        throw SiteError(file_, error.place(), error.what());
      }
    }();
    const YamlNode& root = tree.root();
    if (root.kind != YamlNode::Kind::map) {
      throw SiteError(file_, {1, 1}, "not a site file: start it with \"portcullis: 1\"");
    }
    site_.file = file_;
    check_keys(root, "",
               {"portcullis", "documents", "roles", "unbound", "peers", "default", "replies", "mode", "non_ip",
                "essential", "fragments", "rules", "overrides", "lint", "expect"});
    version(root);
    if (const YamlNode* node = root.find("roles")) roles(root, *node);
    if (const YamlNode* node = root.find("documents")) documents(*node);
    if (const YamlNode* node = root.find("unbound"))
      site_.unbound_is_error = choice(*node, "unbound", {"none", "error"}) == 1;
    site_.peers.addresses = any_address();
    if (const YamlNode* node = root.find("peers")) site_.peers = ends(*node, "peers");
    if (const YamlNode* node = root.find("default"))
      site_.default_permit = choice(*node, "default", {"drop", "permit"}) == 1;
    if (const YamlNode* node = root.find("replies"))
      site_.replies = choice(*node, "replies", {"none", "established"}) == 1;
    if (const YamlNode* node = root.find("mode")) site_.monitor = choice(*node, "mode", {"enforce", "monitor"}) == 1;
    if (const YamlNode* node = root.find("non_ip"))
      site_.non_ip_permit = choice(*node, "non_ip", {"drop", "permit"}) == 1;
    if (const YamlNode* node = root.find("essential")) essential(*node);
    if (const YamlNode* node = root.find("fragments")) {
      constexpr FragmentPolicy kPolicies[] = {FragmentPolicy::first, FragmentPolicy::permit, FragmentPolicy::drop};
      site_.fragments = kPolicies[choice(*node, "fragments", {"first", "permit", "drop"})];
    }
    if (const YamlNode* node = root.find("rules")) rules(*node);
    if (const YamlNode* node = root.find("overrides")) overrides(*node);
    if (const YamlNode* node = root.find("lint")) silences(*node);
    if (const YamlNode* node = root.find("expect")) expectations(*node);
    return std::move(site_);
  }
  /// What read() has met.
  std::vector<Expectation> take_expectations() { return std::move(expectations_); }

 private:
  [[noreturn]] void fail(const YamlNode& node, const std::string& message) const {
    throw SiteError(file_, node.place, message);
  }

  // The shapes that values have.

  void check_keys(const YamlNode& map, std::string_view where, std::vector<std::string_view> known) const {
    for (const auto& [key, value] : map.members) {
      if (std::find(known.begin(), known.end(), key->text) != known.end()) continue;
      const std::string_view meant = closest(key->text, known);
      fail(*key, fmt::format("unknown key \"{}\"{}{}: {}", shown(key->text), where.empty() ? "" : " in ", where,
                             meant.empty() ? fmt::format("known keys are {}", fmt::join(known, ", "))
                                           : fmt::format("did you mean {}?", meant)));
    }
  }

  const std::string& word(const YamlNode& node, std::string_view what) const {
    if (node.kind != YamlNode::Kind::scalar || node.text.empty()) {
      fail(node, fmt::format("{} is {}: one word or number is expected", what,
                             node.kind == YamlNode::Kind::scalar ? "empty" : kind_name(node.kind)));
    }
    return node.text;
  }

  /// Index of the word in `words`.
  std::size_t choice(const YamlNode& node, std::string_view what, std::initializer_list<std::string_view> words) const {
    const std::string& given = word(node, what);
    const auto found = std::find(words.begin(), words.end(), given);
    if (found == words.end()) {
      fail(node, fmt::format("{} \"{}\" is not known: write {}", what, shown(given), fmt::join(words, " or ")));
    }
    return static_cast<std::size_t>(found - words.begin());
  }

  std::uint64_t whole_number(const YamlNode& node, std::string_view what, std::uint32_t largest) const {
    const std::string& text = word(node, what);
    try {
      const auto set = parse_numbers(text, what, largest);
      const auto& only = set.intervals().front();
      if (set.size() == 1 && only.first == only.last) return only.first;
    } catch (const FieldError& error) {
      fail(node, error.what());
    }
    fail(node, fmt::format("{} \"{}\" is not one number: write a number 0 to {}", what, shown(text), largest));
  }

  bool yes_or_no(const YamlNode& node, std::string_view what) const {
    const std::string& text = word(node, what);
    for (std::string_view yes : {"true", "True", "TRUE", "yes", "on"}) {
      if (text == yes) return true;
    }
    for (std::string_view no : {"false", "False", "FALSE", "no", "off"}) {
      if (text == no) return false;
    }
    fail(node, fmt::format("{} \"{}\" is neither true nor false: write one of these", what, shown(text)));
  }

  const YamlNode& map(const YamlNode& node, std::string_view what, std::string_view example) const {
    if (node.kind != YamlNode::Kind::map) {
      fail(node, fmt::format("{} must be keys and values, not {}: write {}", what, kind_name(node.kind), example));
    }
    return node;
  }

  const std::vector<const YamlNode*>& list(const YamlNode& node, std::string_view what,
                                           std::string_view example) const {
    if (node.kind != YamlNode::Kind::list) {
      fail(node, fmt::format("{} must be a list, not {}: write {}", what, kind_name(node.kind), example));
    }
    return node.items;
  }

  /// A scalar as it is, or the items of a list; lists in the list (aliases, mostly) are spread out.
  std::vector<const YamlNode*> values(const YamlNode& node, std::string_view what) const {
    std::vector<const YamlNode*> out;
    collect(node, what, 0, out);
    if (out.empty()) fail(node, fmt::format("{} is empty: leave the key out or give a value", what));
    return out;
  }
  void collect(const YamlNode& node, std::string_view what, unsigned depth, std::vector<const YamlNode*>& out) const {
    if (node.kind == YamlNode::Kind::list) {
      constexpr unsigned kDeepestList = 8;
      if (depth == kDeepestList) fail(node, fmt::format("{} holds lists in lists in lists: write one list", what));
      for (const YamlNode* item : node.items) collect(*item, what, depth + 1, out);
      return;
    }
    if (node.kind != YamlNode::Kind::scalar) {
      fail(node, fmt::format("{} holds {}: a value or a list of values is expected", what, kind_name(node.kind)));
    }
    if (node.text.empty()) fail(node, fmt::format("{} holds an empty value: remove it", what));
    if (++values_read_ > kMostValues)
      fail(node, fmt::format("more than {} values in the file, aliases written out", kMostValues));
    out.push_back(&node);
  }

  /// What `parse` makes of each value, united.
  template <typename T = std::uint32_t, typename Parse>
  IntervalSet<T> set_of(const YamlNode& node, std::string_view what, Parse parse) const {
    std::vector<Interval<T>> intervals;
    for (const YamlNode* value : values(node, what)) {
      try {
        const IntervalSet<T> set = parse(std::string_view(value->text));
        intervals.insert(intervals.end(), set.intervals().begin(), set.intervals().end());
      } catch (const FieldError& error) {
        fail(*value, error.what());
      }
    }
    return IntervalSet<T>(std::move(intervals));
  }

  // The keys of the file.

  void version(const YamlNode& root) const {
    const YamlNode* node = root.find("portcullis");
    if (node == nullptr)
      throw SiteError(file_, {1, 1}, "key portcullis is missing: start the file with \"portcullis: 1\"");
    if (word(*node, "portcullis") != "1") {
      fail(*node, fmt::format("portcullis: version {} is not known: this program reads version 1", shown(node->text)));
    }
  }

  void roles(const YamlNode& root, const YamlNode& node) {
    for (const auto& [key, value] : root.members) {
      if (value == &node) site_.roles_place = key->place;
    }
    map(node, "roles", "\"Web Servers: [192.0.2.0/24]\"");
    for (const auto& [name, value] : node.members) {
      Role role{.name = name->text, .key = spec::role_key(name->text), .place = name->place};
      if (role.key.empty()) fail(*name, "a role without a name: write the name that the documents use");
      if (const auto [found, is_new] = site_.role_index.emplace(role.key, site_.roles.size()); !is_new) {
        const Role& first = site_.roles[found->second];
        fail(*name,
             fmt::format("role \"{}\" is the same as \"{}\" in line {}: role names compare without case and width: "
                         "remove one of them",
                         shown(role.name), shown(first.name), first.place.line));
      }
      binding(role, *value);
      site_.roles.push_back(std::move(role));
    }
  }

  void binding(Role& role, const YamlNode& node) const {
    if (node.kind == YamlNode::Kind::scalar && node.text == "any") {
      role.addresses = any_address();
      return;
    }
    if (node.kind == YamlNode::Kind::scalar && node.text == "none") {
      role.none = true;
      return;
    }
    const std::string what = fmt::format("role \"{}\"", shown(role.name));
    if (node.kind == YamlNode::Kind::null || (node.kind == YamlNode::Kind::list && node.items.empty())) {
      fail(node, what + " has no prefixes: write a list of prefixes, any, or none");
    }
    std::vector<Interval<Address>> intervals;
    for (const YamlNode* value : values(node, what)) {
      const IntervalSet<Address> set = value->text == "any" ? any_address() : prefix(*value);
      intervals.insert(intervals.end(), set.intervals().begin(), set.intervals().end());
    }
    role.addresses = IntervalSet<Address>(std::move(intervals));
  }

  IntervalSet<Address> prefix(const YamlNode& node) const {
    try {
      return mend(node);
    } catch (const FieldError& error) {
      fail(node, error.what());
    }
  }
  /// A prefix, which may have bits behind its length where that is mended. Throws FieldError.
  IntervalSet<Address> mend(const YamlNode& node) const {
    try {
      return parse_prefix(node.text);
    } catch (const HostBitsError& error) {
      if (mended_ == nullptr) throw;
      mended_->emplace_back(file_, node.place, error.what());
      return error.network();
    }
  }

  void documents(const YamlNode& node) {
    constexpr std::string_view kExample = "\"- file: ports.md\"";
    std::vector<const YamlNode*> items = {&node};
    if (node.kind != YamlNode::Kind::scalar) items = list(node, "documents", kExample);
    for (const YamlNode* item : items) {
      SiteDocument document;
      const YamlNode* name = item;
      if (item->kind == YamlNode::Kind::map) {
        check_keys(*item, "a document", {"file", "tables"});
        name = item->find("file");
        if (name == nullptr) fail(*item, "a document without a file: write \"file: ports.md\"");
      }
      document.name = word(*name, "file");
      document.place = name->place;
      document.path = std::filesystem::path(file_).parent_path() / document.name;
      if (const auto [first, is_new] = document_lines_.emplace(document.name, document.place.line); !is_new) {
        fail(*name, fmt::format("document \"{}\" is listed twice, first in line {}: remove one of them",
                                shown(document.name), first->second));
      }
      if (item->kind == YamlNode::Kind::map) {
        if (const YamlNode* settings = item->find("tables")) tables(document, *settings);
      }
      site_.documents.push_back(std::move(document));
    }
  }

  void tables(SiteDocument& document, const YamlNode& node) const {
    constexpr std::string_view kExample = "\"3: {direction: from}\"";
    map(node, "tables", kExample);
    for (const auto& [key, value] : node.members) {
      TableSetting setting{.place = key->place};
      if (key->text.find_first_not_of("0123456789") == std::string::npos && !key->text.empty()) {
        setting.number = static_cast<unsigned>(whole_number(*key, "table number", 1'000'000));
        if (setting.number == 0) fail(*key, "table 0: tables count from 1");
      } else {
        setting.title = key->text;
      }
      map(*value, fmt::format("table {}", shown(key->text)), kExample);
      check_keys(*value, "a table", {"direction", "action", "role"});
      if (const YamlNode* direction = value->find("direction")) {
        constexpr TableDirection kDirections[] = {TableDirection::to, TableDirection::from, TableDirection::both,
                                                  TableDirection::ignore};
        setting.direction = kDirections[choice(*direction, "direction", {"to", "from", "both", "ignore"})];
      }
      if (const YamlNode* action = value->find("action")) {
        constexpr TableAction kActions[] = {TableAction::ignore, TableAction::permit, TableAction::drop};
        setting.action = kActions[choice(*action, "action", {"ignore", "permit", "drop"})];
      }
      if (const YamlNode* role = value->find("role")) setting.role = word(*role, "role");
      document.tables.push_back(std::move(setting));
    }
  }

  /// Prefixes, roles, `any`, or a list of these.
  Ends ends(const YamlNode& node, std::string_view what) const {
    Ends out;
    out.none = true;
    std::vector<Interval<Address>> intervals;
    const auto add = [&](const IntervalSet<Address>& set) {
      intervals.insert(intervals.end(), set.intervals().begin(), set.intervals().end());
      out.none = false;
    };
    for (const YamlNode* value : values(node, what)) {
      if (const Role* role = site_.find_role(value->text)) {
        out.roles.push_back(role->name);
        if (!role->none) add(role->addresses);
      } else if (value->text == "any") {
        add(any_address());
      } else {
        add(prefix_or_role(*value, what));
      }
    }
    out.addresses = IntervalSet<Address>(std::move(intervals));
    return out;
  }

  /// A prefix; what does not look like one was meant to be a role.
  IntervalSet<Address> prefix_or_role(const YamlNode& node, std::string_view what) const {
    const bool looks_like_prefix = node.text.find_first_not_of("0123456789abcdefABCDEF.:/-– ") == std::string::npos &&
                                   node.text.find_first_of("0123456789") != std::string::npos &&
                                   node.text.find_first_of(".:/") != std::string::npos;
    try {
      return mend(node);
    } catch (const FieldError& error) {
      if (looks_like_prefix) fail(node, error.what());
    }
    std::vector<std::string_view> names;
    for (const Role& role : site_.roles) names.push_back(role.name);
    const std::string_view meant = closest(node.text, names);
    fail(node, fmt::format("{} \"{}\" is neither a role under roles, nor a prefix, nor any: {}", what, shown(node.text),
                           meant.empty() ? "bind the role under roles" : fmt::format("did you mean {}?", meant)));
  }

  void essential(const YamlNode& node) {
    site_.essential_arp = site_.essential_nd = site_.essential_pmtu = false;
    if (node.kind == YamlNode::Kind::list && node.items.empty()) return;
    if (node.kind == YamlNode::Kind::scalar && node.text == "none") return;
    for (const YamlNode* value : values(node, "essential")) {
      switch (choice(*value, "essential", {"arp", "nd", "pmtu"})) {
        case 0:
          site_.essential_arp = true;
          break;
        case 1:
          site_.essential_nd = true;
          break;
        default:
          site_.essential_pmtu = true;
          break;
      }
    }
  }

  void overrides(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::null) return;
    std::map<std::pair<std::string, unsigned>, unsigned> seen;
    for (const YamlNode* item :
         list(node, "overrides", "\"- {document: ports.md, line: 23, port: 443, reason: ...}\"")) {
      map(*item, "an override", "\"{document: ports.md, line: 23, port: 443, reason: ...}\"");
      check_keys(*item, "an override", {"document", "line", "port", "reason"});
      for (std::string_view key : {"document", "line", "port", "reason"}) {
        if (item->find(key) == nullptr) fail(*item, fmt::format("an override without {}: add \"{}: ...\"", key, key));
      }
      Override change{.place = item->place};
      const YamlNode& document = *item->find("document");
      change.document = word(document, "document");
      if (!document_lines_.contains(change.document)) {
        fail(document,
             fmt::format("document \"{}\" is not listed: name a file as documents does", shown(change.document)));
      }
      change.line = static_cast<unsigned>(whole_number(*item->find("line"), "line", 1'000'000'000));
      const auto ports =
          set_of(*item->find("port"), "port", [](std::string_view text) { return parse_numbers(text, "port", 65535); });
      for (const auto& interval : ports.intervals()) {
        change.ports.push_back({static_cast<std::uint16_t>(interval.first), static_cast<std::uint16_t>(interval.last)});
      }
      change.reason = word(*item->find("reason"), "reason");
      if (const auto [first, is_new] = seen.emplace(std::pair{change.document, change.line}, change.place.line);
          !is_new) {
        fail(*item, fmt::format("{}:{} is overridden twice, first in line {}: remove one of them",
                                shown(change.document), change.line, first->second));
      }
      site_.overrides.push_back(std::move(change));
    }
  }

  void silences(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::null) return;
    constexpr std::string_view kExample = "\"- {rule: duplicate-row, document: ports.md, line: 23, reason: ...}\"";
    for (const YamlNode* item : list(node, "lint", kExample)) {
      map(*item, "a silenced rule", kExample);
      check_keys(*item, "lint", {"rule", "document", "line", "reason"});
      for (std::string_view key : {"rule", "reason"}) {
        if (item->find(key) == nullptr)
          fail(*item, fmt::format("a silenced rule without {}: add \"{}: ...\"", key, key));
      }
      Silence silence{.place = item->place};
      const YamlNode& rule = *item->find("rule");
      silence.rule = word(rule, "rule");
      if (lint::find_rule(silence.rule) == nullptr) {
        std::vector<std::string_view> known;
        for (const lint::Rule& one : lint::rules()) known.push_back(one.id);
        const std::string_view meant = closest(silence.rule, known);
        fail(rule, fmt::format("rule \"{}\" is not known: {}", shown(silence.rule),
                               meant.empty() ? fmt::format("the rules are {}", fmt::join(known, ", "))
                                             : fmt::format("did you mean {}?", meant)));
      }
      if (const YamlNode* document = item->find("document")) {
        silence.document = word(*document, "document");
        if (!document_lines_.contains(silence.document) &&
            silence.document != std::filesystem::path(file_).filename().string()) {
          fail(*document, fmt::format("document \"{}\" is not listed: name a file as documents does, or this file",
                                      shown(silence.document)));
        }
      }
      if (const YamlNode* line = item->find("line")) {
        if (silence.document.empty()) fail(*line, "a line without its document: add \"document: ...\"");
        silence.line = static_cast<unsigned>(whole_number(*line, "line", 1'000'000'000));
      }
      silence.reason = word(*item->find("reason"), "reason");
      site_.silences.push_back(std::move(silence));
    }
  }

  /// The keys that say which packets are meant, behind those of `keys`.
  static std::vector<std::string_view> with_packet_keys(std::vector<std::string_view> keys) {
    keys.insert(keys.end(), {"source", "destination", "source_port", "destination_port", "protocol", "tcp_flags",
                             "vlan", "ingress", "dscp", "icmp", "ethertype"});
    return keys;
  }

  void expectations(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::null) return;
    constexpr std::string_view kExample = "\"- {name: no-telnet, protocol: tcp, destination_port: 23, verdict: drop}\"";
    std::map<std::string, unsigned> names;
    for (const YamlNode* item : list(node, "expect", kExample)) {
      map(*item, "an expectation", kExample);
      check_keys(*item, "an expectation", with_packet_keys({"name", "verdict", "by", "reason"}));
      for (std::string_view key : {"name", "verdict"}) {
        if (item->find(key) == nullptr)
          fail(*item, fmt::format("an expectation without {}: add \"{}: ...\"", key, key));
      }
      Expectation expected{.place = item->place};
      const YamlNode& name = *item->find("name");
      expected.name = word(name, "name");
      if (const auto [first, is_new] = names.emplace(expected.name, expected.place.line); !is_new) {
        fail(name, fmt::format("expectation \"{}\" is named as the one in line {}: give it a name of its own",
                               shown(expected.name), first->second));
      }
      expected.permit = choice(*item->find("verdict"), "verdict", {"drop", "permit"}) == 1;
      if (const YamlNode* by = item->find("by")) {
        for (const YamlNode* value : values(*by, "by")) expected.by.push_back(value->text);
      }
      if (const YamlNode* reason = item->find("reason")) expected.reason = word(*reason, "reason");
      SiteRule packets;
      ends_and_fields(*item, packets);
      expected.matches = std::move(packets.matches);
      expectations_.push_back(std::move(expected));
    }
  }

  // Rules.

  void rules(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::null) return;
    std::map<std::string, unsigned> names;
    for (const YamlNode* item :
         list(node, "rules", "\"- {name: no-telnet, action: drop, protocol: tcp, destination_port: 23}\"")) {
      map(*item, "a rule", "\"{name: no-telnet, action: drop, ...}\"");
      check_keys(*item, "a rule", with_packet_keys({"name", "action", "mark", "queue", "redirect", "mirror", "place"}));
      SiteRule rule{.place = item->place};
      const YamlNode* name = item->find("name");
      if (name == nullptr) fail(*item, "a rule without a name: add \"name: ...\", verdicts are reported by it");
      rule.name = word(*name, "name");
      if (const auto [first, is_new] = names.emplace(rule.name, rule.place.line); !is_new) {
        fail(*name, fmt::format("rule \"{}\" is named as the one in line {}: give it a name of its own",
                                shown(rule.name), first->second));
      }
      rule.text = text_of(*item);
      rule.action = action(*item);
      if (const YamlNode* place = item->find("place")) rule.after = choice(*place, "place", {"before", "after"}) == 1;
      ends_and_fields(*item, rule);
      site_.rules.push_back(std::move(rule));
    }
  }

  Action action(const YamlNode& rule) const {
    const YamlNode* node = rule.find("action");
    if (node == nullptr) fail(rule, "a rule without an action: add \"action: permit\" or \"action: drop\"");
    Action out;
    out.permit = choice(*node, "action", {"drop", "permit"}) == 1;
    if (const YamlNode* mark = rule.find("mark")) {
      out.mark = static_cast<std::uint32_t>(whole_number(*mark, "mark", 0xFFFF'FFFF));
    }
    if (const YamlNode* mirror = rule.find("mirror")) out.mirror = yes_or_no(*mirror, "mirror");
    const YamlNode* queue = rule.find("queue");
    const YamlNode* redirect = rule.find("redirect");
    if (queue != nullptr) out.queue = static_cast<std::uint16_t>(whole_number(*queue, "queue", kLargestTarget));
    if (redirect != nullptr) out.wire = static_cast<std::uint16_t>(whole_number(*redirect, "redirect", kLargestTarget));
    if (queue != nullptr && redirect != nullptr) {
      fail(*redirect, "redirect and queue both say where the packet goes: keep one of them");
    }
    if (const YamlNode* target = queue != nullptr ? queue : redirect; target != nullptr && !out.permit) {
      fail(*target,
           "a packet that is dropped goes nowhere: remove the key, or permit; \"mirror: true\" copies what is dropped");
    }
    return out;
  }

  /// The packets that a rule or an expectation speaks of.
  void ends_and_fields(const YamlNode& node, SiteRule& rule) const {
    rule.source.addresses = rule.destination.addresses = any_address();
    if (const YamlNode* source = node.find("source")) rule.source = ends(*source, "source");
    if (const YamlNode* destination = node.find("destination")) rule.destination = ends(*destination, "destination");
    matches(node, rule);
  }

  /// The fields of a rule but its ends, which may be prefixes of any family.
  void matches(const YamlNode& node, SiteRule& rule) const {
    Match match = Match::any();
    match.source = rule.source.addresses;
    match.destination = rule.destination.addresses;
    std::vector<EtherClass> classes = {EtherClass::ipv4, EtherClass::ipv6};
    if (const YamlNode* ethertype = node.find("ethertype")) {
      classes.clear();
      for (const YamlNode* value : values(*ethertype, "ethertype")) {
        if (value->text == "any") {
          for (unsigned type = 0; type < 8; ++type) classes.push_back(static_cast<EtherClass>(type));
          continue;
        }
        try {
          classes.push_back(parse_ether_class(value->text));
        } catch (const FieldError& error) {
          fail(*value, error.what());
        }
      }
      ip_keys_need_ip(node, classes);
    }
    std::uint8_t ingress = 0xFF;
    if (const YamlNode* ports = node.find("ingress")) {
      const auto set = numbers(*ports, "ingress", kMaxIngressPorts - 1);
      ingress = 0;
      for (unsigned port = 0; port < kMaxIngressPorts; ++port) {
        if (set.contains(port)) ingress = static_cast<std::uint8_t>(ingress | (1U << port));
      }
    }
    match.context = context_chunk(classes, ingress);
    if (const YamlNode* vlan = node.find("vlan")) {
      std::vector<Interval<std::uint16_t>> intervals;
      const auto ids = numbers(*vlan, "vlan", kMaxVlan);
      for (const auto& i : ids.intervals()) {
        intervals.push_back({static_cast<std::uint16_t>(i.first), static_cast<std::uint16_t>(i.last)});
      }
      match.vlan = IntervalSet<std::uint16_t>(std::move(intervals));
    }
    if (const YamlNode* dscp = node.find("dscp")) {
      const auto set = set_of(*dscp, "dscp", [](std::string_view text) { return parse_dscp(text); });
      for (unsigned value = 0; value < 256; ++value) match.dscp_tags[value] = set.contains(value & 0x3FU);
    }
    const std::optional<Chunk> protocols = protocol(node);
    if (node.find("icmp") != nullptr) {
      icmp(node, protocols, match, rule);
      return;
    }
    if (protocols) match.protocol = *protocols;
    ports(node, protocols.has_value(), match);
    flags(node, protocols.has_value(), match);
    rule.matches = {match};
  }

  IntervalSet<std::uint32_t> numbers(const YamlNode& node, std::string_view what, std::uint32_t largest) const {
    return set_of(node, what, [&](std::string_view text) { return parse_numbers(text, what, largest); });
  }

  void ip_keys_need_ip(const YamlNode& node, const std::vector<EtherClass>& classes) const {
    const auto is_ip = [](EtherClass type) { return type == EtherClass::ipv4 || type == EtherClass::ipv6; };
    if (std::any_of(classes.begin(), classes.end(), is_ip)) return;
    for (std::string_view key :
         {"source", "destination", "source_port", "destination_port", "protocol", "tcp_flags", "dscp", "icmp"}) {
      if (const YamlNode* value = node.find(key)) {
        fail(*value, fmt::format("{} asks for an IP packet and ethertype for another: remove one of them", key));
      }
    }
  }

  /// nullopt: any.
  std::optional<Chunk> protocol(const YamlNode& node) const {
    const YamlNode* given = node.find("protocol");
    if (given == nullptr) return std::nullopt;
    Chunk chunk;
    bool any = false;
    for (const YamlNode* value : values(*given, "protocol")) {
      try {
        const auto number = parse_protocol(value->text);
        if (number) chunk.set(*number);
        any = any || !number;
      } catch (const FieldError& error) {
        fail(*value, error.what());
      }
    }
    if (any) return std::nullopt;
    return chunk;
  }

  void ports(const YamlNode& node, bool protocol_given, Match& match) const {
    for (std::string_view key : {"source_port", "destination_port"}) {
      const YamlNode* value = node.find(key);
      if (value == nullptr) continue;
      const auto set = as_port_field(numbers(*value, "port", 65535));
      if (set != any_port()) {
        for (unsigned protocol = 0; protocol_given && protocol < 256; ++protocol) {
          if (match.protocol[protocol] && !has_ports(static_cast<std::uint8_t>(protocol))) {
            fail(*value, fmt::format("{} with protocol {}, which has no ports here: ports go with tcp, udp and sctp{}",
                                     key, protocol_name(static_cast<std::uint8_t>(protocol)),
                                     protocol == kIcmp || protocol == kIcmpv6 ? ", messages with the key icmp" : ""));
          }
        }
      }
      if (!protocol_given) {
        match.protocol.reset();
        for (unsigned protocol = 0; protocol < 256; ++protocol) {
          match.protocol[protocol] = has_ports(static_cast<std::uint8_t>(protocol));
        }
      }
      (key == "source_port" ? match.source_port : match.destination_port) = set;
    }
  }

  void flags(const YamlNode& node, bool protocol_given, Match& match) const {
    const YamlNode* value = node.find("tcp_flags");
    if (value == nullptr) return;
    Chunk only_tcp;
    only_tcp.set(kTcp);
    if (protocol_given && match.protocol != only_tcp) {
      fail(*value, "tcp_flags with another protocol than tcp: write a rule for tcp alone");
    }
    match.protocol = only_tcp;
    if (value->kind == YamlNode::Kind::map) {
      check_keys(*value, "tcp_flags", {"set", "clear"});
      std::string signed_flags;
      for (std::string_view key : {"set", "clear"}) {
        const YamlNode* names = value->find(key);
        if (names == nullptr || (names->kind == YamlNode::Kind::list && names->items.empty())) continue;
        for (const YamlNode* name : values(*names, key)) signed_flags += (key == "set" ? "+" : "-") + name->text;
      }
      try {
        match.tcp_flags = parse_tcp_flags(signed_flags);
      } catch (const FieldError& error) {
        fail(*value, error.what());
      }
      return;
    }
    match.tcp_flags.reset();
    for (const YamlNode* alternative : values(*value, "tcp_flags")) {
      try {
        match.tcp_flags |= parse_tcp_flags(alternative->text);
      } catch (const FieldError& error) {
        fail(*alternative, error.what());
      }
    }
  }

  /// Types and codes stand in the port fields. Types that share their codes are one match.
  void icmp(const YamlNode& node, const std::optional<Chunk>& protocols, Match match, SiteRule& rule) const {
    const YamlNode& value = *node.find("icmp");
    for (std::string_view key : {"source_port", "destination_port", "tcp_flags"}) {
      if (const YamlNode* other = node.find(key))
        fail(*other, fmt::format("{} beside icmp: ICMP has none: remove one of them", key));
    }
    std::vector<std::uint8_t> families;
    if (!protocols) families = {kIcmp};
    for (unsigned protocol = 0; protocols && protocol < 256; ++protocol) {
      if (!(*protocols)[protocol]) continue;
      if (protocol != kIcmp && protocol != kIcmpv6) {
        fail(value, fmt::format("icmp beside protocol {}: write a rule for icmp or icmpv6 alone",
                                protocol_name(static_cast<std::uint8_t>(protocol))));
      }
      families.push_back(static_cast<std::uint8_t>(protocol));
    }
    for (const std::uint8_t family : families) {
      for (const IcmpFields& fields : icmp_fields(icmp_messages(value, family))) {
        match.protocol.reset();
        match.protocol.set(family);
        match.source_port = fields.types;
        match.destination_port = fields.codes;
        const auto twin = std::find_if(rule.matches.begin(), rule.matches.end(), [&](const Match& other) {
          return other.source_port == fields.types && other.destination_port == fields.codes;
        });
        if (twin != rule.matches.end()) {
          twin->protocol |= match.protocol;
        } else {
          rule.matches.push_back(match);
        }
      }
    }
    if (rule.matches.size() > 1) rule.split_reason = "ICMP messages with different types and codes";
  }

  std::vector<spec::IcmpMessage> icmp_messages(const YamlNode& node, std::uint8_t family) const {
    if (node.kind == YamlNode::Kind::map) {
      check_keys(node, "icmp", {"type", "code"});
      const YamlNode* type = node.find("type");
      const YamlNode* code = node.find("code");
      if (type == nullptr) fail(node, "icmp without a type: write \"icmp: {type: 3, code: 4}\"");
      spec::IcmpMessage message{static_cast<std::uint8_t>(whole_number(*type, "ICMP type", 255)), -1};
      if (code != nullptr) message.code = static_cast<std::int16_t>(whole_number(*code, "ICMP code", 255));
      return {message};
    }
    std::vector<spec::IcmpMessage> messages;
    for (const YamlNode* value : values(node, "icmp")) {
      try {
        const auto some = parse_icmp(value->text, family);
        messages.insert(messages.end(), some.begin(), some.end());
        if (messages.size() > kMostIcmpMessages)
          fail(*value, "more messages than ICMP has: remove what is listed twice");
      } catch (const FieldError& error) {
        fail(*value, error.what());
      }
    }
    return messages;
  }

  /// The lines of a rule as they stand, joined. A rule's last value tells where it ends.
  std::string text_of(const YamlNode& node) const {
    unsigned last = node.place.line;
    for (const auto& [key, value] : node.members) {
      if (value->place.line >= key->place.line) last = std::max(last, last_line(*value, 0));
    }
    if (line_starts_.empty()) {
      line_starts_.push_back(0);
      for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_[i] == '\n') line_starts_.push_back(i + 1);
      }
    }
    const std::size_t first_byte = line_starts_[node.place.line - 1];
    const std::size_t end = last < line_starts_.size() ? line_starts_[last] : text_.size();
    constexpr std::size_t kLongestText = 1000;
    std::string out;
    for (const char c : text_.substr(first_byte, std::min(end - first_byte, kLongestText))) {
      const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
      if (!blank) out += c;
      if (blank && !out.empty() && out.back() != ' ') out += ' ';
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out.starts_with("- ") ? out.substr(2) : out;
  }
  static unsigned last_line(const YamlNode& node, unsigned depth) {
    unsigned last = node.place.line;
    if (depth > 3) return last;
    if (!node.items.empty()) last = std::max(last, last_line(*node.items.back(), depth + 1));
    if (!node.members.empty()) last = std::max(last, last_line(*node.members.back().second, depth + 1));
    return last;
  }

  std::string file_;
  std::string_view text_;
  Site site_;
  std::vector<Expectation> expectations_;
  std::unordered_map<std::string, unsigned> document_lines_;
  mutable std::vector<std::size_t> line_starts_;
  mutable std::size_t values_read_ = 0;
  std::vector<SiteError>* mended_;
};

}  // namespace

SiteError::SiteError(std::string file, Place place, const std::string& message)
    : std::runtime_error(place.line == 0 ? fmt::format("{}: {}", file, message)
                                         : fmt::format("{}:{}:{}: {}", file, place.line, place.column, message)),
      file_(std::move(file)),
      place_(place) {}

const Role* Site::find_role(std::string_view name) const {
  const auto found = role_index.find(spec::role_key(name));
  return found == role_index.end() ? nullptr : &roles[found->second];
}

namespace {

void check_size(std::string_view file, std::string_view text) {
  if (text.size() <= kLargestFile) return;
  throw SiteError(std::string(file), {}, fmt::format("larger than {} MiB, which no site file is", kLargestFile >> 20U));
}

std::string read_file(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    throw SiteError(file.string(), {}, "is a folder: name the site file in it");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw SiteError(file.string(), {}, fmt::format("cannot be read: {}", std::strerror(errno)));
  std::string text(kLargestFile + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) throw SiteError(file.string(), {}, "cannot be read to its end");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

}  // namespace

Site parse_site(std::string_view file, std::string_view text, std::vector<SiteError>* mended) {
  check_size(file, text);
  return SiteReader(file, text, mended).read();
}

Site read_site(const std::filesystem::path& file, std::vector<SiteError>* mended) {
  return parse_site(file.string(), read_file(file), mended);
}

std::vector<Expectation> parse_expectations(std::string_view file, std::string_view text) {
  check_size(file, text);
  SiteReader reader(file, text, nullptr);
  reader.read();
  return reader.take_expectations();
}

std::vector<Expectation> read_expectations(const std::filesystem::path& file) {
  return parse_expectations(file.string(), read_file(file));
}

}  // namespace portcullis::policy
