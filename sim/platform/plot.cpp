#include "platform/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace portcullis::platform {
namespace {

constexpr std::string_view kSvg =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n"
    "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{}\" y=\"22\" font-size=\"15\">{}</text>\n";
constexpr double kLeft = 60, kRight = 20, kTop = 40, kBottom = 50, kWidth = 720, kHeight = 400;
constexpr std::string_view kColours[] = {"#1b6ca8", "#c4501b", "#3a8a4d", "#7a4ea3"};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else
      out += c;
  }
  return out;
}

/// 1, 2 or 5 times a power of ten, so that about five ticks fit.
double tick_step(double span) {
  const double rough = span / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) return factor * power;
  }
  return 10 * power;
}

}  // namespace

std::string to_csv(const NamedLatencies& series) {
  std::string out = "series,rank,nanoseconds\n";
  for (const auto& [name, latencies] : series) {
    const std::vector<double> values = latencies->sorted();
    for (std::size_t i = 0; i < values.size(); ++i) out += fmt::format("{},{},{:.3f}\n", name, i, values[i]);
  }
  return out;
}

std::string to_svg(const NamedLatencies& series, std::string_view title) {
  double most = 1;
  for (const auto& [name, latencies] : series) most = std::max(most, latencies->quantile(1));
  const double plot_width = kWidth - kLeft - kRight, plot_height = kHeight - kTop - kBottom;
  const auto x = [&](double ns) { return kLeft + plot_width * ns / most; };
  const auto y = [&](double share) { return kTop + plot_height * (1 - share); };
  std::string out = fmt::format(kSvg, kWidth, kHeight, kLeft, escaped(title));
  const double step = tick_step(most);
  for (double ns = 0; ns <= most; ns += step) {
    out += fmt::format(
        "<path d=\"M{0:.1f} {1}V{2}\" stroke=\"#ddd\"/><text x=\"{0:.1f}\" y=\"{3}\" "
        "text-anchor=\"middle\">{4:g}</text>\n",
        x(ns), kTop, kHeight - kBottom, kHeight - kBottom + 18, ns);
  }
  for (int percent = 0; percent <= 100; percent += 25) {
    out += fmt::format(
        "<path d=\"M{0} {1:.1f}H{2}\" stroke=\"#ddd\"/><text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5} "
        "%</text>\n",
        kLeft, y(percent / 100.0), kWidth - kRight, kLeft - 6, y(percent / 100.0) + 4, percent);
  }
  out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">ns of simulated time</text>\n",
                     kLeft + plot_width / 2, kHeight - 12);
  std::size_t number = 0;
  for (const auto& [name, latencies] : series) {
    const std::vector<double> values = latencies->sorted();
    if (values.empty()) continue;
    const std::string_view colour = kColours[number % std::size(kColours)];
    std::string path = fmt::format("M{:.1f} {:.1f}", x(values.front()), y(0));
    // A point a pixel is enough.
    const auto points = std::min<std::size_t>(values.size(), 700);
    for (std::size_t i = 1; i <= points; ++i) {
      const std::size_t rank = i * values.size() / points;
      path += fmt::format("L{:.1f} {:.1f}", x(values[rank - 1]),
                          y(static_cast<double>(rank) / static_cast<double>(values.size())));
    }
    out += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", path, colour);
    out +=
        fmt::format("<text x=\"{}\" y=\"{}\" fill=\"{}\">{}: median {:.0f} ns, 99 % {:.0f} ns, most {:.0f} ns</text>\n",
                    kLeft + 12, kTop + 18 + 16 * static_cast<double>(number), colour, escaped(name),
                    latencies->quantile(0.5), latencies->quantile(0.99), latencies->quantile(1));
    ++number;
  }
  return out + "</svg>\n";
}

std::string to_svg(const std::vector<Bar>& bars, const std::vector<std::string>& parts, std::string_view title,
                   std::string_view unit) {
  constexpr double kNames = 150, kSums = 110, kRow = 26;
  double most = 0;
  for (const Bar& bar : bars) most = std::max(most, std::accumulate(bar.parts.begin(), bar.parts.end(), 0.0));
  const double plot_width = kWidth - kNames - kSums;
  const double height = kTop + 24 + kRow * static_cast<double>(bars.size()) + 10;
  std::string out = fmt::format(kSvg, kWidth, height, kRight, escaped(title));
  double at = kNames;
  for (std::size_t i = 0; i < parts.size() && parts.size() > 1; ++i) {
    out += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{}\" width=\"10\" height=\"10\" fill=\"{}\"/><text x=\"{:.1f}\" y=\"{}\">{}</text>\n",
        at, kTop - 4, kColours[i % std::size(kColours)], at + 14, kTop + 5, escaped(parts[i]));
    at += 30 + 7 * static_cast<double>(parts[i].size());
  }
  double y = kTop + 18;
  for (const Bar& bar : bars) {
    out += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kNames - 8, y + 13,
                       escaped(bar.name));
    double x = kNames;
    for (std::size_t i = 0; i < bar.parts.size(); ++i) {
      const double width = most == 0 ? 0 : plot_width * bar.parts[i] / most;
      out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"18\" fill=\"{}\"/>\n", x, y, width,
                         kColours[i % std::size(kColours)]);
      x += width;
    }
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{:.4g} {}</text>\n", x + 6, y + 13,
                       std::accumulate(bar.parts.begin(), bar.parts.end(), 0.0), escaped(unit));
    y += kRow;
  }
  return out + "</svg>\n";
}

std::string to_page(const std::vector<std::string>& pictures, std::string_view title, std::string_view text,
                    std::string_view json) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
      "charset=\"utf-8\"/><title>{0}</title>\n<style>body{{font-family:sans-serif;"
      "max-width:60em;margin:2em auto}}pre{{overflow:auto;background:#f4f4f4;padding:1em}}</style></head>\n<body>\n"
      "<h1>{0}</h1>\n<pre>{1}</pre>\n",
      escaped(title), escaped(text));
  for (const std::string& picture : pictures) out += picture;
  return out + fmt::format("<h2>All figures</h2>\n<pre id=\"figures\">{}</pre>\n</body></html>\n", escaped(json));
}

}  // namespace portcullis::platform
