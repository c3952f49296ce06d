"""pcl_filter at its AXI4-Streams, driven and watched by cocotbext-axi. What passes is a person's reading of policy/ports.md and policy/site.yaml:

    TCP to 192.0.2.0-63 port 443 or 9100-9103 passes, UDP to 192.0.2.64-95 and 2001:db8::/64 port 53 passes, UDP to port 5004 passes anywhere
    and is marked 46; telnet (TCP port 23) is dropped and the host gets a copy; ARP passes; everything else is dropped.

Frames are scapy's. A frame permitted at port 0 leaves by port 1 and the other way round (docs/registers.md, FORWARD_TO).
"""

import random

import cocotb
from cocotb.triggers import ClockCycles
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw

from bench_of_pins import HOST, Bench

MAX_FRAME = 9728  # docs/integration.md
ETHER = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")


def frame(packet, length=60):
    """Bytes of a packet without FCS, padded by its payload to `length`."""
    packet = ETHER / packet
    missing = length - len(packet)
    return bytes(packet / Raw(bytes(i & 0xFF for i in range(missing)))) if missing > 0 else bytes(packet)


def https(length=60, source="198.51.100.7"):
    return frame(IP(src=source, dst="192.0.2.1") / TCP(sport=40000, dport=443, flags="S"), length)


def telnet(length=60):
    return frame(IP(src="198.51.100.7", dst="192.0.2.1") / TCP(sport=40000, dport=23, flags="S"), length)


def to_nowhere(length=60):
    return frame(IP(src="198.51.100.7", dst="192.0.2.1") / TCP(sport=40000, dport=80, flags="S"), length)


# What, frame, and the name of the entry that lets it pass; None: it is dropped.
READ_BY_A_PERSON = [
    ("https to the first web server", frame(IP(dst="192.0.2.0") / TCP(dport=443)), "ports.md:5"),
    ("https to the last web server", frame(IP(dst="192.0.2.63") / TCP(dport=443)), "ports.md:5"),
    ("https to a name server", frame(IP(dst="192.0.2.64") / TCP(dport=443)), None),
    ("https by UDP", frame(IP(dst="192.0.2.1") / UDP(dport=443)), None),
    ("port below https", frame(IP(dst="192.0.2.1") / TCP(dport=442)), None),
    ("port above https", frame(IP(dst="192.0.2.1") / TCP(dport=444)), None),
    ("first port of the metrics", frame(IP(dst="192.0.2.1") / TCP(dport=9100)), "ports.md:6"),
    ("last port of the metrics", frame(IP(dst="192.0.2.1") / TCP(dport=9103)), "ports.md:6"),
    ("port above the metrics", frame(IP(dst="192.0.2.1") / TCP(dport=9104)), None),
    ("https in a VLAN", frame(Dot1Q(vlan=7) / IP(dst="192.0.2.1") / TCP(dport=443)), "ports.md:5"),
    ("https behind IP options", frame(IP(dst="192.0.2.1", options=b"\x01\x01\x01\x00") / TCP(dport=443)), "ports.md:5"),
    ("answer of a web server", frame(IP(src="192.0.2.1", dst="198.51.100.7") / TCP(sport=443, dport=40000, flags="SA")), None),
    ("DNS", frame(IP(dst="192.0.2.95") / UDP(dport=53)), "ports.md:7"),
    ("DNS beyond the prefix", frame(IP(dst="192.0.2.96") / UDP(dport=53)), None),
    ("DNS by IPv6", frame(IPv6(dst="2001:db8::53") / UDP(dport=53), 70), "ports.md:7"),
    ("DNS by IPv6 beyond the prefix", frame(IPv6(dst="2001:db8:0:1::53") / UDP(dport=53), 70), None),
    ("voice", frame(IP(dst="203.0.113.9") / UDP(dport=5004)), "voice"),
    ("ARP", frame(ARP(pdst="192.0.2.1")), "essential"),
    ("a frame of another EtherType", bytes(ETHER)[:12] + b"\x88\xb5" + bytes(46), None),
    ("IPv4 longer than its frame", frame(IP(dst="192.0.2.1", len=200) / TCP(dport=443)), None),
    ("IPv4 of version 5", frame(IP(dst="192.0.2.1", version=5) / TCP(dport=443)), None),
]


