"""Coverage over shards: counts of a campaign's shards merge exactly, and the committed campaign leaves no hole without an explanation.

    coverage_test.py PORTCULLIS COVERAGE_PY WORK

Shows that counting changes no result, that a shard gives the same counts again, that a repeated shard changes nothing, that a lost one is named and a differing
one refused; and runs the campaign of docs/coverage.md.
"""
import json
import shutil
import subprocess
import sys
from pathlib import Path

SMALL = ["--seed", "4", "--packets", "60000", "--shards", "3"]
COMMITTED = ["--seed", "1", "--packets", "2000000", "--shards", "20"]  # of docs/coverage.md


def run(*command, ok=0):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == ok, f"{command} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done


def main():
    portcullis, coverage, work = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    pages = iter(work / f"page-{number}.md" for number in range(10))

    def merged(*folders, ok=0):
        page = next(pages)
        done = run(sys.executable, coverage, *folders, "--page", page, ok=ok)
        return page.read_text() if page.exists() else None, done.stderr

    whole, again, lost = work / "whole", work / "again", work / "lost"
    run(portcullis, "campaign", "--coverage", *SMALL, "--out", whole)
    run(portcullis, "campaign", *SMALL, "--out", work / "plain")
    for folder in (whole, work / "plain"):
        run(portcullis, "campaign", "merge", folder, "-o", folder.with_suffix(".json"))
    assert (work / "whole.json").read_bytes() == (work / "plain.json").read_bytes(), "counting changed the results"

    run(portcullis, "campaign", "--coverage", *SMALL, "--shard", "1", "--out", again)
    name = "shard-000001-of-000003.dat"
    assert (whole / name).read_bytes() == (again / name).read_bytes(), "a shard gave other counts when run again"
    page, _ = merged(whole)
    assert merged(whole, again)[0] == page and merged(again, whole)[0] == page, "a repeated shard changed the merged counts"

    shutil.copytree(whole, lost)
    (lost / name).unlink()
    assert "missing: shard 1" in merged(lost, ok=1)[1]
    assert merged(lost, again)[0] == page
    # Without its counts, a shard is run again although its result is there.
    assert "not run again" not in run(portcullis, "campaign", "--coverage", *SMALL, "--shard", "1", "--out", lost).stderr
    assert "not run again" in run(portcullis, "campaign", "--coverage", *SMALL, "--shard", "1", "--out", lost).stderr
    assert merged(lost)[0] == page
    lines = (again / name).read_text(errors="surrogateescape").splitlines(keepends=True)
    lines[1] = lines[1].rsplit(" ", 1)[0] + " 123456789\n"
    (again / name).write_text("".join(lines), errors="surrogateescape")
    assert "shard 1 that differ" in merged(whole, again, ok=2)[1]

    run(portcullis, "campaign", "--coverage", *COMMITTED, "--out", work / "committed")
    print(run(sys.executable, coverage, work / "committed", "--check", "--html", work / "coverage.html").stderr)
    results = [json.loads(file.read_text()) for file in (work / "committed").glob("*.json")]
    assert sum(result["result"]["figures"]["mismatches"] for result in results) == 0


if __name__ == "__main__":
    main()
