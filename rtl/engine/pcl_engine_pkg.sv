// Latencies and sizes that follow from the engine's geometry, for the engine's modules and for those around it.
package pcl_engine_pkg;

  function automatic int unsigned maximum(int unsigned a, int unsigned b);
    return a > b ? a : b;
  endfunction

  // A comparison of up to 32 bits fits a clock; a wider one takes a second to combine its pieces.
  function automatic int unsigned compare_clocks(int unsigned width);
    return width > 32 ? 2 : 1;
  endfunction

  // Children of a node of a range table's second level: sixteen where a boundary is narrow, four where sixteen wide comparisons would cost too much.
  function automatic int unsigned second_level_children(int unsigned address_bits);
    return address_bits > 32 ? 4 : 16;
  endfunction

  // Block RAM levels behind the first level of sixteen children and the second level of up to `second`: four children each, the last one four or two.
  function automatic int unsigned block_levels(int unsigned intervals, int unsigned second);
    return intervals <= 16 * second ? 0 : ($clog2(intervals) - 4 - $clog2(second) + 1) / 2;
  endfunction

  // Clocks from a key at a range table's input to the number of its interval: input register, comparison, encoding; for a second level one for its row and the
  // comparison, for each further level two for the block RAM and the comparison; the number, and register copies of it.
  function automatic int unsigned range_clocks(int unsigned width, int unsigned intervals, int unsigned second);
    return 2 + compare_clocks(width)
      + (intervals > 16 ? 1 + compare_clocks(width) : 0)
      + block_levels(intervals, second) * (2 + compare_clocks(width))
      + 2;
  endfunction

  // Clocks after which all range tables of an engine have their intervals.
  function automatic int unsigned aligned_clocks(int unsigned address_bits, int unsigned address_intervals, int unsigned port_intervals,
                                                 int unsigned vlan_intervals);
    return maximum(range_clocks(address_bits, address_intervals, second_level_children(address_bits)),
                   maximum(range_clocks(pcl_pkg::PortKeyBits, port_intervals, second_level_children(address_bits)),
                           range_clocks(pcl_pkg::VlanBits, vlan_intervals, second_level_children(address_bits))));
  endfunction

  // Clocks before the range search, in which wide keys are chosen between lookup and test lookup.
  function automatic int unsigned input_clocks(int unsigned address_bits);
    return address_bits > 32 ? 1 : 0;
  endfunction

  // Clocks of the priority encoder, see pcl_first_one.
  function automatic int unsigned first_one_clocks(int unsigned rules);
    return ($clog2(rules) + 2) / 3;
  endfunction

  // Clocks from the priority encoder to the action RAM: where addresses are wide, and the engine large, a register stands between.
  function automatic int unsigned rule_clocks(int unsigned address_bits);
    return address_bits > 32 ? 1 : 0;
  endfunction

  // Clocks from a lookup that is accepted to its verdict, action included: choice of the key, range search, bitmap RAM, AND, priority encoder, action RAM, output register.
  // 512 rules, 256 intervals: 24 with 128-bit addresses, 16 with 32-bit ones.
  function automatic int unsigned latency(int unsigned rules, int unsigned address_bits, int unsigned address_intervals,
                                          int unsigned port_intervals, int unsigned vlan_intervals);
    return input_clocks(address_bits) + aligned_clocks(address_bits, address_intervals, port_intervals, vlan_intervals) + 2 + 1 + first_one_clocks(rules)
      + rule_clocks(address_bits) + 2 + 1;
  endfunction

  // Entries of the result buffer, and so lookups in flight: enough for one a clock, with the credit's way back.
  function automatic int unsigned result_entries(int unsigned latency_clocks);
    return 1 << $clog2(latency_clocks + 8);
  endfunction

  // Clocks from a flip to the first lookup that sees the other bank: those that a boundary needs from the load port to the first level of a range table, whose
  // comparison is a clock behind the lookup (pcl_engine, pcl_range_table, pcl_search16).
  localparam int unsigned FlipClocks = 4;

  // Clocks without an idle slot after which a waiting counter read or test lookup takes the slot of one lookup.
  localparam int unsigned PatienceClocks = 256;

  // Rows that the scrubber reads in a pass: the bitmap rows of both banks.
  function automatic int unsigned scrub_rows(int unsigned address_intervals, int unsigned port_intervals, int unsigned vlan_intervals);
    return 2 * (2 * address_intervals + 2 * port_intervals + vlan_intervals + pcl_pkg::ChunkTables * 256);
  endfunction

  // A bitmap row.
  typedef struct packed {
    logic        bank;
    logic [3:0]  number;  // of the table, 0 to 8
    logic [11:0] row;
  } scrub_place_t;

  // What the scrubber has done since reset; numbers modulo 2^32.
  typedef struct packed {
    logic [31:0]  passes;         // over all rows
    logic [31:0]  pass_clocks;    // of the last one
    logic [31:0]  mended;         // rows in which one bit was wrong
    scrub_place_t mended_place;   // the last one
    logic [31:0]  damaged;        // rows in which more were; one that stays as it is counts in every pass
    scrub_place_t damaged_place;  // the last one
  } scrub_status_t;

endpackage
