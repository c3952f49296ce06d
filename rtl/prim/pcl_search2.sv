// A level of a range table with two children: is the boundary <= key? hardware/pcl_search2.sv has pieces of 32 bits.
// In: key; the boundary, inverted (as it is stored).
// Out: reached_o, COMPARE_CLOCKS clocks later.
module pcl_search2 #(
  parameter int unsigned WIDTH          = 128,
  parameter int unsigned COMPARE_CLOCKS = 2
) (
  input  logic             clk_i,
  input  logic [WIDTH-1:0] key_i,
  input  logic [WIDTH-1:0] inverted_i,
  output logic             reached_o
);

  pcl_delay #(.WIDTH(1), .CLOCKS(COMPARE_CLOCKS)) u_delay (.clk_i, .d_i(inverted_i >= ~key_i), .q_o(reached_o));

endmodule
