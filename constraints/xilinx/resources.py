#!/usr/bin/env python3
"""Resources on AMD UltraScale+, as Yosys maps them (synth_xilinx -family xcup): a curve of the match engine over its rules, and any other design beside it.

    constraints/xilinx/resources.py                                the curve, into constraints/results/xcup-engine.json, and docs/resources.md from it
    constraints/xilinx/resources.py --rules 512 --address-bits 128  one point, in place of what the file had for it
    constraints/xilinx/resources.py --other NAME --top TOP --rules-held N --files A.v B.v ... [--parameter P=1]
                                                                    another design into the same table
    constraints/xilinx/resources.py --page                          only draws the page from the file
    constraints/xilinx/resources.py --check                         exit 1 if the page is not what the file says

How a LUT is counted: as the site it takes. LUT1 to LUT6, INV and LUT6_2: one; a shift register (SRL16E, SRLC32E): one; LUT RAM: the LUTs of its primitive
(RAM32M and RAM64M 4, RAM32M16 and RAM64M8 8, dual-port RAM32X1D, RAM64X1D 2, RAM128X1D 4, RAM256X1D 8, single-port RAM32X1S, RAM64X1S 1). Two small LUTs in one
site, as the vendor's packer would put them, are not assumed.
Program: Yosys of PyPI's pyosys, in the environment whose Python runs this (.venv).
"""
import argparse
import collections
import json
import math
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from synthesis import ROOT, sources, yosys  # noqa: E402

RESULTS = ROOT / "constraints" / "results" / "xcup-engine.json"
PAGE = ROOT / "docs" / "resources.md"
PLOT = ROOT / "docs" / "resources.svg"
CURVE = [64, 128, 256, 512, 1024, 2048, 4096]
ADDRESS_BITS = [128, 32]
GOAL = 20

LUT_LOGIC = {"LUT1": 1, "LUT2": 1, "LUT3": 1, "LUT4": 1, "LUT5": 1, "LUT6": 1, "LUT6_2": 1, "INV": 1}
LUT_SHIFT = {"SRL16E": 1, "SRLC32E": 1}
LUT_RAM = {"RAM32M": 4, "RAM64M": 4, "RAM32M16": 8, "RAM64M8": 8, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "RAM256X1D": 8, "RAM32X1S": 1,
           "RAM64X1S": 1, "RAM128X1S": 2, "RAM256X1S": 4}
FLIP_FLOPS = {"FDRE", "FDSE", "FDCE", "FDPE"}


def synthesise(folder, reader):
    """Runs Yosys in the repository; gives the version and the mapped module with its cells and names of nets."""
    yosys([reader, "synth_xilinx -family xcup -noiopad -flatten", f"write_json {folder}/mapped.json"], folder)
    mapped = json.loads((folder / "mapped.json").read_text(encoding="utf-8"))
    (folder / "mapped.json").unlink()
    tops = [m for m in mapped["modules"].values() if int(m["attributes"].get("top", "0"), 2)]
    return mapped["creator"].split(" (")[0], tops[0]


def count(cells):
    """Resources of a bag of cell types."""
    def sites(table):
        return sum(table.get(kind, 0) * number for kind, number in cells.items())
    point = {"lut": sites(LUT_LOGIC) + sites(LUT_RAM) + sites(LUT_SHIFT), "lut_logic": sites(LUT_LOGIC), "lut_ram": sites(LUT_RAM),
             "lut_shift": sites(LUT_SHIFT), "ff": sum(n for kind, n in cells.items() if kind in FLIP_FLOPS),
             "carry8": cells.get("CARRY8", 0) + math.ceil(cells.get("CARRY4", 0) / 2), "ramb36": cells.get("RAMB36E2", 0),
             "ramb18": cells.get("RAMB18E2", 0), "uram": cells.get("URAM288", 0)}
    known = LUT_LOGIC.keys() | LUT_SHIFT.keys() | LUT_RAM.keys() | FLIP_FLOPS | {"CARRY8", "CARRY4", "RAMB36E2", "RAMB18E2", "URAM288", "BUFG", "MUXF7", "MUXF8",
                                                                              "MUXF9"}
    if strange := cells.keys() - known:
        sys.exit(f"resources.py: cells that are not counted: {', '.join(sorted(strange))}")
    return point


