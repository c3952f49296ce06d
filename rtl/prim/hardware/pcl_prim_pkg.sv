// How registers with a large fan-out are copied: as asked for. Body for synthesis; ../pcl_prim_pkg.sv simulates faster.
package pcl_prim_pkg;

  // Number of copies to keep where hardware wants `wanted` (1 or more).
  function automatic int unsigned copies(int unsigned wanted);
    return wanted;
  endfunction

endpackage
