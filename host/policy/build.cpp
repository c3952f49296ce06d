#include "policy/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "policy/fields.h"
#include "policy/row_ends.h"
#include "spec/extract.h"
#include "spec/text.h"
#include "spec/vocabulary.h"

namespace portcullis::policy {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::uint32_t kLastPort = kNoPort - 1;

const std::vector<EtherClass>& ip_classes() {
  static const std::vector<EtherClass> classes = {EtherClass::ipv4, EtherClass::ipv6};
  return classes;
}

/// Everything in IPv4 and IPv6 packets.
Match any_ip_packet() {
  Match match = Match::any();
  match.context = context_chunk(ip_classes());
  return match;
}

// The entries that no document and no rule asks for.

Entry built_in(Cause cause, std::string name, bool permit, Match match) {
  Entry entry;
  entry.match = std::move(match);
  entry.action.permit = permit;
  entry.from.cause = cause;
  entry.from.rule = std::move(name);
  return entry;
}

Match icmp_match(EtherClass type, std::uint8_t protocol, Interval<std::uint32_t> types, Interval<std::uint32_t> codes) {
  Match match = Match::any();
  match.context = context_chunk({type});
  match.protocol.reset();
  match.protocol.set(protocol);
  match.source_port = {types};
  match.destination_port = {codes};
  return match;
}

void add_essentials(const Site& site, std::vector<Entry>& entries) {
  constexpr Interval<std::uint32_t> kEveryCode{0, kNoPort};
  if (site.essential_arp) {
    Match match = Match::any();
    match.context = context_chunk({EtherClass::arp});
    entries.push_back(built_in(Cause::essential, "arp", true, match));
  }
  if (site.essential_nd) {  // RFC 4861, section 4: types 133 to 137
    entries.push_back(
        built_in(Cause::essential, "nd", true, icmp_match(EtherClass::ipv6, kIcmpv6, {133, 137}, kEveryCode)));
  }
  if (site.essential_pmtu) {  // RFC 792 and RFC 1191: 3/4; RFC 4443, section 3.2: type 2
    entries.push_back(
        built_in(Cause::essential, "pmtu-ipv4", true, icmp_match(EtherClass::ipv4, kIcmp, {3, 3}, {4, 4})));
    entries.push_back(
        built_in(Cause::essential, "pmtu-ipv6", true, icmp_match(EtherClass::ipv6, kIcmpv6, {2, 2}, kEveryCode)));
  }
}

/// Later fragments have no ports to judge them by: `permit` lets them through. First fragments have ports and meet the
/// rules. `drop` drops both kinds, because a first fragment whose rest never comes only fills reassembly queues.
void add_fragments(const Site& site, std::vector<Entry>& entries) {
  if (site.fragments == FragmentPolicy::first) return;
  const bool permit = site.fragments == FragmentPolicy::permit;
  Match match = any_ip_packet();
  for (unsigned value = 0; value < 256; ++value) {
    const auto state = static_cast<Fragment>(value >> 6U);
    if (state == Fragment::whole || (permit && state == Fragment::first)) match.context.reset(value);
  }
  entries.push_back(built_in(Cause::fragment, permit ? "fragments-permit" : "fragments-drop", permit, match));
}

void add_non_ip(const Site& site, std::vector<Entry>& entries) {
  Match match = Match::any();
  match.context = ~context_chunk(ip_classes());
  entries.push_back(built_in(Cause::non_ip, "non-ip", site.non_ip_permit, match));
}

// Hand-written rules.

void add_rules(const Site& site, bool after, Policy& policy) {
  for (const SiteRule& rule : site.rules) {
    if (rule.after != after) continue;
    if (rule.source.none || rule.destination.none) {
      policy.splits.push_back(
          {site.file, rule.place.line, 0,
           fmt::format("rule {}: its {} is bound to none", rule.name, rule.source.none ? "source" : "destination")});
      continue;
    }
    for (const Match& match : rule.matches) {
      Entry entry;
      entry.match = match;
      entry.action = rule.action;
      entry.from.rule = rule.name;
      entry.from.document = site.file;
      entry.from.line = rule.place.line;
      entry.from.text = rule.text;
      policy.entries.push_back(std::move(entry));
    }
    if (rule.matches.size() > 1) {
      policy.splits.push_back({site.file, rule.place.line, static_cast<unsigned>(rule.matches.size()),
                               fmt::format("rule {}: {}", rule.name, rule.split_reason)});
    }
  }
}

// Settings of tables.

[[noreturn]] void fail(const Site& site, Place place, const std::string& message) {
  throw SiteError(site.file, place, message);
}

bool ignored(const TableSetting* setting) {
  return setting != nullptr && (setting->direction == TableDirection::ignore || setting->action == TableAction::ignore);
}

std::string no_such_table(const SiteDocument& document, const spec::Extraction& extraction,
                          const TableSetting& setting) {
  const std::string wanted =
      setting.number != 0 ? std::to_string(setting.number) : fmt::format("titled \"{}\"", setting.title);
  if (extraction.tables.empty()) return fmt::format("table {}: {} has no port tables", wanted, document.name);
  std::vector<std::string> known;
  for (const spec::PortTable& table : extraction.tables) {
    known.push_back(table.title.empty() ? std::to_string(table.number)
                                        : fmt::format("{} \"{}\"", table.number, table.title));
  }
  return fmt::format("no table {} in {}: its port tables are {}", wanted, document.name, fmt::join(known, ", "));
}

}  // namespace

