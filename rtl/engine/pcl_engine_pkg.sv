// Latencies and sizes that follow from the engine's geometry, for the engine's modules and for those around it.
package pcl_engine_pkg;

  // RAM levels behind the sixteen-way first level of a range table: four children each, the last one four or two.
  function automatic int unsigned ram_levels(int unsigned intervals);
    return ($clog2(intervals) - 3) / 2;
  endfunction

  function automatic int unsigned maximum(int unsigned a, int unsigned b);
    return a > b ? a : b;
  endfunction

  // A comparison of up to 32 bits fits a clock; a wider one takes a second to combine its pieces.
  function automatic int unsigned compare_clocks(int unsigned width);
    return width > 32 ? 2 : 1;
  endfunction

  // RAM levels to which all range tables of an engine are aligned.
  function automatic int unsigned aligned_levels(int unsigned address_intervals, int unsigned port_intervals, int unsigned vlan_intervals);
    return maximum(ram_levels(address_intervals), maximum(ram_levels(port_intervals), ram_levels(vlan_intervals)));
  endfunction

  // Clocks from a key at a range table's input to the number of its interval: input register, bank selection, comparison, encoding,
  // per level two for the RAM and the comparison, and the register copies of the number.
  function automatic int unsigned range_clocks(int unsigned levels, int unsigned compare);
    return 3 + compare + levels * (2 + compare) + 1;
  endfunction

  // Clocks of the priority encoder, see pcl_first_one.
  function automatic int unsigned first_one_clocks(int unsigned rules);
    return ($clog2(rules) + 2) / 3;
  endfunction

  // Clocks from a lookup that is accepted to its verdict, action included: range search, bitmap RAM, AND, priority encoder, action RAM, output register.
  // 512 rules, 256 intervals, 128-bit addresses: 24.
  function automatic int unsigned latency(int unsigned rules, int unsigned address_bits, int unsigned address_intervals,
                                          int unsigned port_intervals, int unsigned vlan_intervals);
    return range_clocks(aligned_levels(address_intervals, port_intervals, vlan_intervals), compare_clocks(address_bits))
      + 2 + 2 + first_one_clocks(rules) + 2 + 1;
  endfunction

  // Entries of the result buffer, and so lookups in flight: enough for one a clock, with the credit's way back.
  function automatic int unsigned result_entries(int unsigned latency_clocks);
    return 1 << $clog2(latency_clocks + 3);
  endfunction

  // Clocks without an idle slot after which a waiting counter read or test lookup takes the slot of one lookup.
  localparam int unsigned PatienceClocks = 256;

endpackage
