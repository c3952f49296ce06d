// pcl_leaf: a leaf a clock, of any bank; whatever its entries hold, what comes out is the least rule number among those of them that match the key, all ones and not found
// without one. The first entry of a leaf may stand in any memory. An entry that is written in the two clocks in which it is read counts as out of force.
module leaf_proof
  import pcl_tree_pkg::*;
#(
  parameter  int unsigned ADDRESS_BITS   = 4,
  parameter  int unsigned ENTRIES        = 8,
  parameter  int unsigned LEAF           = 4,
  parameter  int unsigned RULE_BITS      = 4,
  parameter  int unsigned PREDICATE_BITS = 2,
  localparam int unsigned KEY_BITS       = key_bits(ADDRESS_BITS),
  localparam int unsigned ENTRY_BITS     = entry_bits(ADDRESS_BITS, RULE_BITS, PREDICATE_BITS),
  localparam int unsigned START_BITS     = $clog2(ENTRIES),
  localparam int unsigned COUNT_BITS     = $clog2(LEAF + 1),
  localparam int unsigned CLOCKS         = leaf_clocks(LEAF)
) (
  input logic                         clk_i,
  input logic                         bank_i,
  input logic [START_BITS-1:0]        start_i,
  input logic [COUNT_BITS-1:0]        count_i,
  input logic [KEY_BITS-1:0]          key_i,
  input logic [2**PREDICATE_BITS-1:0] predicates_i,
  input logic                         valid_i,
  input logic                         write_i,
  input logic                         write_bank_i,
  input logic [15:0]                  write_index_i,
  input logic [ENTRY_BITS-1:0]        write_entry_i
);

  // Leaves end within the memory (the compiler packs them so).
  always_comb Within: assume (32'(start_i) + 32'(count_i) <= ENTRIES && 32'(count_i) <= LEAF);

  // Leaves and keys under way; at 0 now.
  logic [CLOCKS:0] valid, bank;
  logic [CLOCKS:0][START_BITS-1:0] start;
  logic [CLOCKS:0][COUNT_BITS-1:0] count;
  logic [CLOCKS:0][KEY_BITS-1:0] key;
  logic [CLOCKS:0][2**PREDICATE_BITS-1:0] predicates;
  assign {valid[0], bank[0], start[0], count[0], key[0], predicates[0]} = {valid_i, bank_i, start_i, count_i, key_i, predicates_i};
  logic [4:0] clocks_q = '0;
  always_ff @(posedge clk_i) begin
    for (int c = 1; c <= int'(CLOCKS); c++) {valid[c], bank[c], start[c], count[c], key[c], predicates[c]} <= {valid[c-1], bank[c-1], start[c-1], count[c-1], key[c-1], predicates[c-1]};
    if (32'(clocks_q) != CLOCKS) clocks_q <= clocks_q + 1'b1;
  end

  logic found;
  logic [RULE_BITS-1:0] rule;
  pcl_leaf #(.ADDRESS_BITS(ADDRESS_BITS), .ENTRIES(ENTRIES), .LEAF(LEAF), .RULE_BITS(RULE_BITS), .PREDICATE_BITS(PREDICATE_BITS)) u_dut (
    .clk_i, .valid_i, .bank_i, .start_i, .count_i, .key_i(key[3]), .predicates_i(predicates[3]), .found_o(found), .rule_o(rule),
    .write_i, .write_bank_i, .write_index_i, .write_entry_i
  );

  // All entries, as the memories hold them: entry e of a bank.
  logic [1:0][ENTRIES-1:0][ENTRY_BITS-1:0] entries;
  logic [LEAF-1:0] written_elsewhere;
  for (genvar e = 0; e < ENTRIES; e++) begin : g_entry
    assign entries[0][e] = u_dut.g_slot[e % LEAF].u_entries.rows[2 * (e / LEAF)];
    assign entries[1][e] = u_dut.g_slot[e % LEAF].u_entries.rows[2 * (e / LEAF) + 1];
  end
  for (genvar i = 0; i < LEAF; i++) begin : g_slot
    assign written_elsewhere[i] = u_dut.g_slot[i].u_entries.write_i[0] &&
      !(write_i && 32'(write_index_i) < ENTRIES && 32'(write_index_i) % LEAF == i &&
        32'(u_dut.g_slot[i].u_entries.write_row_i) == 2 * (32'(write_index_i) / LEAF) + 32'(write_bank_i));
  end

  // An entry's match, by docs/scale.md: rule, predicate, protocol, any protocol, destination ports, source ports, destination, source.
  function automatic logic prefix_holds(input logic [ADDRESS_BITS:0] prefix, input logic [ADDRESS_BITS-1:0] address);
    prefix_holds = 1'b1;
    for (int unsigned one = 0; one < ADDRESS_BITS; one++) begin  // the lowest one stands at `one`: the bits above are the address's
      if (prefix[one] && (prefix & ((ADDRESS_BITS + 1)'(1) << one) - 1'b1) == '0) begin
        for (int unsigned b = one; b < ADDRESS_BITS; b++) if (prefix[b+1] != address[b]) prefix_holds = 1'b0;
      end
    end
  endfunction
  function automatic logic holds(input logic [ENTRY_BITS-1:0] entry, input logic [KEY_BITS-1:0] of, input logic [2**PREDICATE_BITS-1:0] true_ones);
    logic [ADDRESS_BITS:0] source, destination;
    logic [16:0] source_last, destination_last;
    logic [15:0] source_first, destination_first;
    logic any_protocol;
    logic [7:0] protocol;
    logic [PREDICATE_BITS-1:0] predicate;
    logic [RULE_BITS-1:0] number;
    logic [ADDRESS_BITS-1:0] key_source, key_destination;
    logic [16:0] key_source_port, key_destination_port;
    logic [7:0] key_protocol;
    {source, destination, source_last, source_first, destination_last, destination_first, any_protocol, protocol, predicate, number} = entry;
    {key_protocol, key_destination_port, key_source_port, key_destination, key_source} = of;
    holds = prefix_holds(source, key_source) && prefix_holds(destination, key_destination) && key_source_port >= {1'b0, source_first} &&
      key_source_port <= source_last && key_destination_port >= {1'b0, destination_first} && key_destination_port <= destination_last &&
      (any_protocol || protocol == key_protocol) && true_ones[predicate];
  endfunction

  // Writes by clock: an entry is read in clocks 1 and 2 after its leaf came.
  logic [CLOCKS:0] write;
  logic [CLOCKS:0][16:0] write_at;
  assign write[0] = write_i;
  assign write_at[0] = {write_bank_i, write_index_i};
  always_ff @(posedge clk_i) begin
    write[CLOCKS:1] <= write[CLOCKS-1:0];
    write_at[CLOCKS:1] <= write_at[CLOCKS-1:0];
  end
  logic [LEAF-1:0] in_force;
  logic [RULE_BITS:0] least;  // not found, rule number
  always_comb begin
    least = '1;
    for (int unsigned i = 0; i < LEAF; i++) begin
      int unsigned e;
      e = 32'(start[CLOCKS]) + i;
      in_force[i] = i < 32'(count[CLOCKS]) && valid[CLOCKS];
      for (int unsigned c = CLOCKS - 2; c < CLOCKS; c++) if (write[c] && write_at[c] == {bank[CLOCKS], 16'(e)}) in_force[i] = 1'b0;
      if (in_force[i] && holds(entries[bank[CLOCKS]][START_BITS'(e)], key[CLOCKS], predicates[CLOCKS]) &&
          {1'b0, entries[bank[CLOCKS]][START_BITS'(e)][RULE_BITS-1:0]} < least) least = {1'b0, entries[bank[CLOCKS]][START_BITS'(e)][RULE_BITS-1:0]};
    end
  end

  logic known;
  assign known = 32'(clocks_q) == CLOCKS;
  always_comb begin
    if (known) begin
      LeastOfTheLeaf: assert ({!found, rule} == least);
    end
    WrittenWhereItSays: assert (written_elsewhere == '0);
    Turned: cover (known && found && count[CLOCKS] == COUNT_BITS'(LEAF) && start[CLOCKS] == START_BITS'(3) && rule == RULE_BITS'(5));
    Removed: cover (known && !found && in_force != '0 && write[CLOCKS-2]);
  end

endmodule
