#!/usr/bin/env python3
"""portcullis-device-model, a whole NIC with its management processor behind a pseudo terminal, by `portcullis device --serial` as a person uses it.

    device_model_test.py DEVICE-MODEL PORTCULLIS Small|Edge
"""
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path


def write_site(path, rules, default="drop"):
    """Rules that take an interval of source addresses and one of destination ports each; the rules that every site has come on top, five of them."""
    lines = ["portcullis: 1", "peers: any", f"default: {default}", "roles: {}", "rules:"]
    lines += [f"  - {{name: r{i}, action: permit, protocol: udp, source: [198.18.{i}.0/25], destination_port: [{3000 + 2 * i}]}}" for i in range(rules)]
    path.write_text("\n".join(lines) + "\n")


class DeviceModel(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="portcullis-device-model-")))
        self.console = (self.folder / "console").open("w+")
        self.model = subprocess.Popen([MODEL], stdout=self.console, stderr=subprocess.STDOUT)
        while not (found := re.search(r"the device is at (\S+)\n", (self.folder / "console").read_text())):
            self.assertIsNone(self.model.poll(), "the model has ended")
            time.sleep(0.05)
        self.terminal = found[1]

    def tearDown(self):
        self.model.terminate()
        self.assertEqual(self.model.wait(), 0)
        self.console.close()

    def image(self, name, rules):
        write_site(self.folder / f"{name}.yaml", rules)
        done = subprocess.run([PORTCULLIS, "compile", self.folder / f"{name}.yaml", "--geometry", "edge", "-q", "-o", self.folder / f"{name}.pti"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.folder / f"{name}.pti"

    def device(self, *arguments, code=0):
        done = subprocess.run([PORTCULLIS, "device", *map(str, arguments), "--serial", self.terminal], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr


class Small(DeviceModel):
    def test_loads_tells_and_rolls_back(self):
        first, second = self.image("first", 1), self.image("second", 2)
        self.assertIn("512 rules", self.device("status"))
        self.assertIn("load 1,", self.device("load", first, "--discard-counters"))
        self.assertIn("load 2,", self.device("load", second, "--discard-counters"))
        status = self.device("status")
        self.assertRegex(status, r"in force, tested: load 2, 7 entries")
        self.assertRegex(status, r"shadow, tested: load 1, 6 entries")
        self.assertIn("bank", self.device("rollback"))
        self.assertRegex(self.device("status"), r"in force, tested: load 1, 6 entries")
        self.assertIn("0 ", self.device("counters", first))
        log = self.device("log")
        self.assertIn("load 2 came into force", log)
        self.assertIn("rolled back: load 1 is in force again", log)
        self.device("self-test")
        damaged = self.folder / "damaged.pti"
        image = bytearray(first.read_bytes())
        image[len(image) // 2] ^= 1
        damaged.write_bytes(image)
        self.device("load", damaged, code=2)
        self.assertIn("portcullis: management firmware", (self.folder / "console").read_text())


class Edge(DeviceModel):
    def test_a_policy_of_a_hundred_kilobytes_comes_into_force(self):
        image = self.image("full", 120)
        self.device("status")
        begin = time.monotonic()
        self.device("load", image, "--discard-counters")
        print(f"{image.stat().st_size} bytes loaded in {time.monotonic() - begin:.0f} s of this machine", file=sys.stderr)
        self.assertRegex(self.device("status"), r"in force, tested: load 1, 125 entries")


if __name__ == "__main__":
    MODEL, PORTCULLIS = sys.argv[1:3]
    del sys.argv[1:3]
    unittest.main()
