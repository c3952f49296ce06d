#!/usr/bin/env python3
"""Draws bench/results/*.svg from the raw figures beside them. Standard library only; what has no raw figures is left out.

    python3 bench/plot.py            # draw
    python3 bench/plot.py --check    # exit 1 if a drawing is not what its figures give
"""
import json
import sys
from pathlib import Path
from statistics import median

from chart import line_chart

RESULTS = Path(__file__).parent / "results"


def load(name):
    file = RESULTS / name
    return json.loads(file.read_text()) if file.exists() else None


def sized(cases):
    return [case for case in cases if case["bytes"] != "imix"]


def rfc2544_clock():
    """The clock that carries 100 Gbit/s, and the share that the routed clock carries, by frame size and bus."""
    widths = {width: load(f"rfc2544-clock-{width}.json") for width in (256, 512, 1024)}
    if None in widths.values():
        return
    routed = widths[512]["cases"][0]["clock_mhz"]
    name = "{} bit"
    yield "rfc2544-clock.svg", line_chart(
        "Clock that carries one port of 100 Gbit/s without loss", "frame size, bytes with FCS", "MHz",
        [(name.format(width), [(c["bytes"], c["least_clock_mhz"]) for c in sized(bench["cases"])]) for width, bench in widths.items()],
        x_log=True, levels=[(routed, f"engine routed: {routed:g} MHz")])
    yield "rfc2544-throughput.svg", line_chart(
        f"Throughput of one port of 100 Gbit/s at {routed:g} MHz", "frame size, bytes with FCS", "% of the line",
        [(name.format(width), [(c["bytes"], c["throughput_ppm"] / 1e4) for c in sized(bench["cases"])]) for width, bench in widths.items()], x_log=True)


def rfc2544_latency():
    bench = load("rfc2544-rates.json")
    if bench is None:
        return
    series = []
    for rate in sorted({c["rate"] for c in bench["cases"]}):
        cases = [c for c in sized(bench["cases"])
                 if (c["rate"], c["ports"], c["family"], c["clock_mhz"]) == (rate, 2, "ipv4", 250)]
        series.append((f"{rate / 1e9:g} Gbit/s", [(c["bytes"], c["latency_clocks"]["p99_9"] * 1000 / c["clock_mhz"]) for c in cases]))
    yield "rfc2544-latency.svg", line_chart(
        "Latency at the throughput, 99.9th percentile: 2 ports, 250 MHz, 512 bit", "frame size, bytes with FCS", "ns", series, x_log=True)


def growth():
    """A chart for each axis: times of all steps, both axes logarithmic, the fitted order in the legend."""
    bench = load("growth.json")
    if bench is None:
        return
    for axis in dict.fromkeys(series["axis"] for series in bench["series"]):
        steps = [series for series in bench["series"] if series["axis"] == axis and series["unit"] == "ms"]
        name = axis.replace(" of a ", "-").replace(" ", "-").lower()
        yield f"growth-{name}.svg", line_chart(
            f"Processor time against {axis}", axis, "ms",
            [(f"{series['step']}: {series['order']:.2f}", [(p["size"], p["median"]) for p in series["points"]]) for series in steps],
            x_log=True, y_log=True)


def acl():
    """Lookups a second of the best method of rte_acl on one core, and the engine's."""
    bench = load("acl.json")
    if bench is None:
        return
    sets = [s for s in bench["sets"] if "rules" in s.get("rte_acl", {})]
    rates = [(s["rte_acl"]["rules"], s["rte_acl"]["methods"][s["rte_acl"]["best"]]["lookups_per_second"] / 1e6) for s in sets]
    yield "acl-lookups.svg", line_chart(
        "Lookups a second: one core with rte_acl, and the engine", "rules of rte_acl, lists multiplied out", "million a second",
        [("rte_acl, seed documents", rates[3:]), ("rte_acl, ClassBench", rates[:3])], x_log=True,
        levels=[(bench["engine_mhz"], f"engine: {bench['engine_mhz']:g}")])


def speed():
    """Simulated packets a second by bus of geometry edge, and the other geometries' at 512 bits; medians of the first build."""
    bench = load("speed.json")
    if bench is None:
        return
    cases = [case for case in bench["cases"] if case["build"] == bench["cases"][0]["build"]]
    rates = {(case["geometry"], case["data_width"]): median(case["packets_per_second"]) / 1e3 for case in cases}
    yield "speed.svg", line_chart(
        "Simulated packets a second of one core, 64-byte frames, all compared", "bus, bits", "thousand a second",
        [("edge", sorted((width, rate) for (geometry, width), rate in rates.items() if geometry == "edge"))],
        levels=[(rate, geometry) for (geometry, width), rate in rates.items() if geometry != "edge"])


def main():
    stale = 0
    for draw in (rfc2544_clock, rfc2544_latency, growth, acl, speed):
        for name, text in draw():
            file = RESULTS / name
            if "--check" in sys.argv[1:]:
                if not file.exists() or file.read_text() != text:
                    print(f"bench/results/{name} is not what its figures give; run python3 bench/plot.py", file=sys.stderr)
                    stale = 1
            else:
                file.write_text(text)
    return stale


if __name__ == "__main__":
    sys.exit(main())
