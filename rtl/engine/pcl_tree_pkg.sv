// Widths, codes and latencies of the tree engine (docs/scale.md). host/tables/tree/shape.h has the same numbers for software.
// Not every design uses every constant of a package.
/* verilator lint_off UNUSEDPARAM */
package pcl_tree_pkg;

  // Load targets beside those of pcl_pkg.
  localparam logic [5:0] TargetEntry = 6'h20;      // + tree; index: the entry
  localparam logic [5:0] TargetRecord = 6'h28;     // + tree; index: level in bits 15:12, record in bits 11:0
  localparam logic [5:0] TargetPredicate = 6'h30;  // + table: TCP flags, DSCP and tags, context, family

  localparam logic [5:0] TargetRemoval = 6'h38;    // + tree; index: the entry; into the active bank, to take it out of force

  localparam int unsigned PredicateTables = 4;
  localparam int unsigned MaxLevels = 15;

  // What a record compares. Anything else is compared as zero.
  typedef enum logic [2:0] {
    FieldLeaf = 3'd0, FieldSource = 3'd1, FieldDestination = 3'd2, FieldSourcePort = 3'd3, FieldDestinationPort = 3'd4, FieldProtocol = 3'd5
  } field_e;

  // Records of a level's memory.
  function automatic int unsigned level_rows(int unsigned level, int unsigned rows);
    return level >= 12 || (1 << level) >= rows ? rows : 1 << level;
  endfunction

  // Bits of the number of a pair of records in the last level, the widest of a tree.
  function automatic int unsigned pair_bits(int unsigned levels, int unsigned rows);
    return level_rows(levels, rows) <= 2 ? 1 : $clog2(level_rows(levels, rows) / 2);
  endfunction

  // A record: field, threshold, pair of children. A leaf has the number of its first entry and their count in place of the threshold.
  function automatic int unsigned record_bits(int unsigned address_bits, int unsigned levels, int unsigned rows);
    return 3 + address_bits + pair_bits(levels, rows);
  endfunction

  // An entry, from bit 0 on: rule number, predicate, protocol, any protocol, destination port first and last, source port first and last, destination and
  // source prefix.
  function automatic int unsigned entry_bits(int unsigned address_bits, int unsigned rule_bits, int unsigned predicate_bits);
    return rule_bits + predicate_bits + 9 + 2 * 33 + 2 * (address_bits + 1);
  endfunction

  // Bits of a row of the load port of a filter with trees: of the widest, in whole words of 32.
  function automatic int unsigned row_bits(int unsigned slice_rules, int unsigned address_bits, int unsigned rule_bits, int unsigned predicate_bits);
    int unsigned bits;
    bits = slice_rules > 128 ? slice_rules : 128;
    if (entry_bits(address_bits, rule_bits, predicate_bits) > bits) bits = entry_bits(address_bits, rule_bits, predicate_bits);
    return (bits + 31) / 32 * 32;
  endfunction

  // The key of the trees, from bit 0 on: source, destination, source port, destination port, protocol.
  function automatic int unsigned key_bits(int unsigned address_bits);
    return 2 * address_bits + 2 * pcl_pkg::PortKeyBits + 8;
  endfunction

  // Clocks from a key at the root's input to the leaf's place.
  function automatic int unsigned tree_clocks(int unsigned levels);
    return 2 * levels + 2;
  endfunction

  // Clocks from the leaf's place to the least rule number in it: row numbers, two of the memory, two of the comparators, the minimum.
  function automatic int unsigned leaf_clocks(int unsigned leaf);
    return 5 + $clog2(leaf);
  endfunction

  // Clocks from a lookup to its verdict (pcl_scale_engine): all trees' numbers, which wait for a slice of `slice` clocks, the least, action and result.
  function automatic int unsigned trees_there(int unsigned levels, int unsigned leaf, int unsigned slice);
    return 1 + tree_clocks(levels) + leaf_clocks(leaf) >= slice + 4 ? 1 + tree_clocks(levels) + leaf_clocks(leaf) : slice + 4;
  endfunction
  function automatic int unsigned latency(int unsigned levels, int unsigned leaf, int unsigned trees, int unsigned slice);
    return trees_there(levels, leaf, slice) + $clog2(trees) + 3;
  endfunction

endpackage
/* verilator lint_on UNUSEDPARAM */
