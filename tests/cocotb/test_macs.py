"""examples/integration between the MAC models of cocotbext-eth: two lines of 10 Gbit/s, six clocks of which no two agree.

The transmit model asserts that it never runs dry within a frame; the receive model cannot be held up.
"""

import os

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, Timer
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiStreamBus, AxiStreamSink
from cocotbext.eth import EthMacFrame, EthMacRx, EthMacTx
from cocotbext.eth.eth_mac import AxiStreamBus as MacBus

import registers
import table_image
from test_streams import https, telnet, to_nowhere

LINE_RATE = 10e9
GAP_AND_FCS = 12 + 4  # bytes; the frames here have no FCS, and the models add preamble and gap


def suffixed(bus, inputs, optional=()):
    """A bus class whose pins end in _i or _o."""
    names = {name: name + ("_i" if name in inputs else "_o") for name in [*bus._signals, *bus._optional_signals]}
    return type(bus.__name__, (bus,), {"_signals": {n: names[n] for n in bus._signals if n not in optional},
                                       "_optional_signals": {n: names[n] for n in [*bus._optional_signals, *optional]}})


RxBus = suffixed(MacBus, {"tvalid", "tdata", "tkeep", "tlast", "tuser"})
TxBus = suffixed(MacBus, {"tready"})
HostBus = suffixed(AxiStreamBus, {"tready"})


class RegisterPins:
    """The register port under the names that AxiLiteBus looks for."""

    def __init__(self, dut):
        self._dut = dut
        self._name, self._path, self._log = dut._name, dut._path, dut._log
        self._pins = {name[:-2]: name for name in dir(dut) if name.startswith("s_axil_") and name[-2:] in ("_i", "_o")}

    def __dir__(self):
        return list(self._pins)

    def __getattr__(self, name):
        if name.startswith("__") or name not in self._pins:
            raise AttributeError(name)
        return getattr(self._dut, self._pins[name])


class Bench:
    def __init__(self, dut):
        self.dut = dut
        # Picoseconds; the lines' clocks are some hundred ppm apart, more than the standard allows.
        for name, period in {"clk_i": 5000, "s_axil_clk_i": 8002, "mac0_rx_clk_i": 6400, "mac0_tx_clk_i": 6402, "mac1_rx_clk_i": 6398,
                             "mac1_tx_clk_i": 6404}.items():
            cocotb.start_soon(Clock(getattr(dut, name), period, unit="ps").start())
        self.rx = [EthMacRx(RxBus.from_prefix(dut, f"mac{p}_rx"), getattr(dut, f"mac{p}_rx_clk_i"), dut.async_rst_i, ifg=GAP_AND_FCS, speed=LINE_RATE)
                   for p in (0, 1)]
        self.tx = [EthMacTx(TxBus.from_prefix(dut, f"mac{p}_tx"), getattr(dut, f"mac{p}_tx_clk_i"), dut.async_rst_i, ifg=GAP_AND_FCS, speed=LINE_RATE)
                   for p in (0, 1)]
        self.host = AxiStreamSink(HostBus.from_prefix(dut, "host"), dut.clk_i, dut.async_rst_i)
        self.registers = registers.Registers(AxiLiteMaster(AxiLiteBus.from_prefix(RegisterPins(dut), "s_axil"), dut.s_axil_clk_i, dut.async_rst_i))
        self.image = table_image.read(os.environ["PORTCULLIS_IMAGE"])
        self.dropped = [0, 0]
        for p in (0, 1):
            cocotb.start_soon(self._count_dropped(p))

    async def _count_dropped(self, port):
        while True:
            await RisingEdge(getattr(self.dut, f"mac{port}_rx_clk_i"))
            self.dropped[port] += int(getattr(self.dut, f"mac{port}_rx_dropped_o").value)

    async def start(self):
        self.dut.async_rst_i.value = 1
        await Timer(100, "ns")
        self.dut.async_rst_i.value = 0
        await ClockCycles(self.dut.s_axil_clk_i, 10)
        assert await self.registers.read(registers.MAGIC) == 0x50434C53
        await self.registers.load(table_image.load_sequence(self.image))
        assert await self.registers.read(registers.ERRORS) == 0
        await self.registers.flip()

    async def sent(self):
        # EthMacRx.wait() of cocotbext-eth 0.1.28 never ends once a frame was sent.
        while not all(rx.idle() for rx in self.rx):
            await Timer(1, "us")
        await Timer(20, "us")


@cocotb.test()
async def both_lines_carry_their_rate_in_smallest_frames(dut):
    bench = Bench(dut)
    await bench.start()
    count = 300
    passing = [[], []]
    for i in range(count):
        for port in (0, 1):
            frame = https(60, f"198.51.{port}.{i % 250}") if i % 4 else to_nowhere()
            bench.rx[port].send_nowait(EthMacFrame(frame))
            if i % 4:
                passing[port].append(frame)
    await bench.sent()
    for port in (0, 1):
        left = [bytes(bench.tx[1 - port].recv_nowait().data) for _ in range(bench.tx[1 - port].count())]
        assert left == passing[port], f"port {port}: {len(left)} frames left, {len(passing[port])} should"
        statistics = await bench.registers.statistics(port)
        assert (statistics["frames"], statistics["forwarded"], statistics["bad"]) == (count, len(passing[port]), 0)
    assert bench.dropped == [0, 0]


@cocotb.test()
async def frames_of_every_length_pass_whole(dut):
    bench = Bench(dut)
    await bench.start()
    lengths = [*range(60, 76), 1514, 9018, 60, 9728, 61]
    for length in lengths:
        for port in (0, 1):
            bench.rx[port].send_nowait(EthMacFrame(https(length)))
    await bench.sent()
    for port in (0, 1):
        assert [len(bench.tx[port].recv_nowait()) for _ in range(bench.tx[port].count())] == lengths
    assert bench.dropped == [0, 0]


@cocotb.test()
async def a_receive_buffer_that_is_full_drops_whole_frames_and_says_so(dut):
    bench = Bench(dut)
    await bench.start()
    bench.host.pause = True  # mirror copies wait, and the frames of their port behind them
    count, length = 40, 1514  # 60 kB; the filter's buffer has 16 KiB, the receive buffer too
    bench.rx[0].send_nowait(EthMacFrame(telnet()))
    for i in range(count):
        bench.rx[0].send_nowait(EthMacFrame(https(length, f"198.51.100.{i}")))
        bench.rx[1].send_nowait(EthMacFrame(https(length, f"198.51.101.{i}")))
    await bench.sent()
    assert bench.tx[0].count() == count, "port 1 is held up by a host that port 0 waits for"
    bench.host.pause = False
    await Timer(100, "us")
    left = [bytes(bench.tx[1].recv_nowait().data) for _ in range(bench.tx[1].count())]
    assert 10 < len(left) < count, "the buffer was not filled"
    assert len(left) + bench.dropped[0] == count and bench.dropped[1] == 0
    assert left == [https(length, f"198.51.100.{i}") for i in range(len(left))], "not the first frames, whole and in order"
    # And it goes on.
    bench.rx[0].send_nowait(EthMacFrame(https(100)))
    await bench.sent()
    assert bytes(bench.tx[1].recv_nowait().data) == https(100)
