// One kick-out decision tree of a tree engine, two banks: from a key to the place of the leaf that it meets (docs/scale.md).
//
// Each level has a memory of its own. A record of it is read in two clocks; its field of the key is compared with its threshold in the clock in which it
// arrives, which also addresses the next level: two clocks a level, one key a clock. A record that is a leaf ends the walk; its place travels on.
// In: keys and banks by clock: element c is the key that entered c clocks ago. Element 0 is read with the root.
// Out: start_o and count_o, tree_clocks(LEVELS) clocks after element 0: the leaf's first entry, and how many it has. No leaf: a count of zero.
// A record that is read in the clock of a write to it, or in the clock before, may be the old or the new one: the bank of keys is not the one that is written.
module pcl_tree
  import pcl_tree_pkg::*;
#(
  parameter  int unsigned ADDRESS_BITS = 32,
  parameter  int unsigned LEVELS       = 14,    // comparisons at most
  parameter  int unsigned ROWS         = 1024,  // records of a level at most, a power of two
  parameter  int unsigned ENTRIES      = 7168,
  parameter  int unsigned LEAF         = 8,
  localparam int unsigned CLOCKS       = tree_clocks(LEVELS),
  localparam int unsigned KEY_BITS     = key_bits(ADDRESS_BITS),
  localparam int unsigned RECORD_BITS  = record_bits(ADDRESS_BITS, LEVELS, ROWS),
  localparam int unsigned START_BITS   = $clog2(ENTRIES),
  localparam int unsigned COUNT_BITS   = $clog2(LEAF + 1)
) (
  input  logic                             clk_i,
  input  logic [CLOCKS:0]                  valid_i,
  input  logic [CLOCKS:0]                  bank_i,
  input  logic [CLOCKS:0][KEY_BITS-1:0]    key_i,
  output logic [START_BITS-1:0]            start_o,
  output logic [COUNT_BITS-1:0]            count_o,
  // One record a clock.
  input  logic                             write_i,
  input  logic                             write_bank_i,
  input  logic [3:0]                       write_level_i,
  input  logic [11:0]                      write_row_i,
  input  logic [RECORD_BITS-1:0]           write_record_i
);

  if (LEVELS < 1 || LEVELS > MaxLevels) begin : g_check_levels
    $fatal(1, "pcl_tree: LEVELS is %0d; it must be 1 to %0d", LEVELS, MaxLevels);
  end
  if (ROWS < 2 || ROWS > 4096 || (ROWS & (ROWS - 1)) != 0) begin : g_check_rows
    $fatal(1, "pcl_tree: ROWS is %0d; it must be a power of two from 2 to 4096", ROWS);
  end
  if (ENTRIES < LEAF || ENTRIES % LEAF != 0 || ENTRIES > 65536) begin : g_check_entries
    $fatal(1, "pcl_tree: ENTRIES is %0d; it must be a multiple of LEAF (%0d) up to 65536", ENTRIES, LEAF);
  end
  if (3 + START_BITS + COUNT_BITS > RECORD_BITS) begin : g_check_record
    $fatal(1, "pcl_tree: a leaf's place does not fit into a record of %0d bits", RECORD_BITS);
  end

  localparam int unsigned PairBits = pair_bits(LEVELS, ROWS);
  localparam int unsigned PortBits = pcl_pkg::PortKeyBits;

  // A leaf that was found: where.
  typedef struct packed {
    logic                  found;
    logic [START_BITS-1:0] start;
    logic [COUNT_BITS-1:0] count;
  } place_t;

  for (genvar l = 0; l <= LEVELS; l++) begin : g_level
    localparam int unsigned Rows = level_rows(l, ROWS);
    localparam int unsigned RowBits = Rows == 1 ? 1 : $clog2(Rows);
    localparam int unsigned AddressBits = Rows == 1 ? 1 : RowBits + 1;

    logic [RowBits-1:0] row;         // of this level, when it is asked for
    place_t             known;      // then
    place_t             known_there, place;  // two clocks later, with the record
    logic [RECORD_BITS-1:0] record;
    logic [AddressBits-1:0] read_row, write_row;
    if (l == 0) begin : g_root
      assign row = 1'b0;
      assign known = '0;
    end else begin : g_below
      assign row = g_level[l-1].g_node.child[RowBits-1:0];
      assign known = g_level[l-1].place;
    end
    if (Rows == 1) begin : g_one_row
      assign read_row = bank_i[2*l];
      assign write_row = write_bank_i;
      logic unused_row;
      assign unused_row = row;
    end else begin : g_rows
      assign read_row = {bank_i[2*l], row};
      assign write_row = {write_bank_i, write_row_i[RowBits-1:0]};
    end
    pcl_ram_1r1w #(.WIDTH(RECORD_BITS), .DEPTH(2 * Rows)) u_records (
      .clk_i,
      .write_i      (write_i && write_level_i == 4'(l) && 32'(write_row_i) < Rows),
      .write_row_i  (write_row),
      .write_data_i (write_record_i),
      .read_i       ((valid_i[2*l] && !known.found) || !pcl_prim_pkg::GateIdle),
      .read_row_i   (read_row),
      .read_data_o  (record)
    );
    pcl_delay #(.WIDTH($bits(place_t)), .CLOCKS(2)) u_place (.clk_i, .d_i(known), .q_o(known_there));
    always_comb begin
      place = known_there;
      if (!known_there.found) begin
        place.found = record[2:0] == FieldLeaf;
        place.start = record[3 +: START_BITS];
        place.count = record[3 + START_BITS +: COUNT_BITS];
      end
    end

    if (l == LEVELS) begin : g_leaves
      // Nothing stands behind a leaf's place.
      logic unused_record;
      assign unused_record = ^record;
    end else begin : g_node
      logic [KEY_BITS-1:0] key;
      logic [ADDRESS_BITS-1:0] value;
      logic [PairBits:0] child;
      assign key = key_i[2*l+2];
      always_comb begin
        unique case (record[2:0])
          FieldSource:          value = key[0 +: ADDRESS_BITS];
          FieldDestination:     value = key[ADDRESS_BITS +: ADDRESS_BITS];
          FieldSourcePort:      value = ADDRESS_BITS'(key[2*ADDRESS_BITS +: PortBits]);
          FieldDestinationPort: value = ADDRESS_BITS'(key[2*ADDRESS_BITS + PortBits +: PortBits]);
          FieldProtocol:        value = ADDRESS_BITS'(key[2*ADDRESS_BITS + 2*PortBits +: 8]);
          default:              value = '0;
        endcase
      end
      assign child = {record[3 + ADDRESS_BITS +: PairBits], value >= record[3 +: ADDRESS_BITS]};
      if (PairBits + 1 > $clog2(level_rows(l + 1, ROWS))) begin : g_unused
        logic unused_child;
        assign unused_child = ^child[PairBits:$clog2(level_rows(l + 1, ROWS))];
      end
    end
  end

  assign start_o = g_level[LEVELS].place.start;
  assign count_o = g_level[LEVELS].place.found ? g_level[LEVELS].place.count : '0;

  // The root's row is always zero, and the last level compares nothing; every other clock of keys and banks is between levels.
  logic unused;
  assign unused = ^{key_i, valid_i, bank_i, write_row_i};

endmodule
