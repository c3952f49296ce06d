// Testbench of pcl_engine in plain SystemVerilog, for any simulator: tables are loaded by the row-wide port, the banks flipped, and
// random lookups, one a clock, compared with a search through the rules. Ends with "PASSED" or $fatal.
//
// A rule holds a range of destination ports and one protocol, and anything in the other fields; rule r permits if r is even, with mark r.
module engine_testbench;
  import pcl_pkg::*;

  localparam int unsigned Rules = 64;      // the engine's least
  localparam int unsigned Intervals = 16;
  localparam int unsigned Used = 7;        // each rule brings two boundaries at most, and 15 fit
  localparam int unsigned Lookups = 2000;
  localparam int unsigned Patience = 1000; // clocks that any step may take

  logic clk = 1'b0;
  always #2 clk = !clk;

  logic        rst = 1'b1;
  logic        lookup_valid = 1'b0, lookup_ready;
  key_t        lookup_key;
  logic [15:0] lookup_tag = '0;
  logic        verdict_valid, verdict_permit, verdict_hit;
  logic [5:0]  verdict_rule;
  action_t     verdict_action;
  logic [15:0] verdict_tag;
  logic        load_valid = 1'b0, load_ready;
  logic [5:0]  load_target;
  logic [15:0] load_index;
  logic [127:0] load_data;
  logic        flip = 1'b0, active_bank, busy;

  /* verilator lint_off PINCONNECTEMPTY */
  pcl_engine #(
    .RULES(Rules), .ADDRESS_INTERVALS(Intervals), .PORT_INTERVALS(Intervals), .VLAN_INTERVALS(Intervals), .TAG_BITS(16)
  ) u_engine (
    .clk_i(clk), .rst_i(rst),
    .lookup_valid_i(lookup_valid), .lookup_ready_o(lookup_ready), .lookup_key_i(lookup_key), .lookup_cause_i(4'd0),
    .lookup_length_i(14'd60), .lookup_tag_i(lookup_tag),
    .verdict_valid_o(verdict_valid), .verdict_ready_i(1'b1), .verdict_permit_o(verdict_permit), .verdict_would_drop_o(),
    .verdict_hit_o(verdict_hit), .verdict_rule_o(verdict_rule), .verdict_action_o(verdict_action), .verdict_cause_o(),
    .verdict_bank_o(), .verdict_tag_o(verdict_tag),
    .test_valid_i(1'b0), .test_ready_o(), .test_key_i('0), .test_done_o(), .test_hit_o(), .test_rule_o(), .test_action_o(),
    .load_valid_i(load_valid), .load_ready_o(load_ready), .load_target_i(load_target), .load_index_i(load_index), .load_data_i(load_data),
    .flip_i(flip), .flip_ignored_o(), .active_bank_o(active_bank), .busy_o(busy),
    .counter_valid_i(1'b0), .counter_ready_o(), .counter_bank_i(1'b0), .counter_kind_i(1'b0), .counter_index_i(16'd0),
    .counter_done_o(), .counter_packets_o(), .counter_bytes_o(), .counter_clear_i(1'b0), .counter_clearing_o(),
    .scrub_i(1'b0), .scrub_o()
  );
  /* verilator lint_on PINCONNECTEMPTY */

  // The rules, and what they say of a key.
  logic [16:0] low [Used], high [Used];
  logic [7:0]  protocol [Used];

  function automatic int deciding_rule(key_t key);
    for (int r = 0; r < int'(Used); r++) begin
      if (key.destination_port >= low[r] && key.destination_port <= high[r] && key.protocol == protocol[r]) return r;
    end
    return -1;
  endfunction

  task automatic load(logic [5:0] target, int index, logic [127:0] data);
    load_valid = 1'b1;
    load_target = target;
    load_index = 16'(index);
    load_data = data;
    for (int i = 0; ; i++) begin
      @(negedge clk);
      if (load_ready) break;
      if (i == int'(Patience)) $fatal(1, "a row of target %0d was not taken", target);
    end
    @(posedge clk);
    #1 load_valid = 1'b0;
  endtask

  // Tables from the rules: docs/design.md, "Range tables and their intervals" and "Loading".
  task automatic load_tables();
    logic [16:0]  boundary [Intervals];  // 1 to Intervals-1, ascending, the unused ones all ones
    logic [16:0]  swap;
    logic [127:0] row;
    for (int r = 0; r < int'(Used); r++) begin
      boundary[1 + 2 * r] = low[r];
      boundary[2 + 2 * r] = high[r] + 17'd1;
    end
    boundary[0] = '0;
    boundary[Intervals-1] = '1;
    for (int i = 1; i < int'(Intervals); i++) begin
      for (int j = 1; j < int'(Intervals) - i; j++) begin
        if (boundary[j] > boundary[j+1]) begin
          swap = boundary[j];
          boundary[j] = boundary[j+1];
          boundary[j+1] = swap;
        end
      end
    end
    for (int table_number = 0; table_number < int'(RangeTables); table_number++) begin
      for (int i = 1; i < int'(Intervals); i++) begin
        load(TargetBoundary + 6'(table_number), i, table_number == 3 ? 128'(boundary[i]) : '1);
      end
      for (int i = 0; i < int'(Intervals); i++) begin
        row = '0;
        for (int r = 0; r < int'(Used); r++) row[r] = table_number != 3 || (boundary[i] >= low[r] && boundary[i] <= high[r]);
        load(TargetBitmap + 6'(table_number), i, row);
      end
    end
    for (int chunk = 0; chunk < int'(ChunkTables); chunk++) begin
      for (int value = 0; value < 256; value++) begin
        row = '0;
        for (int r = 0; r < int'(Used); r++) row[r] = chunk != 0 || protocol[r] == 8'(value);
        load(TargetBitmap + 6'(RangeTables) + 6'(chunk), value, row);
      end
    end
    for (int r = 0; r < int'(Used); r++) load(TargetAction, r, {95'd0, (r % 2) == 0, 32'(r)});
    load(TargetDefault, 0, '0);
  endtask

  // Verdicts, in order.
  key_t        asked [Lookups];
  int unsigned answers = 0, hits = 0;

  always @(posedge clk) begin
    if (verdict_valid && !rst) begin
      automatic int expected = deciding_rule(asked[verdict_tag]);
      if (verdict_tag != 16'(answers)) $fatal(1, "verdict %0d carries the tag of lookup %0d", answers, verdict_tag);
      if (verdict_hit != (expected >= 0) || (expected >= 0 && int'(verdict_rule) != expected)
          || verdict_permit != (expected >= 0 && expected % 2 == 0) || verdict_action.mark != (expected >= 0 ? 32'(expected) : 32'd0)) begin
        $fatal(1, "lookup %0d (port %0d, protocol %0d): expected rule %0d; answered hit %0d rule %0d permit %0d mark %0d", verdict_tag,
               asked[verdict_tag].destination_port, asked[verdict_tag].protocol, expected, verdict_hit, verdict_rule, verdict_permit,
               verdict_action.mark);
      end
      answers <= answers + 1;
      if (verdict_hit) hits <= hits + 1;
    end
  end

  initial begin
    for (int r = 0; r < int'(Used); r++) begin
      low[r] = 17'($urandom_range(60000));
      high[r] = low[r] + 17'($urandom_range(5000));
      protocol[r] = r % 2 == 0 ? 8'd6 : 8'd17;
    end
    low[1] = low[0];  // two rules in one place, and a range of a single port
    high[2] = low[2];
    for (int i = 0; i < int'(Lookups); i++) begin
      automatic int r = i % int'(Used);
      asked[i] = '0;
      asked[i].source = {$urandom, $urandom, $urandom, $urandom};
      asked[i].destination = {$urandom, $urandom, $urandom, $urandom};
      asked[i].protocol = $urandom_range(1) == 0 ? 8'd6 : 8'd17;
      case ($urandom_range(4))  // at the borders, and anywhere
        0: asked[i].destination_port = low[r];
        1: asked[i].destination_port = high[r];
        2: asked[i].destination_port = low[r] - 17'(low[r] != 0);
        3: asked[i].destination_port = high[r] + 17'd1;
        default: asked[i].destination_port = 17'($urandom_range(65536));
      endcase
    end
    repeat (8) @(posedge clk);
    #1 rst = 1'b0;
    load_tables();
    flip = 1'b1;
    @(posedge clk);
    #1 flip = 1'b0;
    repeat (2) @(posedge clk);
    #1;
    if (active_bank != 1'b1) $fatal(1, "the banks were not exchanged");
    for (int i = 0; busy; i++) begin
      if (i == int'(Patience)) $fatal(1, "the retired bank stays busy");
      @(posedge clk);
      #1;
    end
    for (int i = 0; i < int'(Lookups); i++) begin
      lookup_valid = 1'b1;
      lookup_key = asked[i];
      lookup_tag = 16'(i);
      @(negedge clk);
      if (!lookup_ready) $fatal(1, "lookup %0d was held up: not one a clock", i);
      @(posedge clk);
      #1;
    end
    lookup_valid = 1'b0;
    repeat (100) @(posedge clk);
    #1;
    if (answers != Lookups) $fatal(1, "%0d lookups, %0d verdicts", Lookups, answers);
    if (hits == 0 || hits == Lookups) $fatal(1, "%0d hits among %0d lookups: the rules were not tried", hits, Lookups);
    $display("engine_testbench: PASSED, %0d lookups, %0d of them met a rule", answers, hits);
    $finish;
  end

endmodule
