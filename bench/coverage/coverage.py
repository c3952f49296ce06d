#!/usr/bin/env python3
"""What of the RTL a campaign has reached: merges the counts of its shards, and says what was never reached, and why.

    coverage.py FOLDER... [--page FILE.md] [--html FILE.html] [--merged FILE.dat] [--check]

FOLDER holds what `portcullis campaign --coverage --out FOLDER` wrote: shard-N-of-M.dat beside each result. A shard that is there several times counts once; if its
counts differ, that is an error (exit 2). Counts are added by Debian's verilator_coverage. A point is a branch, a block, or a single-bit signal that is to take both values; it is
reached if it is so in any instance, with any parameters, in either geometry.
Holes are explained in holes.json beside this script: an entry stands for all points whose file, kind and text it names.
Exit 1: shards are missing, or with --check a hole has no explanation.
"""
import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from html_page import html_page

HERE = Path(__file__).resolve().parent
RTL = HERE.parent.parent / "rtl"
WHY = {
    "parameter": "Not in these geometries",
    "elaboration": "Run while the model is built, not while it runs",
    "unreachable": "Cannot be reached",
    "tool": "Reached, and not counted",
    "elsewhere": "Reached by other tests, not by a campaign",
    "untested": "Not tested",
}


class Unusable(Exception):
    pass


def shards_in(folders):
    """The file of each shard, by number, and how many shards there are."""
    shards, total = {}, None
    for folder in folders:
        for file in sorted(Path(folder).glob("shard-*-of-*.dat")):
            name = re.fullmatch(r"shard-(\d+)-of-(\d+)\.dat", file.name)
            if not name:
                continue
            number, of = int(name[1]), int(name[2])
            if total not in (None, of):
                raise Unusable(f"{file}: of a campaign with {of} shards; the others have {total}")
            total = of
            if number in shards and shards[number].read_bytes() != file.read_bytes():
                raise Unusable(f"{shards[number]} and {file}: two counts of shard {number} that differ; run it anew")
            shards.setdefault(number, file)
    if not shards:
        raise Unusable("no counts of a shard; give the folder that `portcullis campaign --coverage --out` named")
    return shards, total


