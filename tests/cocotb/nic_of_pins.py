"""nic_pins with the bus models of cocotbext-axi at every port, host memory among them, and queues as docs/nic.md describes them."""

import dataclasses
import os

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles
from cocotbext.axi import (AddressSpace, AxiBus, AxiLiteBus, AxiLiteMaster, AxiSlave, AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource,
                           MemoryRegion)

import registers
import table_image

HOST = 2  # number of the host beside wire ports 0 and 1
NIC_MAGIC, NIC_QUEUES, NIC_DMA_WIDTH, NIC_ROW_SLOT, NIC_CONTROL, NIC_STATUS = 0x1000, 0x1008, 0x1014, 0x1018, 0x1028, 0x102C
TABLE_QUEUE, RECEIVE, TRANSMIT, QUEUE_STRIDE = 0x1080, 0x1400, 0x1800, 0x40
CONTROL, STATUS, ERROR, RING_SIZE, RING_BASE, SECOND_BASE, BUFFER_SIZE, TAIL, HEAD = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x18, 0x20, 0x24, 0x28
ERROR_DESCRIPTOR_READ, ERROR_DATA = 1 << 2, 1 << 3  # data written by a receive queue, read by a transmit queue
INTERRUPT_CAUSE, INTERRUPT_ENABLE, INTERRUPT_MODERATION, INTERRUPT_STRIDE = 0x3100, 0x3104, 0x3108, 0x10
PORT_CONTROL, PORT_RSS_TABLE, PORT_STRIDE = 0x4000, 0x4200, 0x400
PORT_RECEIVE, PORT_PROMISCUOUS, PORT_ALLMULTICAST, PORT_BROADCAST = (1 << i for i in range(4))
COUNTERS_FRAMES, COUNTERS_DELIVERED, COUNTERS_NO_DESCRIPTOR, COUNTERS_STOPPED, COUNTERS_STRIDE = 0x6000, 0x6008, 0x6048, 0x6040, 0x80

MEMORY_BASE, MEMORY_BYTES = 0x7_FFFF_0000, 0x8_0000  # across a boundary of 32 bits


