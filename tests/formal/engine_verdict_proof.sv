// pcl_engine, end to end: whatever the tables of a bank hold, and whatever is loaded into the other bank, flipped, tested, read and cleared meanwhile, the verdict of
// a lookup is the first rule whose bit is set in all nine bitmap rows of its key in the bank that its acceptance belongs to, with that rule's action of that bank,
// else that bank's default action; LATENCY clocks later, in order. A lookup that took anything from the other bank would not: of that, nothing is known here.
//
// Search and memories are those of known_range_table.sv and constant_ram.sv: of any one key K in any one bank B, the five interval numbers are any constants, and
// the memories hold any nine rows and any one action there. B's rows, boundaries and actions are not loaded meanwhile (engine_banks_proof.sv: nothing is loaded
// into a bank that serves lookups), its default action may be. A reset comes at any time, again and again, and changes neither that nor the active bank. Verdicts are taken at once; that stalls lose and exchange nothing is pcl_fifo's proof.
module engine_verdict_proof
  import pcl_pkg::*;
#(
  parameter  int unsigned RULES        = 64,
  parameter  int unsigned INTERVALS    = 16,
  parameter  int unsigned ADDRESS_BITS = 8,
  localparam int unsigned TAG_BITS     = 4,
  localparam int unsigned RULE_BITS    = $clog2(RULES),
  localparam int unsigned ROW_BITS     = pcl_engine_pkg::maximum(RULES, 128),
  localparam int unsigned LATENCY      = pcl_engine_pkg::latency(RULES, ADDRESS_BITS, INTERVALS, INTERVALS, INTERVALS),
  localparam int unsigned FlipClocks   = pcl_engine_pkg::FlipClocks
) (
  input logic                clk_i,
  input logic                reset_i,
  input logic                lookup_valid_i,
  input key_t                lookup_key_i,
  input logic [3:0]          lookup_cause_i,
  input logic [TAG_BITS-1:0] lookup_tag_i,
  input logic                test_valid_i,
  input key_t                test_key_i,
  input logic                load_valid_i,
  input logic [5:0]          load_target_i,
  input logic [15:0]         load_index_i,
  input logic [ROW_BITS-1:0] load_data_i,
  input logic                flip_i,
  input logic                counter_valid_i,
  input logic                counter_clear_i
);

  localparam int unsigned ResetClocks = 4;
  logic [2:0] reset_q = '0;
  logic rst;
  assign rst = 32'(reset_q) < ResetClocks;
  logic again_q = 1'b0;  // it was reset a second time
  always_ff @(posedge clk_i) begin
    if (rst || reset_i) reset_q <= rst ? reset_q + 1'b1 : '0;
    if (!rst && reset_i) again_q <= 1'b1;
  end

  logic lookup_ready, verdict_valid, permit, would_drop, hit, bank, load_ready, active_bank;
  logic [RULE_BITS-1:0] rule;
  action_t action;
  logic [3:0] cause;
  logic [TAG_BITS-1:0] tag;
  pcl_engine #(
    .RULES(RULES), .ADDRESS_BITS(ADDRESS_BITS), .ADDRESS_INTERVALS(INTERVALS), .PORT_INTERVALS(INTERVALS), .VLAN_INTERVALS(INTERVALS), .TAG_BITS(TAG_BITS),
    .LENGTH_BITS(1)
  ) u_engine (
    .clk_i, .rst_i(rst), .lookup_valid_i, .lookup_ready_o(lookup_ready), .lookup_key_i, .lookup_cause_i, .lookup_length_i(1'b0), .lookup_tag_i,
    .verdict_valid_o(verdict_valid), .verdict_ready_i(1'b1), .verdict_permit_o(permit), .verdict_would_drop_o(would_drop), .verdict_hit_o(hit),
    .verdict_rule_o(rule), .verdict_action_o(action), .verdict_cause_o(cause), .verdict_bank_o(bank), .verdict_tag_o(tag),
    .test_valid_i, .test_ready_o(), .test_key_i, .test_done_o(), .test_hit_o(), .test_rule_o(), .test_action_o(),
    .load_valid_i, .load_ready_o(load_ready), .load_target_i, .load_index_i, .load_data_i,
    .flip_i, .flip_ignored_o(), .active_bank_o(active_bank), .busy_o(),
    .counter_valid_i, .counter_ready_o(), .counter_bank_i(1'b0), .counter_kind_i(1'b0), .counter_index_i('0), .counter_done_o(), .counter_packets_o(),
    .counter_bytes_o(), .counter_clear_i, .counter_clearing_o(), .scrub_i(1'b0), .scrub_o()
  );

  // ---- K, B, and what they lead to.
  key_t key;         // K; address bits beyond the table's are not looked at
  logic known_bank;  // B
  logic [RULE_BITS-1:0] known_rule;
  formal_constant #(.WIDTH(1)) u_bank (.Y(known_bank));
  formal_constant #(.WIDTH(KeyBits)) u_key (.Y(key));
  formal_constant #(.WIDTH(RULE_BITS)) u_rule (.Y(known_rule));

  // Slices of a row, as pcl_engine cuts it.
  localparam int unsigned RamsPerRow = (RULES + 35) / 36;
  localparam int unsigned RamsPerSlice = (RamsPerRow + pcl_prim_pkg::copies(4) - 1) / pcl_prim_pkg::copies(4);
  localparam int unsigned Slices = (RamsPerRow + RamsPerSlice - 1) / RamsPerSlice;
  localparam int unsigned SliceBits = Slices == 1 ? RULES : RamsPerSlice * 36;

  logic [RULES-1:0] rows [Tables];
  logic [Tables-1:0][15:0] number;
  logic [Tables-1:0][Slices-1:0] written;
  for (genvar t = 0; t < Tables; t++) begin : g_table
    if (t < RangeTables) begin : g_range
      logic same_key;
      if (t == 0) begin : g_key
        assign same_key = u_engine.g_table[t].g_range.u_search.known_key == key.source[ADDRESS_BITS-1:0];
      end else if (t == 1) begin : g_key
        assign same_key = u_engine.g_table[t].g_range.u_search.known_key == key.destination[ADDRESS_BITS-1:0];
      end else if (t == 2) begin : g_key
        assign same_key = u_engine.g_table[t].g_range.u_search.known_key == key.source_port;
      end else if (t == 3) begin : g_key
        assign same_key = u_engine.g_table[t].g_range.u_search.known_key == key.destination_port;
      end else begin : g_key
        assign same_key = u_engine.g_table[t].g_range.u_search.known_key == key.vlan;
      end
      assign number[t] = 16'(u_engine.g_table[t].g_range.u_search.number);
      always_comb SameKeyAndBank: assume (same_key && u_engine.g_table[t].g_range.u_search.known_bank == known_bank);
    end else begin : g_chunk
      assign number[t] = t == 5 ? 16'(key.protocol) : t == 6 ? 16'(key.tcp_flags) : t == 7 ? 16'(key.dscp_tags) : 16'(key.context_chunk);
    end
    localparam int unsigned Intervals = t < RangeTables ? INTERVALS : 256;
    for (genvar s = 0; s < Slices; s++) begin : g_slice
      localparam int unsigned Low = s * SliceBits;
      localparam int unsigned Bits = RULES - Low < SliceBits ? RULES - Low : SliceBits;
      always_comb SameRow: assume (32'(u_engine.g_table[t].g_slice[s].u_ram.row) == 32'(number[t]) + (known_bank ? Intervals : 0));
      assign rows[t][Low +: Bits] = u_engine.g_table[t].g_slice[s].u_ram.content;
      assign written[t][s] = u_engine.g_table[t].g_slice[s].u_ram.written;
    end
  end
  action_t known_action;
  assign known_action = u_engine.u_action.content;
  always_comb SameAction: assume (u_engine.u_action.row == {known_bank, known_rule});

  // ---- What is loaded: anything into the other bank; of B its default action.
  logic load;
  assign load = load_valid_i && load_ready && !rst && !active_bank == known_bank;
  action_t default_q = '0;
  logic [5:0] since_load_q = '0;  // clocks since the default action of B was loaded, up to 63
  always_comb begin
    NothingElseOfTheBankIsLoaded: assume (!load || load_target_i == TargetDefault);
    if (rst) NothingIsLoadedInReset: assume (!load_valid_i);
  end
  always_ff @(posedge clk_i) begin
    if (load && load_index_i == '0) default_q <= load_data_i[63:0];
    since_load_q <= load && load_index_i == '0 ? '0 : since_load_q == '1 ? since_load_q : since_load_q + 1'b1;
  end

  // ---- The bank that lookups meet: the active one of FlipClocks - 1 clocks before.
  logic [FlipClocks-2:0] active_before_q = '0;
  always_ff @(posedge clk_i) active_before_q <= rst ? {$bits(active_before_q){active_bank}} : {active_before_q[FlipClocks-3:0], active_bank};

  // ---- Lookups under way, and what must come of them.
  typedef struct packed {
    logic                accepted;
    logic                known;  // of key K in bank B
    logic                bank;
    logic [3:0]          cause;
    logic [TAG_BITS-1:0] tag;
  } lookup_t;
  lookup_t [LATENCY:0] lookups_q = '0;  // [i]: of i + 1 clocks before; the last one's verdict was taken a clock ago
  lookup_t lookup, due;
  key_t asked_key;
  always_comb begin
    asked_key = lookup_key_i;
    if (ADDRESS_BITS < 128) begin
      asked_key.source[127:ADDRESS_BITS] = key.source[127:ADDRESS_BITS];
      asked_key.destination[127:ADDRESS_BITS] = key.destination[127:ADDRESS_BITS];
    end
    lookup.accepted = lookup_valid_i && lookup_ready && !rst;
    lookup.known = asked_key == key && lookup.bank == known_bank;
    lookup.bank = active_before_q[FlipClocks-2];
    lookup.cause = lookup_cause_i;
    lookup.tag = lookup_tag_i;
  end
  always_ff @(posedge clk_i) lookups_q <= rst ? '0 : {lookups_q[LATENCY-1:0], lookup};
  assign due = lookups_q[LATENCY-1];

  // Of each bank: lookups whose verdict has not come; those that the engine's counts of two clocks before should hold.
  logic [1:0] serving;
  logic [1:0][5:0] under_way;
  always_comb begin
    serving = '0;
    under_way = '0;
    for (int b = 0; b < 2; b++) begin
      for (int i = 0; i < int'(LATENCY); i++) serving[b] = serving[b] || (lookups_q[i].accepted && lookups_q[i].bank == b[0]);
      for (int i = 1; i <= int'(LATENCY); i++) under_way[b] = under_way[b] + 6'(lookups_q[i].accepted && lookups_q[i].bank == b[0]);
    end
  end

  logic [RULES-1:0] match;
  logic settled;  // the default action has been there for as long as the lookup that is due
  assign settled = 32'(since_load_q) >= LATENCY;
  always_comb begin
    match = '1;
    for (int t = 0; t < int'(Tables); t++) match = match & rows[t];
    if (32'(since_load_q) >= 6) DefaultIsWhatWasLoaded: assert (u_engine.default_q[known_bank] == default_q);
    if (!rst) begin
      BankOfLookups: assert (u_engine.active_q == active_before_q[FlipClocks-2]);
      RowsAreNotWritten: assert (written == '0 && !u_engine.u_action.written);
      UnderWayIsCounted: assert (u_engine.under_way_q[0] == under_way[0] && u_engine.under_way_q[1] == under_way[1]);
      NoLoadWhileTheBankServes: assert (!(load_valid_i && load_ready) || (!serving[!active_bank] && lookup.bank == active_bank));
      ResultsDoNotQueue: assert (!u_engine.u_results.behind_q);
      VerdictInTimeAndOrder: assert (verdict_valid == due.accepted);
      if (verdict_valid && due.accepted) begin
        WhatTravelsArrives: assert (tag == due.tag && cause == due.cause && bank == due.bank);
        if (due.cause != CauseNone) MalformedMeetsNoRule: assert (!hit && rule == '0 && action == '0);
        if (due.known && due.cause == CauseNone) begin
          FirstMatchingRule: assert (hit == (match != '0) && (!hit || (match[rule] && (match & ((RULES'(1) << rule) - 1'b1)) == '0)));
          ActionOfTheRule: assert (!(hit && rule == known_rule) || action == known_action);
          if (settled) begin
            DefaultWithoutARule: assert (hit || (action == default_q && rule == '0));
            PermitFollowsTheAction: assert (permit == (action.permit || default_q.monitor) && would_drop == (default_q.monitor && !action.permit));
          end
        end
      end
    end
    LastRuleDecides: cover (!rst && verdict_valid && due.known && due.cause == CauseNone && hit && rule == RULE_BITS'(RULES - 1) && known_rule == rule);
    NoRuleMatches: cover (!rst && verdict_valid && due.known && due.cause == CauseNone && !hit);
    BehindAReset: cover (!rst && again_q && verdict_valid && due.known && due.cause == CauseNone && hit && bank);
    AfterAFlip: cover (!rst && verdict_valid && due.known && due.cause == CauseNone && hit && bank);
  end

endmodule
