#!/usr/bin/env python3
"""Writes everything that is derived from rtl/portcullis.rdl:

  rtl/nic/generated/pcl_registers_pkg.sv, pcl_registers.sv   AXI4-Lite register block of the filter (PeakRDL-regblock)
  rtl/nic/generated/pcl_nic_registers_pkg.sv                 addresses and fields of the NIC's registers, which are written by hand
  rtl/management/generated/pcl_management_registers_pkg.sv   the same of the management processor's registers, the host's side and the firmware's
  host/device/registers.h                                    addresses and fields, for C and C++
  firmware/include/core_registers.h                          the same of what the firmware sees
  docs/registers.md, docs/core-registers.md                  the register maps for people

Run with the Python of a virtual environment that has scripts/requirements.txt:

  .venv/bin/python scripts/generate-registers.py [--check] [--into FOLDER]

--check writes nothing and exits 1, naming the files, if one of them is stale. Exit 2: the register description is wrong.
"""
import argparse
import filecmp
import pathlib
import re
import sys
import tempfile

from peakrdl_regblock import RegblockExporter
from peakrdl_regblock.cpuif.axi4lite import AXI4Lite_Cpuif_flattened
from peakrdl_regblock.udps import ALL_UDPS
from systemrdl import RDLCompileError, RDLCompiler
from systemrdl.node import FieldNode, MemNode, RegfileNode, RegNode

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = "rtl/portcullis.rdl"
NOTICE = f"Generated from {SOURCE} by scripts/generate-registers.py. Do not edit."
SYSTEM_VERILOG = "rtl/nic/generated"
MANAGEMENT_SYSTEM_VERILOG = "rtl/management/generated"
HEADER = "host/device/registers.h"
CORE_HEADER = "firmware/include/core_registers.h"
DOCUMENT = "docs/registers.md"
CORE_DOCUMENT = "docs/core-registers.md"
PREFIX = "PCL_"
FILTER_MAP = "portcullis"      # address maps of SOURCE
NIC_MAP = "portcullis_nic"
MANAGEMENT_MAP = "portcullis_management"
CORE_MAP = "portcullis_core"


def text(node, inline=True):
    """The node's description with the source's line breaks and indentation taken out."""
    description = node.get_property("desc") or ""
    lines = [line.strip() for line in description.splitlines()]
    return " ".join(line for line in lines if line) if inline else "\n".join(lines).strip()


def registers(parent):
    """Registers and memories below an address map, arrays once, in order of address."""
    for child in parent.children(unroll=False):
        if isinstance(child, RegfileNode):
            yield from registers(child)
        elif isinstance(child, (RegNode, MemNode)):
            yield child


def name_of(node):
    """LOAD_TARGET for register TARGET of register file LOAD."""
    segments = [segment.inst_name for segment in (node.parent, node) if isinstance(segment, (RegfileNode, RegNode, MemNode))]
    return "_".join(segments)


def address_of(node):
    """Of the first element of every array that the node is in."""
    return 0 if node.parent is None or not hasattr(node, "raw_address_offset") else node.raw_address_offset + address_of(node.parent)


def block_of(node):
    """The register file that the node is in, or None."""
    return node.parent if isinstance(node.parent, RegfileNode) else None


def elements(node):
    """(number of words, bytes from one to the next), or None for a single register."""
    if isinstance(node, MemNode):
        return node.get_property("mementries"), node.get_property("memwidth") // 8
    if isinstance(node, (RegNode, RegfileNode)) and node.is_array:
        return node.array_dimensions[0], node.array_stride
    return None


def access_of(node):
    fields = list(node.fields()) if isinstance(node, RegNode) else []
    if not fields:
        return "read, write"
    if any(field.get_property("onwrite") is not None for field in fields):
        return "read, write 1 to clear"
    readable = any(field.is_sw_readable for field in fields)
    writable = any(field.is_sw_writable for field in fields)
    return {(True, True): "read, write", (True, False): "read", (False, True): "write"}[readable, writable]


def reset_of(field: FieldNode):
    reset = field.get_property("reset")
    return "set by hardware" if reset is None else f"0x{reset:X}"


def registers_of(tops):
    for top in tops:
        yield from registers(top)


