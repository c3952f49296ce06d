"""The page of sources says of every line what two shards counted there together, and names what neither reached, with the reason that holes.json gives.

    coverage_html_test.py COVERAGE_PY WORK

The shards are made up: counts of places of real sources, in Verilator's format.
"""
import html.parser
import json
import shutil
import subprocess
import sys
from pathlib import Path

FILE = "nic/pcl_ready_register.sv"
# line, column, kind, what, instance, counts of the two shards
POINTS = [
    (7, 3, "v_line", "block", "u_one", 5, 7),
    (7, 3, "v_line", "block", "u_two", 0, 100),
    (9, 5, "v_branch", "if", "u_one", 0, 3),
    (9, 6, "v_branch", "else", "u_one", 0, 0),
    (12, 9, "v_toggle", "waiting_q", "u_one", 0, 0),
]
EXPECTED = {7: ("reached", 112, 112), 9: ("partly", 0, 3), 12: ("never", 0, 0)}  # line: how much of it, least and greatest count of a point


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.lines, self.never, self.cells, self.inside = {}, [], [], ""

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.inside = tag
        if "data-line" in attributes:
            self.lines[int(attributes["data-line"])] = (attributes["class"], int(attributes["data-least"]), int(attributes["data-most"]))
        assert "src" not in attributes and not attributes.get("href", "#").startswith("http"), "the page loads something"

    def handle_data(self, data):
        if self.inside == "b":
            self.never.append(data.strip())
        if self.inside == "td":
            self.cells.append(data.strip())

    def handle_endtag(self, tag):
        self.inside = ""


def write_shard(folder, shard):
    place = folder / f"shard-{shard:06}-of-000002"
    lines = ["# SystemC::Coverage-3\n"]
    for line, column, page, what, instance, *counts in POINTS:
        fields = {"f": FILE, "l": line, "n": column, "page": f"{page}/pcl_ready_register", "o": what, "h": f"top.{instance}"}
        key = "".join(f"\x01{name}\x02{value}" for name, value in fields.items())
        lines.append(f"C '{key}' {counts[shard]}\n")
    place.with_suffix(".dat").write_text("".join(lines))
    place.with_suffix(".json").write_text(json.dumps({"campaign": {"seed": 9}, "result": {"figures": {"packets": 1000}}}))


def main():
    coverage, work = Path(sys.argv[1]), Path(sys.argv[2])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for shard in (0, 1):
        write_shard(work, shard)
    done = subprocess.run([sys.executable, coverage, work, "--html", work / "page.html"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = (work / "page.html").read_text()
    page = Page()
    page.feed(text)
    assert page.lines == EXPECTED, page.lines
    assert len(page.never) == 2 and page.never[0].startswith("never: not taken (") and page.never[1].startswith("never: waiting_q ("), page.never
    assert "a bus that does not take its answer at once" in page.never[1], page.never
    assert "2 of 2 shards, seed 9, 2,000 packets decided." in text
    assert page.cells[-5:] == ["all", "1 of 1", "1 of 2", "0 of 1", "2"], page.cells
    # A shard that is missing is said, and the page is drawn of what there is.
    (work / "shard-000001-of-000002.dat").unlink()
    done = subprocess.run([sys.executable, coverage, work, "--html", work / "page.html"], capture_output=True, text=True)
    assert done.returncode == 1 and "missing: shard 1" in done.stderr, done.stderr
    assert "1 of 2 shards" in (work / "page.html").read_text()


if __name__ == "__main__":
    main()
