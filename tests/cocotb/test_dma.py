"""pcl_nic's AXI4 master, with cocotbext-axi as host memory: an independent reading of the standard. The memory model checks bursts (4 KiB, last beats,
sizes) and answers SLVERR where there is no memory. The policy is that of test_streams.py; both ports are endpoints, port p's frames for queue p.
"""

import random

import cocotb
from cocotb.triggers import ClockCycles

import nic_of_pins as pins
import registers
import table_image
from nic_of_pins import Nic, ReceiveQueue, TransmitQueue
from test_streams import MAX_FRAME, READ_BY_A_PERSON, https, telnet, to_nowhere

NOWHERE = 0x10_0000_0000  # no memory answers here


def rests(chance=0.5):
    """A pause generator for one channel."""
    source = random.Random(random.getrandbits(32))
    return lambda: iter(lambda: source.random() < chance, None)


async def receivers(nic, **options):
    queues = [ReceiveQueue(nic, q, **options) for q in (0, 1)]
    for queue in queues:
        await queue.start()
    return queues


@cocotb.test()
async def registers_say_what_was_built(dut):
    nic = Nic(dut)
    await nic.start(policy=False)
    assert await nic.registers.read(pins.NIC_MAGIC) == int.from_bytes(b"PCLN", "big")
    assert await nic.registers.read(pins.NIC_QUEUES) == 2
    assert await nic.registers.read(pins.NIC_DMA_WIDTH) == 128


@cocotb.test()
async def frames_reach_host_memory_whole_and_in_order(dut):
    nic = Nic(dut)
    await nic.start()
    queues = await receivers(nic)
    lengths = [*range(60, 84), 127, 128, 129, 1518, 2048, 2049, 9018, MAX_FRAME]
    for length in lengths:
        nic.send(0, https(length))
        nic.send(1, https(length, source="198.51.100.8"))
    for length in lengths:
        for port, queue in enumerate(queues):
            packet, completion = await queue.receive()
            assert packet == https(length, source=f"198.51.100.{7 + port}"), f"{length} bytes at port {port}"
            assert completion.ingress == port
            assert "ports.md:5" in nic.image.names[completion.rule]
    assert all(queue.nothing_came() for queue in queues)


@cocotb.test()
async def host_memory_holds_what_a_person_reads_from_the_document(dut):
    nic = Nic(dut)
    await nic.start()
    queue, _ = await receivers(nic, buffer_size=64)
    for _, data, _ in READ_BY_A_PERSON:
        nic.send(0, data)
    for what, data, entry in READ_BY_A_PERSON:
        if entry is None:
            continue
        packet, completion = await queue.receive()
        assert packet == data, what
        name = nic.image.names[completion.rule]
        assert entry in name or name == "arp", f"{what}: by {name} instead of {entry}"
        assert completion.mark == (46 if entry == "voice" else None), what
    assert queue.nothing_came()


@cocotb.test()
async def packets_of_host_memory_leave_by_their_wire(dut):
    nic = Nic(dut)
    await nic.start(policy=False)
    queue = TransmitQueue(nic, 0)
    await queue.start()
    choice = random.Random(random.getrandbits(32))
    for length in (60, 61, 64, 127, 1518, 4096, 9018, MAX_FRAME):
        for port in (0, 1):
            packet = bytes(choice.getrandbits(8) for _ in range(length))
            cuts = sorted({0, length, *(choice.randrange(1, length) for _ in range(choice.randrange(5)))})
            segments = []
            for first, last in zip(cuts, cuts[1:]):
                # Anywhere, the last bytes before a boundary of 4 KiB included.
                address = nic.allocate(last - first, 4096, offset=choice.choice([0, 1, 63, 4095, choice.randrange(4096)])) if last - first < 64 else \
                    nic.allocate(last - first, 64, offset=choice.randrange(64))
                nic.poke(address, packet[first:last])
                segments.append((address, last - first))
            queue.put(port, segments, length)
            await queue.doorbell()
            assert await nic.wire(port) == packet, f"{length} bytes by wire {port}, cut at {cuts}"
            await nic.until(queue.done, "the head")
            nic.used = 64 * 1024  # behind the rings: the memory of the packet is free again
    assert all(sink.empty() for sink in nic.sinks)


@cocotb.test()
async def both_directions_get_through_a_memory_that_rests(dut):
    nic = Nic(dut)
    await nic.start()
    queues = await receivers(nic, log2=6, buffer_size=256)
    transmit = TransmitQueue(nic, 1)
    await transmit.start()
    nic.pause_memory(rests())
    for i in range(16):
        nic.send(0, https(60 + 37 * i))
        nic.send(1, https(700 - 37 * i))
        packet = bytes([i]) * (60 + 91 * i)
        address = nic.allocate(len(packet), 64, offset=i)
        nic.poke(address, packet)
        transmit.put(i % 2, [(address, len(packet))], len(packet))
    await transmit.doorbell()
    for i in range(16):
        assert await nic.wire(i % 2) == bytes([i]) * (60 + 91 * i)
        assert (await queues[0].receive())[0] == https(60 + 37 * i)
        assert (await queues[1].receive())[0] == https(700 - 37 * i)
    await nic.until(transmit.done, "the head")


