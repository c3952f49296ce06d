#!/usr/bin/env python3
"""portcullis-platform as a command: figures, files, exit codes, and what it says of arguments that do not do.

    command_test.py PROGRAM REPOSITORY
"""
import csv
import json
import socket
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=200, check=False)


class CommandTest(unittest.TestCase):
    def test_figures_text_csv_and_plot_agree(self):
        with tempfile.TemporaryDirectory(prefix="portcullis-platform-") as name:
            folder = Path(name)
            done = run(SITE, "--packets", 500, "--mode", "host", "--json", folder / "r.json", "--csv", folder / "r.csv", "--plot", folder / "r.svg")
            self.assertEqual(done.returncode, 0, done.stderr)
            figures = json.loads((folder / "r.json").read_text())
            self.assertTrue(figures["good"])
            self.assertEqual(sum(port["frames"] for port in figures["ports"]), 500)
            self.assertIn("every frame went where the reference has it", done.stdout)
            self.assertIn(f"{figures['delivered']} packets seen by software", done.stdout)
            rows = list(csv.DictReader((folder / "r.csv").open()))
            values = [float(row["nanoseconds"]) for row in rows if row["series"] == "wire to host"]
            self.assertEqual(len(values), figures["wire_to_host"]["frames"])
            self.assertEqual(values, sorted(values))
            self.assertAlmostEqual(values[-1], figures["wire_to_host"]["most_ns"], places=2)
            self.assertTrue(xml.etree.ElementTree.parse(folder / "r.svg").getroot().tag.endswith("svg"))

    def test_a_page_has_a_picture_of_each_figure_in_its_proportion(self):
        with tempfile.TemporaryDirectory(prefix="portcullis-platform-") as name:
            folder = Path(name)
            done = run(SITE, "--packets", 100, "--reloads", 1, "--page", folder / "r.html", "--json", folder / "r.json")
            self.assertEqual(done.returncode, 0, done.stderr)
            figures = json.loads((folder / "r.json").read_text())
            text = (folder / "r.html").read_text()
            page = xml.etree.ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))
            self.assertEqual(json.loads(page.find(".//pre[@id='figures']").text), figures)
            svg = "{http://www.w3.org/2000/svg}"
            pictures = {picture.find(f"{svg}text").text.split(";")[0]: picture for picture in page.iter(f"{svg}svg")}
            self.assertEqual(set(pictures), {"Latency of frames", "Bandwidth while traffic runs", "Bandwidth of registers, loads included", "Time to bring a policy into force"})
            bars = [float(bar.get("width")) for bar in pictures["Time to bring a policy into force"].iter(f"{svg}rect") if bar.get("height") == "18"]
            times = [load[part] for load in (figures["load"], *figures["reloads"]) for part in ("staging_ns", "self_test_ns", "flip_ns")]
            self.assertEqual(len(bars), len(times))
            for bar, time in zip(bars, times):
                self.assertAlmostEqual(bar / max(bars), time / max(times), delta=0.002)

    def test_the_same_figures_again(self):
        first, second = (json.loads(run(SITE, "--packets", 200, "--json", "-").stdout) for _ in range(2))
        first.pop("wall_seconds")
        second.pop("wall_seconds")
        self.assertEqual(first, second)

    def test_a_slower_register_clock_makes_reads_longer_by_its_crossing(self):
        # Two periods of 100 ns back, and at most one to an edge of each side; and a read waits for the writes before it, which cross as well.
        plain, slow = (json.loads(run(SITE, "--packets", 10, *more, "--json", "-").stdout)["register_read_ns"] for more in ((), ("--register-clock", 10)))
        self.assertGreater(slow - plain, 200)
        self.assertLess(slow - plain, 1000)

    def test_the_figures_as_csv_are_those_of_the_json(self):
        with tempfile.TemporaryDirectory(prefix="portcullis-platform-") as name:
            folder = Path(name)
            done = run(SITE, "--packets", 10, "--json", folder / "r.json", "--figures", folder / "r.csv")
            self.assertEqual(done.returncode, 0, done.stderr)
            figures = json.loads((folder / "r.json").read_text())
            rows = {row["figure"]: json.loads(row["value"]) for row in csv.DictReader((folder / "r.csv").open())}
            self.assertEqual(rows["load/rows"], figures["load"]["rows"])
            self.assertEqual(rows["register_read_ns"], figures["register_read_ns"])
            self.assertEqual(rows["ports/1/frames"], figures["ports"][1]["frames"])

    def test_the_firmware_s_console_at_a_port(self):
        if "no management firmware" in run(SITE, "--packets", 10, "--management").stderr:
            self.skipTest("this build has no management firmware")
        with subprocess.Popen([PROGRAM, SITE, "--packets", "10", "--uart", "tcp:0", "--baud", "5000000", "--json", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as program:
            port = int(program.stderr.readline().rsplit(":", 1)[1])
            with socket.create_connection(("127.0.0.1", port), timeout=200) as connection:
                said = b""
                while piece := connection.recv(4096):
                    said += piece
            figures = json.loads(program.stdout.read())
            self.assertEqual(program.wait(), 0)
        self.assertTrue(said.decode().startswith("portcullis: management firmware\n"), said)
        # 32 characters of 10 bits each.
        self.assertGreater(figures["management"]["boot_ns"], 32 * 10 / 5e6 * 1e9)
        self.assertGreater(figures["management"]["boot"]["share"], 0)
        self.assertLess(figures["management"]["traffic"]["share"], 0.01)

    def test_the_studies_page_has_the_recorded_figures(self):
        sys.path.insert(0, str(ROOT / "bench/platform"))
        import studies
        page = (ROOT / "docs/platform-studies.md").read_text()
        for name, rows in studies.tables().items():
            self.assertIn("\n".join(rows), page, f"bench/platform/studies.py --page writes the table of {name}")

    def test_arguments_that_do_not_do(self):
        for arguments, words in (((), "SUBJECT"), ((ROOT / "absent.yaml",), "absent.yaml"), ((SITE, "--rate", "fast"), "fast"),
                                 ((SITE, "--mode", "sideways"), "sideways"), ((SITE, "--pcap", ROOT / "absent.pcap"), "absent.pcap"),
                                 ((SITE, "--queues", 9), "--queues"), ((SITE, "--mode", "host", "--reloads", 1), "bump-in-the-wire"),
                                 ((SITE, "--packets", 10, "--csv", "/nowhere/x.csv"), "/nowhere/x.csv"),
                                 ((SITE, "--register-clock", 0), "--register-clock"), ((SITE, "--uart", "lpt1"), "lpt1"), ((SITE, "--firmware", "/nowhere/f.bin"), "firmware")):
            with self.subTest(arguments):
                done = run(*arguments)
                self.assertEqual(done.returncode, 2, done.stdout)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    ROOT = Path(sys.argv.pop(1))
    SITE = ROOT / "examples/campus-voice/site.yaml"
    unittest.main()
