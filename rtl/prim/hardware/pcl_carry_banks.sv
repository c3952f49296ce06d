// a + (bank ? b1 : b0) + CARRY_IN and its carry, without a clock. ecp5/pcl_carry_banks.sv is the one of ECP5 cells.
module pcl_carry_banks #(
  parameter int unsigned WIDTH    = 32,
  parameter bit          CARRY_IN = 1'b1
) (
  input  logic [WIDTH-1:0] a_i,
  input  logic             bank_i,
  input  logic [WIDTH-1:0] b0_i,
  input  logic [WIDTH-1:0] b1_i,
  output logic [WIDTH-1:0] sum_o,
  output logic             carry_o
);

  assign {carry_o, sum_o} = {1'b0, a_i} + {1'b0, bank_i ? b1_i : b0_i} + (WIDTH + 1)'(CARRY_IN);

endmodule
