#!/usr/bin/env python3
"""Writes rtl/management/generated/pcl_boot_rom.sv from firmware/boot/boot.S.

  scripts/generate-boot-rom.py [--check]

--check writes nothing and exits 1 if the file is stale. Needs riscv64-unknown-elf-gcc; without it exit 2. The assembly has no compressed instructions and
no choice for the assembler, so that any version of it gives the same words.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = "firmware/boot/boot.S"
OUTPUT = "rtl/management/generated/pcl_boot_rom.sv"
PREFIX = "riscv64-unknown-elf-"
ROM_WORDS = 256


def assemble():
    with tempfile.TemporaryDirectory() as folder:
        elf, binary = pathlib.Path(folder, "boot.elf"), pathlib.Path(folder, "boot.bin")
        subprocess.run([PREFIX + "gcc", "-march=rv32i", "-mabi=ilp32", "-nostdlib", "-Wl,--no-relax", "-Wl,-Ttext=0x10000", f"-I{ROOT}/firmware/include",
                        str(ROOT / SOURCE), "-o", str(elf)], check=True)
        subprocess.run([PREFIX + "objcopy", "-O", "binary", "-j", ".text", str(elf), str(binary)], check=True)
        code = binary.read_bytes()
    words = [int.from_bytes(code[i:i + 4], "little") for i in range(0, len(code), 4)]
    if len(words) > ROM_WORDS:
        sys.exit(f"{SOURCE}: {len(words)} words; the boot ROM has {ROM_WORDS}")
    return words


def module(words):
    rows = "\n".join(f"      8'd{i}: data_o <= 32'h{word:08X};" for i, word in enumerate(words))
    return f"""// Generated from {SOURCE} by scripts/generate-boot-rom.py. Do not edit.
// Boot ROM of the management processor. In: a word's number. Out: the word, a clock later; 0 behind the last one.
module pcl_boot_rom (
  input  logic        clk_i,
  input  logic [7:0]  word_i,
  output logic [31:0] data_o
);

  always_ff @(posedge clk_i) begin
    case (word_i)
{rows}
      default: data_o <= '0;
    endcase
  end

endmodule
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with what is there instead of writing")
    arguments = parser.parse_args()
    if shutil.which(PREFIX + "gcc") is None:
        print(f"{PREFIX}gcc is not installed: scripts/install-dependencies.sh test", file=sys.stderr)
        return 2
    text = module(assemble())
    path = ROOT / OUTPUT
    if not arguments.check:
        path.write_text(text)
        return 0
    if path.read_text() != text:
        print(f"{OUTPUT} does not follow from {SOURCE}: run scripts/generate-boot-rom.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