@cocotb.test()
async def an_address_without_memory_stops_its_queue_and_no_other(dut):
    nic = Nic(dut)
    await nic.start()
    broken, whole = await receivers(nic)
    for counter in (pins.COUNTERS_DELIVERED, pins.COUNTERS_STOPPED):
        await nic.counted(counter)
    broken.buffers[3] = NOWHERE
    await nic.stop(broken.block)
    await broken.start()
    for _ in range(6):
        nic.send(0, https(200))
        nic.send(1, https(300))
    for _ in range(3):
        assert (await broken.receive())[0] == https(200)
    for _ in range(6):
        assert (await whole.receive())[0] == https(300)
    await ClockCycles(dut.clk, 500)
    assert await nic.registers.read(broken.block + pins.ERROR) == pins.ERROR_DATA
    assert await nic.registers.read(broken.block + pins.CONTROL) == 0
    assert broken.nothing_came()
    assert await nic.counted(pins.COUNTERS_DELIVERED) == 3
    assert await nic.counted(pins.COUNTERS_STOPPED) == 3
    # Mended, it works again.
    broken.buffers[3] = nic.allocate(2048)
    await nic.stop(broken.block)
    await broken.start()
    nic.send(0, https(201))
    assert (await broken.receive())[0] == https(201)

    bad, good = TransmitQueue(nic, 0), TransmitQueue(nic, 1)
    packet = nic.allocate(64)
    nic.poke(packet, bytes(range(64)))
    for queue, address in ((bad, NOWHERE), (good, packet)):
        await queue.start()
        queue.put(0, [(address, 64)], 64)
        await queue.doorbell()
    assert await nic.wire(0) == bytes(range(64))
    await nic.until(good.done, "the head")
    assert await nic.registers.read(bad.block + pins.ERROR) == pins.ERROR_DATA
    assert not bad.done() and nic.sinks[0].empty()
    assert await nic.registers.read(good.block + pins.ERROR) == 0


@cocotb.test()
async def an_empty_ring_drops_and_counts(dut):
    nic = Nic(dut)
    await nic.start()
    queue = ReceiveQueue(nic, 0, log2=3)
    await queue.start()
    for counter in (pins.COUNTERS_FRAMES, pins.COUNTERS_NO_DESCRIPTOR):
        await nic.counted(counter)
    for _ in range(12):
        nic.send(0, https(100))
        nic.send(0, to_nowhere(100))
    await ClockCycles(dut.clk, 3000)
    assert await nic.counted(pins.COUNTERS_FRAMES) == 12
    assert await nic.counted(pins.COUNTERS_NO_DESCRIPTOR) == 12 - 7
    for _ in range(7):
        assert (await queue.receive())[0] == https(100)
    assert queue.nothing_came()
    nic.send(0, https(101))
    assert (await queue.receive())[0] == https(101)


@cocotb.test()
async def rows_from_host_memory_are_a_policy(dut):
    nic = Nic(dut)
    await nic.start(policy=False)
    slot = await nic.registers.read(pins.NIC_ROW_SLOT)
    sequence = list(table_image.load_sequence(nic.image))
    log2 = len(sequence).bit_length()
    ring, head = nic.allocate(16 << log2), nic.allocate(8)
    for i, (target, index, count, row) in enumerate(sequence):
        address = nic.allocate(slot)
        nic.poke(address, row.to_bytes(slot, "little"))
        nic.poke(ring + 16 * i, (address | index << 64 | count << 80 | target << 96 | 1 << 104).to_bytes(16, "little"))
    await nic.set_up(pins.TABLE_QUEUE, log2, ring, head)
    nic.pause_memory(rests(0.3))
    await nic.registers.write(pins.TABLE_QUEUE + pins.CONTROL, 1)
    await nic.registers.write(pins.TABLE_QUEUE + pins.TAIL, len(sequence))
    await nic.until(lambda: nic.peek_number(head, 8) == len(sequence), "the head of the table-load queue")
    assert await nic.registers.read(pins.TABLE_QUEUE + pins.ERROR) == 0
    assert await nic.registers.read(registers.ERRORS) == 0
    queue, _ = await receivers(nic)
    await nic.registers.flip()
    for data in (https(), telnet(), to_nowhere(), https(90)):
        nic.send(0, data)
    # Telnet is dropped, and the host gets a copy.
    for data in (https(), telnet(), https(90)):
        assert (await queue.receive())[0] == data
    await ClockCycles(dut.clk, 500)
    assert queue.nothing_came()


@cocotb.test()
async def an_interrupt_rises_behind_its_completion_and_falls_when_told(dut):
    nic = Nic(dut)
    await nic.start()
    queues = await receivers(nic)
    line = pins.INTERRUPT_STRIDE * 1
    await nic.registers.write(pins.INTERRUPT_MODERATION + line, 0)
    await nic.registers.write(pins.INTERRUPT_ENABLE + line, 1)
    nic.send(0, https(60))
    assert (await queues[0].receive())[0] == https(60)
    await ClockCycles(dut.clk, 100)
    assert int(dut.interrupts.value) == 0, "the line of a queue that nobody asked about"
    for length in (60, 61):
        nic.send(1, https(length))
        await nic.until(lambda: int(dut.interrupts.value) != 0, "the interrupt")
        assert int(dut.interrupts.value) == 2
        assert not queues[1].nothing_came(), "the line rose before the completion was in memory"
        assert (await queues[1].receive())[0] == https(length)
        assert await nic.registers.read(pins.INTERRUPT_CAUSE + line) == 1
        await nic.registers.write(pins.INTERRUPT_CAUSE + line, 1)
        await ClockCycles(dut.clk, 4)
        assert int(dut.interrupts.value) == 0
