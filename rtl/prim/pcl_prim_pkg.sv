// What bodies that simulate fast and bodies for synthesis do differently in the modules that both share. This is the one that simulates fast;
// hardware/pcl_prim_pkg.sv is the one for synthesis.
package pcl_prim_pkg;

  // Number of copies of a register with a large fan-out to keep where hardware wants `wanted` (1 or more): one.
  function automatic int unsigned copies(int unsigned wanted);
    return wanted > 1 ? 1 : wanted;
  endfunction

  // Registers whose value does not matter hold it, so that idle stages cost the simulator nothing.
  localparam bit GateIdle = 1'b1;

endpackage
