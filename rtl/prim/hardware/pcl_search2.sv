// A level of a range table with two children: is the boundary <= key? Body for synthesis.
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

  pcl_compare #(.WIDTH(WIDTH), .CLOCKS(COMPARE_CLOCKS)) u_compare (.clk_i, .key_i, .inverted_i, .reached_o);

endmodule
