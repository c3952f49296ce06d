// Is a boundary <= key? In pieces of 32 bits, one carry chain each, whose results a second clock combines.
// In: key; the boundary, inverted, so that no inverter stands before the carry chain.
// Out: reached_o, COPIES times, CLOCKS clocks later (1: at most 32 bits; 2).
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

  localparam int unsigned Pieces = (WIDTH + 31) / 32;

  if (CLOCKS < 1 || CLOCKS > 2 || (CLOCKS == 1 && Pieces > 1)) begin : g_check
    $fatal(1, "pcl_compare: %0d bits in %0d clocks; there must be one or two, and two for more than 32 bits", WIDTH, CLOCKS);
  end

  // Per piece: key >= boundary is the carry of key + inverted + 1, key > boundary that of key + inverted.
  logic [Pieces-1:0] least, above;
  for (genvar p = 0; p < Pieces; p++) begin : g_piece
    localparam int unsigned Bits = WIDTH - 32 * p < 32 ? WIDTH - 32 * p : 32;
    logic [Bits-1:0] key, inverted, unused_least_sum, unused_above_sum;
    assign key = key_i[32*p +: Bits];
    assign inverted = inverted_i[32*p +: Bits];
    assign {least[p], unused_least_sum} = {1'b0, key} + {1'b0, inverted} + 1'b1;
    assign {above[p], unused_above_sum} = {1'b0, key} + {1'b0, inverted};
  end

  if (CLOCKS == 1) begin : g_one
    logic unused_above;
    assign unused_above = above[0];
    pcl_dup #(.WIDTH(1), .COPIES(COPIES)) u_reached (.clk_i, .d_i(least[0]), .q_o(reached_o));
  end else begin : g_two
    logic [Pieces-1:0] least_q, above_q;
    logic reached;
    always_ff @(posedge clk_i) begin
      least_q <= least;
      above_q <= above;
    end
    always_comb begin
      reached = 1'b1;
      for (int p = 0; p < int'(Pieces); p++) reached = above_q[p] || (least_q[p] && reached);
    end
    pcl_dup #(.WIDTH(1), .COPIES(COPIES)) u_reached (.clk_i, .d_i(reached), .q_o(reached_o));
  end

endmodule
