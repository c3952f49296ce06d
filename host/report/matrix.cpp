// Who reaches whom.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "policy/fields.h"
#include "policy/product.h"
#include "report/html.h"
#include "report/views.h"

namespace portcullis::report {
namespace {

using policy::Match;

/// Roles beyond these are left out of the matrix.
constexpr std::size_t kMostRoles = 40;
/// Comparisons of two products for the whole matrix; beyond, cells are marked as not decided.
constexpr std::uint64_t kWork = 40'000'000;

struct Cell {
  std::vector<std::size_t> entries;
  bool undecided = false;
};

std::string column_words(std::size_t number) {
  return number < 26
             ? std::string(1, static_cast<char>('A' + number))
             : fmt::format("{}{}", static_cast<char>('A' + number / 26 - 1), static_cast<char>('A' + number % 26));
}

}  // namespace

std::string matrix_html(const policy::SitePolicy& site) {
  std::vector<const policy::Role*> roles;
  for (const policy::Role& role : site.site.roles) {
    if (!role.none && roles.size() < kMostRoles) roles.push_back(&role);
  }
  const std::vector<policy::Entry>& entries = site.policy.entries;
  policy::WorkLimit limit{kWork};
  std::vector<std::vector<Cell>> cells(roles.size(), std::vector<Cell>(roles.size()));
  for (std::size_t a = 0; a < roles.size(); ++a) {
    for (std::size_t b = 0; b < roles.size(); ++b) {
      std::vector<const Match*> above;
      for (std::size_t i = 0; i < entries.size(); ++i) {
        const policy::Entry& entry = entries[i];
        if (entry.action.permit && entry.from.cause == policy::Cause::rule && !entry.from.reply) {
          Match box = entry.match;
          box.source = intersect(box.source, roles[a]->addresses);
          box.destination = intersect(box.destination, roles[b]->addresses);
          if (!box.empty()) {
            // Replies of others do not hide a service: a first packet has to get through.
            if (policy::find_uncovered(box, above, limit)) {
              cells[a][b].entries.push_back(i);
            } else if (limit.exhausted) {
              cells[a][b].undecided = true;
            }
          }
        }
        // Only what drops takes something away; what permits in front lets the same packets through.
        if (!entry.action.permit) above.push_back(&entry.match);
      }
    }
  }
  std::size_t most = 1;
  for (const auto& row : cells) {
    for (const Cell& cell : row) most = std::max(most, cell.entries.size());
  }
  std::string out =
      "<div class=\"scroll\"><table class=\"matrix\"><caption class=\"visually-hidden\">Rows that let packets from the "
      "role "
      "of the line reach the role of the column</caption><thead><tr><th scope=\"col\">from \\ to</th>";
  for (std::size_t b = 0; b < roles.size(); ++b) {
    out += fmt::format(
        "<th scope=\"col\" title=\"{0}\"><span aria-hidden=\"true\">{1}</span><span "
        "class=\"visually-hidden\">{0}</span></th>",
        escape(roles[b]->name, 80), column_words(b));
  }
  out += "</tr></thead><tbody>\n";
  for (std::size_t a = 0; a < roles.size(); ++a) {
    out += fmt::format("<tr><th scope=\"row\"><span class=\"letter\" aria-hidden=\"true\">{}</span> {}</th>",
                       column_words(a), isolated(roles[a]->name, 80));
    for (std::size_t b = 0; b < roles.size(); ++b) {
      const Cell& cell = cells[a][b];
      if (cell.entries.empty()) {
        out += cell.undecided ? "<td class=\"none\">?</td>"
                              : "<td class=\"none\"><span aria-label=\"nothing\">·</span></td>";
        continue;
      }
      std::string title = fmt::format("{} reaches {}:", roles[a]->name, roles[b]->name);
      for (std::size_t i = 0; i < cell.entries.size(); ++i) {
        const policy::Provenance& from = entries[cell.entries[i]].from;
        if (i == 8) {
          title += fmt::format(" and {} more", cell.entries.size() - i);
          break;
        }
        title += fmt::format("{} {} ({})", i == 0 ? "" : ",",
                             from.service.empty() ? from.rule : from.service.substr(0, 60), from.rule);
      }
      // Five shades, by the square root so that single rows still show.
      const double share = static_cast<double>(cell.entries.size()) / static_cast<double>(most);
      const int shade = share > 0.64 ? 5 : share > 0.36 ? 4 : share > 0.16 ? 3 : share > 0.04 ? 2 : 1;
      out += fmt::format("<td class=\"shade{}\" title=\"{}\">{}{}</td>", shade, escape(title, 900), cell.entries.size(),
                         cell.undecided ? "+" : "");
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  if (std::count_if(site.site.roles.begin(), site.site.roles.end(), [](const policy::Role& r) { return !r.none; }) >
      static_cast<std::ptrdiff_t>(roles.size())) {
    out += fmt::format("<p>The first {} roles of the site file; the others are left out here.</p>\n", kMostRoles);
  }
  if (limit.exhausted) {
    out += "<p>Some cells were not decided within the limit of work (?, or + behind the count).</p>\n";
  }
  return out;
}

}  // namespace portcullis::report
