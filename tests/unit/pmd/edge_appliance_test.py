#!/usr/bin/env python3
"""The edge appliance loads 100 policies under full load: packets in = packets out + drops by rule, exactly.

    edge_appliance_test.py PROGRAM     portcullis-edge-appliance
"""
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RELOADS = 100
DEADLINE = 300  # seconds for everything

DOCUMENT = """# Ports

| Role | Service | Port | Protocol |
|---|---|---|---|
| Sink | Discard | {port} | UDP |
| Sink | Other | {other} | UDP |
"""
SITE = """portcullis: 1
documents: [{file: ports.md}]
roles:
  Sink: [198.19.0.0/16]
peers: [198.18.0.0/16]
default: drop
replies: none
"""


def read_pcap_count(path):
    data, at, count = Path(path).read_bytes(), 24, 0
    while at < len(data):
        at += 16 + int.from_bytes(data[at + 8:at + 12], "little")
        count += 1
    return count


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="portcullis-appliance-") as name:
        folder = Path(name)
        (folder / "site.yaml").write_text(SITE)
        # The generator sends UDP from 198.18.0.1 to 198.19.0.1, port 9: the first policy permits it, the second does not know it.
        policies = [DOCUMENT.format(port=9, other=40), DOCUMENT.format(port=10, other=40)]
        (folder / "ports.md").write_text(policies[0])
        log = open(folder / "log", "w+")
        process = subprocess.Popen(
            [program, "--no-huge", "-m", "128", "--no-pci", "--no-shconf", "--no-telemetry", "--log-level=lib.eal:4",
             "--vdev", f"net_portcullis0,wire0=gen:64:100G,wire1=pcap::{folder}/out.pcap",
             "--", "--site", f"{folder}/site.yaml", "--metrics", f"{folder}/metrics"],
            stdout=log, stderr=subprocess.STDOUT)

        def wait_for_loads(count):
            end = time.monotonic() + DEADLINE
            while (folder / "log").read_text().count("loaded ") < count:
                if time.monotonic() > end or process.poll() is not None:
                    sys.exit(f"load {count} did not come:\n{(folder / 'log').read_text()}")
                time.sleep(0.002)

        wait_for_loads(1)
        for reload in range(RELOADS):
            if reload == 50:
                # A document that is gone: the policy in force stays.
                (folder / "ports.md").rename(folder / "away.md")
                process.send_signal(signal.SIGHUP)
                end = time.monotonic() + DEADLINE
                while "the policy in force stays" not in (folder / "log").read_text():
                    if time.monotonic() > end:
                        sys.exit("a broken site file was not reported")
                    time.sleep(0.002)
            (folder / "ports.md").write_text(policies[(reload + 1) % 2])
            process.send_signal(signal.SIGHUP)
            wait_for_loads(reload + 2)
        process.send_signal(signal.SIGINT)
        status = process.wait(timeout=DEADLINE)
        text = (folder / "log").read_text()
        if status != 0:
            sys.exit(f"the program ended with {status}:\n{text}")

        metrics = (folder / "metrics").read_text()
        total = {n: int(v) for n, v in re.findall(r"^portcullis_(\w+) (\d+)$", metrics, re.M)}
        entries = re.findall(r'^portcullis_entry_packets_total\{.*line="(\d+)".*action="(\w+)"\} (\d+)$', metrics, re.M)
        permitted = sum(int(n) for _, action, n in entries if action == "permit")
        out = read_pcap_count(folder / "out.pcap")
        print(f"{RELOADS} reloads, {total['received_packets_total']} packets in, {out} out, {total['default_packets_total']} dropped by default,"
              f" {total['removed_entries_packets_total']} by entries of earlier policies")
        checks = {
            "in = out + dropped": total["received_packets_total"] == out + total["dropped_packets_total"],
            "every packet has its rule": total["received_packets_total"]
            == permitted + total["removed_entries_packets_total"] + total["default_packets_total"],
            "what left was permitted by a row": out == permitted + total["removed_entries_packets_total"],
            "drops are the default's": total["dropped_packets_total"] == total["default_packets_total"],
            "both policies decided packets": out > 0 and total["dropped_packets_total"] > 0,
        }
        failed = [name for name, good in checks.items() if not good]
        if failed:
            sys.exit(f"not true: {', '.join(failed)}\n{metrics}\n{text}")


if __name__ == "__main__":
    main()