std::map<unsigned, const TableSetting*> table_settings(const Site& site, const SiteDocument& document,
                                                       const spec::Extraction& extraction) {
  std::map<unsigned, const TableSetting*> settings;
  for (const TableSetting& setting : document.tables) {
    std::vector<unsigned> numbers;
    const std::string key = spec::role_key(setting.title);
    for (const spec::PortTable& table : extraction.tables) {
      if (setting.number != 0 ? table.number == setting.number : spec::role_key(table.title) == key) {
        numbers.push_back(table.number);
      }
    }
    if (numbers.empty()) fail(site, setting.place, no_such_table(document, extraction, setting));
    if (numbers.size() > 1) {
      fail(site, setting.place,
           fmt::format("tables {} of {} are all titled \"{}\": name the table by its number", fmt::join(numbers, ", "),
                       document.name, setting.title));
    }
    if (!settings.emplace(numbers.front(), &setting).second) {
      fail(site, setting.place,
           fmt::format("table {} of {} is set twice, by number and by title: remove one of them", numbers.front(),
                       document.name));
    }
  }
  for (const spec::PortTable& table : extraction.tables) {
    const auto found = settings.find(table.number);
    const TableSetting* setting = found == settings.end() ? nullptr : found->second;
    if (table.other_action && !ignored(setting) && !(setting != nullptr && setting->action)) {
      fail(site, document.place,
           fmt::format("table {}{} at {}:{} has rows whose action is not permit: say what to do with it: tables: "
                       "{{{}: {{action: ignore}}}}, or permit, or drop",
                       table.number, table.title.empty() ? "" : fmt::format(" \"{}\"", table.title), document.name,
                       table.line, table.number));
    }
  }
  return settings;
}

namespace {

// Rows of documents.

/// The part of a row that is one product: protocols that are used on the same ports.
struct Group {
  Chunk protocols;
  IntervalSet<std::uint32_t> source_port;
  IntervalSet<std::uint32_t> destination_port;
  bool icmp_types = false;  ///< the ports are ICMP types and codes
};

/// What can be said about the text at one end of a row.
struct End {
  enum class Kind { bound, none, unbound };
  Kind kind = Kind::unbound;
  IntervalSet<Address> addresses;
};

IntervalSet<std::uint32_t> port_set(const std::vector<spec::PortRange>& ranges) {
  std::vector<Interval<std::uint32_t>> intervals;
  for (const spec::PortRange& range : ranges) intervals.push_back({range.first, range.last});
  return IntervalSet<std::uint32_t>(std::move(intervals));
}

/// Types of the messages that answer these (RFC 792, RFC 950, RFC 4443, section 4.2).
IntervalSet<std::uint32_t> answers(const IntervalSet<std::uint32_t>& types, bool version6) {
  constexpr std::pair<std::uint32_t, std::uint32_t> kAnswers4[] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}};
  constexpr std::pair<std::uint32_t, std::uint32_t> kAnswers6[] = {{128, 129}};
  std::vector<Interval<std::uint32_t>> out;
  const auto add = [&](const auto& table) {
    for (const auto& [request, reply] : table) {
      if (types.contains(request)) out.push_back({reply, reply});
    }
  };
  if (version6) {
    add(kAnswers6);
  } else {
    add(kAnswers4);
  }
  return IntervalSet<std::uint32_t>(std::move(out));
}

