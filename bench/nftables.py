#!/usr/bin/env python3
"""The policy in the kernel's nftables: time a frame costs there, and time of an update.

    nftables.py PORTCULLIS SITE... [--json FILE]        needs root, /dev/net/tun, and a kernel with nf_tables for bridges

A bridge of two tap devices in a network namespace of its own; permitted frames of the site's traffic (`portcullis run --out-pcap`; without those with two tags) enter at one and leave by the other, which is checked: as many
must leave with the policy loaded as without. The kernel forwards a frame before the write of it returns, so the processor time of the writes with the policy less that without is what the policy
costs. Medians of five, least and most; the two take turns in one run.
"""
import argparse
import ctypes
import fcntl
import json
import os
import platform
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000  # linux/if_tun.h
CLONE_NEWNET = 0x40000000  # linux/sched.h
TABLE = "bridge portcullis"
TAGS = (b"\x81\x00", b"\x88\xa8")
BATCH, FRAMES, REPETITIONS = 400, 8000, 5  # a batch fits the queue of a tap device (1000 frames)


def run(*command, **arguments):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, **arguments).stdout


def tap(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return device


def bridge():
    """Both ends of a bridge in a new namespace."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise SystemExit(f"nftables.py: no network namespace: {os.strerror(ctypes.get_errno())}; it needs root")
    ends = [tap("port0"), tap("port1")]
    run("ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
    for name in ("port0", "port1"):
        Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")
        run("ip", "link", "set", name, "master", "br0", "up")
    Path("/proc/sys/net/ipv6/conf/br0/disable_ipv6").write_text("1")
    run("ip", "link", "set", "br0", "up")
    time.sleep(0.5)
    return ends


def frames_of(pcap):
    data = Path(pcap).read_bytes()
    place = 24
    while place < len(data):
        size = struct.unpack_from("<I", data, place + 8)[0]
        yield data[place + 16:place + 16 + size]
        place += 16 + size


def two_tags(frame):
    """What nftables cannot look behind (docs/export.md)."""
    return frame[12:14] in TAGS and frame[16:18] in TAGS


def drain(end):
    count = 0
    while True:
        try:
            os.read(end, 65536)
            count += 1
        except BlockingIOError:
            return count


def send(ends, frames):
    """Seconds of processor time in the writes, and frames that left."""
    seconds, left = 0.0, 0
    for first in range(0, len(frames), BATCH):
        batch = frames[first:first + BATCH]
        start = time.process_time_ns()
        for frame in batch:
            os.write(ends[0], frame)
        seconds += (time.process_time_ns() - start) / 1e9
        left += drain(ends[1])
        drain(ends[0])
    return seconds, left


def measure(portcullis, site, ends, work):
    pcap, rules = work / "permitted.pcap", work / "rules.nft"
    run(portcullis, "run", site, "--packets", 4 * FRAMES, "--ports", 1, "--rate", "100G", "--quiet", "--out-pcap", pcap)
    frames = [frame for frame in frames_of(pcap) if not two_tags(frame)]
    frames = (frames * (FRAMES // len(frames) + 1))[:FRAMES]
    rules.write_text(run(portcullis, "export", site, "--format", "nftables"))
    entries = sum(line.strip().startswith("counter entry_") for line in rules.read_text().splitlines())
    cost, updates, plain = [], [], []
    for _ in range(REPETITIONS):
        subprocess.run(["nft", "delete", "table", *TABLE.split()], capture_output=True)
        without, left_without = send(ends, frames)
        run("nft", "-f", rules)
        start = time.monotonic()
        run("nft", "-f", rules)  # replaces what was loaded in one transaction
        updates.append(time.monotonic() - start)
        with_rules, left = send(ends, frames)
        if left != left_without:
            raise SystemExit(f"nftables.py: {site}: {left} of {left_without} permitted frames left with the policy loaded")
        plain.append(without / FRAMES)
        cost.append((with_rules - without) / FRAMES)
    subprocess.run(["nft", "delete", "table", *TABLE.split()], capture_output=True)

    def spread(values):
        return {"median": statistics.median(values), "least": min(values), "most": max(values)}

    return {"site": str(site), "entries": entries, "frames": FRAMES, "frames_left": left, "seconds_per_frame": spread(cost),
            "bridge_seconds_per_frame": spread(plain), "update_seconds": spread(updates)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("portcullis", type=Path)
    parser.add_argument("sites", nargs="+", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    ends = bridge()
    results = []
    with tempfile.TemporaryDirectory() as work:
        for site in arguments.sites:
            found = measure(arguments.portcullis.resolve(), site, ends, Path(work))
            results.append(found)
            cost, update = found["seconds_per_frame"], found["update_seconds"]
            print(f"{site}: {found['entries']} entries, {cost['median'] * 1e6:.2f} us a frame ({cost['least'] * 1e6:.2f} to {cost['most'] * 1e6:.2f}), "
                  f"{1e-6 / cost['median']:.2f} M frames/s, update {update['median'] * 1e3:.0f} ms; {found['frames_left']} of {found['frames']} frames left, as without")
    if arguments.json:
        arguments.json.write_text(json.dumps({"measurement": "nftables", "kernel": f"{platform.system()} {platform.release()}", "nft": run("nft", "--version").strip(),
                                              "repetitions": REPETITIONS, "sites": results}, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
