// Is a boundary <= key? One carry chain, whatever the width: small, for clocks that leave time for it. Behaves as ../hardware/pcl_compare.sv.
// In: key; the boundary, inverted.
// Out: reached_o, COPIES times, CLOCKS clocks later (1 or 2; the second is a register that retiming may move).
module pcl_compare #(
  parameter int unsigned WIDTH  = 128,
  parameter int unsigned CLOCKS = 2,
  parameter int unsigned COPIES = 1
) (
  input  logic              clk_i,
  input  logic [WIDTH-1:0]  key_i,
  input  logic [WIDTH-1:0]  inverted_i,
  output logic [COPIES-1:0] reached_o
);

  if (CLOCKS < 1 || CLOCKS > 2) begin : g_check
    $fatal(1, "pcl_compare: CLOCKS is %0d; there must be one or two", CLOCKS);
  end

  logic reached, reached_delayed;
  pcl_reached #(.WIDTH(WIDTH)) u_reach (.key_i, .inverted_i, .reached_o(reached));
  pcl_delay #(.WIDTH(1), .CLOCKS(CLOCKS - 1)) u_delay (.clk_i, .d_i(reached), .q_o(reached_delayed));
  pcl_dup #(.WIDTH(1), .COPIES(COPIES)) u_reached (.clk_i, .d_i(reached_delayed), .q_o(reached_o));

endmodule
