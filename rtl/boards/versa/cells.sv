// Cells of the ECP5 that this board instantiates besides those of prim/ecp5, here and in its MACs, for tools that want them declared: PLL (Lattice
// FPGA-TN-02200), input and output registers at double rate and delays (FPGA-TN-02035), flip-flop with asynchronous set.
(* blackbox *)
module EHXPLLL #(
  parameter CLKI_DIV = 1,
  parameter CLKFB_DIV = 1,
  parameter FEEDBK_PATH = "CLKOP",
  parameter CLKOP_ENABLE = "ENABLED",
  parameter CLKOP_DIV = 8,
  parameter CLKOP_CPHASE = 0,
  parameter CLKOP_FPHASE = 0,
  parameter CLKOS_ENABLE = "DISABLED",
  parameter CLKOS_DIV = 8,
  parameter CLKOS_CPHASE = 0,
  parameter CLKOS_FPHASE = 0,
  parameter OUTDIVIDER_MUXA = "DIVA",
  parameter OUTDIVIDER_MUXB = "DIVB",
  parameter PLLRST_ENA = "DISABLED",
  parameter INTFB_WAKE = "DISABLED",
  parameter STDBY_ENABLE = "DISABLED",
  parameter DPHASE_SOURCE = "DISABLED"
) (
  input  logic CLKI, CLKFB, RST, STDBY, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, PLLWAKESYNC, ENCLKOP, ENCLKOS,
  output logic CLKOP, CLKOS, LOCK
);
endmodule

(* blackbox *)
module DELAYG #(
  parameter DEL_MODE = "USER_DEFINED",
  parameter DEL_VALUE = 0
) (
  input  logic A,
  output logic Z
);
endmodule

(* blackbox *)
module IDDRX1F (
  input  logic D, SCLK, RST,
  output logic Q0, Q1
);
endmodule

(* blackbox *)
module ODDRX1F (
  input  logic D0, D1, SCLK, RST,
  output logic Q
);
endmodule

(* blackbox *)
module FD1S3BX (
  input  logic D, CK, PD,
  output logic Q
);
endmodule
