// A carry chain of prim (pcl_carry_banks), and with REACHED a comparison (pcl_reached), beside the arithmetic that they stand for. Without a clock.
// In: the operands. Out: whether either answer is wrong.
module carry_check #(
  parameter int unsigned WIDTH    = 32,
  parameter bit          CARRY_IN = 1'b1
) (
  input  logic [WIDTH-1:0] a_i,
  input  logic [WIDTH-1:0] b0_i,
  input  logic [WIDTH-1:0] b1_i,
  input  logic             bank_i,
  output logic             wrong_o
);

  logic carry, greater;
  logic [WIDTH-1:0] b, sum;
  pcl_carry_banks #(.WIDTH(WIDTH), .CARRY_IN(CARRY_IN)) u_carry (.a_i, .bank_i, .b0_i, .b1_i, .sum_o(sum), .carry_o(carry));
  // The carry of a + b is that a exceeds the complement of b; with a carry in, that it is not below it.
  assign b = bank_i ? b1_i : b0_i;
  assign greater = CARRY_IN ? a_i >= ~b : a_i > ~b;
`ifdef REACHED
  logic reached;
  pcl_reached #(.WIDTH(WIDTH)) u_reached (.key_i(a_i), .inverted_i(b0_i), .reached_o(reached));
  assign wrong_o = carry != greater || sum != WIDTH'(a_i + b + WIDTH'(CARRY_IN)) || reached != (a_i >= ~b0_i);
`else
  assign wrong_o = carry != greater || sum != WIDTH'(a_i + b + WIDTH'(CARRY_IN));
`endif

endmodule
