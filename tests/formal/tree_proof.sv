// pcl_tree: a key a clock, in any banks; whatever records the levels hold, the place that comes out is that of the leaf which a walk from the root of the key's bank
// meets, and a count of zero where it meets none. Records are written at will to where they say and nowhere else.
module tree_proof
  import pcl_tree_pkg::*;
#(
  parameter  int unsigned ADDRESS_BITS = 17,
  parameter  int unsigned LEVELS       = 3,
  parameter  int unsigned ROWS         = 4,
  parameter  int unsigned ENTRIES      = 16,
  parameter  int unsigned LEAF         = 4,
  localparam int unsigned CLOCKS       = tree_clocks(LEVELS),
  localparam int unsigned KEY_BITS     = key_bits(ADDRESS_BITS),
  localparam int unsigned RECORD_BITS  = record_bits(ADDRESS_BITS, LEVELS, ROWS),
  localparam int unsigned START_BITS   = $clog2(ENTRIES),
  localparam int unsigned COUNT_BITS   = $clog2(LEAF + 1)
) (
  input logic                   clk_i,
  input logic                   valid_i,
  input logic                   bank_i,
  input logic [KEY_BITS-1:0]    key_i,
  input logic                   write_i,
  input logic                   write_bank_i,
  input logic [3:0]             write_level_i,
  input logic [11:0]            write_row_i,
  input logic [RECORD_BITS-1:0] write_record_i
);

  logic [CLOCKS:0] valid, bank;
  logic [CLOCKS:0][KEY_BITS-1:0] key;
  assign valid[0] = valid_i;
  assign bank[0] = bank_i;
  assign key[0] = key_i;
  logic [5:0] clocks_q = '0;
  always_ff @(posedge clk_i) begin
    valid[CLOCKS:1] <= valid[CLOCKS-1:0];
    bank[CLOCKS:1] <= bank[CLOCKS-1:0];
    key[CLOCKS:1] <= key[CLOCKS-1:0];
    if (32'(clocks_q) != CLOCKS) clocks_q <= clocks_q + 1'b1;
  end

  logic [START_BITS-1:0] start;
  logic [COUNT_BITS-1:0] count;
  pcl_tree #(.ADDRESS_BITS(ADDRESS_BITS), .LEVELS(LEVELS), .ROWS(ROWS), .ENTRIES(ENTRIES), .LEAF(LEAF)) u_dut (
    .clk_i, .valid_i(valid), .bank_i(bank), .key_i(key), .start_o(start), .count_o(count),
    .write_i, .write_bank_i, .write_level_i, .write_row_i, .write_record_i
  );

  // The records, and the walk by docs/scale.md.
  localparam int unsigned MostRows = 2 * ROWS;
  logic [LEVELS:0][MostRows-1:0][RECORD_BITS-1:0] records;  // bank in the top bit of a row's number, of level_rows(level) rows a bank
  logic [LEVELS:0] written_elsewhere;
  for (genvar l = 0; l <= LEVELS; l++) begin : g_level
    localparam int unsigned Rows = level_rows(l, ROWS);
    for (genvar r = 0; r < MostRows; r++) begin : g_row
      assign records[l][r] = u_dut.g_level[l].u_records.rows[r % (2 * Rows)];
    end
    assign written_elsewhere[l] = u_dut.g_level[l].u_records.write_i[0] &&
      !(write_i && 32'(write_level_i) == l && 32'(write_row_i) < Rows && 32'(u_dut.g_level[l].u_records.write_row_i) == 32'(write_bank_i) * Rows + 32'(write_row_i) &&
        u_dut.g_level[l].u_records.write_data_i == write_record_i);
  end
  // What a leaf's record says, {count, start}; zeros where the walk ends without one.
  function automatic logic [START_BITS+COUNT_BITS-1:0] walk(input logic walk_bank, input logic [KEY_BITS-1:0] walk_key);
    logic [RECORD_BITS-1:0] record;
    logic [ADDRESS_BITS-1:0] value;
    int unsigned row;
    logic ended;
    walk = '0;
    ended = 1'b0;
    row = 0;
    for (int unsigned l = 0; l <= LEVELS; l++) begin
      record = records[l][3'(32'(walk_bank) * level_rows(l, ROWS) + row)];
      if (!ended && record[2:0] == 3'd0) begin
        ended = 1'b1;
        walk = record[3 +: START_BITS + COUNT_BITS];
      end
      case (record[2:0])
        3'd1:    value = walk_key[0 +: ADDRESS_BITS];
        3'd2:    value = walk_key[ADDRESS_BITS +: ADDRESS_BITS];
        3'd3:    value = walk_key[2*ADDRESS_BITS +: 17];
        3'd4:    value = walk_key[2*ADDRESS_BITS + 17 +: 17];
        3'd5:    value = {9'd0, walk_key[2*ADDRESS_BITS + 34 +: 8]};
        default: value = '0;
      endcase
      // Pairs of children: records 2 p and 2 p + 1 of the next level.
      if (l < LEVELS) begin
        row = 2 * 32'(record[RECORD_BITS-1:3+ADDRESS_BITS]) + (value >= record[3 +: ADDRESS_BITS] ? 1 : 0);
        row = row % level_rows(l + 1, ROWS);
      end
    end
  endfunction

  logic [START_BITS-1:0] leaf_start;
  logic [COUNT_BITS-1:0] leaf_count;
  assign {leaf_count, leaf_start} = walk(bank[CLOCKS], key[CLOCKS]);
  logic known;
  assign known = 32'(clocks_q) == CLOCKS && valid[CLOCKS];
  always_comb begin
    if (known) begin
      CountOfTheLeaf: assert (count == leaf_count);
      StartOfTheLeaf: assert (leaf_count == '0 || start == leaf_start);
    end
    WrittenWhereItSays: assert (written_elsewhere == '0);
    Deepest: cover (known && count == COUNT_BITS'(LEAF) && records[0][0][2:0] == 3'd1 && records[LEVELS-1][0][2:0] != 3'd0 && records[LEVELS-1][1][2:0] != 3'd0 &&
                    records[LEVELS-1][2][2:0] != 3'd0 && records[LEVELS-1][3][2:0] != 3'd0 && !bank[CLOCKS] && records[1][0][2:0] != 3'd0 && records[1][1][2:0] != 3'd0);
    OtherBank: cover (known && bank[CLOCKS] && count == '0);
  end

endmodule
