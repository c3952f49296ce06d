// a + (bank ? b1 : b0) + CARRY_IN and its carry, without a clock, on UltraScale+: a LUT per bit, which has a, both b and the bank, in front of one carry chain.
// Behaves as ../hardware/pcl_carry_banks.sv.
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

  // The carry goes on where a and b differ, else it is a's bit.
  pcl_carry #(.PLACES(WIDTH)) u_carry (.carry_i(CARRY_IN), .pass_i(a_i ^ (bank_i ? b1_i : b0_i)), .data_i(a_i), .sum_o, .carry_o);

endmodule