@cocotb.test()
async def verdicts_are_those_a_person_reads_from_the_document(dut):
    bench = Bench(dut)
    await bench.start()
    for what, data, entry in READ_BY_A_PERSON:
        bench.send(0, data)
        if entry is None:
            await bench.quiet()
            assert bench.nothing_left(), f"{what}: it left"
            continue
        left, metadata = await bench.receive(1)
        assert left == data, f"{what}: changed on its way"
        assert entry in bench.image.names[metadata.rule] or bench.image.names[metadata.rule] == "arp", \
            f"{what}: by {bench.image.names[metadata.rule]} instead of {entry}"
        assert (metadata.permit, metadata.hit, metadata.ingress, metadata.length, metadata.mirror_copy) == (1, 1, 0, len(data), 0), what
        assert (metadata.mark_valid, metadata.mark) == ((1, 46) if entry == "voice" else (0, 0)), what
        assert bench.nothing_left(), f"{what}: left twice"
    statistics = await bench.registers.statistics(0)
    passing = sum(entry is not None for _, _, entry in READ_BY_A_PERSON)
    assert statistics == {"frames": len(READ_BY_A_PERSON), "bad": 0, "dropped": len(READ_BY_A_PERSON) - passing, "forwarded": passing, "mirrored": 0}
    for rule, name in enumerate(bench.image.names):
        by = [data for _, data, entry in READ_BY_A_PERSON if entry == name]
        if by:
            assert await bench.registers.counter(0, rule) == (len(by), sum(map(len, by))), name


@cocotb.test()
async def every_length_leaves_unchanged_at_both_ports(dut):
    bench = Bench(dut)
    await bench.start()
    lengths = [*range(60, 90), 127, 128, 129, 1514, 1518]
    for length in lengths:
        bench.send(0, https(length))
        bench.send(1, https(length))
    for length in lengths:
        for port in (0, 1):
            data, metadata = await bench.receive(1 - port)
            assert data == https(length) and metadata.ingress == port and metadata.length == length


@cocotb.test()
async def the_longest_frame_passes_and_a_longer_one_does_not(dut):
    bench = Bench(dut)
    await bench.start()
    for length in (9018, MAX_FRAME, MAX_FRAME + 1, 60):
        bench.send(0, https(length))
    for length in (9018, MAX_FRAME, 60):
        data, _ = await bench.receive(1)
        assert data == https(length), f"{len(data)} bytes instead of {length}"
    await bench.quiet()
    assert bench.nothing_left()
    assert (await bench.registers.statistics(0))["bad"] == 1


@cocotb.test()
async def frames_that_the_mac_found_bad_are_discarded_and_counted(dut):
    bench = Bench(dut)
    await bench.start()
    for i in range(20):
        bench.send(0, https(60 + 7 * i), bad=i % 3 == 1)
    for i in range(20):
        if i % 3 != 1:
            assert (await bench.receive(1))[0] == https(60 + 7 * i)
    await bench.quiet()
    assert bench.nothing_left()
    statistics = await bench.registers.statistics(0)
    assert (statistics["frames"], statistics["bad"], statistics["forwarded"]) == (20, 7, 13)


@cocotb.test()
async def a_dropped_frame_that_is_mirrored_goes_to_the_host_only(dut):
    bench = Bench(dut)
    await bench.start()
    bench.send(0, telnet())
    data, metadata = await bench.receive(HOST)
    assert data == telnet()
    assert (metadata.permit, metadata.mirror_copy, metadata.hit) == (0, 1, 1)
    assert bench.image.names[metadata.rule] == "watch-telnet"
    await bench.quiet()
    assert bench.nothing_left()
    statistics = await bench.registers.statistics(0)
    assert (statistics["dropped"], statistics["mirrored"], statistics["forwarded"]) == (1, 1, 0)


