#!/usr/bin/env python3
"""Checks an .xdc without a vendor's tool: check_xdc.tcl reads it, and every port and cell it names must be in the RTL, as Verilator elaborates it,
without a warning.

    check_xdc.py FILE.xdc --top MODULE --manifest boards/alveo/alveo.f --cells FILE.sv

Cells are instances, and registers as the vendor names them: the variable with _reg, indexed. Brackets in a pattern stand for themselves, * for anything.
Exit 0: all is there; 1: a message says what is not.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "constraints"))
from synthesis import RTL, entries  # noqa: E402


def hierarchy(top, manifest, cells):
    """Names of ports, and of instances and registers from the top down."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "tree.xml"
        subprocess.run(["verilator", "--xml-only", "--xml-output", out, "-Wall", "-Wno-UNUSEDPARAM", "--top-module", top, "--Mdir", folder, cells.resolve(),
                        *entries(manifest)], cwd=RTL, check=True)
        tree = xml.parse(out).getroot()
    modules = {module.get("name"): module for module in tree.iter("module")}
    ports = {var.get("name") for var in modules[top].findall("var") if var.get("dir")}
    names = set()

    def walk(node, path):
        for child in node:
            name = child.get("name", "")
            if child.tag == "begin" and name:
                # A loop's block g holds the blocks g[0], g[1], ... and has no name of its own.
                loop = any(inner.tag == "begin" and inner.get("name", "").startswith(name + "[") for inner in child)
                walk(child, path if loop else f"{path}{name}.")
            elif child.tag == "instance":
                names.add(path + name)
                walk(modules[child.get("defName")], f"{path}{name}/")
            elif child.tag == "var" and not child.get("dir"):
                names.update((f"{path}{name}_reg", f"{path}{name}_reg[0]"))

    walk(modules[top], "")
    return ports, names


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("xdc", type=pathlib.Path)
    parser.add_argument("--top", required=True)
    parser.add_argument("--manifest", required=True)
    parser.add_argument("--cells", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    read = subprocess.run(["tclsh", pathlib.Path(__file__).with_name("check_xdc.tcl"), arguments.xdc], capture_output=True, text=True, check=False)
    if read.returncode != 0:
        print(read.stderr, end="", file=sys.stderr)
        return 1
    ports, names = hierarchy(arguments.top, arguments.manifest, arguments.cells)
    missing = 0
    for line in sorted(set(read.stdout.splitlines())):
        kind, pattern = line.split(" ", 1)
        wanted = re.compile(re.escape(pattern).replace(r"\*", "[^/]*"))
        if not any(wanted.fullmatch(name) for name in (ports if kind == "port" else names)):
            print(f"{arguments.xdc}: no {kind} of {arguments.top} is called {pattern}", file=sys.stderr)
            missing += 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
