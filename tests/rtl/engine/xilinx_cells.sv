// Behaviour of the UltraScale+ cells that rtl/prim/xilinx uses, after AMD UG574: a LUT with two outputs, a carry chain of eight.
// verilator lint_off DECLFILENAME
// verilator lint_off UNUSEDSIGNAL
// verilator lint_off UNUSEDPARAM
// verilator lint_off UNOPTFLAT
// verilator lint_off ALWCOMBORDER
module LUT6_2 #(
  parameter [63:0] INIT = 64'h0
) (
  input  logic I0, I1, I2, I3, I4, I5,
  output logic O5, O6
);
  assign O5 = INIT[{1'b0, I4, I3, I2, I1, I0}];
  assign O6 = INIT[{I5, I4, I3, I2, I1, I0}];
endmodule

module CARRY8 #(
  parameter CARRY_TYPE = "SINGLE_CY8"
) (
  input  logic       CI, CI_TOP,
  input  logic [7:0] DI, S,
  output logic [7:0] CO, O
);
  if (CARRY_TYPE != "SINGLE_CY8") begin : g_check
    $fatal(1, "CARRY8: only one chain of eight is modelled");
  end
  logic [8:0] carry;
  always_comb begin
    carry[0] = CI;
    for (int i = 0; i < 8; i++) carry[i+1] = S[i] ? carry[i] : DI[i];
  end
  assign CO = carry[8:1];
  assign O = S ^ carry[7:0];
endmodule
