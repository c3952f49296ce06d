// A level of a range table with two children: is the boundary <= key?
// In: key; the boundary, inverted (as it is stored).
// Out: reached_o, COPIES times, COMPARE_CLOCKS clocks later.
module pcl_search2 #(
  parameter int unsigned WIDTH          = 128,
  parameter int unsigned COMPARE_CLOCKS = 2,
  parameter int unsigned COPIES         = 1
) (
  input  logic              clk_i,
  input  logic [WIDTH-1:0]  key_i,
  input  logic [WIDTH-1:0]  inverted_i,
  output logic [COPIES-1:0] reached_o
);

  logic reached_delayed;
  pcl_delay #(.WIDTH(1), .CLOCKS(COMPARE_CLOCKS)) u_delay (.clk_i, .d_i(inverted_i >= ~key_i), .q_o(reached_delayed));
  assign reached_o = {COPIES{reached_delayed}};

endmodule
