#!/usr/bin/env python3
"""Simulation speed of the model, by build, geometry and width of the bus, in one run: all are measured in turn, round after round, with 64-byte frames as fast as the filter takes them and every verdict and frame
compared, per second of one core's processor time.

    bench/speed.py NAME=PROGRAM... [--models edge] [--widths 512] [--rounds 9] [--packets 150000] [--json FILE]

Each round runs a fresh copy of the program: where a file's pages happen to lie in memory is worth up to an eighth either way, the same in every run of one file.
Prints medians, least and greatest, and the median of the ratios to the first of the same round: to the first build, or, of one build, to its first geometry and width. What else the machine does slows
all that run at that time, so ratios hold where rates do not. Other widths than 512 are of geometry edge, and need the target portcullis-bench-widths.
Exit 1: a result was not the reference's; 2: it could not be measured.
"""
import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TRAFFIC = "64-byte frames, one a clock"


class Failed(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def measure(program, models, width, packets, file):
    """The cases of one call of `bench model`, and the machine."""
    command = [program, "bench", "model", "--packets", str(packets), "--models", models, "--width", str(width), "--json", str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise Failed(2, f"{program}: {error.strerror}") from error
    if done.returncode != 0:
        raise Failed(1 if done.returncode == 1 else 2, f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    bench = json.loads(file.read_text())
    return [case for case in bench["cases"] if case["traffic"] == TRAFFIC], bench["machine"]


def copy(program, folder):
    """A copy of the program in `folder`, with that of the other buses beside it if there is one."""
    folder.mkdir()
    others = Path(program).with_name("portcullis-bench-widths")
    try:
        if others.exists():
            shutil.copy(others, folder)
        return Path(shutil.copy(program, folder))
    except OSError as error:
        raise Failed(2, f"{program}: {error.strerror}") from error


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="+", metavar="NAME=PROGRAM")
    parser.add_argument("--models", default="edge", help="geometries, as `portcullis bench model` takes them")
    parser.add_argument("--widths", default="512", help="bits of the bus: 256, 512, 1024")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--packets", type=int, default=150000)
    parser.add_argument("--json", type=Path, help="write the raw figures")
    arguments = parser.parse_args()
    programs = {}
    for text in arguments.programs:
        name, separator, program = text.partition("=")
        if not separator or name in programs:
            parser.error(f"\"{text}\": give NAME=PROGRAM, each name once")
        programs[name] = program
    packets, clocks = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for round_number in range(arguments.rounds):
            for name, original in programs.items():
                program = copy(original, Path(folder) / f"{name}.{round_number}")
                for width in arguments.widths.split(","):
                    models = arguments.models if width == "512" else "edge"
                    cases, machine = measure(program, models, width, arguments.packets, Path(folder) / "model.json")
                    for case in cases:
                        place = (name, case["geometry"], case["data_width"])
                        packets.setdefault(place, []).append(case["packets_per_second"])
                        clocks.setdefault(place, []).append(case["clocks_per_second"])
                shutil.rmtree(program.parent)
    first = next(iter(packets))
    cases = []
    print(f"{'build':<14} {'geometry':<12} {'bits':>4} {'packets/s':>10} {'least':>10} {'greatest':>10} {'clocks/s':>10} {'ratio':>6}")
    for place, rates in packets.items():
        name, geometry, width = place
        base = packets[first if len(programs) == 1 else (first[0], geometry, width)]
        ratio = statistics.median(rate / other for rate, other in zip(rates, base))
        cases.append({"build": name, "geometry": geometry, "data_width": width, "ratio": round(ratio, 3),
                      "packets_per_second": [round(rate) for rate in rates], "clocks_per_second": [round(rate) for rate in clocks[place]]})
        print(f"{name:<14} {geometry:<12} {width:>4} {statistics.median(rates):>10,.0f} {min(rates):>10,.0f} {max(rates):>10,.0f} "
              f"{statistics.median(clocks[place]):>10,.0f} {ratio:>6.2f}")
    if arguments.json:
        head = {"measurement": "speed", "machine": machine, "traffic": TRAFFIC, "packets": arguments.packets}
        lines = ",\n".join(json.dumps(case) for case in cases)
        arguments.json.write_text(json.dumps(head)[:-1] + ',\n"cases": [\n' + lines + "\n]}\n")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        print(f"speed.py: {failure}", file=sys.stderr)
        sys.exit(failure.code)
