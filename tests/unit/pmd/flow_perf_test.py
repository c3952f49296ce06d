#!/usr/bin/env python3
"""The driver under DPDK's stock dpdk-test-flow-perf: every item and action that the two share, the rates it prints, and what its rules do to packets.

    flow_perf_test.py LIBRARY     the driver, librte_net_portcullis.so
"""
import re
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import stock_program
from stock_program import ipv4_udp, read_pcap, write_pcap

RULES = 32  # a port
DEADLINE = 120  # seconds
QUIET = 10  # seconds without a packet after which none comes


def command(wires, options):
    return ["dpdk-test-flow-perf", "--no-huge", "-m", "512", "--no-pci", "--no-shconf", "--no-telemetry", "-l", "0-1", "-d", stock_program.LIBRARY,
            "--vdev", f"net_portcullis0,{wires}", "--", "--rules-batch=16", *options]


def flow_perf(*options, rules=RULES):
    """Exit code and output; `rules` at each of the two ports."""
    run = subprocess.run(command("wire0=none,wire1=none", [f"--rules-count={rules}", "--portmask=3", "--deletion-rate", *options]),
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEADLINE, text=True, check=False)
    return run.returncode, run.stdout


class FlowPerfTest(unittest.TestCase):
    # It asks for VLAN by the whole tag, for RSS over queues of a port without RSS, and for groups by JUMP: refused, see below.
    def test_inserts_and_deletes_what_the_two_share(self):
        for options in (
                ("--ingress", "--ether", "--ipv4", "--tcp", "--queue"),
                ("--ingress", "--ether", "--ipv4", "--udp", "--drop", "--count"),
                ("--ingress", "--ether", "--ipv6", "--udp", "--mark", "--queue"),
                ("--ingress", "--ether", "--ipv6", "--icmpv6", "--flag", "--rss"),
                ("--ingress", "--ether", "--ipv4", "--drop", "--random-priority=10,7"),
                ("--transfer", "--ether", "--ipv6", "--tcp", "--port-id=1", "--count"),
                ("--transfer", "--ether", "--ipv4", "--icmpv4", "--drop"),
        ):
            with self.subTest(" ".join(options)):
                code, output = flow_perf(*options)
                self.assertEqual(code, 0, output)
                for what in ("insertion", "deletion"):
                    rates = re.findall(rf"\[Throughput \| \w+\] All Cores :: Port (\d) :: Total (?:flows )?{what} rate -> ([0-9.]+) K Rules/Sec", output)
                    self.assertEqual([port for port, _ in rates], ["0", "1"], output)
                    self.assertTrue(all(float(rate) > 0 for _, rate in rates), output)

    def test_what_the_nic_does_not_do_is_refused_with_a_sentence(self):
        for options, sentence in (
                (("--ingress", "--ether", "--vlan", "--ipv4", "--drop"), "item VLAN: the mask has bits of fields that the filter does not look at"),
                (("--ingress", "--ether", "--ipv4", "--rss", "--rxq=2", "--txq=2"), "action RSS: the queues are not those of the port's redirection table"),
                (("--ingress", "--ether", "--ipv4", "--drop", "--rxq=2"), "transmit queue 1, which has not been set up"),
                (("--ingress", "--ether", "--ipv4", "--vxlan", "--drop"), "nothing that the filter looks at"),
                (("--ingress", "--group=1", "--ether", "--ipv4", "--drop"), "group"),
                (("--ingress", "--ether", "--ipv4", "--jump"), "nothing that the filter does"),
                (("--egress", "--ether", "--ipv4", "--drop"), "what the host sends does not pass the filter"),
        ):
            with self.subTest(" ".join(options)):
                code, output = flow_perf(*options)
                self.assertNotEqual(code, 0, output)
                self.assertIn(sentence, output)

    def test_full_tables_are_refused_by_what_is_short(self):
        # A source address a rule: 255 of them, and what lies around, take the 256 intervals of the geometry.
        code, output = flow_perf("--ingress", "--ether", "--ipv4", "--drop", rules=320)
        self.assertNotEqual(code, 0, output)
        self.assertIn("source address intervals: needs 257, has 256", output)

    def test_its_rules_drop_their_packets_and_no_others(self):
        with tempfile.TemporaryDirectory(prefix="portcullis-flow-perf-") as name:
            folder = Path(name)
            # Rule i is for source 0.0.0.i.
            frames = [ipv4_udp(number, 2000, 64, (0, 0, number // 256, number % 256)) for number in range(3 * RULES)]
            write_pcap(folder / "in.pcap", frames)
            wires = f"wire0=pcap:{folder}/in.pcap:{folder}/out0.pcap,wire1=pcap:{folder}/in.pcap:{folder}/out1.pcap"
            options = [f"--rules-count={RULES}", "--portmask=1", "--ingress", "--ether", "--ipv4", "--udp", "--drop", "--enable-fwd"]
            with subprocess.Popen(command(wires, options), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
                # It prints what it has sent once a second, and goes on until it is told to stop. What it sends before its first look, or between printing a number
                # and taking it for the old one, is in none of its lines: it has sent all, too, when it has sent nothing for a while. The captures say what it was.
                sent, quiet, lines = 0, 0, []
                guard = time.monotonic() + DEADLINE
                for line in process.stdout:
                    lines.append(line)
                    counts = re.fullmatch(r"\s*1\s+(\d+)\s+0\s+(\d+)\s*", line)
                    if counts:
                        sent += int(counts.group(1))
                        quiet = 0 if int(counts.group(1)) else quiet + 1
                    if sent >= 2 * len(frames) - RULES or quiet == QUIET or time.monotonic() > guard:
                        break
                process.send_signal(signal.SIGINT)
                lines += process.communicate(timeout=DEADLINE)[0]
                self.assertEqual(process.returncode, 0, "".join(lines))
            self.assertLessEqual(sent, 2 * len(frames) - RULES, "".join(lines))
            # It sends by the port by which a packet came.
            self.assertEqual(read_pcap(folder / "out0.pcap"), frames[RULES:])
            self.assertEqual(read_pcap(folder / "out1.pcap"), frames)


if __name__ == "__main__":
    stock_program.main("dpdk-test-flow-perf")
