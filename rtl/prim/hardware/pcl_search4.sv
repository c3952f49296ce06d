// A level of a range table with four children: which of three sorted boundaries are <= key, as a thermometer code. Body for synthesis.
// In: key; boundaries 1 to 3, inverted (as they are stored).
// Out: thermometer_o[i] = boundary i+1 <= key, COPIES times, COMPARE_CLOCKS clocks later.
module pcl_search4 #(
  parameter int unsigned WIDTH          = 128,
  parameter int unsigned COMPARE_CLOCKS = 2,
  parameter int unsigned COPIES         = 1
) (
  input  logic                   clk_i,
  input  logic [WIDTH-1:0]       key_i,
  input  logic [WIDTH-1:0]       inverted1_i,
  input  logic [WIDTH-1:0]       inverted2_i,
  input  logic [WIDTH-1:0]       inverted3_i,
  output logic [COPIES-1:0][2:0] thermometer_o
);

  logic [COPIES-1:0] reached1, reached2, reached3;
  pcl_compare #(.WIDTH(WIDTH), .CLOCKS(COMPARE_CLOCKS), .COPIES(COPIES)) u_compare1 (.clk_i, .key_i, .inverted_i(inverted1_i), .reached_o(reached1));
  pcl_compare #(.WIDTH(WIDTH), .CLOCKS(COMPARE_CLOCKS), .COPIES(COPIES)) u_compare2 (.clk_i, .key_i, .inverted_i(inverted2_i), .reached_o(reached2));
  pcl_compare #(.WIDTH(WIDTH), .CLOCKS(COMPARE_CLOCKS), .COPIES(COPIES)) u_compare3 (.clk_i, .key_i, .inverted_i(inverted3_i), .reached_o(reached3));
  for (genvar c = 0; c < COPIES; c++) begin : g_copy
    assign thermometer_o[c] = {reached3[c], reached2[c], reached1[c]};
  end

endmodule