@cocotb.test()
async def frames_back_to_back_are_taken_without_a_gap(dut):
    bench = Bench(dut)
    await bench.start()
    count, beats = 200, 8
    for _ in range(count):
        bench.send(0, https(8 * beats))
    start = cocotb.utils.get_sim_time("ns")
    for _ in range(count):
        await bench.receive(1)
    clocks = (cocotb.utils.get_sim_time("ns") - start) / 4
    # The time of all beats, and what the first frame takes to leave: its own beats twice, and the latency that the header of pcl_filter states.
    assert clocks < count * beats + 2 * beats + 60, f"{clocks} clocks for {count} frames of {beats} beats"


async def random_traffic(bench, seed, frames=150):
    """Random frames at both ports; returns what should leave by each egress, in the order of each port."""
    choose = random.Random(seed)
    leaving = {0: [], 1: [], HOST: {0: [], 1: []}}
    for i in range(frames):
        port = choose.randrange(2)
        # The source address tells the frames apart.
        kind, length, source = choose.randrange(4), choose.choice([60, 61, 64, 65, 128, 300, 1514]), f"198.51.{i // 250}.{i % 250}"
        if kind < 2:
            bench.send(port, https(length, source))
            leaving[1 - port].append(https(length, source))
        elif kind == 2:
            data = frame(IP(src=source, dst="192.0.2.1") / TCP(dport=23), length)
            bench.send(port, data)
            leaving[HOST][port].append(data)
        else:
            bench.send(port, to_nowhere(length))
    return leaving


async def check_random_traffic(bench, leaving):
    await bench.quiet(2000)
    for egress in (0, 1):
        for data in leaving[egress]:
            assert (await bench.receive(egress))[0] == data, f"egress {egress}: lost, changed or out of order"
    for _ in range(len(leaving[HOST][0]) + len(leaving[HOST][1])):
        data, metadata = await bench.receive(HOST)
        assert data == leaving[HOST][metadata.ingress].pop(0), "host: lost, changed or out of order"
    assert bench.nothing_left(), "more frames left than should"


def resting(seed, percent):
    choose = random.Random(seed)
    while True:
        yield choose.randrange(100) < percent


@cocotb.test()
@cocotb.parametrize(source_percent=[0, 40], sink_percent=[0, 30, 70])
async def nothing_is_lost_or_reordered_whatever_rests(dut, source_percent, sink_percent):
    bench = Bench(dut)
    await bench.start()
    for i, end in enumerate([*bench.sources, *bench.sinks]):
        percent = source_percent if i < 2 else sink_percent
        if percent:
            end.set_pause_generator(resting(cocotb.RANDOM_SEED + i, percent))
    leaving = await random_traffic(bench, cocotb.RANDOM_SEED)
    await check_random_traffic(bench, leaving)


@cocotb.test()
async def an_egress_that_stops_holds_up_its_own_port_only(dut):
    bench = Bench(dut)
    await bench.start()
    bench.sinks[1].pause = True
    lengths = [1514] * 40  # more than the 16 KiB of a port's buffer
    for length in lengths:
        bench.send(0, https(length))
    for length in lengths:
        bench.send(1, https(length))
    for length in lengths:
        assert (await bench.receive(0))[0] == https(length)
    await ClockCycles(dut.clk, 5000)
    assert dut.s0_axis_tready.value == 0, "port 0 takes frames that cannot leave"
    assert bench.sinks[1].empty()
    bench.sinks[1].pause = False
    for length in lengths:
        assert (await bench.receive(1))[0] == https(length)
    await bench.quiet()
    assert bench.nothing_left()