def write_package(tops, path):
    lines = [
        f"// {NOTICE}",
        "// Byte addresses (of the first element, where there are several), bytes from one element to the next (Stride), and where fields lie.",
        f"package {path.stem};",
    ]

    def camel(name):
        return "".join(part.capitalize() for part in name.split("_"))

    block = None
    for node in registers_of(tops):
        name = camel(name_of(node))
        if block_of(node) is not None and block_of(node).inst_name != block:
            block = block_of(node).inst_name
            lines += ["", f"  localparam logic [15:0] {camel(block)} = 16'h{address_of(block_of(node)):04X};"]
            if elements(block_of(node)):
                lines.append(f"  localparam int unsigned {camel(block)}Stride = {elements(block_of(node))[1]};")
        lines.append(f"  localparam logic [15:0] {name} = 16'h{address_of(node):04X};")
        if elements(node):
            lines.append(f"  localparam int unsigned {name}Stride = {elements(node)[1]};")
        for field in node.fields() if isinstance(node, RegNode) else []:
            if field.high != 31 or field.low != 0:
                lines.append(f"  localparam int unsigned {name}{camel(field.inst_name)}Low = {field.low};")
                lines.append(f"  localparam int unsigned {name}{camel(field.inst_name)}Width = {field.width};")
            elif field.get_property("reset"):
                lines.append(f"  localparam logic [31:0] {name}{camel(field.inst_name)}Reset = 32'h{field.get_property('reset'):08X};")
    lines += ["", "endpackage"]
    path.write_text("\n".join(lines) + "\n")


def write_header(tops, path, guard):
    lines = [
        f"// {NOTICE}",
        "//",
        "// Addresses and fields of the registers, for C and C++: PCL_<REGISTER> is a byte address, PCL_<REGISTER>_<FIELD>_MASK",
        "// and _SHIFT place a field in the word, _COUNT and _STRIDE (bytes) describe an array, of registers or of blocks of them.",
        f"#ifndef {guard}",
        f"#define {guard}",
    ]

    def define(name, value):
        lines.append(f"#define {PREFIX}{name} {value}")

    block = None
    for node in registers_of(tops):
        name = name_of(node)
        if block_of(node) is not None and block_of(node).inst_name != block:
            block = block_of(node).inst_name
            if elements(block_of(node)):
                count, stride = elements(block_of(node))
                lines += ["", f"/* {block_of(node).get_property('name')}: blocks */"]
                define(f"{block}_COUNT", f"{count}u")
                define(f"{block}_STRIDE", f"{stride}u")
        lines += ["", f"/* {node.get_property('name')} ({access_of(node)}) */"]
        define(name, f"0x{address_of(node):04X}u")
        if elements(node):
            count, stride = elements(node)
            define(f"{name}_COUNT", f"{count}u")
            define(f"{name}_STRIDE", f"{stride}u")
        if isinstance(node, RegNode):
            for field in node.fields():
                mask = ((1 << field.width) - 1) << field.low
                define(f"{name}_{field.inst_name}_MASK", f"0x{mask:08X}u")
                define(f"{name}_{field.inst_name}_SHIFT", f"{field.low}u")
                if field.get_property("reset") is not None:
                    define(f"{name}_{field.inst_name}_RESET", f"0x{field.get_property('reset'):X}u")
    lines += ["", "#endif"]
    path.write_text("\n".join(lines) + "\n")


