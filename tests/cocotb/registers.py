"""The registers as docs/registers.md describes them, and the steps of loading a bank through them."""

from cocotb.triggers import RisingEdge

MAGIC, VERSION, SCRATCH = 0x0000, 0x0004, 0x0008
GEOMETRY_RULES, GEOMETRY_ADDRESS_BITS, GEOMETRY_INTERVALS, GEOMETRY_PORTS, GEOMETRY_DATA_WIDTH = 0x0040, 0x0044, 0x0048, 0x0068, 0x006C
GEOMETRY_HEADER_BYTES, GEOMETRY_ROW_WORDS, GEOMETRY_CAUSES = 0x0074, 0x007C, 0x0080
CONTROL, STATUS, ERRORS = 0x00C0, 0x00C4, 0x00C8
LOAD_TARGET, LOAD_INDEX, LOAD_COUNT, LOAD_COMMIT, LOAD_DATA = 0x0100, 0x0104, 0x0108, 0x010C, 0x0200
TEST_SOURCE, TEST_DESTINATION, TEST_SOURCE_PORT, TEST_DESTINATION_PORT = 0x0400, 0x0410, 0x0420, 0x0424
TEST_VLAN, TEST_CHUNKS, TEST_START, TEST_RESULT, TEST_ACTION = 0x0428, 0x042C, 0x0430, 0x0434, 0x0438
COUNTER_REQUEST, COUNTER_RESULT, COUNTER_PACKETS, COUNTER_BYTES = 0x0480, 0x0484, 0x0488, 0x0490
FORWARD_TO = 0x0500
STATISTICS_SNAPSHOT, STATISTICS_FRAMES, STATISTICS_BAD, STATISTICS_DROPPED = 0x0580, 0x0588, 0x0598, 0x05A0
STATISTICS_FORWARDED, STATISTICS_MIRRORED = 0x05A8, 0x05B0

FLIP, CLEAR_COUNTERS = 1 << 0, 1 << 1                                                        # CONTROL
ACTIVE_BANK, BUSY, LOAD_BUSY, TEST_BUSY, COUNTER_BUSY, CLEARING = (1 << i for i in range(6))  # STATUS


class Registers:
    """32-bit accesses by the master of cocotbext-axi; every response must be OKAY."""

    def __init__(self, axil):
        self.axil = axil

    async def read(self, address):
        response = await self.axil.read(address, 4)
        assert int(response.resp) == 0, f"reading 0x{address:04x}: {response.resp!r}"
        return int.from_bytes(response.data, "little")

    async def read64(self, address):
        return await self.read(address) | await self.read(address + 4) << 32

    async def write(self, address, value):
        response = await self.axil.write(address, value.to_bytes(4, "little"))
        assert int(response.resp) == 0, f"writing 0x{address:04x}: {response.resp!r}"

    async def wait_while(self, mask):
        for _ in range(10_000):
            if not await self.read(STATUS) & mask:
                return
        raise AssertionError(f"STATUS & 0x{mask:x} stays set")

    async def load(self, sequence):
        """Rows of table_image.load_sequence into the shadow bank."""
        words = [None] * await self.read(GEOMETRY_ROW_WORDS)
        for target, index, count, row in sequence:
            for i, old in enumerate(words):
                word = row >> 32 * i & 0xFFFFFFFF
                if word != old:
                    await self.write(LOAD_DATA + 4 * i, word)
                    words[i] = word
            await self.write(LOAD_TARGET, target)
            await self.write(LOAD_INDEX, index)
            await self.write(LOAD_COUNT, count)
            await self.write(LOAD_COMMIT, 1)
            await self.wait_while(LOAD_BUSY)

    async def flip(self):
        bank = await self.read(STATUS) & ACTIVE_BANK
        await self.wait_while(BUSY | LOAD_BUSY | CLEARING)
        await self.write(CONTROL, FLIP)
        assert await self.read(STATUS) & ACTIVE_BANK != bank, "the banks were not exchanged"

    async def test(self, probe):
        """(hit, rule, action) of a key in the shadow bank."""
        for i in range(4):
            await self.write(TEST_SOURCE + 4 * i, probe.source >> 32 * i & 0xFFFFFFFF)
            await self.write(TEST_DESTINATION + 4 * i, probe.destination >> 32 * i & 0xFFFFFFFF)
        await self.write(TEST_SOURCE_PORT, probe.source_port)
        await self.write(TEST_DESTINATION_PORT, probe.destination_port)
        await self.write(TEST_VLAN, probe.vlan)
        await self.write(TEST_CHUNKS, probe.protocol | probe.tcp_flags << 8 | probe.dscp_tags << 16 | probe.context << 24)
        await self.write(TEST_START, 1)
        await self.wait_while(TEST_BUSY)
        result = await self.read(TEST_RESULT)
        assert result & 1, "TEST_RESULT.DONE is not set"
        return result >> 1 & 1, result >> 16, await self.read64(TEST_ACTION)

    async def counter(self, kind, index):
        """(packets, bytes) of the active bank; kind 0: a rule, 1: a cause."""
        bank = await self.read(STATUS) & ACTIVE_BANK
        await self.write(COUNTER_REQUEST, bank << 17 | kind << 16 | index)
        await self.wait_while(COUNTER_BUSY)
        assert await self.read(COUNTER_RESULT) == 1
        return await self.read64(COUNTER_PACKETS), await self.read64(COUNTER_BYTES)

    async def statistics(self, port):
        await self.write(STATISTICS_SNAPSHOT, port)
        return {"frames": await self.read64(STATISTICS_FRAMES), "bad": await self.read64(STATISTICS_BAD),
                "dropped": await self.read64(STATISTICS_DROPPED), "forwarded": await self.read64(STATISTICS_FORWARDED),
                "mirrored": await self.read64(STATISTICS_MIRRORED)}


async def reset(dut, clocks=8):
    dut.rst.value = 1
    for _ in range(clocks):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    for _ in range(2):
        await RisingEdge(dut.clk)
