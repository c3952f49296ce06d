"""pcl_filter at its AXI4-Lite port, driven by cocotbext-axi, against docs/registers.md."""

import itertools
import os
import random

import cocotb
from cocotb.triggers import ClockCycles

import table_image
from bench_of_pins import Bench
from registers import *

GEOMETRY = {GEOMETRY_RULES: 64, GEOMETRY_ADDRESS_BITS: 128, GEOMETRY_PORTS: 2, GEOMETRY_DATA_WIDTH: 64, GEOMETRY_HEADER_BYTES: 160,
            GEOMETRY_ROW_WORDS: 4, GEOMETRY_CAUSES: 9, **{GEOMETRY_INTERVALS + 4 * i: 16 for i in range(5)}}


@cocotb.test()
async def the_device_says_what_it_is(dut):
    bench = Bench(dut)
    await bench.start(policy=False)
    assert (await bench.axil.read(MAGIC, 4)).data == b"SLCP"  # ASCII PCLS, most significant byte first
    assert await bench.registers.read(VERSION) >> 16 == 1
    for address, value in GEOMETRY.items():
        assert await bench.registers.read(address) == value, f"0x{address:04x}"
    assert [await bench.registers.read(FORWARD_TO + 4 * port) for port in range(3)] == [1, 0, 0]


@cocotb.test()
async def registers_that_are_read_only_ignore_writes(dut):
    bench = Bench(dut)
    await bench.start(policy=False)
    for address in (MAGIC, VERSION, STATUS, *GEOMETRY, COUNTER_RESULT, STATISTICS_FRAMES):
        before = await bench.registers.read(address)
        await bench.registers.write(address, ~before & 0xFFFFFFFF)
        assert await bench.registers.read(address) == before, f"0x{address:04x}"


@cocotb.test()
async def addresses_without_a_register_read_zero_and_ignore_writes(dut):
    bench = Bench(dut)
    await bench.start(policy=False)
    addresses = [0x000C, 0x003C, 0x0060, 0x0084, 0x00CC, 0x0110, 0x0200 + 4 * 4, 0x03FC, 0x0440, 0x0520, 0x0FFC, 0x1000, 0x8000, 0xFFFC]
    for address in addresses:
        await bench.registers.write(address, 0xFFFFFFFF)
        assert await bench.registers.read(address) == 0, f"0x{address:04x}"
    assert await bench.registers.read(SCRATCH) == 0
    assert await bench.registers.read(ERRORS) == 0


@cocotb.test()
async def bytes_whose_strobe_is_off_keep_their_value(dut):
    bench = Bench(dut)
    await bench.start(policy=False)
    for address in (SCRATCH, LOAD_DATA, TEST_SOURCE):
        value = bytearray(b"\x11\x22\x33\x44")
        await bench.axil.write(address, bytes(value))
        for first, count in ((0, 1), (1, 1), (2, 1), (3, 1), (0, 2), (1, 2), (2, 2), (0, 3), (1, 3)):  # the master strobes these bytes only
            data = bytes(0xA0 + 16 * first + count + i for i in range(count))
            await bench.axil.write(address + first, data)
            value[first:first + count] = data
            assert (await bench.axil.read(address, 4)).data == bytes(value), f"0x{address:04x}: bytes {first} to {first + count - 1}"


