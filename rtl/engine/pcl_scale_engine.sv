// Tree engine: one lookup a clock against ten thousand rules, in two banks (docs/scale.md).
//
// Kick-out decision trees with packed leaves look a key up side by side; a bitmap engine of SLICE_RULES rules beside them, the slice, holds what no tree takes:
// rules with lists, and the few that span too much. The rule with the least number decides.
//
// Clocks of a lookup (LEVELS of the deepest tree, B = LEAF, k = TREES):
//    0                 slot: lookup, else test lookup; the bank is the active one, for a test the other
//    1                 its key; the slice has it too. The roots are read
//    3 + 2 LEVELS      the leaf's place; shallower trees know it earlier
//    + 1 .. + 3        rows of the leaf's entries, block RAM
//    + 4 .. + 5        comparators
//    + log2 B          least number of each tree, + log2 k of all; the slice's answer waits for it
//    + 1 .. + 2        action RAM; counters
//    + 1               verdict, from the result buffer's output register
//
// The interface is pcl_engine's. What differs:
//  - rules have numbers: those of the trees 0 to RULES-1 in the order of the policy, those of the slice RULES and up. The action word of a rule of the slice
//    holds, in bits 63:49, the number of the first rule of the trees that comes after it; they are zero in the verdict.
//  - load targets: those of the bitmap tables (pcl_pkg) are the slice's; entries, records and predicates are in pcl_tree_pkg.
//  - an entry of the active bank is taken out of force by a row for target TargetRemoval: its bits, with the predicate that never holds. Each lookup has it or not.
//  - slice_flip_i exchanges the banks of the slice alone, flip_i those of both. verdict_slice_bank_o is the slice's.
// Guaranteed: as pcl_engine. A lookup accepted less than FlipClocks (pcl_engine_pkg) clocks after a flip sees the old bank of trees or slice or both, every later one the new.
`include "pcl_assert.svh"
module pcl_scale_engine
  import pcl_pkg::*;
  import pcl_engine_pkg::maximum;
  import pcl_engine_pkg::first_one_clocks;
  import pcl_engine_pkg::FlipClocks;
  import pcl_tree_pkg::*;
#(
  parameter  int unsigned              RULES             = 10240,  // numbers of the trees' rules, a multiple of 16
  parameter  int unsigned              TREES             = 4,      // 1 to 8
  parameter  int unsigned              LEAF              = 8,
  parameter  logic [TREES-1:0][16:0]   ENTRIES           = {17'd256, 17'd768, 17'd3072, 17'd7168},  // of tree TREES-1 to 0
  parameter  logic [TREES-1:0][3:0]    LEVELS            = {4'd7, 4'd9, 4'd12, 4'd14},
  parameter  logic [TREES-1:0][12:0]   ROWS              = {13'd64, 13'd128, 13'd512, 13'd1024},
  parameter  int unsigned              ADDRESS_BITS      = 32,     // of the trees: the low bits; the slice has 128
  parameter  int unsigned              PREDICATE_BITS    = 4,
  parameter  int unsigned              SLICE_RULES       = 256,
  parameter  int unsigned              ADDRESS_INTERVALS = 64,     // of the slice
  parameter  int unsigned              PORT_INTERVALS    = 64,
  parameter  int unsigned              VLAN_INTERVALS    = 16,
  parameter  int unsigned              TAG_BITS          = 8,
  parameter  int unsigned              LENGTH_BITS       = 14,
  localparam int unsigned              RULE_BITS         = $clog2(RULES + SLICE_RULES),
  localparam int unsigned              ENTRY_BITS        = entry_bits(ADDRESS_BITS, RULE_BITS, PREDICATE_BITS),
  localparam int unsigned              ROW_BITS          = maximum(maximum(SLICE_RULES, 128), ENTRY_BITS),
  localparam int unsigned              LATENCY           = scale_latency()
) (
  input  logic                   clk_i,
  input  logic                   rst_i,
  input  logic                   lookup_valid_i,
  output logic                   lookup_ready_o,
  input  key_t                   lookup_key_i,
  input  logic [3:0]             lookup_cause_i,
  input  logic [LENGTH_BITS-1:0] lookup_length_i,
  input  logic [TAG_BITS-1:0]    lookup_tag_i,
  output logic                   verdict_valid_o,
  input  logic                   verdict_ready_i,
  output logic                   verdict_permit_o,
  output logic                   verdict_would_drop_o,
  output logic                   verdict_hit_o,
  output logic [RULE_BITS-1:0]   verdict_rule_o,
  output action_t                verdict_action_o,
  output logic [3:0]             verdict_cause_o,
  output logic                   verdict_bank_o,
  output logic                   verdict_slice_bank_o,
  output logic [TAG_BITS-1:0]    verdict_tag_o,
  input  logic                   test_valid_i,
  output logic                   test_ready_o,
  input  key_t                   test_key_i,
  output logic                   test_done_o,
  output logic                   test_hit_o,
  output logic [RULE_BITS-1:0]   test_rule_o,
  output action_t                test_action_o,
  input  logic                   load_valid_i,
  output logic                   load_ready_o,
  input  logic [5:0]             load_target_i,
  input  logic [15:0]            load_index_i,
  input  logic [ROW_BITS-1:0]    load_data_i,
  input  logic                   flip_i,
  input  logic                   slice_flip_i,
  output logic                   flip_ignored_o,  // either
  output logic                   active_bank_o,
  output logic                   slice_active_bank_o,
  output logic                   busy_o,
  output logic                   slice_busy_o,    // the slice alone
  input  logic                   counter_valid_i,
  output logic                   counter_ready_o,
  input  logic                   counter_bank_i,
  input  logic                   counter_kind_i,
  input  logic [15:0]            counter_index_i,
  output logic                   counter_done_o,
  output logic [63:0]            counter_packets_o,
  output logic [63:0]            counter_bytes_o,
  input  logic                   counter_clear_i,
  output logic                   counter_clearing_o
);

  function automatic int unsigned deepest();
    int unsigned most;
    most = 0;
    for (int t = 0; t < int'(TREES); t++) most = maximum(most, 32'(LEVELS[t]));
    return most;
  endfunction
  function automatic int unsigned slice_latency();
    return pcl_engine_pkg::latency(SLICE_RULES, 128, ADDRESS_INTERVALS, PORT_INTERVALS, VLAN_INTERVALS);
  endfunction
  // Clock in which all trees' numbers are there. Shallow trees wait for the slice.
  function automatic int unsigned trees_there();
    return pcl_tree_pkg::trees_there(deepest(), LEAF, slice_latency());
  endfunction
  function automatic int unsigned scale_latency();
    return pcl_tree_pkg::latency(deepest(), LEAF, TREES, slice_latency());
  endfunction

  if (RULES < 64 || RULES % 16 != 0 || RULES + SLICE_RULES > 32768) begin : g_check_rules
    $fatal(1, "pcl_scale_engine: RULES is %0d; it must be a multiple of 16, at least 64, and at most 32768 with SLICE_RULES", RULES);
  end
  if (TREES < 1 || TREES > 8) begin : g_check_trees
    $fatal(1, "pcl_scale_engine: TREES is %0d; it must be 1 to 8", TREES);
  end
  if (ADDRESS_BITS != 32 && ADDRESS_BITS != 128) begin : g_check_address_bits
    $fatal(1, "pcl_scale_engine: ADDRESS_BITS is %0d; it must be 32 or 128", ADDRESS_BITS);
  end
  if (RULE_BITS > 15) begin : g_check_order
    $fatal(1, "pcl_scale_engine: rule numbers have %0d bits; the slice's action words have room for 15", RULE_BITS);
  end

  localparam int unsigned TreesThere = trees_there();
  localparam int unsigned Resolved = TreesThere + $clog2(TREES);  // the action is asked for
  localparam int unsigned ActionThere = Resolved + 2;
  localparam int unsigned Entries = pcl_engine_pkg::result_entries(LATENCY);
  localparam int unsigned CreditBits = $clog2(Entries + 1);
  localparam int unsigned TreeKeyBits = key_bits(ADDRESS_BITS);
  localparam int unsigned Predicates = 1 << PREDICATE_BITS;
  localparam int unsigned SliceRuleBits = $clog2(SLICE_RULES);
  localparam int unsigned SliceRowBits = maximum(SLICE_RULES, 128);
  localparam int unsigned SliceEntries = 1 << $clog2(Resolved - slice_latency() + 4);

  logic [3:0] rst_q;
  pcl_dup #(.WIDTH(1), .COPIES(4)) u_reset (.clk_i, .d_i(rst_i), .q_o(rst_q));

  // ---- Slots: a lookup, else a test lookup, else idle; in the slice alike, which is asked in the same clocks and answers earlier.
  logic accept, test_go, slot_bank, ready_q, slice_ready;
  logic active_q, test_waiting_q, test_fresh_q, test_idle_q, flip_pending, slice_flip_pending;  // pending: taken, and lookups still meet the old bank
  key_t slot_key, test_key_q;
  assign lookup_ready_o = ready_q && slice_ready;
  assign accept = lookup_valid_i && lookup_ready_o;
  assign test_go = test_waiting_q && !slice_ready && !slice_flip_pending;  // as in the slice
  assign slot_bank = accept ? active_q : !active_q;
  assign slot_key = accept ? lookup_key_i : test_key_q;

  logic [ActionThere:1] valid_q, tested_q;
  always_ff @(posedge clk_i) begin
    valid_q <= {valid_q[ActionThere-1:1], accept || test_go};
    tested_q <= {tested_q[ActionThere-1:1], test_go};
    if (rst_q[0]) valid_q <= '0;
  end

  // ---- Credits, as in pcl_engine.
  logic [CreditBits-1:0] credits_q;
  logic taken, counters_withhold;
  logic [1:0] accepted_q, taken_q;
  assign taken = verdict_valid_o && verdict_ready_i;
  always_ff @(posedge clk_i) begin
    for (int b = 0; b < 2; b++) begin
      accepted_q[b] <= accept && active_q == b[0] && !rst_q[0];
      taken_q[b]    <= taken && verdict_bank_o == b[0] && !rst_q[0];
    end
    credits_q <= credits_q + CreditBits'(taken_q != 0) - CreditBits'(accepted_q != 0);
    if (rst_q[0]) credits_q <= CreditBits'(Entries);
    ready_q <= credits_q >= 3 && !counters_withhold && !rst_q[0];
  end

  // ---- Loading: rows of the trees go to the shadow bank through a register; the slice has its own.
  logic load, load_slice, slice_load_ready, busy_q;
  logic [5:0] load_target_q;
  logic [15:0] load_index_q;
  logic [ROW_BITS-1:0] load_data_q;
  logic load_q = 1'b0;
  logic load_bank_q, load_slice_action, load_removal;
  assign load_slice_action = load_target_i == TargetAction && 32'(load_index_i) >= RULES;
  assign load_slice = load_target_i < TargetAction || load_slice_action;
  assign load_removal = load_target_i >= TargetRemoval;
  assign load_ready_o = load_removal ? !flip_pending : (load_slice ? slice_load_ready && !busy_q : !busy_q);
  assign load = load_valid_i && load_ready_o;
  always_ff @(posedge clk_i) begin
    load_q <= load && !load_slice;
    if (load || !pcl_prim_pkg::GateIdle) begin
      load_bank_q   <= load_removal ? active_q : !active_q;
      load_target_q <= load_target_i;
      load_index_q  <= load_index_i;
      load_data_q   <= load_data_i;
    end
  end

  // ---- The trees' key by clock: element c entered the roots c clocks ago.
  localparam int unsigned Line = tree_clocks(deepest()) + 3;
  logic [Line:0][TreeKeyBits-1:0] keys;
  logic [Line:0] banks, valids;
  logic [Line:3][Predicates-1:0] predicates;
  assign valids = (Line + 1)'(valid_q[Line+1:1]);
  always_ff @(posedge clk_i) begin
    keys  <= {keys[Line-1:0], slot_key.protocol, slot_key.destination_port, slot_key.source_port, slot_key.destination[ADDRESS_BITS-1:0],
              slot_key.source[ADDRESS_BITS-1:0]};
    banks <= {banks[Line-1:0], slot_bank};
  end

  // ---- Predicates: of TCP flags, DSCP and tags, context, and which addresses are IPv4.
  if (1) begin : g_predicates
    localparam logic [95:0] Mapped = {80'd0, 16'hFFFF};
    logic [7:0] flags_q, tags_q, context_q;
    logic [1:0] family_q;
    logic [PredicateTables-1:0][Predicates-1:0] rows;
    always_ff @(posedge clk_i) begin
      flags_q   <= slot_key.tcp_flags;
      tags_q    <= slot_key.dscp_tags;
      context_q <= slot_key.context_chunk;
      family_q  <= {slot_key.destination[127:32] == Mapped, slot_key.source[127:32] == Mapped};
    end
    for (genvar t = 0; t < PredicateTables; t++) begin : g_table
      localparam int unsigned Bits = t == PredicateTables - 1 ? 2 : 8;
      logic [Bits-1:0] value;
      if (t == 0) begin : g_value
        assign value = flags_q;
      end else if (t == 1) begin : g_value
        assign value = tags_q;
      end else if (t == 2) begin : g_value
        assign value = context_q;
      end else begin : g_value
        assign value = family_q;
      end
      pcl_ram_1r1w #(.WIDTH(Predicates), .DEPTH(2 << Bits)) u_ram (
        .clk_i,
        .write_i      (load_q && load_target_q == TargetPredicate + 6'(t)),
        .write_row_i  ({load_bank_q, load_index_q[Bits-1:0]}),
        .write_data_i (load_data_q[Predicates-1:0]),
        .read_i       (valid_q[1] || !pcl_prim_pkg::GateIdle),
        .read_row_i   ({banks[0], value}),
        .read_data_o  (rows[t])
      );
    end
    always_ff @(posedge clk_i) predicates <= {predicates[Line-1:3], rows[0] & rows[1] & rows[2] & rows[3]};
  end

  // ---- Trees and leaves.
  logic [TREES-1:0][RULE_BITS:0] tree_found;  // nothing found, rule; at TreesThere
  for (genvar t = 0; t < TREES; t++) begin : g_tree
    localparam int unsigned Levels = 32'(LEVELS[t]);
    localparam int unsigned Rows = 32'(ROWS[t]);
    localparam int unsigned TreeEntries = 32'(ENTRIES[t]);
    localparam int unsigned Clocks = tree_clocks(Levels);
    localparam int unsigned RecordBits = record_bits(ADDRESS_BITS, Levels, Rows);
    logic [$clog2(TreeEntries)-1:0] start;
    logic [$clog2(LEAF+1)-1:0] count;
    logic found;
    logic [RULE_BITS-1:0] rule;
    pcl_tree #(.ADDRESS_BITS(ADDRESS_BITS), .LEVELS(Levels), .ROWS(Rows), .ENTRIES(TreeEntries), .LEAF(LEAF)) u_tree (
      .clk_i,
      .valid_i        (valids[Clocks:0]),
      .bank_i         (banks[Clocks:0]),
      .key_i          (keys[Clocks:0]),
      .start_o        (start),
      .count_o        (count),
      .write_i        (load_q && load_target_q == TargetRecord + 6'(t)),
      .write_bank_i   (load_bank_q),
      .write_level_i  (load_index_q[15:12]),
      .write_row_i    (load_index_q[11:0]),
      .write_record_i (load_data_q[RecordBits-1:0])
    );
    pcl_leaf #(
      .ADDRESS_BITS(ADDRESS_BITS), .ENTRIES(TreeEntries), .LEAF(LEAF), .RULE_BITS(RULE_BITS), .PREDICATE_BITS(PREDICATE_BITS)
    ) u_leaf (
      .clk_i,
      .valid_i       (valids[Clocks]),
      .bank_i        (banks[Clocks]),
      .start_i       (start),
      .count_i       (count),
      .key_i         (keys[Clocks+3]),
      .predicates_i  (predicates[Clocks+3]),
      .found_o       (found),
      .rule_o        (rule),
      .write_i       (load_q && (load_target_q == TargetEntry + 6'(t) || load_target_q == TargetRemoval + 6'(t))),
      .write_bank_i  (load_bank_q),
      .write_index_i (load_index_q),
      .write_entry_i (load_data_q[ENTRY_BITS-1:0])
    );
    pcl_delay #(.WIDTH(RULE_BITS + 1), .CLOCKS(TreesThere - 1 - Clocks - leaf_clocks(LEAF))) u_align (.clk_i, .d_i({!found, rule}), .q_o(tree_found[t]));
  end

  // ---- The slice. It answers lookups in their order, before the trees do.
  logic slice_verdict, slice_bank, slice_hit, slice_flip_ignored, slice_test_hit, slice_test_done, slice_test_ready, slice_busy, flip_taken, slice_flip_taken;
  logic [SliceRuleBits-1:0] slice_rule, slice_test_rule;
  action_t slice_action, slice_test_action;
  struct packed {
    logic        verdict_permit, verdict_would_drop;
    logic [3:0]  verdict_cause;
    logic        verdict_tag, counter_ready, counter_done;
    logic [63:0] counter_packets, counter_bytes;
    logic        counter_clearing;
    pcl_engine_pkg::scrub_status_t scrub;
  } unused_slice;
  pcl_engine #(
    .RULES(SLICE_RULES), .ADDRESS_BITS(128), .ADDRESS_INTERVALS(ADDRESS_INTERVALS), .PORT_INTERVALS(PORT_INTERVALS), .VLAN_INTERVALS(VLAN_INTERVALS),
    .TAG_BITS(1), .LENGTH_BITS(1)
  ) u_slice (
    .clk_i,
    .rst_i,
    .lookup_valid_i       (lookup_valid_i && ready_q),
    .lookup_ready_o       (slice_ready),
    .lookup_key_i,
    .lookup_cause_i       (CauseNone),
    .lookup_length_i      ('0),
    .lookup_tag_i         ('0),
    .verdict_valid_o      (slice_verdict),
    .verdict_ready_i      (1'b1),
    .verdict_permit_o     (unused_slice.verdict_permit),
    .verdict_would_drop_o (unused_slice.verdict_would_drop),
    .verdict_hit_o        (slice_hit),
    .verdict_rule_o       (slice_rule),
    .verdict_action_o     (slice_action),
    .verdict_cause_o      (unused_slice.verdict_cause),
    .verdict_bank_o       (slice_bank),
    .verdict_tag_o        (unused_slice.verdict_tag),
    .test_valid_i         (test_valid_i && test_ready_o),
    .test_ready_o         (slice_test_ready),
    .test_key_i,
    .test_done_o          (slice_test_done),
    .test_hit_o           (slice_test_hit),
    .test_rule_o          (slice_test_rule),
    .test_action_o        (slice_test_action),
    .load_valid_i         (load_valid_i && load_slice && !busy_q),
    .load_ready_o         (slice_load_ready),
    .load_target_i,
    .load_index_i         (load_slice_action ? load_index_i - 16'(RULES) : load_index_i),
    .load_data_i          (load_data_i[SliceRowBits-1:0]),
    .flip_i               (slice_flip_taken),
    .flip_ignored_o       (slice_flip_ignored),
    .active_bank_o        (slice_active_bank_o),
    .busy_o               (slice_busy),
    .counter_valid_i      (1'b0),
    .counter_ready_o      (unused_slice.counter_ready),
    .counter_bank_i       (1'b0),
    .counter_kind_i       (1'b0),
    .counter_index_i      ('0),
    .counter_done_o       (unused_slice.counter_done),
    .counter_packets_o    (unused_slice.counter_packets),
    .counter_bytes_o      (unused_slice.counter_bytes),
    .counter_clear_i      (1'b0),
    .counter_clearing_o   (unused_slice.counter_clearing),
    .scrub_i              (1'b0),
    .scrub_o              (unused_slice.scrub)
  );
  typedef struct packed {
    logic                     bank;
    logic                     hit;
    logic [SliceRuleBits-1:0] rule;
    action_t                  action;
  } slice_t;
  slice_t slice_waiting, slice;  // at Resolved
  logic slice_there;
  pcl_fifo #(.WIDTH($bits(slice_t)), .DEPTH(SliceEntries)) u_slice_results (
    .clk_i,
    .rst_i   (rst_q[1]),
    .push_i  (slice_verdict),
    .data_i  ({slice_bank, slice_hit, slice_rule, slice_action}),
    .valid_o (slice_there),
    .ready_i (valid_q[Resolved] && !tested_q[Resolved]),
    .data_o  (slice_waiting)
  );
  assign slice = tested_q[Resolved] ? {1'b0, slice_test_hit, slice_test_rule, slice_test_action} : slice_waiting;

  // ---- The rule that decides.
  logic slice_decides, tree_decides;
  logic [RULE_BITS-1:0] tree_rule;
  logic [14:0] slice_before;  // only a default action has monitor mode
  assign slice_before = {slice.action.monitor, slice.action.reserved_high};
  pcl_resolve #(.TREES(TREES), .RULE_BITS(RULE_BITS)) u_resolve (
    .clk_i,
    .tree_i          (tree_found),
    .slice_hit_i     (slice.hit),
    .slice_before_i  (slice_before[RULE_BITS-1:0]),
    .slice_decides_o (slice_decides),
    .tree_decides_o  (tree_decides),
    .tree_rule_o     (tree_rule)
  );

  // ---- What travels with a lookup.
  typedef struct packed {
    logic                   bank;
    logic [3:0]             cause;
    logic [TAG_BITS-1:0]    tag;
    logic [LENGTH_BITS-1:0] length;
  } side_t;
  side_t side, side1_q, side2_q;  // at Resolved, one and two clocks later
  pcl_delay #(.WIDTH($bits(side_t)), .CLOCKS(Resolved)) u_side (
    .clk_i, .d_i({slot_bank, accept ? lookup_cause_i : CauseNone, lookup_tag_i, lookup_length_i}), .q_o(side)
  );

  // ---- Actions of the trees' rules, rows of the banks alternating; the slice has its own.
  action_t tree_action;
  pcl_ram_1r1w #(.WIDTH(64), .DEPTH(2 * RULES)) u_action (
    .clk_i,
    .write_i      (load_q && load_target_q == TargetAction),
    .write_row_i  ({load_index_q[$clog2(RULES)-1:0], load_bank_q}),
    .write_data_i (load_data_q[63:0]),
    .read_i       ((valid_q[Resolved] && tree_decides) || !pcl_prim_pkg::GateIdle),
    .read_row_i   ({tree_rule[$clog2(RULES)-1:0], side.bank}),
    .read_data_o  (tree_action)
  );
  action_t [1:0] default_q = '0;
  always_ff @(posedge clk_i) begin
    for (int b = 0; b < 2; b++) if (load_q && load_target_q == TargetDefault && load_index_q == 0 && load_bank_q == b[0]) default_q[b] <= load_data_q[63:0];
  end

  // ---- The verdict.
  logic slice_bank1_q, slice_bank2_q, hit1_q, hit2_q, from_slice1_q, from_slice2_q;
  logic [RULE_BITS-1:0] rule1_q, rule2_q;
  action_t slice_action1_q, other2_q;  // other2_q: the slice's action, else the default
  logic monitor2_q, push_q, tested_there_q;
  always_ff @(posedge clk_i) begin
    hit1_q          <= (slice_decides || tree_decides) && side.cause == CauseNone;
    from_slice1_q   <= slice_decides;
    rule1_q         <= slice_decides ? RULE_BITS'(RULES) + RULE_BITS'(slice.rule) : tree_rule;
    slice_action1_q <= slice.action;
    slice_action1_q.reserved_high <= '0;
    slice_action1_q.monitor       <= 1'b0;
    side1_q         <= side;
    hit2_q          <= hit1_q;
    from_slice2_q   <= from_slice1_q;
    slice_bank1_q   <= slice.bank;
    slice_bank2_q   <= slice_bank1_q;
    rule2_q         <= hit1_q ? rule1_q : '0;
    side2_q         <= side1_q;
    other2_q        <= side1_q.cause != CauseNone ? '0 : hit1_q ? slice_action1_q : default_q[side1_q.bank];
    monitor2_q      <= default_q[side1_q.bank].monitor;
    push_q          <= valid_q[ActionThere-1] && !tested_q[ActionThere-1] && !rst_q[3];
    tested_there_q  <= valid_q[ActionThere-1] && tested_q[ActionThere-1] && !rst_q[3];
  end
  typedef struct packed {
    action_t              action;
    logic                 permit;
    logic                 would_drop;
    logic                 hit;
    logic                 bank;
    logic                 slice_bank;
    logic [3:0]           cause;
    logic [RULE_BITS-1:0] rule;
    logic [TAG_BITS-1:0]  tag;
  } verdict_t;
  verdict_t verdict, verdict_out;
  action_t chosen;
  always_comb begin
    chosen = hit2_q && !from_slice2_q ? tree_action : other2_q;
    verdict.action = chosen;
    verdict.permit = chosen.permit || monitor2_q;
    verdict.would_drop = !chosen.permit && monitor2_q;
    verdict.hit = hit2_q;
    verdict.bank = side2_q.bank;
    verdict.slice_bank = slice_bank2_q;
    verdict.cause = side2_q.cause;
    verdict.rule = rule2_q;
    verdict.tag = side2_q.tag;
  end
  pcl_fifo #(.WIDTH($bits(verdict_t)), .DEPTH(Entries)) u_results (
    .clk_i,
    .rst_i   (rst_q[1]),
    .push_i  (push_q),
    .data_i  (verdict),
    .valid_o (verdict_valid_o),
    .ready_i (verdict_ready_i),
    .data_o  (verdict_out)
  );
  assign verdict_permit_o = verdict_out.permit;
  assign verdict_would_drop_o = verdict_out.would_drop;
  assign verdict_hit_o = verdict_out.hit;
  assign verdict_rule_o = verdict_out.rule;
  assign verdict_action_o = verdict_out.action;
  assign verdict_cause_o = verdict_out.cause;
  assign verdict_bank_o = verdict_out.bank;
  assign verdict_slice_bank_o = verdict_out.slice_bank;
  assign verdict_tag_o = verdict_out.tag;

  // ---- Test lookups: the slice waits for the same slot, and takes one from the lookups where none is idle.
  assign test_ready_o = test_idle_q && slice_test_ready;
  always_ff @(posedge clk_i) begin
    if (test_ready_o) test_key_q <= test_key_i;
    test_fresh_q   <= test_ready_o && test_valid_i && !rst_i;
    test_waiting_q <= test_fresh_q || (test_waiting_q && !test_go);
    if (test_ready_o && test_valid_i) test_idle_q <= 1'b0;
    else if (test_done_o) test_idle_q <= 1'b1;
    test_done_o <= tested_there_q && !rst_i;
    if (tested_there_q) begin
      test_hit_o    <= hit2_q;
      test_rule_o   <= rule2_q;
      test_action_o <= chosen;
    end
    if (rst_i) begin
      test_waiting_q <= 1'b0;
      test_idle_q    <= 1'b1;
    end
  end

  // ---- Counters: of the rules that decide, the slice's behind the trees'.
  logic [1:0] counters_clear, counters_clearing, counters_busy;
  pcl_counters #(.RULES(RULES + SLICE_RULES), .LENGTH_BITS(LENGTH_BITS)) u_counters (
    .clk_i,
    .rst_i          (rst_q[2]),
    .count_i        (valid_q[Resolved+1] && !tested_q[Resolved+1]),
    .count_bank_i   (side1_q.bank),
    .count_hit_i    (hit1_q),
    .count_rule_i   (rule1_q),
    .count_cause_i  (side1_q.cause),
    .count_length_i (side1_q.length),
    .valid_i        (counter_valid_i),
    .ready_o        (counter_ready_o),
    .bank_i         (counter_bank_i),
    .kind_i         (counter_kind_i),
    .index_i        (counter_index_i),
    .done_o         (counter_done_o),
    .packets_o      (counter_packets_o),
    .bytes_o        (counter_bytes_o),
    .withhold_o     (counters_withhold),
    .clear_i        (counters_clear),
    .clearing_o     (counters_clearing),
    .busy_o         (counters_busy)
  );

  // ---- Banks, as in pcl_engine. Both flip, or the slice alone.
  logic [1:0][CreditBits-1:0] under_way_q;
  logic [1:0] serving_q;
  logic [FlipClocks+1:0] flipped_q;
  logic [FlipClocks-2:0] slice_flipped_q;
  logic shadow_serving, shadow_serving_q, clear_waiting_q;
  assign flip_pending = flipped_q[FlipClocks-2:0] != 0;
  assign slice_flip_pending = slice_flipped_q != 0;
  assign shadow_serving = flip_taken || flipped_q != 0 || serving_q[!active_q];
  assign busy_o = busy_q || slice_busy;
  assign slice_busy_o = slice_busy;
  assign flip_taken = flip_i && !busy_o && !counter_clear_i;
  assign slice_flip_taken = flip_taken || (slice_flip_i && !slice_busy);
  assign counter_clearing_o = clear_waiting_q || counters_clearing != 0;
  always_comb begin
    counters_clear = '0;
    counters_clear[!active_q] = clear_waiting_q && !shadow_serving_q;
  end
  initial active_bank_o = 1'b0;
  always_ff @(posedge clk_i) begin
    for (int b = 0; b < 2; b++) begin
      under_way_q[b] <= rst_q[0] ? '0 : under_way_q[b] + CreditBits'(accepted_q[b]) - CreditBits'(taken_q[b]);
      serving_q[b]   <= under_way_q[b] != 0 || counters_busy[b];
    end
    flipped_q <= {flipped_q[FlipClocks:0], flip_taken};
    slice_flipped_q <= {slice_flipped_q[FlipClocks-3:0], slice_flip_taken};
    flip_ignored_o <= (flip_i && !flip_taken) || (slice_flip_i && !slice_flip_taken);
    if (flip_taken && !rst_i) active_bank_o <= !active_bank_o;
    if (flipped_q[FlipClocks-2]) active_q <= !active_q;
    shadow_serving_q <= shadow_serving;
    busy_q <= shadow_serving || counter_clear_i || counter_clearing_o;
    if (counter_clear_i) clear_waiting_q <= 1'b1;
    else if (!shadow_serving_q) clear_waiting_q <= 1'b0;
    if (rst_i) begin
      active_q         <= active_bank_o;
      slice_flipped_q  <= '0;
      flip_ignored_o   <= 1'b0;
      clear_waiting_q  <= 1'b0;
      flipped_q        <= '0;
      shadow_serving_q <= 1'b0;
      busy_q           <= 1'b0;
    end
  end

  `PCL_ASSERT(CreditsMatchLookupsUnderWay, 32'(credits_q) + 32'(under_way_q[0]) + 32'(under_way_q[1]) == Entries)
  `PCL_ASSERT(ShadowIsQuietWhileWritten, !(load && !load_removal && under_way_q[!active_q] != 0))
  `PCL_ASSERT(SliceAnswersFirst, !(valid_q[Resolved] && !tested_q[Resolved] && !slice_there))
  `PCL_ASSERT(SliceTakesEveryFlip, !slice_flip_ignored)

  logic unused;
  assign unused = ^{unused_slice, slot_key.vlan, keys, predicates, load_data_q, slice_before, slice_test_done, side2_q};

endmodule
