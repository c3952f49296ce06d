#!/usr/bin/env python3
"""Tables of docs/benchmarks.md and docs/scale.md from the figures in bench/results/: rewrites what stands between `<!-- table NAME -->` and `<!-- end -->`.

    bench/tables.py            writes the pages
    bench/tables.py --check    exit 1 if the pages' tables are not those of the figures
"""
import json
import re
import statistics
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
DOCS = BENCH.parent / "docs"
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


def rfc2544_lanes():
    """Two ports of 100 Gbit/s, two lookups a clock."""
    yield "| bytes | MHz that carry the line | of the line at the routed clock | clocks a frame | beside exchanges and readings of counters: of the line |"
    yield "|---" * 5 + "|"
    cases = {(case["bytes"], case["activity"]): case for case in load("rfc2544-lanes.json")["cases"]}
    for size in dict.fromkeys(size for size, _ in cases):
        alone, beside = cases[size, "none"], cases[size, "both"]
        yield (f"| {'mixture' if size == 'imix' else size} | {alone['least_clock_mhz']} | {alone['throughput_ppm'] / 1e4:.1f} % | {alone['clocks_per_frame']:.3f} | "
               f"{beside['throughput_ppm'] / 1e4:.1f} % |")


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


def scale_growth():
    yield ("| set | rules | in trees | in the slice | entries a rule | bits a rule used | rules meet, at least | build, s | proved | rte_acl build, s | "
           "rte_acl, MB |")
    yield "|---" * 11 + "|"
    for case in load("scale-growth.json")["sets"]:
        acl = case["rte_acl"]
        yield (f"| {case['set']} | {case['rules']} | {case['in_trees']} | {case['in_slice']} | {case['entries_a_rule']:.4f} | {case['bits_used']:.1f} | {case['overlap']} | "
               f"{case['seconds']:.3f} | {case['proved']} | {acl['seconds']:.3f} | {acl['bytes'] / 1e6:.1f} |")


def scale_sets():
    """One line a seed: what the three choices of scopes give, in the order of the file."""
    yield "| seed | rules | in the slice | entries a rule | bits a rule used | rules meet, at least | build, s | rte_acl build, s | rte_acl, MB |"
    yield "|---" * 9 + "|"
    seeds = {}
    for case in load("scale-sets.json")["sets"]:
        seeds.setdefault(case["set"].split()[0], []).append(case)
    for seed, cases in seeds.items():
        if not all(case.get("proved") == "yes" for case in cases):
            sys.exit(f"{seed}: a set of it is not proved or does not fit")
        columns = [[f"{case['rules']}" for case in cases], [f"{case['in_slice']}" for case in cases], [f"{case['entries_a_rule']:.3f}" for case in cases],
                   [f"{case['bits_used']:.1f}" for case in cases], [f"{case['overlap']}" for case in cases], [f"{case['seconds']:.2f}" for case in cases],
                   [f"{case['rte_acl']['seconds']:.2f}" for case in cases], [f"{case['rte_acl']['bytes'] / 1e6:.0f}" for case in cases]]
        yield f"| {seed} | " + " | ".join(", ".join(column) for column in columns) + " |"


def scale_live():
    yield "| set | additions a second | all compiled at each rebuild | rebuilds | of them from nothing | rows an addition, rebuilds included | at 250 MHz, µs |"
    yield "|---" * 7 + "|"
    runs = load("scale-live.json")["runs"]
    for run in runs:
        if run["always_whole"]:
            continue
        whole = next(other for other in runs if other["set"] == run["set"] and other["always_whole"])
        yield (f"| {run['set']} | {run['added'] / run['seconds']:,.0f} | {whole['added'] / whole['seconds']:,.0f} | {run['rebuilds']} | {run['whole']} | "
               f"{run['rows_an_addition']:,.0f} | {run['rows_an_addition'] / 250:.1f} |")


TABLES = {
    "benchmarks.md": {"rfc2544-clock": rfc2544_clock, "rfc2544-lanes": rfc2544_lanes, "acl": acl, "speed": speed},
    "scale.md": {"scale-growth": scale_growth, "scale-sets": scale_sets, "scale-live": scale_live},
}


def main():
    for name, tables in TABLES.items():
        path = DOCS / name
        page = path.read_text()
        names = re.findall(r"<!-- table (\S+) -->", page)
        if sorted(names) != sorted(tables):
            sys.exit(f"{path}: has the tables {names}, wanted are {sorted(tables)}")
        made = re.sub(r"(<!-- table (\S+) -->)\n.*?<!-- end -->", lambda match: "\n".join([match[1], *tables[match[2]](), "<!-- end -->"]), page, flags=re.DOTALL)
        if "--check" not in sys.argv[1:]:
            path.write_text(made)
        elif made != page:
            sys.exit(f"{path}: tables are not those of bench/results; run bench/tables.py")


if __name__ == "__main__":
    main()
