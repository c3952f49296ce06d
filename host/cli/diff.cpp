// `portcullis diff`: two sites by the packets whose verdict changes, or two documents by their rows.
#include "policy/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

#include "cli/answer_json.h"
#include "cli/command.h"
#include "cli/subject.h"
#include "policy/classbench.h"
#include "policy/words.h"
#include "spec/diff.h"
#include "spec/extract.h"
#include "spec/report.h"

namespace portcullis::cli {
namespace {

using Json = nlohmann::ordered_json;

enum class Format { text, json, markdown };

struct Options {
  Format format = Format::text;
  std::string before;
  std::string after;
  bool all = false;
  std::uint64_t work = policy::kRegionWork / 1'000'000;  ///< in millions of steps
};

/// One side: a site with its policy, or the policy of a ClassBench filter set.
struct Side {
  std::string file;
  policy::SitePolicy loaded;
};

Side load_side(const std::string& file, InputKind kind) {
  Side side;
  side.file = file;
  if (kind == InputKind::classbench) {
    side.loaded.policy = policy::read_classbench(file);
  } else {
    side.loaded = load_site(file);
  }
  return side;
}

constexpr std::size_t kShownSets = 12;  // of a group, unless all are asked for

std::string_view title(policy::ChangeKind kind) {
  switch (kind) {
    case policy::ChangeKind::permit_to_drop:
      return "permit -> drop";
    case policy::ChangeKind::drop_to_permit:
      return "drop -> permit";
    case policy::ChangeKind::other:
      return "same verdict, other treatment";
  }
  return "";
}

/// The rows behind a set of packets, those of one document and action on one line: "permit: ports.md:12, 14, 20".
std::vector<std::string> rows_behind(const policy::Policy& policy, const policy::Deciders& deciders) {
  struct Group {
    std::string action;
    std::string document;  ///< empty: names that stand for themselves
    std::vector<std::string> items;
  };
  std::vector<Group> groups;
  const auto add = [&](const std::string& action, const std::string& document, std::string item) {
    auto at = std::find_if(groups.begin(), groups.end(),
                           [&](const Group& g) { return g.action == action && g.document == document; });
    if (at == groups.end()) at = groups.insert(groups.end(), {action, document, {}});
    if (std::find(at->items.begin(), at->items.end(), item) == at->items.end()) at->items.push_back(std::move(item));
  };
  for (const std::size_t entry : deciders.entries) {
    const policy::Entry& of = policy.entries[entry];
    const std::string action = policy::action_in_words(of.action, policy.monitor);
    if (of.from.line == 0 || of.from.rule != fmt::format("{}:{}", of.from.document, of.from.line)) {
      add(action, "", policy::origin_in_words(of.from));
    } else {
      add(action, of.from.document, fmt::format("{}{}", of.from.line, of.from.reply ? " (replies)" : ""));
    }
  }
  if (deciders.fallback) add(policy::action_in_words(policy.default_action, policy.monitor), "", "default action");
  std::vector<std::string> lines;
  for (const Group& group : groups) {
    lines.push_back(fmt::format("{}: {}{}{}", group.action, group.document, group.document.empty() ? "" : ":",
                                fmt::join(group.items, ", ")));
  }
  return lines;
}

/// The text of the first row behind, so that a reader need not open the document.
std::string first_text(const policy::Policy& policy, const policy::Deciders& deciders) {
  if (deciders.entries.size() != 1) return {};
  return policy.entries[deciders.entries.front()].from.text;
}

std::string plural(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string not_decided(const policy::PolicyDiff& diff, std::uint64_t millions) {
  return fmt::format(
      "not decided within the limit of {} million steps ({} left open): what is listed is exact, there may be more; "
      "raise --work",
      millions, plural(diff.undecided.size(), "set"));
}

/// Changes with the same rows behind them on both sides, which are told once.
struct Group {
  policy::ChangeKind kind = policy::ChangeKind::other;
  std::vector<std::string> before;
  std::vector<std::string> after;
  std::vector<const policy::Change*> changes;
};

std::vector<Group> group(const policy::PolicyDiff& diff, const Side& before, const Side& after) {
  std::vector<Group> groups;
  for (const policy::Change& change : diff.changes) {
    Group of{change.kind,
             rows_behind(before.loaded.policy, change.before),
             rows_behind(after.loaded.policy, change.after),
             {}};
    auto at = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
      return g.kind == of.kind && g.before == of.before && g.after == of.after;
    });
    if (at == groups.end()) at = groups.insert(groups.end(), std::move(of));
    at->changes.push_back(&change);
  }
  return groups;
}

std::string to_text(const policy::PolicyDiff& diff, const Side& before, const Side& after,
                    const policy::AddressNames& names, const Options& options) {
  std::string out;
  std::optional<policy::ChangeKind> kind;
  for (const Group& of : group(diff, before, after)) {
    if (kind != of.kind) {
      kind = of.kind;
      const auto count = std::count_if(diff.changes.begin(), diff.changes.end(),
                                       [&](const policy::Change& c) { return c.kind == of.kind; });
      out += fmt::format("{}{}: {} of packets\n", out.empty() ? "" : "\n", title(of.kind),
                         plural(static_cast<std::size_t>(count), "set"));
    }
    const std::size_t shown = options.all ? of.changes.size() : std::min(of.changes.size(), kShownSets);
    for (std::size_t i = 0; i < shown; ++i) {
      out += fmt::format("  {}\n", policy::in_words(of.changes[i]->box, names, options.all ? 1'000'000 : 12));
    }
    if (shown < of.changes.size()) {
      out += fmt::format("  and {} of packets more (--all lists them)\n", plural(of.changes.size() - shown, "set"));
    }
    const policy::Change& first = *of.changes.front();
    const auto rows = [&](std::string_view label, const Side& side, const std::vector<std::string>& lines,
                          const policy::Deciders& deciders) {
      for (const std::string& line : lines) {
        out += fmt::format("    {:<7} {}\n", label, line);
        label = "";
      }
      if (const std::string text = first_text(side.loaded.policy, deciders); !text.empty()) {
        out += fmt::format("            {}\n", text);
      }
    };
    rows("before", before, of.before, first.before);
    rows("after", after, of.after, first.after);
    out += fmt::format("    {:<7} {}\n", "packet", policy::packet_in_words(first.example));
  }
  if (diff.malformed_differs) {
    out += fmt::format("{}malformed frames: {} in {}, {} in {}\n", out.empty() ? "" : "\n",
                       before.loaded.policy.monitor ? "pass (monitor mode)" : "dropped", before.file,
                       after.loaded.policy.monitor ? "pass (monitor mode)" : "dropped", after.file);
  }
  if (std::any_of(diff.changes.begin(), diff.changes.end(),
                  [](const policy::Change& c) { return !c.before.complete || !c.after.complete; })) {
    out += "some of the rows named may decide no packet: there are too many to look\n";
  }
  if (!diff.decided) out += not_decided(diff, options.work) + '\n';
  if (!diff.reduced) out += "the sets are exact, but fewer might do: there are too many to look\n";
  if (diff.none()) out += fmt::format("no packet changes its verdict between {} and {}\n", before.file, after.file);
  return out;
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string to_markdown(const policy::PolicyDiff& diff, const Side& before, const Side& after,
                        const policy::AddressNames& names, std::uint64_t millions) {
  std::string out = fmt::format("**`{}` against `{}`**\n\n", before.file, after.file);
  if (diff.none()) return out + "No packet changes its verdict.\n";
  for (const auto kind :
       {policy::ChangeKind::permit_to_drop, policy::ChangeKind::drop_to_permit, policy::ChangeKind::other}) {
    bool first = true;
    for (const policy::Change& change : diff.changes) {
      if (change.kind != kind) continue;
      if (first)
        out += fmt::format("### {}\n\n| packets | before | after | example |\n|---|---|---|---|\n", title(kind));
      first = false;
      out += fmt::format("| {} | {} | {} | `{}` |\n", cell(policy::in_words(change.box, names)),
                         cell(fmt::format("{}", fmt::join(rows_behind(before.loaded.policy, change.before), "<br>"))),
                         cell(fmt::format("{}", fmt::join(rows_behind(after.loaded.policy, change.after), "<br>"))),
                         policy::packet_in_words(change.example));
    }
    if (!first) out += '\n';
  }
  if (diff.malformed_differs)
    out += "Malformed frames are dropped on one side, and pass in monitor mode on the other.\n";
  if (!diff.decided) out += fmt::format("**{}**\n", not_decided(diff, millions));
  return out;
}

std::string to_json(const policy::PolicyDiff& diff, const Side& before, const Side& after,
                    const policy::AddressNames& names) {
  Json out;
  out["before"] = before.file;
  out["after"] = after.file;
  out["decided"] = diff.decided;
  out["fewest"] = diff.reduced;
  out["malformed_differs"] = diff.malformed_differs;
  out["changes"] = Json::array();
  for (const policy::Change& change : diff.changes) {
    Json one;
    one["kind"] = policy::to_string(change.kind);
    one["packets"] = box_json(change.box, names);
    one["before"] = deciders_json(before.loaded.policy, change.before);
    one["after"] = deciders_json(after.loaded.policy, change.after);
    one["example"] = packet_json(change.example);
    out["changes"].push_back(std::move(one));
  }
  out["undecided"] = Json::array();
  for (const policy::Match& box : diff.undecided) out["undecided"].push_back(box_json(box, names));
  return out.dump(2) + '\n';
}

void diff_policies(const Options& options, InputKind kind, Exit& exit) {
  const Side before = load_side(options.before, kind);
  const Side after = load_side(options.after, kind);
  const policy::PolicyDiff diff = policy::diff(before.loaded.policy, after.loaded.policy, options.work * 1'000'000);
  const policy::AddressNames names = policy::AddressNames::of(before.loaded.site, after.loaded.site);
  switch (options.format) {
    case Format::text:
      std::cout << to_text(diff, before, after, names, options);
      break;
    case Format::json:
      std::cout << to_json(diff, before, after, names);
      break;
    case Format::markdown:
      std::cout << to_markdown(diff, before, after, names, options.work);
      break;
  }
  if (!diff.none()) exit = Exit::answer_is_no;
}

std::string row_words(const spec::ComparedRow& row) {
  if (!row.reason.empty()) return row.text;
  return fmt::format("{}{}{}: {}", row.role, row.role.empty() || row.service.empty() ? "" : ", ", row.service,
                     row.uses);
}

std::string counts(const spec::DocumentDiff& diff) {
  const auto count = [&](spec::RowChangeKind kind) {
    return static_cast<std::size_t>(std::count_if(diff.changes.begin(), diff.changes.end(),
                                                  [&](const spec::RowChange& change) { return change.kind == kind; }));
  };
  return fmt::format("{} added, {} gone, {} changed, {} the same", plural(count(spec::RowChangeKind::added), "row"),
                     count(spec::RowChangeKind::gone), count(spec::RowChangeKind::changed), diff.same);
}

Json row_json(const spec::ComparedRow& row) {
  Json out;
  if (row.line == 0) return out;
  out["document"] = row.document;
  out["line"] = row.line;
  out["table"] = row.table;
  out["role"] = row.role;
  out["service"] = row.service;
  out["uses"] = row.uses;
  out["text"] = row.text;
  if (!row.reason.empty()) out["not_understood"] = row.reason;
  return out;
}

void diff_documents(const Options& options, Exit& exit) {
  const spec::Extraction before = spec::extract_file(options.before, options.before);
  const spec::Extraction after = spec::extract_file(options.after, options.after);
  for (const spec::Extraction* side : {&before, &after}) {
    for (const spec::Finding& finding : side->findings) std::cerr << spec::to_string(finding) << '\n';
  }
  const spec::DocumentDiff diff = spec::diff(before, after);
  if (!diff.changes.empty()) exit = Exit::answer_is_no;
  std::string out;
  const auto place = [](const spec::ComparedRow& row) { return fmt::format("{}:{}", row.document, row.line); };
  switch (options.format) {
    case Format::text:
      for (const spec::RowChange& change : diff.changes) {
        const bool added = change.kind == spec::RowChangeKind::added;
        const spec::ComparedRow& row = added ? change.after : change.before;
        out += fmt::format("{:<8} {}  {}\n", spec::to_string(change.kind), place(row), row_words(row));
        if (!row.reason.empty()) out += fmt::format("         not understood: {}\n", row.reason);
        if (change.kind != spec::RowChangeKind::changed) continue;
        out += fmt::format("         {}  {}\n", place(change.after), row_words(change.after));
        for (const std::string& what : change.what) out += fmt::format("         {}\n", what);
      }
      out += counts(diff) + '\n';
      break;
    case Format::markdown:
      out += fmt::format("**`{}` against `{}`**: {}.\n", options.before, options.after, counts(diff));
      if (!diff.changes.empty()) out += "\n| | before | after | what |\n|---|---|---|---|\n";
      for (const spec::RowChange& change : diff.changes) {
        const auto side = [&](const spec::ComparedRow& row) {
          return row.line == 0 ? std::string() : cell(fmt::format("line {}: {}", row.line, row_words(row)));
        };
        out += fmt::format("| {} | {} | {} | {} |\n", spec::to_string(change.kind), side(change.before),
                           side(change.after), cell(fmt::format("{}", fmt::join(change.what, "<br>"))));
      }
      break;
    case Format::json: {
      Json json;
      json["before"] = options.before;
      json["after"] = options.after;
      json["same"] = diff.same;
      json["changes"] = Json::array();
      for (const spec::RowChange& change : diff.changes) {
        json["changes"].push_back({{"kind", spec::to_string(change.kind)},
                                   {"before", row_json(change.before)},
                                   {"after", row_json(change.after)},
                                   {"what", change.what}});
      }
      out = json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
      break;
    }
  }
  std::cout << out;
}

void diff_command(const Options& options, Exit& exit) {
  const InputKind kind = kind_of_input(options.before);
  if (kind != kind_of_input(options.after)) {
    throw std::runtime_error(
        fmt::format("{} and {} are of different kinds: give two site files, two documents or two ClassBench sets",
                    options.before, options.after));
  }
  if (kind == InputKind::document) {
    diff_documents(options, exit);
  } else {
    diff_policies(options, kind, exit);
  }
}

}  // namespace

void add_diff(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "diff", "Which packets change their verdict between two sites, or which rows differ between two documents");
  static const std::map<std::string, Format> formats = {
      {"text", Format::text}, {"json", Format::json}, {"markdown", Format::markdown}};
  command->add_option("BEFORE", options->before, "site file, document, or ClassBench filter set")->required();
  command->add_option("AFTER", options->after, "another of the same kind")->required();
  command->add_option("--format", options->format, "text (default), json or markdown")
      ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case));
  command->add_flag("--all", options->all,
                    "list every set of packets and every value, however many (json always does)");
  command->add_option("--work", options->work, "millions of steps after which a comparison of sites is given up")
      ->capture_default_str()
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
  command->callback([options, &exit] { diff_command(*options, exit); });
}

}  // namespace portcullis::cli
