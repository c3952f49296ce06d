#!/usr/bin/env python3
"""Three studies on the virtual platform, in simulated time: the same figures on every machine.

    python3 bench/platform/studies.py --program build/bin/portcullis-platform             # runs all, some minutes; writes bench/results/platform-*.json and .svg
    python3 bench/platform/studies.py --program build/bin/portcullis-platform latency     # one of latency, load, crash
    python3 bench/platform/studies.py --page                                              # writes the tables of docs/platform-studies.md from the JSON

Every run compares every frame with the reference; a run in which one went astray ends the study.
"""
import argparse
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "platform-studies.md"
sys.path.insert(0, str(ROOT / "bench"))
from chart import line_chart  # noqa: E402

FRAMES = 3000
SIZES = (64, 256, 1518)  # bytes, FCS included
LATENCIES = (100, 250, 500, 1000, 2000, 4000)  # ns, one way
RATES = ("25G", "100G")
RULES = (10, 30, 60, 120)
REGISTER_CLOCKS = (100, 25)  # MHz; else the NIC's own 250, without a crossing


def udp_frame(number, size):
    """`size` bytes with FCS, which it does not have; every frame of another source, so that RSS spreads them."""
    payload = size - 4 - 14 - 20 - 8
    udp = struct.pack(">HHHH", 1000 + number, 2000, 8 + payload, 0) + bytes(payload)
    header = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0x0A000001 + number, 0x0A010001)
    total = sum(struct.unpack(">10H", header))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack(">H", 0xFFFF - total) + header[12:]
    return bytes.fromhex("0200000000020200000000010800") + header + udp


def write_pcap(path, size):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(FRAMES):
            frame = udp_frame(number, size)
            out.write(struct.pack("<IIII", 0, number, len(frame), len(frame)) + frame)


def write_site(path, rules, default="permit"):
    """Rules that take an interval of source addresses and one of destination ports each."""
    lines = ["portcullis: 1", "peers: any", f"default: {default}", "roles: {}"]
    if rules:
        lines.append("rules:")
        lines += [f"  - {{name: r{i}, action: permit, protocol: udp, source: [198.18.{i}.0/25], destination_port: [{3000 + 2 * i}]}}" for i in range(rules)]
    path.write_text("\n".join(lines) + "\n")


