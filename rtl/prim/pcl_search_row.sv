// Second level of a range table: a row of CHILDREN - 1 sorted boundaries for each of 2 banks x 16 nodes of the first level, in memory that is read in one
// clock, and which of them are <= key, as a thermometer code.
// This body compares one after the other in one clock and waits in the others; hardware/pcl_search_row.sv compares side by side.
// In: index_i = {bank, node}; key_i a clock later. Boundaries are stored inverted, so that contents of zero mean unused (all ones).
// Out: thermometer_o[n] = boundary n <= key, COPIES times, 1 + COMPARE_CLOCKS clocks after index_i: row, comparison.
// A row read in the clock of a write to it may be the old or the new one.
module pcl_search_row #(
  parameter int unsigned WIDTH          = 128,
  parameter int unsigned CHILDREN       = 4,
  parameter int unsigned COMPARE_CLOCKS = 2,
  parameter int unsigned INDEX_COPIES   = 1,
  parameter int unsigned KEY_COPIES     = 1,
  parameter int unsigned COPIES         = 1,
  parameter int unsigned WRITE_COPIES   = 1
) (
  input  logic                              clk_i,
  input  logic [INDEX_COPIES-1:0][4:0]      index_i,  // equal copies
  input  logic [KEY_COPIES-1:0][WIDTH-1:0]  key_i,    // equal copies
  output logic [COPIES-1:0][CHILDREN-1:1]   thermometer_o,
  // A bit per bank, a bit per boundary.
  input  logic [1:0]                        write_i,
  input  logic [CHILDREN-1:1]               write_number_i,
  input  logic [INDEX_COPIES-1:0][3:0]      write_node_i,  // equal copies
  input  logic [WRITE_COPIES-1:0][WIDTH-1:0] write_inverted_i  // equal copies
);

  // In halves of up to 64 bits, which the simulator compares in one step each. inverted >= ~key is boundary <= key.
  localparam int unsigned LowBits = WIDTH > 64 ? 64 : WIDTH;
  logic [4:0] row_q;
  logic [LowBits-1:0] low_key;
  logic [CHILDREN-1:1] code, code_delayed;
  assign low_key = ~key_i[0][LowBits-1:0];
  always_ff @(posedge clk_i) row_q <= index_i[0];
  for (genvar n = 1; n < CHILDREN; n++) begin : g_boundary
    logic [LowBits-1:0] low [32];
    // verilator lint_off BLKSEQ
    always_ff @(posedge clk_i) begin
      if (write_i != 0 && write_number_i[n]) low[{write_i[1], write_node_i[0]}] = write_inverted_i[0][LowBits-1:0];
    end
    // verilator lint_on BLKSEQ
    if (WIDTH > 64) begin : g_compare
      localparam int unsigned HighBits = WIDTH - 64;
      logic [HighBits-1:0] high [32];
      logic [HighBits-1:0] high_key;
      assign high_key = ~key_i[0][WIDTH-1:64];
      // verilator lint_off BLKSEQ
      always_ff @(posedge clk_i) begin
        if (write_i != 0 && write_number_i[n]) high[{write_i[1], write_node_i[0]}] = write_inverted_i[0][WIDTH-1:64];
      end
      // verilator lint_on BLKSEQ
      assign code[n] = high[row_q] > high_key || (high[row_q] == high_key && low[row_q] >= low_key);
    end else begin : g_compare
      assign code[n] = low[row_q] >= low_key;
    end
  end

  pcl_delay #(.WIDTH(CHILDREN - 1), .CLOCKS(COMPARE_CLOCKS)) u_delay (.clk_i, .d_i(code), .q_o(code_delayed));
  assign thermometer_o = {COPIES{code_delayed}};

endmodule
