// What bodies that simulate fast and bodies for synthesis do differently in the modules that both share. This is the one that is small.
package pcl_prim_pkg;

  // Number of copies of a register with a large fan-out to keep where hardware wants `wanted` (1 or more): one.
  function automatic int unsigned copies(int unsigned wanted);
    return wanted > 1 ? 1 : wanted;
  endfunction

  // Registers whose value does not matter take what comes: an enable of theirs would be a wide net for nothing.
  localparam bit GateIdle = 1'b0;

endpackage