class RowCompiler {
 public:
  RowCompiler(const Site& site, const std::vector<spec::Extraction>& documents, Policy& policy)
      : site_(site), documents_(documents), policy_(policy) {}

  void run() {
    check_overrides();
    for (std::size_t d = 0; d < documents_.size(); ++d) {
      const auto settings = table_settings(site_, site_.documents[d], documents_[d]);
      for (const spec::PortRow& row : documents_[d].rows) {
        const auto found = settings.find(row.table);
        compile(site_.documents[d], row, found == settings.end() ? nullptr : found->second);
      }
    }
  }
  const std::vector<UnboundRole>& unbound() const { return unbound_; }
  [[noreturn]] void report_unbound() const {
    std::string message =
        fmt::format("{} without a binding: bind each under roles (prefixes, any, or none), or write \"unbound: none\"",
                    unbound_.size() == 1 ? "1 role" : fmt::format("{} roles", unbound_.size()));
    for (const UnboundRole& role : unbound_) {
      message += role.text.empty()
                     ? fmt::format("\n  {}:{}: table {} names no role: write tables: {{{}: {{role: ...}}}}",
                                   role.document, role.line, role.table, role.table)
                     : fmt::format("\n  {}:{}: {}", role.document, role.line, role.text);
    }
    fail(site_, site_.roles_place, message);
  }

 private:
  struct Orientation {
    const End* source;
    const End* destination;
  };

  void check_overrides() {
    std::map<std::string, std::size_t> number_of;
    for (std::size_t d = 0; d < site_.documents.size(); ++d) number_of[site_.documents[d].name] = d;
    for (const Override& change : site_.overrides) {
      const spec::Extraction& extraction = documents_[number_of.at(change.document)];
      const auto starts_there = [&](const spec::PortRow& row) { return row.line == change.line; };
      const auto rows = std::count_if(extraction.rows.begin(), extraction.rows.end(), starts_there);
      if (rows == 0) fail(site_, change.place, no_such_row(change, extraction));
      if (rows > 1) {
        fail(site_, change.place,
             fmt::format("{} rows start at {}:{}: an override needs one", rows, change.document, change.line));
      }
      const auto& row = *std::find_if(extraction.rows.begin(), extraction.rows.end(), starts_there);
      if (std::all_of(row.uses.begin(), row.uses.end(), [](const spec::PortUse& use) { return use.ports.empty(); })) {
        fail(site_, change.place,
             fmt::format("the row at {}:{} has no ports to override: {}", change.document, change.line, row.text));
      }
      overrides_[{change.document, change.line}] = &change;
    }
  }

  static std::string no_such_row(const Override& change, const spec::Extraction& extraction) {
    for (const spec::Finding& finding : extraction.findings) {
      if (finding.line == change.line && finding.row_lost) {
        return fmt::format(
            "the row at {}:{} was not understood ({}), so there is nothing to override: mend the document",
            change.document, change.line, finding.reason);
      }
    }
    unsigned before = 0;
    unsigned after = 0;
    for (const spec::PortRow& row : extraction.rows) {
      if (row.line < change.line) before = std::max(before, row.line);
      if (row.line > change.line && (after == 0 || row.line < after)) after = row.line;
    }
    std::string nearest;
    if (before != 0) nearest = fmt::format("the row before starts at line {}", before);
    if (after != 0) nearest += fmt::format("{}the next one starts at line {}", nearest.empty() ? "" : ", ", after);
    return fmt::format("no row starts at {}:{}: {}", change.document, change.line,
                       nearest.empty() ? "the document has no rows" : nearest);
  }

  // Ends.

  /// A role, "any", or a prefix.
  End one_end(const std::string& text) const {
    End end;
    if (const Role* role = site_.find_role(text)) {
      end.kind = role->none ? End::Kind::none : End::Kind::bound;
      end.addresses = role->addresses;
      return end;
    }
    if (says_any(text)) {
      end.kind = End::Kind::bound;
      end.addresses = any_address();
      return end;
    }
    try {
      end.addresses = parse_prefix(text);
      end.kind = End::Kind::bound;
    } catch (const FieldError&) {
      end.kind = End::Kind::unbound;  // a role by a name that no prefix has
    }
    return end;
  }

