// Black boxes of the UltraScale+ cells that are instantiated here (AMD UG574 describes them), for tools that want them declared.
(* blackbox *)
module LUT6_2 #(
  parameter [63:0] INIT = 64'h0
) (
  input  logic I0, I1, I2, I3, I4, I5,
  output logic O5, O6
);
endmodule

(* blackbox *)
module CARRY8 #(
  parameter CARRY_TYPE = "SINGLE_CY8"
) (
  input  logic       CI, CI_TOP,
  input  logic [7:0] DI, S,
  output logic [7:0] CO, O
);
endmodule