def part(name):
    """What a flattened name of the engine belongs to."""
    for pattern, what in ((r"g_table\[[01]\]\.g_range", "range search, addresses"), (r"g_table\[[2-4]\]\.g_range", "range search, ports and VLAN"),
                          (r"g_table|g_chunks", "bitmap rows and chunks"), (r"match_|u_first_rule", "AND of nine, priority encoder"),
                          (r"u_counters", "counters"), (r"u_results|u_side|u_action|default|side|hit|rule|verdict|tag|cause", "action and verdict")):
        if re.match(pattern, name):
            return what
    return "control, loading, test lookups"


def by_part(module):
    """LUT sites by part of the engine: by the name of the cell, or of what it drives, through nameless nets to the first name."""
    names, readers = {}, collections.defaultdict(list)
    for name, net in module["netnames"].items():
        if not name.startswith("$") and not net.get("hide_name"):
            for bit in net["bits"]:
                if isinstance(bit, int) and (bit not in names or len(name) < len(names[bit])):
                    names[bit] = name
    cells = module["cells"]
    for name, cell in cells.items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "input":
                for bit in bits:
                    readers[bit].append(name)

    def owner(name, depth=0):
        if not name.startswith("$"):
            return part(name)
        driven = [b for port, bits in cells[name]["connections"].items() if cells[name]["port_directions"][port] == "output" for b in bits]
        for bit in driven:
            if bit in names and not names[bit].startswith("$"):
                return part(names[bit])
        for bit in driven:
            for reader in readers[bit]:
                if depth < 6 and (found := owner(reader, depth + 1)):
                    return found
        return None

    parts = collections.Counter()
    weights = LUT_LOGIC | LUT_RAM | LUT_SHIFT
    for name, cell in cells.items():
        if cell["type"] in weights:
            parts[owner(name) or "control, loading, test lookups"] += weights[cell["type"]]
    return dict(parts.most_common())


def engine(rules, address_bits):
    files = " ".join(f"rtl/{s}" for s in ["prim/xilinx/cells.sv", *sources("engine/engine_xilinx.f")])
    name = f"{rules} rules, {address_bits}-bit addresses"
    reader = f"read_slang -j 1 -I rtl/prim -D SYNTHESIS -G RULES={rules} -G ADDRESS_BITS={address_bits} --top pcl_engine {files}"
    tool, module = synthesise(ROOT / "build" / "resources" / f"{rules}x{address_bits}", reader)
    point = {"name": name, "design": "engine", "rules": rules, "address_bits": address_bits, "intervals": 256, "tables": 9, "banks": 2}
    point |= count(collections.Counter(cell["type"] for cell in module["cells"].values()))
    point["lut_per_rule"] = round(point["lut"] / rules, 2)
    if rules == 512:
        point["lut_by_part"] = by_part(module)
    return tool, point


def other(arguments):
    folder = ROOT / "build" / "resources" / re.sub(r"\W+", "-", arguments.other)
    files = " ".join(str(file.resolve()) for file in arguments.files)
    parameters = " ".join(f"-G {p}" for p in arguments.parameter)
    tool, module = synthesise(folder, f"read_slang -j 1 -D SYNTHESIS {parameters} --top {arguments.top} {files}")
    point = {"name": arguments.other, "design": "other", "rules": arguments.rules_held, "address_bits": arguments.address_bits[0] if arguments.address_bits else None}
    point |= count(collections.Counter(cell["type"] for cell in module["cells"].values()))
    point["lut_per_rule"] = round(point["lut"] / arguments.rules_held, 2)
    return tool, point


