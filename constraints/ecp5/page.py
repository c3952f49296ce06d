"""Draws the tables of docs/timing.md from constraints/results/ecp5-*.json: all between the two marks. What is outside of them is written by hand."""
import json
import sys
from pathlib import Path

BEGIN = "<!-- drawn by constraints/ecp5/timing.py --page from constraints/results/ecp5-*.json -->\n"
END = "<!-- end of what is drawn -->\n"


def tables(root):
    out = []
    for title, name in (("Match engine", "ecp5-engine"), ("Filter", "ecp5-filter"), ("NIC", "ecp5-nic"), ("Tree engine", "ecp5-scale")):
        path = root / "constraints" / "results" / f"{name}.json"
        if not path.exists():
            continue
        results = json.loads(path.read_text())
        out += [f"### {title}, {results['device']}", "",
                "| point | rules x intervals x address bits | Fmax, median (each seed) | capped | clocks | ns | LUT4 | FF | block RAM of 208 |",
                "|---|---|---|---|---|---|---|---|---|"]
        for p in results["points"]:
            seeds = ", ".join(f"{s:.1f}" for s in p["seeds"])
            out.append(f"| `{p['name']}` | {p['rules']} x {p['intervals']} x {p['address_bits']} | {p['fmax_mhz']:.1f} MHz ({seeds}) "
                       f"| {p['fmax_capped_mhz']:.1f} MHz | {p['latency_clocks']} | {p['latency_ns']:.1f} | {p['lut4']:,} | {p['ff']:,} | {p['dp16kd']} |")
        out += ["", "Critical paths, ns:", "", "| point | seed | MHz | from | to | logic levels | clock to q | logic | routing | setup |",
                "|---|---|---|---|---|---|---|---|---|---|"]
        for p in results["points"]:
            for r in p["runs"]:
                path, ns = r["critical_path"], r["critical_path"]["ns"]
                out.append(f"| `{p['name']}` | {r['seed']} | {r['fmax_mhz']:.1f} | `{path['from']}` | `{path['to']}` | {path['logic_levels']} "
                           f"| {ns.get('clk-to-q', 0):.2f} | {ns.get('logic', 0):.2f} | {ns.get('routing', 0):.2f} | {ns.get('setup', 0):.2f} |")
        tools = sorted({f"{k} {v}" for p in results["points"] for k, v in p["tools"].items()})
        out += ["", "Tools: " + ", ".join(tools) + ".", ""]
    return "\n".join(out)


def drawn(root, text):
    """The page with its tables drawn anew."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return before + BEGIN + "\n" + tables(root) + END + after


def draw(root):
    path = root / "docs" / "timing.md"
    path.write_text(drawn(root, path.read_text()))


def main():
    """Exit 1 if the page is not what the results say."""
    root = Path(__file__).resolve().parents[2]
    text = (root / "docs" / "timing.md").read_text()
    if text != drawn(root, text):
        print("docs/timing.md is not what constraints/results say; run: constraints/ecp5/timing.py --page", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