  /// What a cell names: one role whatever its text, or, where every part between commas and semicolons is known, their
  /// union.
  const End& end_of(const std::string& text) {
    const auto [place, is_new] = ends_.try_emplace(text);
    End& end = place->second;
    if (!is_new) return end;
    end = one_end(text);
    if (end.kind != End::Kind::unbound || text.find_first_of(",;") == std::string::npos) return end;
    std::vector<Interval<Address>> intervals;
    bool somewhere = false;
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t stop = std::min(text.find_first_of(",;", at), text.size());
      const End part = one_end(spec::collapse(std::string_view(text).substr(at, stop - at)));
      if (part.kind == End::Kind::unbound) return end;
      somewhere = somewhere || part.kind == End::Kind::bound;
      intervals.insert(intervals.end(), part.addresses.intervals().begin(), part.addresses.intervals().end());
      at = stop + 1;
    }
    end.kind = somewhere ? End::Kind::bound : End::Kind::none;
    end.addresses = IntervalSet<Address>(std::move(intervals));
    return end;
  }

  /// The default other end, for rows that name none.
  const End& peers() {
    const auto [place, is_new] = ends_.try_emplace(std::string());
    if (is_new) {
      place->second.kind = site_.peers.none ? End::Kind::none : End::Kind::bound;
      place->second.addresses = site_.peers.addresses;
    }
    return place->second;
  }

  // Rows.

  void compile(const SiteDocument& document, const spec::PortRow& row, const TableSetting* setting) {
    ++policy_.rows;
    if (ignored(setting)) return without_entry(document, row, "its table is ignored");
    if (row.source_ports_unknown) return without_entry(document, row, "its source ports are not understood");

    const std::string& role = setting != nullptr && !setting->role.empty() ? setting->role : row.role;
    std::string missing;
    const std::vector<Orientation> orientations = orient(document, row, setting, role, missing);
    if (orientations.empty()) return without_entry(document, row, missing);

    std::vector<std::string> reasons;
    const std::vector<Group> groups = group(document, row, reasons);
    if (groups.empty()) {
      return without_entry(document, row, reasons.empty() ? "it names no protocol" : reasons.front());
    }
    const bool partly_lost = !reasons.empty();
    if (groups.size() > 1) reasons.insert(reasons.begin(), split_reason(groups));
    if (orientations.size() > 1) reasons.insert(reasons.begin(), "both directions");

    Entry entry;
    entry.action.permit = setting == nullptr || setting->action != TableAction::drop;
    entry.from.rule = fmt::format("{}:{}", document.name, row.line);
    entry.from.document = document.name;
    entry.from.line = row.line;
    entry.from.role = role;
    entry.from.service = row.service;
    entry.from.text = row.text;

    const std::size_t first = policy_.entries.size();
    for (const Orientation& orientation : orientations) {
      for (const Group& part : groups) {
        entry.match = forward(orientation, part);
        add_once(first, entry);
      }
    }
    const std::size_t entries = policy_.entries.size() - first;
    if (entries > 1 || partly_lost) {
      policy_.splits.push_back(
          {document.name, row.line, static_cast<unsigned>(entries), fmt::format("{}", fmt::join(reasons, "; "))});
    }
    if (!site_.replies || !entry.action.permit) return;
    entry.from.reply = true;
    for (const Orientation& orientation : orientations) {
      for (const Group& part : groups) {
        entry.match = reply(orientation, part);
        add_once(first, entry);
      }
    }
  }

  /// A protocol without ports in both directions is its own reply: the same match is not entered twice for a row.
  void add_once(std::size_t first, const Entry& entry) {
    for (std::size_t i = first; i < policy_.entries.size(); ++i) {
      if (policy_.entries[i].match == entry.match) return;
    }
    policy_.entries.push_back(entry);
  }

  void without_entry(const SiteDocument& document, const spec::PortRow& row, std::string reason) {
    ++policy_.rows_without_entry;
    policy_.splits.push_back({document.name, row.line, 0, std::move(reason)});
  }

  /// Who talks to whom: the ports are the destination's. Empty, with the reason in `missing`, if an end is not there.
  std::vector<Orientation> orient(const SiteDocument& document, const spec::PortRow& row, const TableSetting* setting,
                                  const std::string& role, std::string& missing) {
    const RowEnds ends = row_ends(row, setting, role);
    const End* from = find_end(document, row, ends.source, ends.source_named, missing);
    const End* to = find_end(document, row, ends.destination, ends.destination_named, missing);
    if (from == nullptr || to == nullptr) return {};
    if (ends.both) return {{from, to}, {to, from}};
    return {{from, to}};
  }

  /// nullptr, with the reason, if there is nobody at this end.
  const End* find_end(const SiteDocument& document, const spec::PortRow& row, const std::string& text,
                      bool must_be_named, std::string& missing) {
    if (text.empty() && !must_be_named) {
      const End& end = peers();
      if (end.kind == End::Kind::bound) return &end;
      missing = "peers is bound to none";
      return nullptr;
    }
    if (!text.empty()) {
      const End& end = end_of(text);
      if (end.kind == End::Kind::bound) return &end;
      if (end.kind == End::Kind::none) {
        missing = fmt::format("{} is bound to none", text);
        return nullptr;
      }
    }
    const std::string key = text.empty() ? fmt::format("\n{}\n{}", document.name, row.table) : spec::role_key(text);
    if (unbound_keys_.insert(key).second) unbound_.push_back({text, document.name, row.line, row.table});
    missing = text.empty() ? "it names no role" : fmt::format("{} has no binding", text);
    return nullptr;
  }

  // Products.

  std::vector<Group> group(const SiteDocument& document, const spec::PortRow& row,
                           std::vector<std::string>& reasons) const {
    std::vector<Group> groups;
    const auto add = [&](Group part) {
      const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
        return !g.icmp_types && !part.icmp_types && g.source_port == part.source_port &&
               g.destination_port == part.destination_port;
      });
      if (same == groups.end()) {
        groups.push_back(std::move(part));
      } else {
        same->protocols |= part.protocols;
      }
    };
    const auto change = overrides_.find({document.name, row.line});
    const IntervalSet<std::uint32_t> source_ports =
        row.source_ports.empty() ? any_port() : as_port_field(port_set(row.source_ports));
    for (const spec::PortUse& use : row.uses) {
      Group part;
      part.source_port = any_port();
      part.destination_port = any_port();
      const bool any_protocol = use.protocol.number == spec::Protocol::kAny;
      if (!any_protocol && (use.protocol.number < 0 || use.protocol.number > 255)) {
        reasons.push_back(fmt::format("{} is no IP protocol", use.protocol.name));
        continue;
      }
      const auto number = static_cast<std::uint8_t>(any_protocol ? 0 : use.protocol.number);
      if (!any_protocol && (number == kIcmp || number == kIcmpv6)) {
        part.protocols.set(number);
        for (const IcmpFields& fields : icmp_fields(use.icmp)) {
          part.source_port = fields.types;
          part.destination_port = fields.codes;
          part.icmp_types = !use.icmp.empty();
          add(part);
        }
        continue;
      }
      const auto& written = change != overrides_.end() && !use.ports.empty() ? change->second->ports : use.ports;
      const IntervalSet<std::uint32_t> ports = port_set(written);
      const bool every_port = ports.empty() || ports == IntervalSet<std::uint32_t>{{0, kLastPort}};
      if (any_protocol && every_port && row.source_ports.empty()) {
        part.protocols.set();
      } else if (any_protocol || has_ports(number)) {
        if (!any_protocol && ports.empty()) {
          reasons.push_back(fmt::format("{} without ports", use.protocol.name));
          continue;
        }
        for (unsigned protocol = 0; protocol < 256; ++protocol) {
          part.protocols[protocol] = any_protocol ? has_ports(static_cast<std::uint8_t>(protocol)) : protocol == number;
        }
        if (!every_port) part.destination_port = ports;
        part.source_port = source_ports;
      } else if (!every_port) {
        // An entry without the ports would let through more than the row asks for.
        reasons.push_back(fmt::format("ports of {} cannot be told apart", protocol_name(number)));
        continue;
      } else {
        part.protocols.set(number);
      }
      add(part);
    }
    return groups;
  }

  static std::string split_reason(const std::vector<Group>& groups) {
    const auto names = [](const Group& part) {
      std::vector<std::string> out;
      if (part.protocols.all()) return std::string("any");
      for (unsigned protocol = 0; protocol < 256; ++protocol) {
        if (part.protocols[protocol]) out.push_back(protocol_name(static_cast<std::uint8_t>(protocol)));
      }
      return fmt::format("{}", fmt::join(out, "+"));
    };
    std::vector<std::string> parts;
    for (const Group& part : groups) {
      const bool types = part.icmp_types;
      const auto& values = types ? part.source_port : part.destination_port;
      std::vector<std::string> ranges;
      for (const auto& i : values.intervals()) {
        ranges.push_back(i.first == i.last ? std::to_string(i.first) : fmt::format("{}-{}", i.first, i.last));
      }
      parts.push_back(values == any_port()
                          ? names(part)
                          : fmt::format("{}{} {}", names(part), types ? " type" : "", fmt::join(ranges, ",")));
    }
    return fmt::format("protocols with ports or types of their own ({})", fmt::join(parts, "; "));
  }

  static Match forward(const Orientation& orientation, const Group& part) {
    Match match = any_ip_packet();
    match.source = orientation.source->addresses;
    match.destination = orientation.destination->addresses;
    match.protocol = part.protocols;
    match.source_port = part.source_port;
    match.destination_port = part.destination_port;
    return match;
  }

  static Match reply(const Orientation& orientation, const Group& part) {
    Match match = forward({orientation.destination, orientation.source}, part);
    if (part.icmp_types) {
      match.source_port = unite(part.source_port, answers(part.source_port, part.protocols[kIcmpv6]));
      return match;
    }
    match.source_port = part.destination_port;
    match.destination_port = part.source_port;
    // What is not TCP presents all flags, so this holds it too (docs/design.md, "The key").
    if (part.protocols[kTcp]) match.tcp_flags = established_flags();
    return match;
  }

  const Site& site_;
  const std::vector<spec::Extraction>& documents_;
  Policy& policy_;
  std::map<std::pair<std::string, unsigned>, const Override*> overrides_;
  std::unordered_map<std::string, End> ends_;  ///< by text; pointers into it stay valid
  std::vector<UnboundRole> unbound_;
  std::unordered_set<std::string> unbound_keys_;
};

}  // namespace

