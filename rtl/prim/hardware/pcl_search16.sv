// First level of a range table: 15 boundaries for each of 2 banks in registers, and the number of boundaries <= key. Body for synthesis: the key is compared
// with all 15 of its bank side by side, and the thermometer code of 15 is encoded as parities.
// In: key and bank, straight from registers. Boundaries are stored inverted, so that contents of zero mean unused (all ones).
// Out: index_o = {bank, number of boundaries <= key (0 to 15)}, COPIES times, COMPARE_CLOCKS + 1 clocks later: comparison, encoding.
// A boundary takes two clocks to its register: each has an enable of its own, and each group with a copy of the key a copy of what is written.
module pcl_search16 #(
  parameter int unsigned WIDTH          = 128,
  parameter int unsigned COMPARE_CLOCKS = 2,
  parameter int unsigned KEY_COPIES     = 1,
  parameter int unsigned BANK_COPIES    = 1,  // up to 15 x pieces of 32 bits
  parameter int unsigned COPIES         = 1,
  parameter int unsigned WRITE_COPIES   = 1,
  parameter int unsigned ENABLE_COPIES  = 1   // up to the pieces of 32 bits
) (
  input  logic                             clk_i,
  input  logic [KEY_COPIES-1:0][WIDTH-1:0] key_i,   // equal copies
  input  logic [BANK_COPIES-1:0]           bank_i,  // equal copies
  output logic [COPIES-1:0][4:0]           index_o,
  // A bit per bank, whether the boundary is one of this level, a bit per boundary; equal copies.
  input  logic [ENABLE_COPIES-1:0][1:0]    write_i,
  input  logic [ENABLE_COPIES-1:0]         write_here_i,
  input  logic [ENABLE_COPIES-1:0][15:1]   write_number_i,
  input  logic [WRITE_COPIES-1:0][WIDTH-1:0] write_inverted_i  // equal copies
);

  localparam int unsigned Pieces = (WIDTH + 31) / 32;
  // Copies of the thermometer code, an encoder each, for so many of the copies of the index: half of their way lies before the encoder. Where the code comes
  // straight from the carry chains there is one.
  localparam int unsigned Encoders = COMPARE_CLOCKS > 1 && COPIES >= 9 ? 3 : 1;

  logic [KEY_COPIES-1:0][WIDTH-1:0] write_inverted;
  for (genvar c = 0; c < KEY_COPIES; c++) begin : g_write
    pcl_dup #(.WIDTH(WIDTH), .COPIES(1)) u_write (.clk_i, .d_i(write_inverted_i[(c*WRITE_COPIES)/KEY_COPIES]), .q_o(write_inverted[c]));
  end

  logic [Encoders-1:0][15:1] reached;
  for (genvar n = 1; n < 16; n++) begin : g_boundary
    localparam int unsigned KeyCopy = ((n - 1) * KEY_COPIES) / 15;
    logic [WIDTH-1:0] inverted0_q, inverted1_q;
    logic [Pieces-1:0] bank;
    for (genvar p = 0; p < Pieces; p++) begin : g_piece
      localparam int unsigned Bits = WIDTH - 32 * p < 32 ? WIDTH - 32 * p : 32;
      localparam int unsigned Enable = (p * ENABLE_COPIES) / Pieces;
      assign bank[p] = bank_i[(((n-1)*Pieces+p)*BANK_COPIES)/(15*Pieces)];
      logic [1:0] write;
      pcl_dup #(.WIDTH(2), .COPIES(1)) u_enable (
        .clk_i, .d_i(write_here_i[Enable] && write_number_i[Enable][n] ? write_i[Enable] : 2'b00), .q_o(write)
      );
      always_ff @(posedge clk_i) begin
        if (write[0]) inverted0_q[32*p +: Bits] <= write_inverted[KeyCopy][32*p +: Bits];
        if (write[1]) inverted1_q[32*p +: Bits] <= write_inverted[KeyCopy][32*p +: Bits];
      end
    end
    logic [Encoders-1:0] reached_copies;
    pcl_compare_banks #(.WIDTH(WIDTH), .CLOCKS(COMPARE_CLOCKS), .COPIES(Encoders)) u_compare (
      .clk_i, .key_i(key_i[KeyCopy]), .bank_i(bank), .inverted0_i(inverted0_q), .inverted1_i(inverted1_q),
      .reached_o(reached_copies)
    );
    for (genvar e = 0; e < Encoders; e++) begin : g_copy
      assign reached[e][n] = reached_copies[e];
    end
  end

  logic [Encoders-1:0] bank_there;
  if (COMPARE_CLOCKS > 1) begin : g_bank
    logic bank_before;
    pcl_delay #(.WIDTH(1), .CLOCKS(COMPARE_CLOCKS - 1)) u_bank (.clk_i, .d_i(bank_i[0]), .q_o(bank_before));
    pcl_dup #(.WIDTH(1), .COPIES(Encoders)) u_copies (.clk_i, .d_i(bank_before), .q_o(bank_there));
  end else begin : g_bank
    pcl_delay #(.WIDTH(1), .CLOCKS(COMPARE_CLOCKS)) u_bank (.clk_i, .d_i(bank_i[0]), .q_o(bank_there));
  end
  for (genvar e = 0; e < Encoders; e++) begin : g_encoder
    localparam int unsigned First = (e * COPIES) / Encoders;
    localparam int unsigned Last = ((e + 1) * COPIES) / Encoders;
    logic [3:0] index;
    pcl_thermometer #(.CHILDREN(16)) u_encode (.thermometer_i(reached[e]), .index_o(index));
    pcl_dup #(.WIDTH(5), .COPIES(Last - First)) u_index (.clk_i, .d_i({bank_there[e], index}), .q_o(index_o[Last-1:First]));
  end

endmodule
