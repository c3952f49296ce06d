#!/usr/bin/env python3
"""Resources of the tree engine on ECP5 and AMD UltraScale+, as Yosys maps it, over its rules.

    constraints/scale.py                                  every point, into constraints/results/scale-engine.json
    constraints/scale.py --family ecp5 --rules 5120       one point, in place of what the file had for it
    constraints/scale.py --address-bits 128 --rules 5120  with 128-bit addresses in the trees
    constraints/scale.py --family ecp5 --rules 1024 --slice-rules 64
    constraints/scale.py --table                          only prints the file as a table (docs/scale.md has it)

The shape of a size is that of host/tables/tree/shape.cpp (Shape::scale). LUTs of UltraScale+ are counted as in xilinx/resources.py. Nothing is placed.
Program: Yosys of PyPI's pyosys, in the environment whose Python runs this (.venv).
"""
import argparse
import collections
import json
import math
import re
import sys

from synthesis import ROOT, sources, yosys
sys.path.insert(0, str(ROOT / "constraints" / "xilinx"))
import resources  # noqa: E402

RESULTS = ROOT / "constraints" / "results" / "scale-engine.json"
RULES = [1024, 2048, 5120, 10240, 20480]

def shape(rules):
    """Entries, levels and records a level of the four trees."""
    entries = [8 * math.ceil(rules * share / 8000) for share in (700, 300, 75, 25)]
    rows = [1 << math.ceil(math.log2(e / 7)) for e in entries]
    levels = [int(math.log2(row)) + more for row, more in zip(rows, (4, 3, 2, 1))]
    return entries, levels, rows


def parameters(rules, address_bits, slice_rules):
    def pack(values, width):
        return f"{4 * width}'d{sum(value << (width * i) for i, value in enumerate(values))}"
    entries, levels, rows = shape(rules)
    return {"RULES": rules, "SLICE_RULES": slice_rules, "ADDRESS_BITS": address_bits, "ENTRIES": pack(entries, 17), "LEVELS": pack(levels, 4), "ROWS": pack(rows, 13)}


def part(name):
    for pattern, what in ((r"g_tree\[\d\]\.u_leaf", "leaves"), (r"g_tree", "nodes"), (r"u_counters", "counters"), (r"u_action", "actions"),
                          (r"u_slice\.", "slice"), (r"g_predicates", "predicates")):
        if re.match(pattern, name):
            return what
    return "other"


def measure(family, rules, address_bits, slice_rules):
    folder = ROOT / "build" / "scale" / f"{family}-{rules}x{address_bits}-{slice_rules}"
    files = " ".join(f"rtl/{s}" for s in [f"prim/{'ecp5' if family == 'ecp5' else 'xilinx'}/cells.sv",
                                          *sources("engine/scale_ecp5.f" if family == "ecp5" else "engine/scale_xilinx.f")])
    given = " ".join(f"-G {name}={value}" for name, value in parameters(rules, address_bits, slice_rules).items())
    reader = f"read_slang -j 1 -I rtl/prim -D SYNTHESIS {given} --top pcl_scale_engine {files}"
    synthesis = "synth_ecp5 -top pcl_scale_engine" if family == "ecp5" else "synth_xilinx -family xcup -noiopad -flatten"
    yosys([reader, synthesis, f"write_json {folder}/mapped.json"], folder)
    mapped = json.loads((folder / "mapped.json").read_text(encoding="utf-8"))
    (folder / "mapped.json").unlink()
    module = next(m for m in mapped["modules"].values() if int(m["attributes"].get("top", "0"), 2))
    cells = collections.Counter(cell["type"] for cell in module["cells"].values())
    point = {"family": family, "rules": rules, "address_bits": address_bits, "slice_rules": slice_rules, "banks": 2}
    if family == "ecp5":
        # A carry cell takes two LUT4; RAM of 16 x 4 bits takes four, and two for its write port.
        point |= {"lut4": cells["LUT4"] + 2 * cells["CCU2C"] + 6 * cells["TRELLIS_DPR16X4"], "ff": cells["TRELLIS_FF"], "block_ram": cells["DP16KD"]}
        blocks = {"DP16KD": 1}
    else:
        point |= resources.count(cells)
        blocks = {"RAMB36E2": 1, "RAMB18E2": 0.5}
    by_part = collections.Counter()
    for name, cell in module["cells"].items():
        if cell["type"] in blocks:
            by_part[part(name.lstrip("\\"))] += blocks[cell["type"]]
    point["block_ram_by_part"] = dict(sorted(by_part.items()))
    return mapped["creator"].split(" (")[0], point


def table(results):
    lines = ["| family | rules | slice | address bits | LUT | FF | block RAM | of them leaves, nodes | actions, counters | slice, predicates |", "|---|---|---|---|---|---|---|---|---|---|"]
    for p in results["points"]:
        parts = collections.Counter(p["block_ram_by_part"])
        blocks = sum(parts.values())
        lut = f"{p['lut4']:,} LUT4" if p["family"] == "ecp5" else f"{p['lut']:,}"
        lines.append(f"| {p['family']} | {p['rules']:,} | {p['slice_rules']} | {p['address_bits']} | {lut} | {p['ff']:,} | {blocks:g} | {parts['leaves']:g} + {parts['nodes']:g} | "
                     f"{parts['actions']:g} + {parts['counters']:g} | {parts['slice'] + parts['predicates'] + parts['other']:g} |")
    return "\n".join(lines)


def key(point):
    return point["family"], point["address_bits"], point["rules"], point["slice_rules"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--family", choices=["ecp5", "xcup"])
    parser.add_argument("--rules", type=int, nargs="+", default=RULES)
    parser.add_argument("--address-bits", type=int, default=32, choices=[32, 128])
    parser.add_argument("--slice-rules", type=int, default=256)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"points": []}
    if not arguments.table:
        for family in [arguments.family] if arguments.family else ["xcup", "ecp5"]:
            for rules in arguments.rules:
                tool, point = measure(family, rules, arguments.address_bits, arguments.slice_rules)
                # What another process has added meanwhile stays.
                results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"points": []}
                results = {"tool": tool, "points": sorted([p for p in results["points"] if key(p) != key(point)] + [point], key=key)}
                RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