def record(tool, point):
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"points": []}
    results |= {"family": "xcup", "tool": tool, "goal_lut_per_rule": GOAL}
    points = [p for p in results["points"] if p["name"] != point["name"]] + [point]
    results["points"] = sorted(points, key=lambda p: (p["design"], -(p["address_bits"] or 0), p["rules"], p["name"]))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"{point['name']}: {point['lut']} LUT ({point['lut_per_rule']} a rule), {point['ff']} FF, {point['ramb36']} RAMB36, {point['ramb18']} RAMB18",
          flush=True)


def table(points):
    yield "| rules | address bits | LUT | of them logic | LUT RAM | shift registers | FF | RAMB36 | RAMB18 | URAM | LUT a rule |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for p in points:
        yield (f"| {p['rules']} | {p['address_bits'] or ''} | {p['lut']:,} | {p['lut_logic']:,} | {p['lut_ram']:,} | {p['lut_shift']:,} | {p['ff']:,} | "
               f"{p['ramb36']} | {p['ramb18']} | {p['uram']} | {p['lut_per_rule']:.1f} |")


def page(results):
    engines = [p for p in results["points"] if p["design"] == "engine"]
    others = [p for p in results["points"] if p["design"] == "other"]
    lines = ["# Resources on AMD UltraScale+", "",
             "<!-- Drawn by constraints/xilinx/resources.py from constraints/results/xcup-engine.json; `make resources` measures and draws again. -->",
             f"The match engine as {results['tool']} maps it (`synth_xilinx -family xcup`), with the primitives of `rtl/prim/xilinx.f`: nine tables, two banks, 256 intervals",
             "in every range table, one lookup a clock, flow control, actions, counters and test lookups included. These are figures after synthesis: no vendor's tool has placed",
             "it, and a packer puts some pairs of small LUTs into one site, which is not assumed here.", "", *table(engines), "",
             "![LUT sites a rule over the number of rules](resources.svg)", ""]
    for bits in ADDRESS_BITS:
        if missing := [f"{rules:,}" for rules in CURVE if not any((p["rules"], p["address_bits"]) == (rules, bits) for p in engines)]:
            lines += [f"Not measured yet with {bits}-bit addresses: {', '.join(missing)} rules.", ""]
    main = [p for p in engines if p["rules"] == 512 and p["address_bits"] == 128]
    if main:
        p = main[0]
        verdict = "met" if p["lut_per_rule"] <= GOAL else "not met"
        lines += [f"The goal is at most {GOAL} LUT a rule at 512 rules with 128-bit addresses: {verdict}, {p['lut_per_rule']:.1f}. Where they are:", "",
                  "| part | LUT | share |", "|---|---|---|"]
        lines += [f"| {name} | {n:,} | {100 * n / p['lut']:.0f} % |" for name, n in sorted(p["lut_by_part"].items(), key=lambda item: (-item[1], item[0]))]
        lines += ["", "A LUT without a name of its own is put to the part that reads it. The search over addresses costs the same for 64 rules and for 4,096, which is why few rules cost more",
                  "LUT each.", ""]
    lines += ["How a LUT is counted: as the site it takes. LUT1 to LUT6, an inverter and a LUT with two outputs: one; a shift register: one; LUT RAM: the LUTs of its primitive (RAM32M16: 8).",
              "FF: Yosys leaves the output registers of block RAMs in flip-flops, which a vendor's tool takes into the RAM. A RAMB36 is two RAMB18. No URAM is asked for: rows are",
              "wide and not deep.", ""]
    if others:
        lines += ["## Other designs, in the same way", "", "| design | rules held | LUT | FF | RAMB36 | RAMB18 | LUT a rule |", "|---|---|---|---|---|---|---|"]
        lines += [f"| {p['name']} | {p['rules']} | {p['lut']:,} | {p['ff']:,} | {p['ramb36']} | {p['ramb18']} | {p['lut_per_rule']:.1f} |" for p in others]
        lines += [""]
    else:
        lines += ["## Another design beside it", "", "No other design's sources are part of this repository. `--other` takes some by their paths into the same table, mapped in the same way:", ""]
    lines += ["    make resources", "    .venv/bin/python constraints/xilinx/resources.py --other NAME --top MODULE --rules-held N --files A.v B.v --parameter DEPTH=512", ""]
    return "\n".join(lines)


