"""A reader of table images, written from docs/table-image.md alone."""

import dataclasses
import pathlib
import struct


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@dataclasses.dataclass
class Probe:
    source: int
    destination: int
    source_port: int
    destination_port: int
    vlan: int
    protocol: int
    tcp_flags: int
    dscp_tags: int
    context: int
    hit: int
    rule: int
    action: int


@dataclasses.dataclass
class TableImage:
    rules: int
    intervals: list[int]
    boundaries: list[list[int]]  # of range tables 0 to 4; [0] is boundary number 1
    rows: list[list[int]]        # of tables 0 to 8; bit r of a row belongs to rule r
    actions: list[int]
    default_action: int
    names: list[str]             # of the entries, from ENTR
    probes: list[Probe]


class _Section:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def number(self, size):
        value = int.from_bytes(self.data[self.at:self.at + size], "little")
        self.at += size
        return value

    def text(self):
        size = self.take("I")
        self.at += size
        return self.data[self.at - size:self.at].decode()


def read(path):
    data = pathlib.Path(path).read_bytes()
    magic, major, _, count, length, signature, checksum = struct.unpack_from("<8sHHIQII", data)
    assert magic == bytes.fromhex("89 50 54 49 0D 0A 1A 0A") and major == 1 and count == 7 and length == len(data)
    assert checksum == crc32c(data[0:28] + data[32:200])
    sections = {}
    for i in range(count):
        name, crc, offset, size = struct.unpack_from("<4sIQQ", data, 32 + 24 * i)
        sections[name.decode()] = _Section(data[offset:offset + size])
        assert crc == crc32c(data[offset:offset + size]), name
    geometry = sections["GEOM"]
    assert signature == crc32c(geometry.data[:28])
    rules, _, *intervals = geometry.take("7I")

    section = sections["BNDS"]
    boundaries = []
    for _ in range(5):
        used, size = section.take("II")
        boundaries.append([section.number(size) for _ in range(used)])

    section = sections["BITS"]
    rows = []
    for _ in range(9):
        number, words = section.take("II")
        rows.append([section.number(8 * words) for _ in range(number)])

    section = sections["ACTS"]
    entries, _, default_action = section.take("IIQ")
    actions = [section.take("Q") for _ in range(entries)]

    section = sections["ENTR"]
    names = []
    for _ in range(section.take("I")):
        section.take("BBHI")
        names.append(section.text())
        for _ in range(4):
            section.text()

    section = sections["PROB"]
    probes = []
    number, _ = section.take("II")
    for _ in range(number):
        source, destination = section.number(16), section.number(16)
        ports = section.take("II")
        vlan, protocol, flags, dscp, context, hit, _, rule, _, action = section.take("HBBBBBBIIQ")
        probes.append(Probe(source, destination, *ports, vlan, protocol, flags, dscp, context, hit, rule, action))
    return TableImage(rules, list(intervals), boundaries, rows, actions, default_action, names, probes)


def load_sequence(image):
    """What a bank needs, as (target, index, count, row): docs/design.md, "Loading"; docs/table-image.md says what fills the rest."""
    for table, boundaries in enumerate(image.boundaries):
        for i, boundary in enumerate(boundaries):
            yield table, i + 1, 1, boundary
        unused = image.intervals[table] - 1 - len(boundaries)
        if unused:
            yield table, len(boundaries) + 1, unused, (1 << (128, 128, 17, 17, 12)[table]) - 1
    for table, rows in enumerate(image.rows):
        first = 0
        for i in range(1, len(rows) + 1):
            if i == len(rows) or rows[i] != rows[first]:
                yield 0x08 + table, first, i - first, rows[first]
                first = i
        if table < 5:
            yield 0x08 + table, image.intervals[table] - 1, 1, rows[-1]
    for rule, action in enumerate(image.actions):
        yield 0x18, rule, 1, action
    yield 0x19, 0, 1, image.default_action