std::vector<spec::Extraction> read_documents(const Site& site) {
  std::vector<spec::Extraction> documents;
  for (const SiteDocument& document : site.documents) {
    try {
      documents.push_back(spec::extract_file(document.path, document.name));
    } catch (const spec::DocumentError& error) {
      throw SiteError(site.file, document.place, error.what());
    }
  }
  return documents;
}

std::vector<UnboundRole> unbound_roles(const Site& site, const std::vector<spec::Extraction>& documents) {
  Policy policy;
  RowCompiler rows(site, documents, policy);
  rows.run();
  return rows.unbound();
}

Policy build_policy(const Site& site, const std::vector<spec::Extraction>& documents) {
  assert(documents.size() == site.documents.size());
  Policy policy;
  policy.default_action.permit = site.default_permit;
  policy.monitor = site.monitor;
  add_essentials(site, policy.entries);
  add_fragments(site, policy.entries);
  add_rules(site, false, policy);
  RowCompiler rows(site, documents, policy);
  rows.run();
  if (!rows.unbound().empty() && site.unbound_is_error) rows.report_unbound();
  add_rules(site, true, policy);
  add_non_ip(site, policy.entries);
  return policy;
}

SitePolicy load_policy(const std::filesystem::path& site_file) {
  SitePolicy loaded;
  loaded.site = read_site(site_file);
  loaded.documents = read_documents(loaded.site);
  loaded.policy = build_policy(loaded.site, loaded.documents);
  for (std::size_t d = 0; d < loaded.documents.size(); ++d) {
    const auto settings = table_settings(loaded.site, loaded.site.documents[d], loaded.documents[d]);
    for (const spec::Finding& finding : loaded.documents[d].findings) {
      const auto found = settings.find(finding.table);
      if (found == settings.end() || !ignored(found->second)) loaded.findings.push_back(finding);
    }
  }
  return loaded;
}

}  // namespace portcullis::policy
