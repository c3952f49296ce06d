"""filter_pins with the bus models of cocotbext-axi at every port."""

import os

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, First, Timer
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

import registers
import table_image

HOST = 2


class Bench:
    def __init__(self, dut):
        self.dut = dut
        cocotb.start_soon(Clock(dut.clk, 4, unit="ns").start())
        self.sources = [AxiStreamSource(AxiStreamBus.from_prefix(dut, f"s{p}_axis"), dut.clk, dut.rst) for p in (0, 1)]
        self.sinks = [AxiStreamSink(AxiStreamBus.from_prefix(dut, f"{name}_axis"), dut.clk, dut.rst) for name in ("m0", "m1", "host")]
        self.axil = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst)
        self.registers = registers.Registers(self.axil)
        self.image = table_image.read(os.environ["PORTCULLIS_IMAGE"])

    async def start(self, policy=True):
        """Out of reset; with the policy loaded, in force, and nothing counted."""
        self.dut.load_valid.value = 0
        await registers.reset(self.dut)
        if policy:
            await self.registers.wait_while(registers.BUSY)
            await self.registers.write(registers.CONTROL, registers.CLEAR_COUNTERS)
            await self.registers.wait_while(registers.CLEARING)
            await self.registers.load(table_image.load_sequence(self.image))
            assert await self.registers.read(registers.ERRORS) == 0
            await self.registers.flip()

    def send(self, port, frame, bad=False):
        """`bad`: TUSER with TLAST, and not before."""
        lanes = self.sources[port].byte_lanes
        last = (len(frame) - 1) // lanes * lanes
        self.sources[port].send_nowait(AxiStreamFrame(bytes(frame), tuser=[0] * last + [int(bad)] * (len(frame) - last)))

    async def receive(self, egress, patience_us=200):
        """The next frame at an egress, with its metadata."""
        sink = self.sinks[egress]
        await sink.wait(patience_us, "us")
        assert not sink.empty(), f"no frame left by egress {egress} within {patience_us} us"
        frame = sink.recv_nowait()
        return bytes(frame.tdata), Metadata(frame.tuser)

    async def quiet(self, clocks=300):
        """All sources empty, and time for what is inside to leave."""
        for source in self.sources:
            await First(cocotb.start_soon(source.wait()), Timer(2000, "us"))
            assert source.idle(), "a source was held up for 2 ms"
        await ClockCycles(self.dut.clk, clocks)

    def nothing_left(self):
        return all(sink.empty() for sink in self.sinks)


class Metadata:
    """TUSER of an egress, constant through a frame: pcl_filter_pkg::filter_user_t, first member in the highest bits."""

    FIELDS = [("length", 14), ("ingress", 3), ("cause", 4), ("rule", 16), ("mark", 32), ("mark_valid", 1), ("host_queue", 12), ("queue_valid", 1),
              ("mirror_copy", 1), ("hit", 1), ("would_drop", 1), ("permit", 1)]

    def __init__(self, value):
        assert isinstance(value, int), "TUSER changed within a frame"
        for name, bits in self.FIELDS:
            setattr(self, name, value & (1 << bits) - 1)
            value >>= bits
        assert value == 0
