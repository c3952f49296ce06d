"""The benchmark's traffic through filter_pins, driven by cocotb in two ways, every verdict and every frame that leaves compared.

Environment: PORTCULLIS_BENCH, a folder with
    rows.txt    per line: load target, index, count, row in hexadecimal
    frames.txt  per line: frame in hexadecimal, 1 if it passes, the rule that decides or -1; frames fit a beat, and enter port 0
PORTCULLIS_REPETITIONS, how many times the frames are sent; PORTCULLIS_RESULT, the file to write: per way and repetition packets, mismatches, clocks,
and seconds of processor time of this process, the simulator's included.
"""

import json
import os
import pathlib
import time

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer
from cocotb.utils import get_sim_time
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiStreamBus, AxiStreamSink, AxiStreamSource

import registers

FOLDER = pathlib.Path(os.environ["PORTCULLIS_BENCH"])
REPETITIONS = int(os.environ["PORTCULLIS_REPETITIONS"])
PERIOD_NS = 4


def traffic():
    for line in (FOLDER / "frames.txt").read_text().splitlines():
        frame, permit, rule = line.split()
        yield bytes.fromhex(frame), int(permit), int(rule)


class Figures:
    def __init__(self):
        self.seconds = time.process_time()
        self.start = get_sim_time("ns")

    def take(self, packets, mismatches):
        return {"packets": packets, "mismatches": mismatches, "clocks": round((get_sim_time("ns") - self.start) / PERIOD_NS),
                "seconds": time.process_time() - self.seconds}


def verdict(report):
    """(permit, rule or -1) of pcl_filter_pkg::filter_report_t."""
    return report >> 101 & 1, report >> 83 & 0xFFFF if report >> 99 & 1 else -1


def metadata(frame, permit, rule):
    """TUSER that a permitted frame leaves with, its mark aside: pcl_filter_pkg::filter_user_t."""
    return permit << 86 | (rule >= 0) << 84 | max(rule, 0) << 21 | len(frame)


async def load(dut, axil):
    dut.load_valid.value = 0
    await registers.reset(dut)
    for line in (FOLDER / "rows.txt").read_text().splitlines():
        target, index, count, row = line.split()
        for i in range(int(count)):
            dut.load_valid.value = 1
            dut.load_target.value = int(target)
            dut.load_index.value = int(index) + i
            dut.load_data.value = int(row, 16)
            await RisingEdge(dut.clk)
            while not dut.load_ready.value:
                await RisingEdge(dut.clk)
    dut.load_valid.value = 0
    await registers.Registers(axil).flip()


async def with_bus_models(dut, frames, source, sinks):
    """Source and sinks of cocotbext-axi; verdicts from the report port."""
    sink = sinks[1]
    decided = []

    async def reports():
        while True:
            await RisingEdge(dut.clk)
            if dut.report_valid.value:
                decided.append(verdict(int(dut.report.value)))

    watcher = cocotb.start_soon(reports())
    figures = Figures()
    for frame, _, _ in frames:
        source.send_nowait(frame)
    left = [await sink.recv() for _ in range(sum(permit for _, permit, _ in frames))]
    while len(decided) < len(frames):
        await RisingEdge(dut.clk)
    expected = [(permit, rule) for _, permit, rule in frames]
    leaving = [(frame, metadata(frame, permit, rule)) for frame, permit, rule in frames if permit]
    mismatches = sum(a != b for a, b in zip(decided, expected))
    mismatches += sum((bytes(got.tdata), got.tuser) != wanted for got, wanted in zip(left, leaving))
    result = figures.take(len(frames), mismatches + sum(not egress.empty() for egress in sinks))
    watcher.cancel()
    return result


async def by_hand(dut, frames):
    """One coroutine that looks at the pins it needs in every clock and at nothing else."""
    figures = Figures()
    clock, tready, tdata = RisingEdge(dut.clk), dut.s0_axis_tready, dut.s0_axis_tdata
    report_valid, report, out_valid, out_data, out_user = dut.report_valid, dut.report, dut.m1_axis_tvalid, dut.m1_axis_tdata, dut.m1_axis_tuser
    elsewhere = (dut.m0_axis_tvalid, dut.host_axis_tvalid)
    words = [int.from_bytes(frame, "little") for frame, _, _ in frames]
    leaving = iter([(word, (1 << 8 * len(frame)) - 1, metadata(frame, permit, rule)) for word, (frame, permit, rule) in zip(words, frames) if permit])
    permitted = sum(permit for _, permit, _ in frames)
    sent = decided = left = mismatches = 0
    dut.s0_axis_tlast.value = 1
    dut.s0_axis_tuser.value = 0
    dut.s0_axis_tvalid.value = 1
    tdata.value = words[0]
    dut.s0_axis_tkeep.value = (1 << len(frames[0][0])) - 1
    size = len(frames[0][0])
    while decided < len(frames) or left < permitted:
        await clock
        if sent < len(frames) and tready.value:
            sent += 1
            if sent == len(frames):
                dut.s0_axis_tvalid.value = 0
            else:
                tdata.value = words[sent]
                if len(frames[sent][0]) != size:
                    size = len(frames[sent][0])
                    dut.s0_axis_tkeep.value = (1 << size) - 1
        if report_valid.value:
            mismatches += verdict(int(report.value)) != frames[decided][1:]
            decided += 1
        if out_valid.value:
            word, mask, user = next(leaving)
            mismatches += int(out_data.value) & mask != word or int(out_user.value) != user
            left += 1
        if elsewhere[0].value or elsewhere[1].value:
            mismatches += 1
    return figures.take(len(frames), mismatches)


@cocotb.test()
async def measure(dut):
    cocotb.start_soon(Clock(dut.clk, PERIOD_NS, unit="ns").start())
    source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s0_axis"), dut.clk, dut.rst)
    sinks = [AxiStreamSink(AxiStreamBus.from_prefix(dut, f"{name}_axis"), dut.clk, dut.rst) for name in ("m0", "m1", "host")]
    axil = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst)
    dut.s1_axis_tvalid.value = 0
    await load(dut, axil)
    frames = list(traffic())
    results = {"bus_models": [await with_bus_models(dut, frames, source, sinks) for _ in range(REPETITIONS)]}
    # Rest for the bus models, which wait for events from now on, and room for the loop by hand.
    await Timer(100 * PERIOD_NS, "ns")
    for end in (source, *sinks):
        end.assert_reset(True)
    for sink in sinks:
        sink.bus.tready.value = 1
    results["by_hand"] = [await by_hand(dut, frames) for _ in range(REPETITIONS)]
    pathlib.Path(os.environ["PORTCULLIS_RESULT"]).write_text(json.dumps(results, indent=1))
