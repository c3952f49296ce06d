#!/usr/bin/env python3
"""The driver under DPDK's stock dpdk-testpmd: forwarding modes, flow rules, statistics that add up to the packet.

    testpmd_test.py LIBRARY     the driver, librte_net_portcullis.so
"""
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import stock_program
from stock_program import ipv4_udp, read_pcap, write_pcap

DEADLINE = 60  # seconds; what this waits for takes less than one on an idle machine


class Testpmd:
    """A dpdk-testpmd with one device, driven by its standard input."""

    def __init__(self, arguments, options=(), eal=("--no-shconf", "--no-telemetry")):
        self.output = ""
        command = ["stdbuf", "-oL", "dpdk-testpmd", "--no-huge", "-m", "256", "--no-pci", *eal, "-l", "0-1",
                   "-d", stock_program.LIBRARY, "--vdev", f"net_portcullis0,{arguments}", "--", "-i", "--nb-cores=1", "--total-num-mbufs=8192", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(self.process.stdout.fileno(), False)

    def read(self):
        self.output += (self.process.stdout.read() or b"").decode()

    def wait_for(self, pattern, start=0):
        """What `pattern` finds in the output behind `start`; waits for it."""
        end = time.monotonic() + DEADLINE
        while True:
            self.read()
            found = re.search(pattern, self.output[start:])
            if found:
                return found
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError(f"{pattern!r} did not come; the output is\n{self.output}")
            time.sleep(0.01)

    def command(self, text, answer=None):
        start = len(self.output)
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()
        return self.wait_for(answer, start) if answer else None

    def statistics(self, port):
        """Basic statistics by name."""
        self.command(f"show port stats {port}", rf"NIC statistics for port {port}[\s\S]*?Tx-bps[^\n]*\n")
        text = self.output[self.output.rindex(f"NIC statistics for port {port}"):]
        return {name: int(value) for name, value in re.findall(r"([RT]X-\w+): +(\d+)", text)}

    def wait_until(self, condition):
        end = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"it did not come so far; the output is\n{self.output}")
            time.sleep(0.05)

    def end(self):
        """Stops and leaves; gives all output."""
        os.set_blocking(self.process.stdout.fileno(), True)
        self.output += self.process.communicate(b"stop\nquit\n", timeout=DEADLINE)[0].decode()
        if self.process.returncode != 0:
            raise AssertionError(f"testpmd ended with {self.process.returncode}:\n{self.output}")
        return self.output


class TestpmdTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="portcullis-testpmd-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.frames = [ipv4_udp(number, 5000 + number % 10, 60 + number % 1400) for number in range(1000)]
        write_pcap(self.folder / "in.pcap", self.frames)
        self.wires = f"wire0=pcap:{self.folder}/in.pcap:{self.folder}/out0.pcap,wire1=pcap::{self.folder}/out1.pcap"

    def forward(self, mode, options=()):
        testpmd = Testpmd(self.wires, options)
        testpmd.command(f"set fwd {mode}")
        testpmd.command("start")
        testpmd.wait_until(lambda: testpmd.statistics(1)["TX-packets"] == len(self.frames))
        self.assertEqual(testpmd.statistics(0)["RX-packets"], len(self.frames))
        self.assertEqual(testpmd.statistics(0)["RX-missed"], 0)
        testpmd.end()
        return read_pcap(self.folder / "out1.pcap")

    def test_io_forwards_every_packet_unchanged_and_in_order(self):
        self.assertEqual(self.forward("io"), self.frames)
        self.assertEqual(read_pcap(self.folder / "out0.pcap"), [])

    def test_macswap_swaps_the_addresses_and_nothing_else(self):
        self.assertEqual(self.forward("macswap"), [f[6:12] + f[:6] + f[12:] for f in self.frames])

    def test_jumbo_frames_pass_in_segments(self):
        self.frames = [ipv4_udp(number, 5000, 9614 - 100 * number) for number in range(50)]
        write_pcap(self.folder / "in.pcap", self.frames)
        # RTE_ETH_RX_OFFLOAD_SCATTER, RTE_ETH_TX_OFFLOAD_MULTI_SEGS
        self.assertEqual(self.forward("io", ["--max-pkt-len=9618", "--enable-scatter", "--tx-offloads=0x8000"]), self.frames)

    def test_rxonly_with_four_queues_counts_every_packet(self):
        testpmd = Testpmd(self.wires, ["--rxq=4", "--txq=4"])
        testpmd.command("set fwd rxonly")
        testpmd.command("start")
        testpmd.wait_until(lambda: testpmd.statistics(0)["RX-packets"] == len(self.frames))
        testpmd.end()

    def test_txonly_sends_what_it_counts(self):
        testpmd = Testpmd(self.wires)
        testpmd.command("set fwd txonly")
        testpmd.command("start")
        testpmd.wait_until(lambda: testpmd.statistics(1)["TX-packets"] > 500)
        # The NIC counts what it has sent. "stop" counts while frames are still on their way; a stopped port has sent them all.
        testpmd.command("stop", r"Accumulated forward statistics[\s\S]*?Done")
        testpmd.command("port stop all", "Done")
        counted = [testpmd.statistics(port)["TX-packets"] for port in (0, 1)]
        testpmd.end()
        out0, out1 = (read_pcap(self.folder / f"out{wire}.pcap") for wire in (0, 1))
        self.assertEqual([len(out0), len(out1)], counted)
        self.assertEqual({len(frame) for frame in out1}, {64})

    def test_a_range_of_ports_is_dropped_counted_and_let_through_again(self):
        testpmd = Testpmd(self.wires)
        rule = "ingress pattern eth / ipv4 / udp dst spec 5003 dst last 5005 dst mask 0xffff / end actions drop / count / end"
        testpmd.command(f"flow validate 0 {rule}", "Flow rule validated")
        testpmd.command(f"flow create 0 {rule}", "Flow rule #0 created")
        testpmd.command("flow create 0 ingress priority 1 pattern eth / ipv4 / udp dst is 5009 / end actions port_id id 1 / count / end",
                        "Flow rule #1 created")
        testpmd.command("start")
        testpmd.wait_until(lambda: testpmd.statistics(0)["RX-packets"] == 600)
        testpmd.wait_until(lambda: testpmd.statistics(1)["TX-packets"] == 600)
        self.assertEqual(int(testpmd.command("flow query 0 0 count", r"hits: (\d+)")[1]), 300)
        self.assertEqual(int(testpmd.command("flow query 0 1 count", r"hits: (\d+)")[1]), 100)
        testpmd.command("flow destroy 0 rule 0", "Flow rule #0 destroyed")
        listed = testpmd.command("flow list 0", r"ID\tGroup[^\n]*\n([\s\S]*?)1\t0\t1\t")
        self.assertEqual(listed[1], "", "rule 0 is gone")
        testpmd.end()
        # Port 5009 went to wire 1 in the NIC, past the host; nothing keeps the two ways in order with each other.
        expected = [f for n, f in enumerate(self.frames) if not 3 <= n % 10 <= 5]
        self.assertEqual(sorted(read_pcap(self.folder / "out1.pcap")), sorted(expected))

    def test_telemetry_tells_of_tables_and_counters(self):
        # Its socket lies in the process's runtime folder.
        testpmd = Testpmd(self.wires, eal=(f"--file-prefix=portcullis{os.getpid()}",))
        folder = Path(os.environ.get("RUNTIME_DIRECTORY") or ("/var/run" if os.getuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")))
        folder = folder / "dpdk" / f"portcullis{os.getpid()}"
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        testpmd.command("flow create 0 ingress pattern eth / ipv4 / udp dst is 5003 / end actions drop / end", "Flow rule #0 created")
        testpmd.command("start")
        testpmd.wait_until(lambda: testpmd.statistics(0)["RX-packets"] == 900)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
            asked.settimeout(DEADLINE)
            asked.connect(str(folder / "dpdk_telemetry.v2"))
            largest = json.loads(asked.recv(1024))["max_output_len"]

            def ask(command):
                asked.send(command.encode())
                return json.loads(asked.recv(largest))[command]["net_portcullis0"]

            tables, counters = ask("/portcullis/tables"), ask("/portcullis/counters")
        testpmd.end()
        self.assertEqual((tables["geometry"], tables["rules"], tables["rules_used"]), ("edge", 512, 1))
        # The device's, both wires' in one.
        self.assertEqual((counters["wire0_frames"], counters["wire0_dropped"], counters["wire0_forwarded"]), (1000, 100, 900))
        self.assertEqual(counters["wire0_bytes"], sum(len(frame) for frame in self.frames))
        self.assertEqual((counters["default_action"], counters["wire1_frames"]), (900, 0))
        self.assertEqual({value for name, value in counters.items() if name.startswith("malformed_")}, {0})

    def test_what_is_not_supported_is_refused_with_a_sentence(self):
        testpmd = Testpmd(self.wires)
        for rule, sentence in (
                ("ingress group 1 pattern eth / end actions drop / end", "group"),
                ("egress pattern eth / end actions drop / end", "what the host sends does not pass the filter"),
                ("ingress pattern eth / end actions passthru / end", "the first rule that matches decides"),
                ("ingress pattern eth / end actions queue index 3 / end", "there is no queue 3")):
            testpmd.command(f"flow validate 0 {rule}", sentence)
        testpmd.end()


if __name__ == "__main__":
    stock_program.main("dpdk-testpmd")
