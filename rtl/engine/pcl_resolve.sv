// Which rule decides: the least rule number over the trees, or the slice's first match if that comes before it.
//
// In: a number a tree, all ones in the topmost bit and below where the tree found nothing; $clog2(TREES) clocks later what the slice found, and the number of
// the first rule of the trees that comes after it.
// Out: the slice's rule decides; the trees found something and theirs decides, with its number. $clog2(TREES) clocks after the trees' numbers, and no
// register on the slice's way.
module pcl_resolve #(
  parameter int unsigned TREES     = 4,
  parameter int unsigned RULE_BITS = 14
) (
  input  logic                          clk_i,
  input  logic [TREES-1:0][RULE_BITS:0] tree_i,  // nothing found, rule number
  input  logic                          slice_hit_i,
  input  logic [RULE_BITS-1:0]          slice_before_i,
  output logic                          slice_decides_o,
  output logic                          tree_decides_o,
  output logic [RULE_BITS-1:0]          tree_rule_o
);

  logic nothing;
  pcl_tree_least #(.WIDTH(RULE_BITS + 1), .VALUES(TREES)) u_least (.clk_i, .values_i(tree_i), .least_o({nothing, tree_rule_o}));
  assign slice_decides_o = slice_hit_i && (nothing || slice_before_i <= tree_rule_o);
  assign tree_decides_o = !nothing && !slice_decides_o;

endmodule
