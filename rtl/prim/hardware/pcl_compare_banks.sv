// Is the chosen bank's boundary <= key? In pieces of 32 bits, whose results a second clock combines. Choosing the bank costs nothing where a carry chain's
// cell has inputs left (ecp5/pcl_carry_banks.sv).
// In: key and bank; the boundary of either bank, inverted.
// Out: reached_o, COPIES times, CLOCKS clocks later (1: at most 32 bits; 2).
module pcl_compare_banks #(
  parameter int unsigned WIDTH  = 128,
  parameter int unsigned CLOCKS = 2,
  parameter int unsigned COPIES = 1,
  localparam int unsigned PIECES = (WIDTH + 31) / 32
) (
  input  logic              clk_i,
  input  logic [WIDTH-1:0]  key_i,
  input  logic [PIECES-1:0] bank_i,  // equal copies, one for each piece
  input  logic [WIDTH-1:0]  inverted0_i,
  input  logic [WIDTH-1:0]  inverted1_i,
  output logic [COPIES-1:0] reached_o
);

  if (CLOCKS < 1 || CLOCKS > 2 || (CLOCKS == 1 && PIECES > 1)) begin : g_check
    $fatal(1, "pcl_compare_banks: %0d bits in %0d clocks; there must be one or two, and two for more than 32 bits", WIDTH, CLOCKS);
  end

  // Per piece: key >= boundary, and key > boundary, which the lowest piece does not need.
  logic [PIECES-1:0] least, above;
  for (genvar p = 0; p < PIECES; p++) begin : g_piece
    localparam int unsigned Bits = WIDTH - 32 * p < 32 ? WIDTH - 32 * p : 32;
    logic [Bits-1:0] unused_least;
    pcl_carry_banks #(.WIDTH(Bits), .CARRY_IN(1'b1)) u_least (
      .a_i(key_i[32*p +: Bits]), .bank_i(bank_i[p]), .sum_o(unused_least), .b0_i(inverted0_i[32*p +: Bits]), .b1_i(inverted1_i[32*p +: Bits]), .carry_o(least[p])
    );
    if (p == 0) begin : g_lowest
      assign above[p] = 1'b0;
    end else begin : g_above
      logic [Bits-1:0] unused_above;
      pcl_carry_banks #(.WIDTH(Bits), .CARRY_IN(1'b0)) u_above (
        .a_i(key_i[32*p +: Bits]), .bank_i(bank_i[p]), .sum_o(unused_above), .b0_i(inverted0_i[32*p +: Bits]), .b1_i(inverted1_i[32*p +: Bits]), .carry_o(above[p])
      );
    end
  end

  if (CLOCKS == 1) begin : g_one
    logic unused;
    assign unused = above[0];
    pcl_dup #(.WIDTH(1), .COPIES(COPIES)) u_reached (.clk_i, .d_i(least[0]), .q_o(reached_o));
  end else begin : g_two
    logic [PIECES-1:0] least_q, above_q;
    logic reached;
    always_ff @(posedge clk_i) begin
      least_q <= least;
      above_q <= above;
    end
    always_comb begin
      reached = 1'b1;
      for (int p = 0; p < int'(PIECES); p++) reached = above_q[p] || (least_q[p] && reached);
    end
    pcl_dup #(.WIDTH(1), .COPIES(COPIES)) u_reached (.clk_i, .d_i(reached), .q_o(reached_o));
  end

endmodule