def merge(files, merged):
    """All counts added."""
    done = subprocess.run(["verilator_coverage", "--write", str(merged), *map(str, files)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Unusable(f"verilator_coverage: {done.stdout}{done.stderr}")


class Point:
    """A place in the source: what it is, and how often it was met over all instances."""

    def __init__(self, file, line, kind, what):
        self.file, self.line, self.kind, self.what = file, line, kind, what
        lines = source(file)
        self.text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        self.count = 0


SOURCES = {}


def source(file):
    if file not in SOURCES:
        SOURCES[file] = (RTL / file).read_text().splitlines()
    return SOURCES[file]


def points_of(merged):
    """One point a place, from Verilator's file: one line a place, set of parameters and instance."""
    points = {}
    for line in merged.read_text(errors="replace").splitlines():
        found = re.fullmatch(r"C '(.*)' (\d+)", line)
        if not found:
            continue
        fields = dict(field.split("\x02", 1) for field in found[1].split("\x01") if "\x02" in field)
        kind = fields["page"].split("/")[0].removeprefix("v_") if "page" in fields else fields["t"]
        file = fields["f"]
        what = fields["o"]
        place = (file, int(fields["l"]), int(fields["n"]), kind, what)
        if place not in points:
            points[place] = Point(file, int(fields["l"]), kind, what)
        points[place].count += int(found[2])
    return [points[place] for place in sorted(points)]


def explanations():
    entries = json.loads((HERE / "holes.json").read_text())
    for entry in entries:
        if entry["why"] not in WHY or not entry["because"]:
            raise Unusable(f"holes.json: {entry}: why is one of {', '.join(WHY)}, and because a sentence")
    return entries


def explains(entry, point):
    return (re.fullmatch(entry["file"], point.file) is not None
            and entry.get("kind", point.kind) == point.kind
            and re.fullmatch(entry.get("what", ".*"), point.what) is not None
            and re.search(entry.get("text", ""), point.text) is not None)


def name_of(point):
    if point.kind == "toggle":
        return f"`{point.what}`"
    branch = {"if": "taken", "else": "not taken"}.get(point.what, point.what)
    return f"`{point.text[:100].replace('|', chr(92) + '|')}`: {branch}"


def page(points, holes, shards, total, figures):
    kinds = ["line", "branch", "toggle"]
    out = ["# Coverage", "",
           "What of the filter's RTL a campaign ([campaign.md](campaign.md)) reaches, and what it never does. Written by `bench/coverage/coverage.py` from the counts of its shards; commands at the end.", "",
           f"{len(shards)} of {total} shards, {figures}. A point is a block, a branch of an `if` or `case`, or a signal of one bit that must take both values; it is reached if any instance reaches it, in "
           "either geometry. Vectors, and the generated registers, are not counted.", "",
           "| file | blocks | branches | signals of a bit |", "|---|---|---|---|"]

    def share(selected, kind):
        mine = [p for p in selected if p.kind == kind]
        return f"{sum(p.count > 0 for p in mine)} of {len(mine)}" if mine else ""

    for file in sorted({p.file for p in points}):
        mine = [p for p in points if p.file == file]
        out.append(f"| {file} | " + " | ".join(share(mine, kind) for kind in kinds) + " |")
    out.append("| **all** | " + " | ".join(f"**{share(points, kind)}**" for kind in kinds) + " |")
    out += ["", "## Never reached", ""]
    for why, title in [*WHY.items(), (None, "Without an explanation")]:
        mine = [(entry, found) for entry, found in holes if (entry["why"] if entry else None) == why and found]
        if not mine:
            continue
        out += [f"**{title}**", ""]
        for entry, found in mine:
            files = sorted({p.file for p in found})
            out.append(f"- {', '.join(files)}: {entry['because'] if entry else 'no one has looked yet.'}")
            out += [f"  - {name}" for name in sorted({name_of(p) for p in found})]
        out.append("")
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--page", type=Path, help="write the page (Markdown)")
    parser.add_argument("--html", type=Path, help="write the sources with their counts, and below a line what was never reached there and why")
    parser.add_argument("--merged", type=Path, help="write the merged counts, for verilator_coverage --annotate")
    parser.add_argument("--check", action="store_true", help="exit 1 if a hole has no explanation")
    arguments = parser.parse_args()
    shards, total = shards_in(arguments.folders)
    with tempfile.TemporaryDirectory() as work:
        merged = arguments.merged or Path(work) / "merged.dat"
        merge([shards[number] for number in sorted(shards)], merged)
        points = points_of(merged)
    results = [json.loads(file.with_suffix(".json").read_text()) for file in shards.values()]
    plan = results[0]["campaign"]
    figures = f"seed {plan['seed']}, {sum(r['result']['figures']['packets'] for r in results):,} packets decided"
    holes = [(entry, []) for entry in explanations()] + [(None, [])]
    for point in points:
        if point.count == 0:
            next(found for entry, found in holes if entry is None or explains(entry, point)).append(point)
    text = page(points, holes, shards, total, figures)
    print(text)
    if arguments.page:
        fixed = HERE / "page-end.md"
        arguments.page.write_text(text + "\n" + fixed.read_text())
    if arguments.html:
        because = {p: entry["because"] if entry else "without an explanation" for entry, found in holes for p in found}
        arguments.html.write_text(html_page(points, SOURCES, because, f"{len(shards)} of {total} shards, {figures}."))
    missing = sorted(set(range(total)) - set(shards))
    for number in missing[:20]:
        print(f"missing: shard {number}", file=sys.stderr)
    for entry, found in holes:
        if entry and not found:
            print(f"holes.json: nothing is left of {entry}", file=sys.stderr)
    unexplained = holes[-1][1]
    if arguments.check and unexplained:
        print(f"{len(unexplained)} holes have no explanation in {HERE / 'holes.json'}", file=sys.stderr)
    return 1 if missing or (arguments.check and unexplained) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Unusable, OSError, json.JSONDecodeError) as error:
        print(f"coverage.py: {error}", file=sys.stderr)
        sys.exit(2)
