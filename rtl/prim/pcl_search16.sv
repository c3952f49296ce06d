// First level of a range table: 15 boundaries for each of 2 banks in registers, and the number of boundaries <= key.
// This body finds it by halving, which equals counting because boundaries are sorted, and simulates fast; hardware/pcl_search16.sv compares with all 15
// at once.
// In: key and bank, straight from registers. Boundaries are stored inverted, so that contents of zero mean unused (all ones).
// Out: index_o = {bank, number of boundaries <= key (0 to 15)}, COPIES times, COMPARE_CLOCKS + 1 clocks later: comparison, encoding.
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

  // In halves of up to 64 bits, which the simulator compares in one step each. inverted >= ~key is boundary <= key.
  localparam int unsigned LowBits = WIDTH > 64 ? 64 : WIDTH;
  logic [LowBits-1:0] low [32];  // bank x number
  logic [LowBits-1:0] low_key;
  logic bank;
  logic reached8, reached4, reached2, reached1;
  logic [4:0] at8, at4, at2, at1;
  assign bank = bank_i[0];
  assign low_key = ~key_i[0][LowBits-1:0];
  assign at8 = {bank, 4'b1000};
  assign at4 = {bank, reached8, 3'b100};
  assign at2 = {bank, reached8, reached4, 2'b10};
  assign at1 = {bank, reached8, reached4, reached2, 1'b1};

  // verilator lint_off BLKSEQ
  always_ff @(posedge clk_i) begin
    if (write_i[0] != 0 && write_here_i[0]) begin
      for (int n = 1; n < 16; n++) begin
        if (write_number_i[0][n]) low[{write_i[0][1], n[3:0]}] = write_inverted_i[0][LowBits-1:0];
      end
    end
  end
  // verilator lint_on BLKSEQ

  if (WIDTH > 64) begin : g_compare
    localparam int unsigned HighBits = WIDTH - 64;
    logic [HighBits-1:0] high [32];
    logic [HighBits-1:0] high_key;
    assign high_key = ~key_i[0][WIDTH-1:64];
    // verilator lint_off BLKSEQ
    always_ff @(posedge clk_i) begin
      if (write_i[0] != 0 && write_here_i[0]) begin
        for (int n = 1; n < 16; n++) begin
          if (write_number_i[0][n]) high[{write_i[0][1], n[3:0]}] = write_inverted_i[0][WIDTH-1:64];
        end
      end
    end
    // verilator lint_on BLKSEQ
    assign reached8 = high[at8] > high_key || (high[at8] == high_key && low[at8] >= low_key);
    assign reached4 = high[at4] > high_key || (high[at4] == high_key && low[at4] >= low_key);
    assign reached2 = high[at2] > high_key || (high[at2] == high_key && low[at2] >= low_key);
    assign reached1 = high[at1] > high_key || (high[at1] == high_key && low[at1] >= low_key);
  end else begin : g_compare
    assign reached8 = low[at8] >= low_key;
    assign reached4 = low[at4] >= low_key;
    assign reached2 = low[at2] >= low_key;
    assign reached1 = low[at1] >= low_key;
  end

  logic [4:0] index_delayed;
  pcl_delay #(.WIDTH(5), .CLOCKS(COMPARE_CLOCKS + 1)) u_delay (
    .clk_i, .d_i({bank, reached8, reached4, reached2, reached1}), .q_o(index_delayed)
  );
  assign index_o = {COPIES{index_delayed}};

endmodule
