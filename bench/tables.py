#!/usr/bin/env python3
"""Tables of docs/benchmarks.md from the figures in bench/results/: rewrites what stands between `<!-- table NAME -->` and `<!-- end -->`.

    bench/tables.py            writes the page
    bench/tables.py --check    exit 1 if the page's tables are not those of the figures
"""
import json
import re
import statistics
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
PAGE = BENCH.parent / "docs" / "benchmarks.md"
SIZES = (64, 69, 128, 133, 256, 261, 512, 1029, 1518, 9000)
WIDTHS = (256, 512, 1024)


def load(name):
    return json.loads((BENCH / "results" / name).read_text())


def rfc2544_clock():
    cases = {width: {case["bytes"]: case for case in load(f"rfc2544-clock-{width}.json")["cases"]} for width in WIDTHS}
    clock = cases[512][64]["clock_mhz"]
    yield "| bytes | " + " | ".join(f"{width} bit: MHz | at {clock:g} MHz" for width in WIDTHS) + " |"
    yield "|---" * (1 + 2 * len(WIDTHS)) + "|"
    for size in SIZES:
        found = [cases[width][size] for width in WIDTHS]
        yield f"| {size} | " + " | ".join(f"{case['least_clock_mhz']:g} | {int(case['throughput_ppm'] / 1000) / 10:.1f} %" for case in found) + " |"


def acl():
    bench = load("acl.json")
    yield "| rules | entries | rules of rte_acl | tables, ms | rte_acl build, ms | load, µs | rte_acl M lookups/s | engine is faster by |"
    yield "|---" * 8 + "|"
    for case in bench["sets"]:
        engine, other = case["engine"], case["rte_acl"]
        best = other["methods"][other["best"]]
        rate, least, most = (best[key] for key in ("lookups_per_second", "least", "most"))
        yield (f"| {case['name'].replace(' x ', ', ')} | {case['entries']:,} | {other['rules']:,} | {engine['compile_seconds']['median'] * 1e3:.1f} | "
               f"{other['build_seconds']['median'] * 1e3:.1f} | {engine['load_seconds'] * 1e6:.0f} | {rate / 1e6:.1f} ({least / 1e6:.1f} to {most / 1e6:.1f}) | "
               f"{engine['lookups_per_second'] / rate:.1f} |")


def speed():
    yield "| geometry | bus, bits | packets/s: median (least to greatest) | of the first, in the same round |"
    yield "|---" * 4 + "|"
    for case in load("speed.json")["cases"]:
        rates = case["packets_per_second"]
        yield f"| {case['geometry']} | {case['data_width']} | {statistics.median(rates):,.0f} ({min(rates):,} to {max(rates):,}) | {case['ratio']:.2f} |"


TABLES = {"rfc2544-clock": rfc2544_clock, "acl": acl, "speed": speed}


def main():
    page = PAGE.read_text()

    def table(match):
        return match[1] + "\n" + "\n".join(TABLES[match[2]]()) + "\n<!-- end -->"

    names = re.findall(r"<!-- table (\S+) -->", page)
    if sorted(names) != sorted(TABLES):
        sys.exit(f"{PAGE}: has the tables {names}, wanted are {sorted(TABLES)}")
    made = re.sub(r"(<!-- table (\S+) -->)\n.*?<!-- end -->", table, page, flags=re.DOTALL)
    if "--check" in sys.argv[1:]:
        if made != page:
            sys.exit(f"{PAGE}: tables are not those of bench/results; run bench/tables.py")
        return
    PAGE.write_text(made)


if __name__ == "__main__":
    main()
