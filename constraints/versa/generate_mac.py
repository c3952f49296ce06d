#!/usr/bin/env python3
"""Writes versa_mac.v: a gigabit MAC with the RGMII of an ECP5, made of LiteEth (PyPI, BSD-2-Clause) and used by rtl/boards/versa.

    constraints/versa/generate_mac.py OUT.v

The module's streams are 64 bits wide on the clock sys_clk, frames without preamble and FCS; `last_be` names the last byte of a frame's last beat, one-hot.
A received frame with a wrong FCS has `error` in its last beat. Nothing of LiteEth is part of this repository.
"""
import argparse
import pathlib
import sys

from liteeth.mac.core import LiteEthMACCore
from liteeth.phy.ecp5rgmii import LiteEthPHYRGMII
from litex.build.lattice.common import lattice_ecp5_special_overrides
from litex.gen import LiteXModule
from litex.gen.fhdl import verilog
from migen import ClockDomain, Record, Signal

STREAM_BITS = 64


class VersaMac(LiteXModule):
    def __init__(self):
        self.clock_pads = Record([("tx", 1), ("rx", 1)], name="rgmii_clocks")
        self.pads = Record([("rst_n", 1), ("rx_ctl", 1), ("rx_data", 4), ("tx_ctl", 1), ("tx_data", 4)], name="rgmii")
        self.cd_sys = ClockDomain("sys")
        # 125 MHz of the board's own oscillator, so that transmission goes on without a link at the receiving side. The PHYs of this board delay both
        # clocks themselves, as their straps say; hence no delay here.
        self.tx_clk = Signal(name="gtx_clk")
        self.phy = LiteEthPHYRGMII(self.clock_pads, self.pads, with_hw_init_reset=True, tx_delay=0, rx_delay=0, tx_clk=self.tx_clk)
        # LiteEth's FCS checker looks at the byte that last_be names, and this PHY names none: without this no damaged frame is marked.
        self.comb += self.phy.source.last_be.eq(self.phy.source.last)
        # The FCS is checked in the receiver's own clock, before anything can hold it up.
        self.mac = LiteEthMACCore(self.phy, STREAM_BITS, with_sys_datapath=False, tx_cdc_depth=16, rx_cdc_depth=64)
        self.ios = {self.cd_sys.clk, self.cd_sys.rst, self.tx_clk}
        self.ios |= set(self.clock_pads.flatten()) | set(self.pads.flatten())
        for name, endpoint, fields in (("rx", self.mac.source, ("valid", "ready", "last", "data", "last_be", "error")),
                                       ("tx", self.mac.sink, ("valid", "ready", "last", "data", "last_be"))):
            for field in fields:
                inner = getattr(endpoint, field)
                outer = Signal(len(inner), name=f"{name}_{field}")
                inward = (field == "ready") == (name == "rx")
                self.comb += inner.eq(outer) if inward else outer.eq(inner)
                self.ios.add(outer)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    arguments = parser.parse_args()
    mac = VersaMac()
    text = str(verilog.convert(mac, mac.ios, name="versa_mac", special_overrides=lattice_ecp5_special_overrides))
    arguments.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
