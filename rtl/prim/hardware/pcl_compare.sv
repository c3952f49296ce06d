// Is a boundary <= key? Within one clock as one carry chain; within two in pieces, a carry chain each, whose results the second clock combines. Pieces are as
// wide as half a row of a block RAM, from which the boundary comes: a chain is near one RAM, and short.
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

  localparam int unsigned PieceBits = CLOCKS == 1 ? 32 : 18;
  localparam int unsigned Pieces = (WIDTH + PieceBits - 1) / PieceBits;

  if (CLOCKS < 1 || CLOCKS > 2 || (CLOCKS == 1 && Pieces > 1)) begin : g_check
    $fatal(1, "pcl_compare: %0d bits in %0d clocks; there must be one or two, and two for more than 32 bits", WIDTH, CLOCKS);
  end

  // Per piece: key >= boundary is the carry of key + inverted + 1, key > boundary that of key + inverted.
  logic [Pieces-1:0] least, above;
  for (genvar p = 0; p < Pieces; p++) begin : g_piece
    localparam int unsigned Low = p * PieceBits;
    localparam int unsigned Bits = WIDTH - Low < PieceBits ? WIDTH - Low : PieceBits;
    logic [Bits-1:0] unused_least, unused_above;
    pcl_carry_banks #(.WIDTH(Bits), .CARRY_IN(1'b1)) u_least (
      .a_i(key_i[Low +: Bits]), .bank_i(1'b0), .b0_i(inverted_i[Low +: Bits]), .b1_i('0), .sum_o(unused_least), .carry_o(least[p])
    );
    pcl_carry_banks #(.WIDTH(Bits), .CARRY_IN(1'b0)) u_above (
      .a_i(key_i[Low +: Bits]), .bank_i(1'b0), .b0_i(inverted_i[Low +: Bits]), .b1_i('0), .sum_o(unused_above), .carry_o(above[p])
    );
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