def write_document(tops, path):
    lines = [f"<!-- {NOTICE} -->", f"# {tops[0].get_property('name')}", "", text(tops[0], inline=False), "", "## Overview", "",
             "| address | register | access | |", "|---|---|---|---|"]

    def span(node):
        spans, limits = [f"0x{address_of(node):04X}"], []
        for letter, array in (("b", block_of(node)), ("n", node)):
            if array is not None and elements(array):
                count, stride = elements(array)
                letter = letter if letter == "b" and elements(node) else "n"
                spans.append(f"0x{stride:X} × {letter}")
                limits.append(f"{letter} < {count}")
        return ", ".join([" + ".join(spans), *limits])

    for node in registers_of(tops):
        lines.append(f"| {span(node)} | [{name_of(node)}](#{name_of(node).lower()}) | {access_of(node)} | {node.get_property('name')} |")
    block = None
    for node in registers_of(tops):
        if block_of(node) is not None and block_of(node).inst_name != block:
            block = node.parent.inst_name
            lines += ["", f"## {node.parent.get_property('name')}", "", text(node.parent)]
        level = "###" if isinstance(node.parent, RegfileNode) else "##"
        lines += ["", f"{level} {name_of(node)}", "", f"{node.get_property('name')}. Address {span(node)}; {access_of(node)}.", "", text(node)]
        if isinstance(node, RegNode):
            lines += ["", "| bits | field | reset | meaning |", "|---|---|---|---|"]
            for field in reversed(list(node.fields())):
                bits = f"{field.high}:{field.low}" if field.width > 1 else f"{field.low}"
                lines.append(f"| {bits} | {field.inst_name} | {reset_of(field)} | {text(field)} |")
    path.write_text("\n".join(lines) + "\n")


def check_descriptions(tops):
    """Registers and fields without a description, and names that meet in the header."""
    problems, names = [], {}
    for node in registers_of(tops):
        name = name_of(node)
        if names.setdefault(name, node) is not node:
            problems.append(f"{node.get_path()}: the name {name} is taken by {names[name].get_path()}; rename one of them")
        for part in [node, *(node.fields() if isinstance(node, RegNode) else [])]:
            if not part.get_property("desc"):
                problems.append(f"{part.get_path()}: has no description; add desc")
    return problems


# What PeakRDL-regblock writes for a field, for decoding and for reading, and the structure between two processes of a field.
FIELD = re.compile(
    r"    always_comb begin\n"
    r"(?P<locals>        automatic logic \[\d+:0\] next_c;\n        automatic logic load_next_c;\n)"
    r"(?P<body>(?:        .*\n)+?)"
    r"        field_combo\.(?P<name>[\w.]+)\.next = next_c;\n"
    r"        field_combo\.(?P=name)\.load_next = load_next_c;\n"
    r"    end\n"
    r"    always_ff @\(posedge clk\) begin\n"
    r"        if\(rst\) begin\n"
    r"(?P<reset>            field_storage\.(?P=name)\.value <= .*;\n)"
    r"        end else begin\n"
    r"            if\(field_combo\.(?P=name)\.load_next\) begin\n"
    r"                field_storage\.(?P=name)\.value <= field_combo\.(?P=name)\.next;\n"
    r"            end\n"
    r"        end\n"
    r"    end\n")
DECODE = re.compile(r"(?:        decoded_reg_strb\.[\w.]+ = .*\n|        is_external \|= .*\n)+")
READ = re.compile(r"(?:        if\(\(?rd_mux_addr .*\) begin\n(?:            .*\n)+?        end\n)+")
COMBINATIONAL = re.compile(r"    typedef struct \{\n(?:(?!    typedef).*\n)*?    \} field_combo_t;\n    field_combo_t field_combo;\n\n")


def indented(lines):
    return re.sub(r"(?m)^(?=.)", "    ", lines)


