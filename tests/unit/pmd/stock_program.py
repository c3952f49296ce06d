"""What the tests of the driver under stock programs share: frames, captures, and a place from which DPDK loads the driver."""
import shutil
import struct
import sys
import tempfile
import unittest
from pathlib import Path

LIBRARY = None  # the driver, of main()


def ipv4_udp(number, port, length, source=(10, 0, 0, 1)):
    """A frame from `source` to 10.1.0.1 by UDP, `length` bytes, `number` in its payload."""
    udp = struct.pack(">HHHH", 1000, port, length - 34, 0) + struct.pack(">I", number)
    udp += bytes(length - 34 - len(udp))
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(source), bytes([10, 1, 0, 1]))
    total = sum(struct.unpack(">10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack(">H", ~total & 0xFFFF) + header[12:]
    return bytes.fromhex("020000000002" "020000000001" "0800") + header + udp


def write_pcap(path, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, frame in enumerate(frames):
            out.write(struct.pack("<IIII", 0, number, len(frame), len(frame)) + frame)


def read_pcap(path):
    data = Path(path).read_bytes()
    frames, at = [], 24
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return frames


def usable_library(path):
    """DPDK takes no driver from a folder that everyone can write to, nor from below one."""
    path = Path(path).resolve()
    if not any(parent.stat().st_mode & 0o002 for parent in path.parents):
        return str(path), None
    folder = Path(tempfile.mkdtemp(prefix=".portcullis-driver-", dir=Path.home()))
    return shutil.copy(path, folder), folder


def main(program):
    """Runs the tests of the calling script, whose first argument is the driver; LIBRARY is what `program` can load."""
    global LIBRARY
    if not shutil.which(program):
        sys.exit(f"{program} is missing; scripts/install-dependencies.sh test installs it")
    LIBRARY, copied_to = usable_library(sys.argv.pop(1))
    try:
        unittest.main()
    finally:
        if copied_to:
            shutil.rmtree(copied_to)
