// pcl_resolve: the rule that decides is the least of all trees' and the slice's, a new set of them in every clock.
module resolve_proof #(
  parameter  int unsigned TREES     = 4,
  parameter  int unsigned RULE_BITS = 6,
  localparam int unsigned CLOCKS    = $clog2(TREES)
) (
  input logic                          clk_i,
  input logic [TREES-1:0][RULE_BITS:0] tree_i,  // nothing found, rule number
  input logic                          slice_hit_i,
  input logic [RULE_BITS-1:0]          slice_before_i
);

  logic slice_decides, tree_decides;
  logic [RULE_BITS-1:0] tree_rule;
  pcl_resolve #(.TREES(TREES), .RULE_BITS(RULE_BITS)) u_dut (
    .clk_i, .tree_i, .slice_hit_i, .slice_before_i, .slice_decides_o(slice_decides), .tree_decides_o(tree_decides), .tree_rule_o(tree_rule)
  );

  // A tree that found nothing says ones.
  logic ones;
  always_comb begin
    ones = 1'b1;
    for (int t = 0; t < int'(TREES); t++) ones = ones && (!tree_i[t][RULE_BITS] || tree_i[t] == '1);
    Ones: assume (ones);
  end

  logic [CLOCKS-1:0][TREES-1:0][RULE_BITS:0] asked_q;
  logic [3:0] clocks_q = '0;
  always_ff @(posedge clk_i) begin
    asked_q <= (CLOCKS * TREES * (RULE_BITS + 1))'({asked_q, tree_i});
    if (clocks_q != 4'(CLOCKS)) clocks_q <= clocks_q + 1'b1;
  end
  logic known, some;
  logic [TREES-1:0][RULE_BITS:0] asked;
  assign known = clocks_q == 4'(CLOCKS);
  assign asked = asked_q[CLOCKS-1];

  // Any tree's rule is not before the one that decides.
  logic [$clog2(TREES)-1:0] any;
  formal_constant #(.WIDTH($clog2(TREES))) u_any (.Y(any));
  always_comb begin
    some = 1'b0;
    for (int t = 0; t < int'(TREES); t++) some = some || (!asked[t][RULE_BITS] && asked[t][RULE_BITS-1:0] == tree_rule);
    if (known) begin
      OneDecides: assert (!(slice_decides && tree_decides));
      TheTreesRuleIsOneOfThem: assert (!tree_decides || some);
      NoTreeIsBefore: assert (!tree_decides || asked[any][RULE_BITS] || asked[any][RULE_BITS-1:0] >= tree_rule);
      TheSliceIsBeforeAllTrees: assert (!slice_decides || (slice_hit_i && (asked[any][RULE_BITS] || asked[any][RULE_BITS-1:0] >= slice_before_i)));
      TheTreeIsBeforeTheSlice: assert (!tree_decides || !slice_hit_i || tree_rule < slice_before_i);
      WhatIsFoundDecides: assert (slice_decides || tree_decides || (!slice_hit_i && asked[any][RULE_BITS]));
    end
    Slice: cover (known && slice_decides && !asked[0][RULE_BITS]);
    Tree: cover (known && tree_decides && slice_hit_i);
  end

endmodule
