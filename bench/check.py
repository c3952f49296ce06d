#!/usr/bin/env python3
"""The regression guard: ratios and simulated figures against committed bounds (bench/bounds.json). No absolute times, so that it can be run on any machine; what is divided by
what is measured in one run.

    bench/check.py [BUILD]        exit 1 if a figure is out of its bounds, 2 if one could not be measured
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(command, *arguments):
    done = subprocess.run([str(command), *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join([str(command), *arguments])} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def figures(portcullis, folder):
    """Name and value of everything that has bounds."""
    file = folder / "rfc2544.json"
    run(portcullis, "bench", "rfc2544", "--families", "4", "--sizes", "64,69,imix", "--beside", "none,both", "--json", str(file))
    for case in json.loads(file.read_text())["cases"]:
        name = f"rfc2544 {case['bytes']} bytes, beside: {case['activity']}"
        yield f"{name}: throughput, ppm of the line", case["throughput_ppm"]
        yield f"{name}: clocks per frame", case["clocks_per_frame"]
        yield f"{name}: greatest latency, clocks", case["latency_clocks"]["max"]
    file = folder / "model.json"
    run(portcullis, "bench", "model", "--packets", "100000", "--json", str(file))
    speeds = {(case["geometry"], case["traffic"]): case["clocks_per_second"] for case in json.loads(file.read_text())["cases"]}
    packets, lookups = "64-byte frames, one a clock", "lookups at the engine's key port, one a clock"
    yield "simulated clocks/s: filter edge over engine large", speeds["edge", packets] / speeds["large", lookups]
    yield "simulated clocks/s: filter large over filter edge", speeds["large", packets] / speeds["edge", packets]
    file = folder / "growth.json"
    run(portcullis, "bench", "growth", "--repetitions", "3", "--json", str(file))
    for series in json.loads(file.read_text())["series"]:
        yield f"growth with {series['axis']}: {series['step']}", series["order"]


def main():
    portcullis = (ROOT / (sys.argv[1] if len(sys.argv) > 1 else "build") / "bin" / "portcullis").resolve()
    bounds = json.loads((ROOT / "bench" / "bounds.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        measured = dict(figures(portcullis, Path(folder)))
    wrong = 0
    for name, (low, high) in bounds.items():
        if name not in measured:
            print(f"not measured  {name}")
            wrong = 2
            continue
        right = low <= measured[name] <= high
        wrong = wrong or (0 if right else 1)
        print(f"{'ok' if right else 'OUT OF BOUNDS':<13} {name}: {measured[name]:.4g} in {low:g} to {high:g}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