class Nic:
    def __init__(self, dut):
        self.dut = dut
        cocotb.start_soon(Clock(dut.clk, 4, unit="ns").start())
        self.sources = [AxiStreamSource(AxiStreamBus.from_prefix(dut, f"s{p}_axis"), dut.clk, dut.rst) for p in (0, 1)]
        self.sinks = [AxiStreamSink(AxiStreamBus.from_prefix(dut, f"m{p}_axis"), dut.clk, dut.rst) for p in (0, 1)]
        self.axil = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst)
        self.registers = registers.Registers(self.axil)
        self.space = AddressSpace(2**64)
        self.memory = MemoryRegion(MEMORY_BYTES)
        self.space.register_region(self.memory, MEMORY_BASE)
        self.slave = AxiSlave(AxiBus.from_prefix(dut, "m_axi"), dut.clk, dut.rst, target=self.space)
        self.used = 0
        self.counters = {}
        self.image = table_image.read(os.environ["PORTCULLIS_IMAGE"])

    async def start(self, policy=True):
        """Out of reset, links up; both ports are endpoints that take every frame, port p's for queue p."""
        self.dut.link.value = 3
        await registers.reset(self.dut)
        await self.registers.wait_while(registers.BUSY)
        if policy:
            await self.registers.load(table_image.load_sequence(self.image))
            await self.registers.flip()
        for port in (0, 1):
            await self.registers.write(registers.FORWARD_TO + 4 * port, HOST)
            await self.registers.write(PORT_CONTROL + PORT_STRIDE * port, PORT_RECEIVE | PORT_PROMISCUOUS | PORT_ALLMULTICAST | PORT_BROADCAST)
            await self.registers.write(PORT_RSS_TABLE + PORT_STRIDE * port, port)

    def allocate(self, size, alignment=64, offset=0):
        """Bus address of `size` bytes of host memory that nobody else has, `offset` behind an aligned one."""
        start = -(-self.used // alignment) * alignment + offset
        self.used = start + size
        assert self.used <= MEMORY_BYTES
        return MEMORY_BASE + start

    def peek(self, address, size):
        return bytes(self.memory[address - MEMORY_BASE:address - MEMORY_BASE + size])

    def poke(self, address, data):
        self.memory[address - MEMORY_BASE:address - MEMORY_BASE + len(data)] = data

    def peek_number(self, address, size):
        return int.from_bytes(self.peek(address, size), "little")

    def send(self, port, frame):
        self.sources[port].send_nowait(AxiStreamFrame(bytes(frame), tuser=0))

    async def wire(self, port, patience_us=200):
        """The next frame that leaves by a wire."""
        await self.sinks[port].wait(patience_us, "us")
        assert not self.sinks[port].empty(), f"no frame left by wire {port} within {patience_us} us"
        return bytes(self.sinks[port].recv_nowait().tdata)

    def pause_memory(self, generator):
        """Each of the five channels of host memory rests when `generator()`, an iterator of booleans each, says so."""
        write, read = self.slave.write_if, self.slave.read_if
        for channel in (write.aw_channel, write.w_channel, write.b_channel, read.ar_channel, read.r_channel):
            channel.set_pause_generator(generator())

    async def until(self, condition, what, clocks=50_000):
        for _ in range(clocks // 20):
            if condition():
                return
            await ClockCycles(self.dut.clk, 20)
        raise AssertionError(f"{what}: not within {clocks} clocks")

    async def counted(self, register):
        """What a counter of port 0 has gained since the last time that it was asked; counters outlive a reset."""
        value = await self.registers.read64(register)
        before, self.counters[register] = self.counters.get(register, 0), value
        return value - before

    async def set_up(self, block, log2, ring, second):
        await self.registers.write(block + RING_SIZE, log2)
        for register, address in ((RING_BASE, ring), (SECOND_BASE, second)):
            await self.registers.write(block + register, address & 0xFFFFFFFF)
            await self.registers.write(block + register + 4, address >> 32)

    async def stop(self, block):
        await self.registers.write(block + CONTROL, 0)
        for _ in range(1000):
            if not await self.registers.read(block + STATUS):
                return
        raise AssertionError(f"the queue at 0x{block:04x} stays ACTIVE")


@dataclasses.dataclass
class Completion:
    words: list

    def field(self, word, high, low):
        return self.words[word] >> low & (1 << high - low + 1) - 1

    @property
    def packet_length(self):
        return self.field(0, 13, 0)

    @property
    def segment_length(self):
        return self.field(0, 29, 16)

    @property
    def rule(self):
        return self.field(3, 15, 0)

    @property
    def ingress(self):
        return self.field(6, 6, 4)

    @property
    def mark(self):
        return self.words[1] if self.field(7, 17, 17) else None

    @property
    def end(self):
        return self.field(7, 30, 30)


class ReceiveQueue:
    """Queue pair `number`, its buffers at odd addresses."""

    def __init__(self, nic, number, log2=5, buffer_size=2048):
        self.nic, self.block, self.log2, self.buffer_size = nic, RECEIVE + QUEUE_STRIDE * number, log2, buffer_size
        self.size = 1 << log2
        self.ring, self.completions = nic.allocate(16 * self.size), nic.allocate(32 * self.size)
        self.buffers = [nic.allocate(buffer_size, 64, offset=1 + 7 * i % 61) for i in range(self.size)]
        self.next, self.tail = 0, 0

    async def start(self):
        registers_ = self.nic.registers
        self.nic.poke(self.completions, bytes(32 * self.size))
        await self.nic.set_up(self.block, self.log2, self.ring, self.completions)
        await registers_.write(self.block + BUFFER_SIZE, self.buffer_size)
        await registers_.write(self.block + CONTROL, 1)
        assert await registers_.read(self.block + ERROR) == 0
        self.next, self.tail = 0, 0
        await self.give(self.size - 1)

    async def give(self, descriptors):
        for _ in range(descriptors):
            slot = self.tail % self.size
            self.nic.poke(self.ring + 16 * slot, self.buffers[slot].to_bytes(8, "little") + bytes(8))
            self.tail += 1
        await self.nic.registers.write(self.block + TAIL, self.tail % self.size)

    def _completion(self):
        slot = self.next % self.size
        data = self.nic.peek(self.completions + 32 * slot, 32)
        words = [int.from_bytes(data[4 * i:4 * i + 4], "little") for i in range(8)]
        return Completion(words) if words[7] >> 31 == (~self.next >> self.log2 & 1) else None

    async def receive(self):
        """The next packet and its last completion; what it used is the NIC's again."""
        packet, used = b"", 0
        while True:
            await self.nic.until(lambda: self._completion() is not None, "a completion")
            completion, slot = self._completion(), self.next % self.size
            assert completion.field(7, 15, 0) == slot
            assert completion.end or completion.segment_length == self.buffer_size
            packet += self.nic.peek(self.buffers[slot], completion.segment_length)
            self.next, used = self.next + 1, used + 1
            if completion.end:
                assert completion.packet_length == len(packet)
                await self.give(used)
                return packet, completion

    def nothing_came(self):
        return self._completion() is None


class TransmitQueue:
    def __init__(self, nic, number, log2=5):
        self.nic, self.block, self.log2, self.size = nic, TRANSMIT + QUEUE_STRIDE * number, log2, 1 << log2
        self.ring, self.head = nic.allocate(16 * self.size), nic.allocate(8)
        self.tail = 0

    async def start(self):
        self.nic.poke(self.head, bytes(8))
        await self.nic.set_up(self.block, self.log2, self.ring, self.head)
        await self.nic.registers.write(self.block + CONTROL, 1)
        assert await self.nic.registers.read(self.block + ERROR) == 0
        self.tail = 0

    def put(self, port, segments, packet_length):
        """A packet of (bus address, length) segments; doorbell() hands it over."""
        for i, (address, length) in enumerate(segments):
            descriptor = address | length << 64 | packet_length << 80 | port << 96 | (i == len(segments) - 1) << 104
            self.nic.poke(self.ring + 16 * (self.tail % self.size), descriptor.to_bytes(16, "little"))
            self.tail += 1

    async def doorbell(self):
        await self.nic.registers.write(self.block + TAIL, self.tail % self.size)

    def done(self):
        return self.nic.peek_number(self.head, 8) == self.tail % self.size
