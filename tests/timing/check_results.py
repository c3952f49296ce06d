#!/usr/bin/env python3
"""Are constraints/results/ecp5-*.json whole, and is each point's latency that of the RTL? Exit 1 with a sentence if not.

The RTL's own latency comes from elaboration: the timing wrapper refuses a LATENCY_CLOCKS that the engine's package does not give.
"""
import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "constraints"))
from synthesis import sources  # noqa: E402

TOPS = {"ecp5-engine": ("pcl_engine_timing", "engine/engine_hardware.f"), "ecp5-filter": ("pcl_filter_timing", "nic/filter.f"),
        "ecp5-nic": ("pcl_nic_timing", "nic/nic.f"), "ecp5-scale": ("pcl_scale_engine_timing", "engine/scale_hardware.f")}


def elaborates(verilator, top, manifest, point, latency):
    """Whether the wrapper elaborates with a point's parameters and this latency."""
    parameters = [f"-G{name}={value}" for name, value in {**point["parameters"], "LATENCY_CLOCKS": latency}.items()]
    done = subprocess.run([verilator, "--lint-only", "-Wno-fatal", "-Wno-lint", "-Wno-style", "--top-module", top, *parameters, "-Iprim",
                           *sources(manifest), "../constraints/ecp5/pcl_timing_pins.sv", f"../constraints/ecp5/{top}.sv"],
                          cwd=ROOT / "rtl", capture_output=True, text=True, check=False)
    refused = "_pkg::latency is" in done.stdout + done.stderr
    if done.returncode != 0 and not refused:
        sys.exit(f"check_results: {top} does not elaborate:\n{done.stderr}")
    return not refused


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--verilator", default="verilator")
    verilator = parser.parse_args().verilator
    for result, (top, manifest) in TOPS.items():
        path = ROOT / "constraints" / "results" / f"{result}.json"
        if not path.exists() and result != "ecp5-engine":
            continue
        results = json.loads(path.read_text())
        for point in results["points"]:
            where = f"{path}: point {point['name']}"
            figures = [run["fmax_mhz"] for run in point["runs"]]
            if point["seeds"] != figures or point["fmax_mhz"] != round(statistics.median(figures), 1):
                sys.exit(f"{where}: fmax_mhz is not the median of its seeds; run constraints/ecp5/timing.py --point {point['name']}")
            if point["fmax_capped_mhz"] != min(point["fmax_mhz"], results["block_ram_mhz"]):
                sys.exit(f"{where}: fmax_capped_mhz is neither fmax_mhz nor the block RAM's limit")
            if not elaborates(verilator, top, manifest, point, point["latency_clocks"]):
                sys.exit(f"{where}: latency_clocks is {point['latency_clocks']}, which the RTL does not give; "
                         f"correct constraints/ecp5/timing.py and run it for this point")
            if elaborates(verilator, top, manifest, point, point["latency_clocks"] + 1):
                sys.exit(f"{where}: the wrapper takes any latency, so this test says nothing")


if __name__ == "__main__":
    main()
