"""Line charts as SVG, with the standard library only.

The same input gives the same bytes. Colours are those of Okabe and Ito, which people with any colour vision tell apart; each series has a mark of its own as well.
"""
import math
from html import escape

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
MARKS = ["circle", "square", "triangle", "diamond"]
WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 78, 190, 46, 58


def _number(value):
    if value == 0:
        return "0"
    for least, size, suffix in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if abs(value) >= least:
            return f"{value / size:g}{suffix}"
    return f"{value:g}"


class _Axis:
    def __init__(self, values, log, at_zero, low, high):
        self.log, self.low_at, self.high_at = log, low, high
        self.low, self.high = min(values), max(values)
        if log:
            self.low, self.high = math.log10(self.low), math.log10(self.high)
            margin = (self.high - self.low or 1) * 0.04
            self.low, self.high = self.low - margin, self.high + margin
            self.ticks = [base * 10.0**power for power in range(math.floor(self.low) - 1, math.ceil(self.high) + 1) for base in (1, 2, 5)
                          if self.low <= math.log10(base * 10.0**power) <= self.high]
            if len(self.ticks) > 9:
                self.ticks = [tick for tick in self.ticks if math.log10(tick) == round(math.log10(tick))]
        else:
            if at_zero:
                self.low = min(0, self.low)
            step = 10 ** math.floor(math.log10((self.high - self.low) / 5 or 1))
            step = next(step * factor for factor in (1, 2, 2.5, 5, 10) if (self.high - self.low) / (step * factor) <= 6)
            self.low, self.high = math.floor(self.low / step) * step, math.ceil(self.high / step + 0.02) * step
            self.ticks = [self.low + i * step for i in range(round((self.high - self.low) / step) + 1)]

    def at(self, value):
        value = math.log10(value) if self.log else value
        return self.low_at + (value - self.low) / (self.high - self.low) * (self.high_at - self.low_at)


def _mark(kind, x, y, colour):
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{colour}"/>'
    if kind == "square":
        return f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6" fill="{colour}"/>'
    shape = [(0, -4), (4, 3), (-4, 3)] if kind == "triangle" else [(0, -4), (4, 0), (0, 4), (-4, 0)]
    return f'<polygon points="{" ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in shape)}" fill="{colour}"/>'


def line_chart(title, x_label, y_label, series, x_log=False, y_log=False, levels=()):
    """SVG text of a chart.

    series: (name, [(x, y), ...]) each, in the order of the legend; levels: (y, text), drawn as dashed horizontal lines. Logarithmic axes need values above 0.
    """
    xs = [x for _, points in series for x, _ in points]
    ys = [y for _, points in series for _, y in points] + [y for y, _ in levels]
    x_axis = _Axis(xs, x_log, False, LEFT, WIDTH - RIGHT)
    y_axis = _Axis(ys, y_log, True, HEIGHT - BOTTOM, TOP)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for tick in x_axis.ticks:
        x = x_axis.at(tick)
        out.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#e4e4e4"/>')
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{_number(tick)}</text>')
    for tick in y_axis.ticks:
        y = y_axis.at(tick)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#e4e4e4"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_number(tick)}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{HEIGHT - 14}" text-anchor="middle">{escape(x_label)}</text>')
    out.append(f'<text transform="translate(20 {middle:.1f}) rotate(-90)" text-anchor="middle">{escape(y_label)}</text>')
    for value, text in levels:
        y = y_axis.at(value)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#555" stroke-dasharray="6 4"/>')
        out.append(f'<text x="{WIDTH - RIGHT + 6}" y="{y + 4:.1f}" fill="#555">{escape(text)}</text>')
    legend = TOP + 8
    taken = [y_axis.at(value) for value, _ in levels]
    for number, (name, points) in enumerate(series):
        colour, mark = COLOURS[number % len(COLOURS)], MARKS[number % len(MARKS)]
        points = sorted(points)
        path = " ".join(f"{x_axis.at(x):.1f},{y_axis.at(y):.1f}" for x, y in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        out.extend(_mark(mark, x_axis.at(x), y_axis.at(y), colour) for x, y in points)
        while any(abs(legend - y) < 14 for y in taken):
            legend += 4
        out.append(_mark(mark, WIDTH - RIGHT + 12, legend, colour))
        out.append(f'<text x="{WIDTH - RIGHT + 22}" y="{legend + 4}">{escape(name)}</text>')
        legend += 20
    out.append(f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#333"/>')
    out.append("</svg>")
    return "\n".join(out) + "\n"