def plot(results):
    """LUT a rule over rules, both axes logarithmic."""
    engines = [p for p in results["points"] if p["design"] == "engine"]
    width, height, left, bottom, top, right = 640, 320, 60, 44, 16, 130
    ticks = [2, 5, 10, 20, 50, 100, 200]
    low, high = 2, 200

    def x(rules):
        return left + (math.log2(rules) - 6) / 6 * (width - left - right)

    def y(value):
        return height - bottom - (math.log(min(max(value, low), high)) - math.log(low)) / (math.log(high) - math.log(low)) * (height - bottom - top)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    for tick in ticks:
        out += [f'<line x1="{left}" x2="{width - right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#dddddd"/>',
                f'<text x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick}</text>']
    for rules in CURVE:
        out += [f'<text x="{x(rules):.1f}" y="{height - bottom + 16}" text-anchor="middle">{rules}</text>']
    out += [f'<line x1="{left}" x2="{width - right}" y1="{y(GOAL):.1f}" y2="{y(GOAL):.1f}" stroke="#888888" stroke-dasharray="5 4"/>',
            f'<text x="{width - right + 6}" y="{y(GOAL) + 4:.1f}" fill="#555555">goal at 512: {GOAL}</text>',
            f'<text x="{(left + width - right) / 2:.0f}" y="{height - 8}" text-anchor="middle">rules</text>',
            f'<text x="14" y="{(top + height - bottom) / 2:.0f}" text-anchor="middle" transform="rotate(-90 14 {(top + height - bottom) / 2:.0f})">LUT a rule</text>']
    for bits, colour in ((128, "#0b5fa5"), (32, "#c2571a")):
        points = [p for p in engines if p["address_bits"] == bits]
        if points:
            line = " ".join(f"{x(p['rules']):.1f},{y(p['lut_per_rule']):.1f}" for p in points)
            out += [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>']
            out += [f'<circle cx="{x(p["rules"]):.1f}" cy="{y(p["lut_per_rule"]):.1f}" r="3" fill="{colour}"/>' for p in points]
            end = points[-1]
            out += [f'<text x="{x(end["rules"]) + 8:.1f}" y="{y(end["lut_per_rule"]) + 4:.1f}" fill="{colour}">{bits}-bit addresses</text>']
    return "\n".join([*out, "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rules", type=int, nargs="+", default=CURVE)
    parser.add_argument("--address-bits", type=int, nargs="+")
    parser.add_argument("--other", metavar="NAME")
    parser.add_argument("--top")
    parser.add_argument("--files", type=pathlib.Path, nargs="+", default=[])
    parser.add_argument("--parameter", action="append", default=[])
    parser.add_argument("--rules-held", type=int)
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
        stale = [p for p, text in ((PAGE, page(results)), (PLOT, plot(results))) if not p.exists() or p.read_text(encoding="utf-8") != text]
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what {RESULTS.relative_to(ROOT)} says; constraints/xilinx/resources.py --page draws it")
        return 1 if stale else 0
    if arguments.other:
        if not (arguments.top and arguments.files and arguments.rules_held):
            parser.error("--other needs --top, --files and --rules-held")
        record(*other(arguments))
    elif not arguments.page:
        for bits in arguments.address_bits or ADDRESS_BITS:
            for rules in arguments.rules:
                record(*engine(rules, bits))
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    PAGE.write_text(page(results), encoding="utf-8")
    PLOT.write_text(plot(results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
