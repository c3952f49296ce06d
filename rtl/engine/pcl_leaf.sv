// The leaves of one kick-out decision tree, two banks: the least rule number among the entries of a leaf that match a key (docs/scale.md).
//
// Leaves are packed end to end; entry e stands in row e / LEAF of memory e % LEAF. A leaf that begins at entry s is read by all LEAF memories at once: memory i
// reads row s / LEAF, or the next row if i is below s % LEAF. So no entry is lost to padding.
// In: start_i, count_i and bank_i of a leaf; key and predicates of the same lookup three clocks later.
// Out: found_o and rule_o, leaf_clocks(LEAF) clocks after start_i.
module pcl_leaf
  import pcl_tree_pkg::*;
#(
  parameter  int unsigned ADDRESS_BITS   = 32,
  parameter  int unsigned ENTRIES        = 7168,
  parameter  int unsigned LEAF           = 8,  // 4, 8 or 16
  parameter  int unsigned RULE_BITS      = 14,
  parameter  int unsigned PREDICATE_BITS = 4,
  localparam int unsigned KEY_BITS       = key_bits(ADDRESS_BITS),
  localparam int unsigned ENTRY_BITS     = entry_bits(ADDRESS_BITS, RULE_BITS, PREDICATE_BITS),
  localparam int unsigned START_BITS     = $clog2(ENTRIES),
  localparam int unsigned COUNT_BITS     = $clog2(LEAF + 1)
) (
  input  logic                             clk_i,
  input  logic                             valid_i,
  input  logic                             bank_i,
  input  logic [START_BITS-1:0]            start_i,
  input  logic [COUNT_BITS-1:0]            count_i,
  input  logic [KEY_BITS-1:0]              key_i,         // three clocks later
  input  logic [2**PREDICATE_BITS-1:0]     predicates_i,  // three clocks later
  output logic                             found_o,
  output logic [RULE_BITS-1:0]             rule_o,        // all ones without a match
  // One entry a clock. A leaf read in the clock of the write, or the clock before, does not have the entry.
  input  logic                             write_i,
  input  logic                             write_bank_i,
  input  logic [15:0]                      write_index_i,
  input  logic [ENTRY_BITS-1:0]            write_entry_i
);

  if (LEAF != 4 && LEAF != 8 && LEAF != 16) begin : g_check_leaf
    $fatal(1, "pcl_leaf: LEAF is %0d; it must be 4, 8 or 16", LEAF);
  end
  if (ENTRIES < 2 * LEAF || ENTRIES % LEAF != 0 || ENTRIES > 65536) begin : g_check_entries
    $fatal(1, "pcl_leaf: ENTRIES is %0d; it must be a multiple of LEAF (%0d) from %0d to 65536", ENTRIES, LEAF, 2 * LEAF);
  end

  localparam int unsigned SlotBits = $clog2(LEAF);
  localparam int unsigned Rows = ENTRIES / LEAF;
  localparam int unsigned RowBits = $clog2(Rows);
  localparam int unsigned PortBits = pcl_pkg::PortKeyBits;

  // ---- Rows, a clock after the leaf's place: rows of a bank alternate, so that any number of them uses all of the memory.
  logic                valid_q, bank_q;
  logic [RowBits-1:0]  row_q, next_row_q;
  logic [LEAF-1:0]     after_q;  // memory i reads the next row
  logic [LEAF-1:0]     used_q;   // and its entry is one of the leaf
  logic [SlotBits-1:0] first;
  assign first = start_i[SlotBits-1:0];
  always_ff @(posedge clk_i) begin
    valid_q    <= valid_i;
    bank_q     <= bank_i;
    row_q      <= start_i[START_BITS-1:SlotBits];
    next_row_q <= start_i[START_BITS-1:SlotBits] + 1'b1;
    for (int i = 0; i < int'(LEAF); i++) begin
      after_q[i] <= SlotBits'(i) < first;
      used_q[i]  <= COUNT_BITS'(SlotBits'(SlotBits'(i) - first)) < count_i;
    end
  end
  // An entry that is written just when it is read counts as out of force: entries of the active bank are written for that alone.
  logic [LEAF-1:0] written, written_next;  // in the clock in which a row is asked for; in the next
  logic [LEAF-1:0] used2_q, used3_q, used;  // used: with the comparisons' results
  always_ff @(posedge clk_i) begin
    used2_q <= valid_q ? used_q & ~written : '0;
    used3_q <= used2_q & ~written_next;
    used    <= used3_q;
  end

  // ---- Entries and their comparators.
  localparam int unsigned PredicateLow = RULE_BITS;
  localparam int unsigned ProtocolLow = PredicateLow + PREDICATE_BITS;
  localparam int unsigned DestinationPortLow = ProtocolLow + 9;
  localparam int unsigned SourcePortLow = DestinationPortLow + 33;
  localparam int unsigned DestinationLow = SourcePortLow + 33;
  localparam int unsigned SourceLow = DestinationLow + ADDRESS_BITS + 1;

  // A prefix is the address's bits, a one, and zeros to the end: bit i of the address counts if a bit at or below i is set.
  function automatic logic prefix_matches(logic [ADDRESS_BITS:0] prefix, logic [ADDRESS_BITS-1:0] address);
    logic [ADDRESS_BITS-1:0] ignored;
    ignored = ADDRESS_BITS'(~prefix & (prefix - 1'b1));
    return ((prefix[ADDRESS_BITS:1] ^ address) & ~ignored) == 0;
  endfunction

  logic [LEAF-1:0][RULE_BITS:0] candidate;  // not found, rule number: the least is the one that is looked for
  for (genvar i = 0; i < LEAF; i++) begin : g_slot
    logic [ENTRY_BITS-1:0] entry;
    logic [RowBits:0] read_row;
    assign read_row = {after_q[i] ? next_row_q : row_q, bank_q};
    logic write;
    logic [RowBits:0] write_row, read_row_q;
    assign write = write_i && write_index_i[SlotBits-1:0] == SlotBits'(i) && 32'(write_index_i) < ENTRIES;
    assign write_row = {write_index_i[SlotBits +: RowBits], write_bank_i};
    assign written[i] = write && write_row == read_row;
    assign written_next[i] = write && write_row == read_row_q;
    always_ff @(posedge clk_i) read_row_q <= read_row;
    pcl_ram_1r1w #(.WIDTH(ENTRY_BITS), .DEPTH(2 * Rows)) u_entries (
      .clk_i,
      .write_i      (write),
      .write_row_i  (write_row),
      .write_data_i (write_entry_i),
      .read_i       ((valid_q && used_q[i]) || !pcl_prim_pkg::GateIdle),
      .read_row_i   (read_row),
      .read_data_o  (entry)
    );
    logic source_q, destination_q, source_port_q, destination_port_q, protocol_q, predicate_q;
    logic [RULE_BITS-1:0] rule_q;
    logic [PortBits-1:0] source_port, destination_port;
    logic [ADDRESS_BITS-1:0] source, destination;
    logic [7:0] protocol;
    assign {protocol, destination_port, source_port, destination, source} = key_i;
    always_ff @(posedge clk_i) begin
      source_q      <= prefix_matches(entry[SourceLow +: ADDRESS_BITS + 1], source);
      destination_q <= prefix_matches(entry[DestinationLow +: ADDRESS_BITS + 1], destination);
      source_port_q <= source_port >= PortBits'(entry[SourcePortLow +: 16]) && source_port <= entry[SourcePortLow + 16 +: PortBits];
      destination_port_q <= destination_port >= PortBits'(entry[DestinationPortLow +: 16])
        && destination_port <= entry[DestinationPortLow + 16 +: PortBits];
      protocol_q    <= entry[ProtocolLow + 8] || entry[ProtocolLow +: 8] == protocol;
      predicate_q   <= predicates_i[entry[PredicateLow +: PREDICATE_BITS]];
      rule_q        <= entry[RULE_BITS-1:0];
      if (used[i] && source_q && destination_q && source_port_q && destination_port_q && protocol_q && predicate_q) begin
        candidate[i] <= {1'b0, rule_q};
      end else begin
        candidate[i] <= '1;
      end
    end
  end

  logic not_found;
  pcl_tree_least #(.WIDTH(RULE_BITS + 1), .VALUES(LEAF)) u_least (.clk_i, .values_i(candidate), .least_o({not_found, rule_o}));
  assign found_o = !not_found;

  logic unused;
  assign unused = ^write_index_i;

endmodule