def run(program, *arguments):
    done = subprocess.run([program, *map(str, arguments), "--json", "-"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"studies: {' '.join(map(str, arguments))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def study_latency(program, folder):
    """How much latency of the link four queues hide: what the NIC delivers of a line full of frames, one wire, endpoint mode."""
    write_site(folder / "all.yaml", 0)
    cases = []
    for size in SIZES:
        write_pcap(folder / f"{size}.pcap", size)
        for rate in RATES:
            for latency in LATENCIES:
                figures = run(program, folder / "all.yaml", "--pcap", folder / f"{size}.pcap", "--rate", rate, "--mode", "host", "--queues", 4, "--descriptors", 1024,
                              "--pcie-latency", latency)
                cases.append({"bytes": size, "rate": rate, "latency_ns": latency, "frames": FRAMES, "delivered": figures["delivered"], "refused": figures["refused"],
                              "median_ns": figures["wire_to_host"]["median_ns"], "upstream": figures["upstream"]["used"]})
    return {"queues": 4, "descriptors": 1024, "bandwidth_gbit": 126, "cases": cases}


def study_load(program, folder):
    """How long a policy takes into the device, by the table-load queue, through registers, and through the mailbox, by its size and the clock of the registers."""
    cases = []
    for rules in RULES:
        site = folder / f"{rules}.yaml"
        write_site(site, rules, "drop")
        for way in ("dma", "registers", "mailbox"):
            # A load by mailbox is millions of clocks to be simulated: one latency and one clock but for the smallest site.
            points = [(250, None)] if way == "mailbox" else [(latency, None) for latency in (100, 250, 1000)]
            if rules == RULES[0]:
                points += [(250, clock) for clock in REGISTER_CLOCKS] + ([(1000, None)] if way == "mailbox" else [])
            elif rules == 60 and way != "mailbox":
                points += [(250, clock) for clock in REGISTER_CLOCKS]
            for latency, clock in points:
                more = [] if clock is None else ["--register-clock", clock]
                figures = run(program, site, "--packets", 20, "--load", way, "--pcie-latency", latency, *more)
                cases.append({"rules": rules, "way": way, "latency_ns": latency, "register_mhz": clock, "register_read_ns": figures["register_read_ns"],
                              "busy": figures.get("management", {}).get("load", {}).get("share"), **figures["load"]})
    return {"cases": cases}


def study_crash(program, folder):
    """What traffic notices of a host that dies in the middle of a load."""
    site = folder / "crash.yaml"
    cases = []
    for way in ("dma", "registers", "mailbox"):
        # At 100 Gbit/s a mailbox load of 100 rules sees millions of frames: it is watched with one rule at 10 Gbit/s.
        rules, rate, points = (1, "10G", (None, 40)) if way == "mailbox" else (100, "100G", (None, 1, 100, 300))
        write_site(site, rules, "drop")
        for at in points:
            arguments = [] if at is None else ["--crash-at", at]
            figures = run(program, site, "--packets", 2000, "--rate", rate, "--load", way, "--reloads", 1, *arguments)
            cases.append({"way": way, "rate": rate, "at": at, "crashed": figures["crashed"], "frames": sum(port["frames"] for port in figures["ports"]),
                          "lost": sum(port["lost"] for port in figures["ports"]), "astray": figures["unexpected"] + figures["missing"],
                          "median_ns": figures["wire_to_wire"]["median_ns"], "most_ns": figures["wire_to_wire"]["most_ns"], "loaded_again": len(figures["reloads"]) == 1})
    return {"cases": cases}


def draw(name, study):
    if name == "latency":
        return line_chart("Frames that reach software, 4 queues, by the latency of PCI Express", "latency one way, ns", "% of the frames of a full line",
                          [(f"{size} bytes, {rate}", [(c["latency_ns"], 100 * c["delivered"] / c["frames"]) for c in study["cases"] if (c["bytes"], c["rate"]) == (size, rate)])
                           for size in SIZES for rate in RATES], x_log=True)
    if name == "load":
        return line_chart("Time of a policy's rows into the shadow bank", "rules", "us",
                          [(f"{way}, {latency} ns", [(c["rules"], c["staging_ns"] / 1e3) for c in study["cases"] if (c["way"], c["latency_ns"], c["register_mhz"]) == (way, latency, None)])
                           for way, latency in [("dma", 100), ("dma", 250), ("dma", 1000), ("registers", 100), ("registers", 250), ("registers", 1000), ("mailbox", 250)]],
                          y_log=True)
    return None


def tables():
    """What stands between the marks of the page, by study."""
    made = {}
    study = json.loads((RESULTS / "platform-latency.json").read_text())
    rows = ["| frame, bytes | line | " + " | ".join(f"{latency} ns" for latency in LATENCIES) + " |", "|---|---|" + "---|" * len(LATENCIES)]
    for size in SIZES:
        for rate in RATES:
            cases = [c for c in study["cases"] if (c["bytes"], c["rate"]) == (size, rate)]
            rows.append(f"| {size} | {rate} | " + " | ".join(f"{100 * c['delivered'] / c['frames']:.0f} %" for c in cases) + " |")
    made["latency"] = rows
    study = json.loads((RESULTS / "platform-load.json").read_text())
    rows = ["| rules | rows | way | latency, ns | registers, MHz | a register read, ns | rows into the bank, us | probes, us | flip, us |", "|---|---|---|---|---|---|---|---|---|"]
    rows += [f"| {c['rules']} | {c['rows']} | {c['way']} | {c['latency_ns']} | {c['register_mhz'] or 250} | {c['register_read_ns']:.0f} | {c['staging_ns'] / 1e3:.1f} | "
             f"{c['self_test_ns'] / 1e3:.1f} | {c['flip_ns'] / 1e3:.2f} |" for c in study["cases"]]
    made["load"] = rows
    study = json.loads((RESULTS / "platform-crash.json").read_text())
    rows = ["| way | line | the host dies | frames | lost | astray | latency, median and most, ns |", "|---|---|---|---|---|---|---|"]
    rows += [f"| {c['way']} | {c['rate']} | {'not' if c['at'] is None else 'before ' + ('piece ' if c['way'] == 'mailbox' else 'row ') + str(c['at'])} | {c['frames']:,} | "
             f"{c['lost']} | {c['astray']} | {c['median_ns']:.0f}, {c['most_ns']:.0f} |" for c in study["cases"]]
    made["crash"] = rows
    return made


def write_page():
    text = PAGE.read_text()
    for name, rows in tables().items():
        begin, end = f"<!-- {name}: drawn by bench/platform/studies.py --page -->\n", f"<!-- end of {name} -->"
        head, rest = text.split(begin)
        text = head + begin + "\n".join(rows) + "\n" + end + rest.split(end, 1)[1]
    PAGE.write_text(text)


STUDIES = {"latency": study_latency, "load": study_load, "crash": study_crash}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "bin" / "portcullis-platform")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("studies", nargs="*", help="latency, load, crash; all of them when none is named")
    arguments = parser.parse_args()
    for name in arguments.studies:
        if name not in STUDIES:
            parser.error(f"there is no study {name}: they are latency, load and crash")
    if arguments.page:
        write_page()
        return
    RESULTS.mkdir(exist_ok=True)
    for name in arguments.studies or STUDIES:
        with tempfile.TemporaryDirectory(prefix="portcullis-study-") as folder:
            study = STUDIES[name](arguments.program, Path(folder))
        (RESULTS / f"platform-{name}.json").write_text(json.dumps(study, indent=1) + "\n")
        drawing = draw(name, study)
        if drawing:
            (RESULTS / f"platform-{name}.svg").write_text(drawing)
        print(f"{name}: {len(study['cases'])} cases")


if __name__ == "__main__":
    main()
