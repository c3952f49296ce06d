// How registers with a large fan-out are copied: not at all in this body, which simulates fast.
// hardware/pcl_prim_pkg.sv is the body for synthesis.
package pcl_prim_pkg;

  // Number of copies to keep where hardware wants `wanted` (1 or more).
  function automatic int unsigned copies(int unsigned wanted);
    return wanted > 1 ? 1 : wanted;
  endfunction

endpackage
