// The policy by role: a table per role, a line per row.
#include <fmt/format.h>

#include <algorithm>

#include "policy/fields.h"
#include "report/html.h"
#include "report/views.h"

namespace portcullis::report {
namespace {

using policy::Address;
using policy::IntervalSet;

constexpr std::size_t kMostWords = 6;

std::string protocols_of(const policy::Chunk& chunk) {
  if (chunk.all()) return "any";
  std::string out;
  std::size_t count = 0;
  for (unsigned value = 0; value < 256; ++value) {
    if (!chunk[value]) continue;
    if (++count > kMostWords) return fmt::format("{}, ... ({})", out, chunk.count());
    out += fmt::format("{}{}", out.empty() ? "" : ", ", policy::protocol_name(static_cast<std::uint8_t>(value)));
  }
  return out;
}

std::string ranges_of(const IntervalSet<std::uint32_t>& set) {
  std::string out;
  for (const auto& i : set.intervals()) {
    if (i.first > policy::kNoPort - 1) continue;
    const std::uint32_t last = std::min(i.last, policy::kNoPort - 1);
    out += fmt::format("{}{}", out.empty() ? "" : ", ", i.first);
    if (last != i.first) out += fmt::format("-{}", last);
  }
  return out;
}

bool has_icmp(const policy::Chunk& protocols) { return protocols[1] || protocols[58]; }

std::string ports_of(const policy::Match& match) {
  const bool any_destination = match.destination_port == policy::any_port();
  const bool any_source = match.source_port == policy::any_port();
  if (has_icmp(match.protocol) && match.protocol.count() <= 2) {
    if (any_source) return "all types";
    std::string out = "type " + ranges_of(match.source_port);
    if (!any_destination) out += " code " + ranges_of(match.destination_port);
    return out;
  }
  std::string out = any_destination ? "any" : ranges_of(match.destination_port);
  if (!any_source) out += " from " + ranges_of(match.source_port);
  return out;
}

/// The role that has exactly these addresses, or the addresses.
std::string end_of(const policy::Site& site, const IntervalSet<Address>& set) {
  if (set == policy::any_address()) return "any";
  for (const policy::Role& role : site.roles) {
    if (!role.none && role.addresses == set) return role.name;
  }
  // A list of roles: the largest that fit, while something is left.
  IntervalSet<Address> left = set;
  std::vector<std::string> names;
  for (const policy::Role& role : site.roles) {
    if (role.none || role.addresses.empty() || !subtract(role.addresses, set).empty()) continue;
    if (intersect(left, role.addresses).empty()) continue;
    left = subtract(left, role.addresses);
    names.push_back(role.name);
    if (left.empty()) return fmt::format("{}", fmt::join(names, ", "));
  }
  std::string out;
  std::size_t count = 0;
  for (const auto& i : set.intervals()) {
    if (++count > 4) return fmt::format("{}, ... ({} ranges)", out, set.size());
    out += out.empty() ? "" : ", ";
    out += policy::to_string(i.first);
    if (i.last != i.first) out += fmt::format("-{}", policy::to_string(i.last));
  }
  return out;
}

std::string group_of(const policy::Site& site, const policy::Provenance& from) {
  switch (from.cause) {
    case policy::Cause::essential:
      return "Essential to every link";
    case policy::Cause::fragment:
      return "Fragments";
    case policy::Cause::non_ip:
      return "Frames that are not IP";
    default:
      break;
  }
  if (from.document == site.file) return "Rules written by hand";
  return from.role.empty() ? "Rows between other ends" : from.role;
}

}  // namespace

std::vector<Row> rows_of(const policy::SitePolicy& site) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < site.policy.entries.size(); ++i) {
    const policy::Entry& entry = site.policy.entries[i];
    if (entry.from.reply) {
      if (!rows.empty()) ++rows.back().replies;
      continue;
    }
    Row row;
    row.entry = i;
    row.group = group_of(site.site, entry.from);
    row.permit = entry.action.permit;
    const bool frames = entry.from.cause == policy::Cause::non_ip || entry.from.rule == "arp";
    row.protocols = frames ? "-" : protocols_of(entry.match.protocol);
    row.ports = frames ? "-" : ports_of(entry.match);
    row.from = end_of(site.site, entry.match.source);
    row.to = end_of(site.site, entry.match.destination);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<std::string> groups_of(const std::vector<Row>& rows) {
  std::vector<std::string> groups;
  for (const Row& row : rows) {
    if (std::find(groups.begin(), groups.end(), row.group) == groups.end()) groups.push_back(row.group);
  }
  return groups;
}

std::string policy_html(const policy::SitePolicy& site, const std::vector<Row>& rows) {
  std::string out;
  std::size_t number = 0;
  for (const std::string& group : groups_of(rows)) {
    const auto in_group = [&group](const Row& row) { return row.group == group; };
    const auto count = std::count_if(rows.begin(), rows.end(), in_group);
    out += fmt::format(
        "<details open class=\"role\" id=\"role-{}\"><summary><span role=\"heading\" aria-level=\"3\" "
        "class=\"role-name\">{}</span> <span class=\"count\">{} "
        "row{}</span></summary>"
        "<div class=\"scroll\"><table class=\"rows\"><thead><tr><th scope=\"col\">Verdict</th><th "
        "scope=\"col\">Service</th>"
        "<th scope=\"col\">Protocol</th><th scope=\"col\">Ports</th><th scope=\"col\">From</th><th "
        "scope=\"col\">To</th>"
        "<th scope=\"col\">Stands at</th><th scope=\"col\" class=\"number\">Entry</th></tr></thead><tbody>\n",
        ++number, isolated(group), count, count == 1 ? "" : "s");
    for (const Row& row : rows) {
      if (row.group != group) continue;
      const policy::Entry& entry = site.policy.entries[row.entry];
      const policy::Provenance& from = entry.from;
      std::string verdict = row.permit ? "permit" : "drop";
      std::string more;
      if (entry.action.mark) more += fmt::format(" <span class=\"tag\">mark {}</span>", *entry.action.mark);
      if (entry.action.queue) more += fmt::format(" <span class=\"tag\">queue {}</span>", *entry.action.queue);
      if (entry.action.wire) more += fmt::format(" <span class=\"tag\">to port {}</span>", *entry.action.wire);
      if (entry.action.mirror) more += " <span class=\"tag\">mirror</span>";
      out += fmt::format(
          "<tr id=\"e{0}\" class=\"row {1}\" data-verdict=\"{1}\" data-ports=\"{2}\" data-protocols=\"{3}\">"
          "<td><span class=\"verdict\">{1}</span>{4}</td><th scope=\"row\">{5}</th><td>{3}</td><td "
          "class=\"ports\">{2}</td>"
          "<td>{6}</td><td>{7}</td><td class=\"place\" title=\"{8}\">{9}</td><td class=\"number\">{0}{10}</td></tr>\n",
          row.entry, verdict, escape(row.ports), escape(row.protocols), more,
          isolated(from.service.empty() ? from.rule : from.service, 160), isolated(row.from), isolated(row.to),
          escape(from.text, 600),
          isolated(from.line == 0 ? "built in" : fmt::format("{}:{}", from.document, from.line)),
          row.replies == 0
              ? ""
              : fmt::format(" <span class=\"tag\" title=\"{0} more for replies\">+{0}</span>", row.replies));
    }
    out += "</tbody></table></div></details>\n";
  }
  return out;
}

}  // namespace portcullis::report
