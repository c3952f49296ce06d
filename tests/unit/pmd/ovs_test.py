#!/usr/bin/env python3
"""Open vSwitch over the driver: a bridge of both ports of a NIC, OpenFlow rules offloaded to it, hits counted by it.

    ovs_test.py LIBRARY     the driver, librte_net_portcullis.so

Ends with 77 (skipped) where Open vSwitch with DPDK is not installed.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stock_program import ipv4_udp, read_pcap, usable_library, write_pcap

PACKETS = 60000
DEADLINE = 180  # seconds
SERVER = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"


class Switch:
    def __init__(self, folder, library):
        self.folder = folder
        self.environment = {**os.environ, "OVS_RUNDIR": str(folder), "OVS_LOGDIR": str(folder), "OVS_DBDIR": str(folder),
                            "OVS_SYSCONFDIR": str(folder)}
        self.database = f"unix:{folder}/db.sock"
        self.processes = []
        self.run("ovsdb-tool", "create", f"{folder}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
        self.start("ovsdb-server", f"{folder}/conf.db", f"--remote=p{self.database}", f"--unixctl={folder}/db.ctl")
        self.wait(lambda: (folder / "db.sock").exists(), "the database does not start")
        self.vsctl("--no-wait", "init")
        # --legacy-mem keeps Open vSwitch from asking for hugepages in memory.
        eal = f"--no-huge --legacy-mem -m 2048 --no-pci --no-shconf --no-telemetry --iova-mode=va -d {library}"
        self.vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:dpdk-init=true", f"other_config:dpdk-extra={eal}",
                   "other_config:hw-offload=true")
        self.start(SERVER, self.database, f"--unixctl={folder}/switch.ctl")
        self.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "fail_mode=secure")

    def start(self, *command):
        log = open(self.folder / "log", "a")
        self.processes.append(subprocess.Popen(command, env=self.environment, stdout=log, stderr=log))

    def run(self, *command):
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=DEADLINE, check=False)
        if done.returncode != 0:
            self.fail(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def vsctl(self, *words):
        return self.run("ovs-vsctl", f"--db={self.database}", f"--timeout={DEADLINE}", *words)

    def flow(self, text):
        self.run("ovs-ofctl", "add-flow", f"unix:{self.folder}/br0.mgmt", text)

    def offloaded(self):
        return self.run("ovs-appctl", "-t", f"{self.folder}/switch.ctl", "dpctl/dump-flows", "type=offloaded", "-m")

    def wait(self, condition, sentence):
        end = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > end or any(p.poll() is not None for p in self.processes):
                self.fail(sentence)
            time.sleep(0.1)

    def fail(self, sentence):
        text = (self.folder / "log").read_text()
        text = "\n".join(l for l in text.splitlines() if "failed to enumerate" not in l)
        sys.exit(f"{sentence}\n{text[-6000:]}")

    def end(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            process.wait(timeout=DEADLINE)


def check(switch, folder):
    # UDP to port 5003 is dropped, other UDP goes from port 2 to port 1; nothing else is told. Packets come in by the port
    # that is added last: until both are there, the switch drops what it should forward.
    switch.flow("priority=20,in_port=2,udp,tp_dst=5003,actions=drop")
    switch.flow("priority=10,in_port=2,udp,actions=output:1")
    frames = [ipv4_udp(number, 5000 + number % 10, 64) for number in range(PACKETS)]
    write_pcap(folder / "in.pcap", frames)
    wires = f"wire0=pcap::{folder}/out.pcap,wire1=pcap:{folder}/in.pcap,mac=02:00:00:00:10:00"
    switch.vsctl("add-port", "br0", "p0", "--", "set", "Interface", "p0", "type=dpdk", "ofport_request=1",
                 f'options:dpdk-devargs="net_portcullis0,{wires}"')
    switch.vsctl("add-port", "br0", "p1", "--", "set", "Interface", "p1", "type=dpdk", "ofport_request=2",
                 'options:dpdk-devargs="class=eth,mac=02:00:00:00:10:01"')

    flows = {}

    def both_hit():
        for line in switch.offloaded().splitlines():
            hits = re.search(r"packets:(\d+)", line)
            if hits and "eth_type(0x0800)" in line:
                flows["drop" if line.rstrip().endswith("actions:drop") else "output"] = (int(hits[1]), line)
        return all(flows.get(name, (0, ""))[0] > 0 for name in ("drop", "output"))

    switch.wait(both_hit, f"the offloaded flows were not hit: {flows}")

    # No more comes when the counters of the flows rest; the switch reads them every few seconds.
    sums = []

    def rests():
        sums.append(sum(int(n) for n in re.findall(r"packets:(\d+)", switch.offloaded())))
        return len(sums) > 100 and len(set(sums[-100:])) == 1

    switch.wait(rests, "packets do not come to an end")
    both_hit()
    # What the switch loses itself, while it makes a flow for the first packets of each kind.
    counters = switch.run("ovs-appctl", "-t", f"{switch.folder}/switch.ctl", "coverage/show")
    lost = re.search(r"datapath_drop_upcall_error.*total: (\d+)", counters)
    flows["lost"] = int(lost[1]) if lost else 0
    # Closing the ports writes the capture to its end.
    for port in ("p1", "p0"):
        switch.vsctl("del-port", "br0", port)
    switch.wait(lambda: "has been removed and detached" in (folder / "log").read_text(), "the device is not given back")
    return flows


def main():
    if not Path(SERVER).exists():
        print("skipped: Open vSwitch with DPDK (openvswitch-switch-dpdk) is not installed; scripts/install-dependencies.sh nightly installs it")
        sys.exit(77)
    library, copied_to = usable_library(sys.argv[1])
    folder = Path(tempfile.mkdtemp(prefix="portcullis-ovs-"))
    try:
        switch = Switch(folder, library)
        try:
            flows = check(switch, folder)
        finally:
            switch.end()
        left = read_pcap(folder / "out.pcap")
        ports = {int.from_bytes(frame[36:38], "big") for frame in left}
        print(f"offloaded: {flows['drop'][0]} packets dropped and {flows['output'][0]} forwarded by the NIC; {len(left)} of {PACKETS} left")
        for name in ("drop", "output"):
            print(flows[name][1])
        if 5003 in ports:
            sys.exit("a packet that OpenFlow drops left the switch")
        wanted = PACKETS - PACKETS // 10
        if not wanted - flows["lost"] <= len(left) <= wanted:
            sys.exit(f"{wanted} packets should have left the switch, less at most {flows['lost']} that it lost itself")
    finally:
        shutil.rmtree(folder)
        if copied_to:
            shutil.rmtree(copied_to)


if __name__ == "__main__":
    main()