@cocotb.test()
async def reads_and_writes_at_the_same_time_do_not_disturb_each_other(dut):
    bench = Bench(dut)
    await bench.start(policy=False)
    choose = random.Random(cocotb.RANDOM_SEED)
    # Rests on all five channels, different ones each time.
    write, read = bench.axil.write_if, bench.axil.read_if
    for i, channel in enumerate((write.aw_channel, write.w_channel, write.b_channel, read.ar_channel, read.r_channel)):
        channel.set_pause_generator(itertools.cycle([choose.random() < 0.4 for _ in range(17 + i)]))
    words = [choose.getrandbits(32) for _ in range(100)]
    reads = [bench.axil.init_read(MAGIC, 4) for _ in words]
    writes = [bench.axil.init_write(TEST_SOURCE + 4 * (i % 8), word.to_bytes(4, "little")) for i, word in enumerate(words)]
    for event in reads:
        await event.wait()
        assert event.data.data == b"SLCP" and int(event.data.resp) == 0
    for event in writes:
        await event.wait()
        assert int(event.data.resp) == 0
    final = {i % 8: word for i, word in enumerate(words)}
    for i, word in final.items():
        assert await bench.registers.read(TEST_SOURCE + 4 * i) == word


@cocotb.test()
async def wrong_commands_are_reported_and_do_nothing(dut):
    bench = Bench(dut)
    await bench.start(policy=False)
    registers = bench.registers

    async def error(bit):
        found = await registers.read(ERRORS)
        await registers.write(ERRORS, 0)
        assert await registers.read(ERRORS) == found, "writing 0 to ERRORS cleared something"
        await registers.write(ERRORS, 0xFFFFFFFF)
        assert await registers.read(ERRORS) == 0
        assert found == 1 << bit, f"ERRORS is 0x{found:x}"

    async def commit(target, index, count):
        await registers.write(LOAD_TARGET, target)
        await registers.write(LOAD_INDEX, index)
        await registers.write(LOAD_COUNT, count)
        await registers.write(LOAD_COMMIT, 1)
        await registers.wait_while(LOAD_BUSY)

    await commit(0x05, 1, 1)   # LOAD_TARGET: there are range tables 0 to 4
    await error(0)
    await commit(0x00, 0, 1)   # LOAD_INDEX: there is no boundary 0
    await error(1)
    await commit(0x0D, 250, 7) # rows 250 to 255, and one too many
    await error(1)
    assert await registers.read(LOAD_INDEX) == 256
    await commit(0x18, 64, 1)  # 64 rules: 0 to 63
    await error(1)
    await commit(0x18, 0, 0)
    await error(1)
    bank = await registers.read(STATUS) & ACTIVE_BANK
    await registers.write(CONTROL, FLIP | CLEAR_COUNTERS)  # FLIP_IGNORED
    await error(3)
    assert await registers.read(STATUS) & ACTIVE_BANK == bank
    await registers.wait_while(CLEARING)
    await registers.write(COUNTER_REQUEST, 64)  # COUNTER_INDEX
    await registers.wait_while(COUNTER_BUSY)
    assert await registers.read(COUNTER_RESULT) == 0
    await error(5)
    await registers.write(FORWARD_TO, 3)  # FORWARD_TO: egress 2 is the host, the last one
    await error(7)
    assert await registers.read(FORWARD_TO) == 1


@cocotb.test()
async def a_loaded_image_answers_its_own_probes(dut):
    bench = Bench(dut)
    await bench.start(policy=False)
    await bench.registers.load(table_image.load_sequence(bench.image))
    assert await bench.registers.read(ERRORS) == 0
    assert bench.image.probes
    for probe in bench.image.probes:
        assert await bench.registers.test(probe) == (probe.hit, probe.rule if probe.hit else 0, probe.action), probe
    await bench.registers.flip()
    for cause in range(9):  # test lookups count nowhere
        assert await bench.registers.counter(1, cause) == (0, 0)


@cocotb.test()
async def a_row_that_is_wrong_makes_a_probe_fail(dut):
    """The test above can fail: without the rows of port tables nothing matches."""
    bench = Bench(dut)
    await bench.start(policy=False)
    rows = [(target, index, count, 0 if target == 0x0B else row) for target, index, count, row in table_image.load_sequence(bench.image)]
    await bench.registers.load(rows)
    wrong = [probe for probe in bench.image.probes if (await bench.registers.test(probe))[0] != probe.hit]
    assert len(wrong) == sum(probe.hit for probe in bench.image.probes)
