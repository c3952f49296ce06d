// The map of the port space, as SVG inside the page.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/html.h"
#include "report/views.h"

namespace portcullis::report {
namespace {

using policy::IntervalSet;

// Units of the drawing.
constexpr double kLabels = 240;  ///< width of the roles' names
constexpr double kPlot = 800;    ///< width of the axis
constexpr double kOther = 115;   ///< width of what has no ports
constexpr double kLane = 11;     ///< height of TCP's or UDP's lane
constexpr double kBand = 2 * kLane + 9;
constexpr double kTop = 34;
constexpr double kLeast = 4;  ///< width of a single port

/// Place of a port on the axis, 1 to 65536 from left to right; port 0 stands at 1.
double x_of(double port) { return kLabels + kPlot * std::log10(std::max(port, 1.0)) / std::log10(65536.0); }

std::string label(const std::string& name) {
  // About as many letters as the column holds; the full name is the band's title.
  constexpr std::size_t kLetters = 26;
  return escape(name, kLetters);
}

std::string place_of(const policy::Provenance& from) {
  return from.line == 0 ? from.rule : fmt::format("{}:{}", from.document, from.line);
}

std::string title_of(const policy::Entry& entry, const Row& row) {
  return fmt::format("{} {} {}, {}: {} to {} ({})", row.permit ? "permit" : "drop", row.protocols, row.ports,
                     entry.from.service.empty() ? entry.from.rule : entry.from.service, row.from, row.to,
                     place_of(entry.from));
}

}  // namespace

std::string port_map_html(const policy::SitePolicy& site, const std::vector<Row>& rows) {
  std::vector<std::string> groups;
  std::vector<const Row*> shown;
  for (const Row& row : rows) {
    if (site.policy.entries[row.entry].from.cause != policy::Cause::rule) continue;
    shown.push_back(&row);
    if (std::find(groups.begin(), groups.end(), row.group) == groups.end()) groups.push_back(row.group);
  }
  const double bottom = kTop + kBand * static_cast<double>(groups.size());
  const double width = kLabels + kPlot + kOther;
  std::string out = fmt::format(
      "<div class=\"scroll map\"><svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"group\" aria-label=\"Map of the port space: "
      "{} roles, {} rows; every mark is a link to its row\">\n"
      "<defs><pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" "
      "patternTransform=\"rotate(45)\"><rect width=\"5\" height=\"5\" class=\"hatch-ground\"/><rect width=\"2\" "
      "height=\"5\" "
      "class=\"hatch-line\"/></pattern></defs>\n",
      width, bottom + 30, groups.size(), shown.size());

  struct Tick {
    double port;
    std::string_view text;
  };
  constexpr std::array<Tick, 12> kTicks = {{{1, "1"},
                                            {10, "10"},
                                            {22, "22"},
                                            {53, "53"},
                                            {80, ""},
                                            {123, "123"},
                                            {443, "443"},
                                            {1024, "1024"},
                                            {5060, "5060"},
                                            {10000, "10000"},
                                            {49152, "49152"},
                                            {65536, "65535"}}};
  for (std::size_t g = 0; g < groups.size(); ++g) {
    out += fmt::format("<rect class=\"ground\" x=\"0\" y=\"{:.1f}\" width=\"{:.0f}\" height=\"{:.1f}\"/>\n",
                       kTop + kBand * static_cast<double>(g), width, kBand - 3);
  }
  for (const Tick& tick : kTicks) {
    const double x = x_of(tick.port);
    const bool end = tick.port > 65535;
    out += fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.0f}\" y2=\"{2:.1f}\"/>", x,
                       kTop - 6, bottom);
    for (const double y : {kTop - 12, bottom + 16}) {
      // The last two would touch one another.
      if (tick.port == 49152) continue;
      out += fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y,
                         end              ? "end"
                         : tick.port == 1 ? "start"
                                          : "middle",
                         tick.text);
    }
  }
  out +=
      fmt::format("<text class=\"tick\" x=\"{:.0f}\" y=\"{:.0f}\">no ports</text>\n", kLabels + kPlot + 12, kTop - 12);

  for (std::size_t g = 0; g < groups.size(); ++g) {
    const double top = kTop + kBand * static_cast<double>(g);
    out += fmt::format(
        "<g class=\"band\"><title>{}</title>"
        "<text class=\"name\" x=\"{:.0f}\" y=\"{:.1f}\">{}</text>"
        "<text class=\"lane\" x=\"{:.0f}\" y=\"{:.1f}\">tcp</text><text class=\"lane\" x=\"{:.0f}\" "
        "y=\"{:.1f}\">udp</text>\n",
        escape(groups[g], 200), 6.0, top + kBand / 2 + 2, label(groups[g]), kLabels - 6, top + kLane + 0.5, kLabels - 6,
        top + 2 * kLane + 3);
    double other_x = kLabels + kPlot + 12;
    for (const Row* row : shown) {
      if (row->group != groups[g]) continue;
      const policy::Entry& entry = site.policy.entries[row->entry];
      const policy::Chunk& protocols = entry.match.protocol;
      const bool tcp = protocols[6];
      const bool udp = protocols[17] || protocols[132];
      const std::string title = escape(title_of(entry, *row));
      const std::string attributes =
          fmt::format("class=\"mark {0}\" href=\"#e{1}\" data-entry=\"{1}\" aria-label=\"{2}\"",
                      row->permit ? "permit" : "drop", row->entry, title);
      if (!tcp && !udp) {
        if (other_x > width - 14) continue;  // its row below has it
        out += fmt::format("<a {}><title>{}</title><circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\"/></a>\n", attributes,
                           title, other_x, top + kBand / 2 - 1);
        other_x += 14;
        continue;
      }
      const double y = top + (tcp ? 2 : kLane + 4);
      const double height = tcp && udp ? 2 * kLane + 2 : kLane;
      std::string marks;
      for (const auto& i : entry.match.destination_port.intervals()) {
        if (i.first >= policy::kNoPort) continue;
        const double first = x_of(i.first);
        const double last = x_of(std::min(i.last, policy::kNoPort - 1) + 1.0);
        const double extent = std::max(last - first, kLeast);
        marks += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"1\"/>",
                             std::min(first, kLabels + kPlot - extent), y, extent, height);
      }
      out += fmt::format("<a {}><title>{}</title>{}</a>\n", attributes, title, marks);
    }
    out += "</g>\n";
  }
  out += fmt::format(
      "<text class=\"tick\" x=\"{:.0f}\" y=\"{:.1f}\">port, logarithmic</text></svg></div>\n"
      "<p class=\"legend\"><span class=\"swatch permit\"></span> permit <span class=\"swatch drop\"></span> drop. "
      "Upper half "
      "of a band TCP, lower half UDP and SCTP, both for both. "
      "<output id=\"pointed\" aria-live=\"polite\">Point at a mark, or move to it with the Tab key, to see its "
      "row; follow it to the table.</output></p>\n",
      6.0, bottom + 16);
  return out;
}

}  // namespace portcullis::report