def idle_costs_nothing(path):
    """Rearranges the register block so that a simulator evaluates a field, the decoding and the reading only while there is an access, or what else
    changes the field; for synthesis (GateIdle of pcl_prim_pkg is 0) the conditions are constants and nothing changes. Ends with a sentence if
    PeakRDL-regblock writes something else than the version that this was made for."""
    def field(found):
        body, name = found["body"], found["name"]
        causes = ["decoded_req", *sorted(set(re.findall(r"hwif_in\.[\w.]+\.(?:hwset|we)\b", body)))]
        if "// singlepulse" in body:
            causes.append(f"field_storage.{name}.value")
        return ("    always_ff @(posedge clk) begin\n" + found["locals"] + "        if(rst) begin\n" + found["reset"]
                + f"        end else if({' || '.join(causes)} || !pcl_prim_pkg::GateIdle) begin\n" + indented(body)
                + f"            if(load_next_c) field_storage.{name}.value <= next_c;\n        end\n    end\n")

    def decode(found):
        names = re.findall(r"(decoded_reg_strb\.[\w.]+) = ", found[0])
        return ("        if(cpuif_req_masked || !pcl_prim_pkg::GateIdle) begin\n" + indented(found[0]) + "        end else begin\n"
                + "".join(f"            {name} = '0;\n" for name in names) + "        end\n")

    def read(found):
        return ("        if((decoded_req & ~decoded_req_is_wr) | readback_external_rd_ack | !pcl_prim_pkg::GateIdle) begin\n" + indented(found[0])
                + "        end\n")

    text = path.read_text()
    causes = {cause for cause in re.findall(r"hwif_in\.(?:\w+\.)+(\w+)", text) if cause not in ("next", "swwe", "wr_ack", "rd_ack", "rd_data")}
    text, fields = FIELD.subn(field, text)
    text, decodes = DECODE.subn(decode, text)
    text, reads = READ.subn(read, text)
    text, combinations = COMBINATIONAL.subn("", text)
    if (fields == 0 or (decodes, reads, combinations) != (1, 1, 1) or "field_combo" in text or not causes <= {"hwset", "we"}):
        sys.exit(f"{path.name}: {fields} fields, {decodes} decodings, {reads} readings and hardware access by {sorted(causes)} found; PeakRDL-regblock "
                 "writes something else than it did: bring idle_costs_nothing in scripts/generate-registers.py up to it")
    path.write_text(text)


def generate(into):
    compiler = RDLCompiler()
    for udp in ALL_UDPS:
        compiler.register_udp(udp)
    compiler.compile_file(str(ROOT / SOURCE))
    filter_map, nic_map, management_map, core_map = (compiler.elaborate(name).top for name in (FILTER_MAP, NIC_MAP, MANAGEMENT_MAP, CORE_MAP))
    problems = check_descriptions([filter_map, nic_map, management_map, core_map])
    if problems:
        sys.exit("\n".join(f"{SOURCE}: {problem}" for problem in problems))
    for folder in (SYSTEM_VERILOG, MANAGEMENT_SYSTEM_VERILOG, "host/device", "firmware/include", "docs"):
        (into / folder).mkdir(parents=True, exist_ok=True)
    RegblockExporter().export(filter_map, str(into / SYSTEM_VERILOG), cpuif_cls=AXI4Lite_Cpuif_flattened, module_name="pcl_registers",
                              package_name="pcl_registers_pkg", address_width=16, reuse_hwif_typedefs=False)
    idle_costs_nothing(into / SYSTEM_VERILOG / "pcl_registers.sv")
    write_package([nic_map], into / SYSTEM_VERILOG / "pcl_nic_registers_pkg.sv")
    write_package([management_map, core_map], into / MANAGEMENT_SYSTEM_VERILOG / "pcl_management_registers_pkg.sv")
    write_header([filter_map, nic_map, management_map], into / HEADER, "PORTCULLIS_DEVICE_REGISTERS_H")
    write_header([core_map], into / CORE_HEADER, "PORTCULLIS_FIRMWARE_CORE_REGISTERS_H")
    write_document([filter_map, nic_map, management_map], into / DOCUMENT)
    write_document([core_map], into / CORE_DOCUMENT)
    return [*(f"{SYSTEM_VERILOG}/{name}.sv" for name in ("pcl_registers_pkg", "pcl_registers", "pcl_nic_registers_pkg")),
            f"{MANAGEMENT_SYSTEM_VERILOG}/pcl_management_registers_pkg.sv", HEADER, CORE_HEADER, DOCUMENT, CORE_DOCUMENT]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with what is there instead of writing")
    parser.add_argument("--into", type=pathlib.Path, default=ROOT, help="write below this folder instead of the repository")
    arguments = parser.parse_args()
    try:
        if not arguments.check:
            for name in generate(arguments.into):
                print(arguments.into / name)
            return 0
        with tempfile.TemporaryDirectory() as folder:
            fresh = pathlib.Path(folder)
            stale = [name for name in generate(fresh)
                     if not (ROOT / name).exists() or not filecmp.cmp(fresh / name, ROOT / name, shallow=False)]
    except RDLCompileError:
        return 2
    for name in stale:
        print(f"{name} does not follow from {SOURCE}: run .venv/bin/python scripts/generate-registers.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
