// Two lookups a clock: two match engines (pcl_engine) over the same tables, which are there twice. For two ports that each need a lookup a clock.
//
// Lane 0 and lane 1 each take lookups and give verdicts as a pcl_engine does, with its latency, and neither waits for the other. Everything else is one interface,
// that of a pcl_engine: what holds such an engine's tables, counters and test lookups drives the pair as well.
//
// In:  lookups of each lane, in order; rows, flips, test lookups, counter requests.
// Out: verdicts of each lane, in the order of its lookups, pcl_engine_pkg::latency clocks later. Nothing is said of the order between lanes.
// Guaranteed, besides what pcl_engine guarantees of each lane (test lookups and counter reads withhold slots of each lane as they do there):
//  - a row is written to both lanes in the same clock, or to neither; load_ready_o is low while the shadow bank of either lane is busy (busy_o).
//  - both lanes flip in the same clock: lookups that are accepted in one clock, one by each lane, see the same bank, always. A flip that either lane could not take
//    is taken by neither, and pulses flip_ignored_o.
//  - counters are one: each read is the sum of both lanes, 3 clocks after the slower of them has answered, and they are cleared together. A count of a bank that
//    counts no more is exact. Of a bank that counts, each lane's packets and bytes are those of one moment, but the two moments may lie as far apart as one lane waits
//    longer than the other for a slot (pcl_engine_pkg::PatienceClocks, 256, and some clocks).
//  - a test lookup is asked of both lanes, so that a self-test sees both copies of the tables. The answer is lane 0's; test_agrees_o says that lane 1's is the same.
`include "pcl_assert.svh"
module pcl_engine_pair
  import pcl_pkg::*;
  import pcl_engine_pkg::*;
#(
  parameter  int unsigned RULES             = 512,  // these as for pcl_engine, which checks them
  parameter  int unsigned ADDRESS_BITS      = 128,
  parameter  int unsigned ADDRESS_INTERVALS = 256,
  parameter  int unsigned PORT_INTERVALS    = 256,
  parameter  int unsigned VLAN_INTERVALS    = 256,
  parameter  int unsigned TAG_BITS          = 8,
  parameter  int unsigned LENGTH_BITS       = 14,
  localparam int unsigned ROW_BITS          = maximum(RULES, 128),
  localparam int unsigned RULE_BITS         = $clog2(RULES)
) (
  input  logic                        clk_i,
  input  logic                        rst_i,
  // Lookups and verdicts, a bit or an element for each lane.
  input  logic [1:0]                  lookup_valid_i,
  output logic [1:0]                  lookup_ready_o,
  input  key_t [1:0]                  lookup_key_i,
  input  logic [1:0][3:0]             lookup_cause_i,
  input  logic [1:0][LENGTH_BITS-1:0] lookup_length_i,
  input  logic [1:0][TAG_BITS-1:0]    lookup_tag_i,
  output logic [1:0]                  verdict_valid_o,
  input  logic [1:0]                  verdict_ready_i,
  output logic [1:0]                  verdict_permit_o,
  output logic [1:0]                  verdict_would_drop_o,
  output logic [1:0]                  verdict_hit_o,
  output logic [1:0][RULE_BITS-1:0]   verdict_rule_o,
  output action_t [1:0]               verdict_action_o,
  output logic [1:0][3:0]             verdict_cause_o,
  output logic [1:0]                  verdict_bank_o,
  output logic [1:0][TAG_BITS-1:0]    verdict_tag_o,
  // Test lookups.
  input  logic                        test_valid_i,
  output logic                        test_ready_o,
  input  key_t                        test_key_i,
  output logic                        test_done_o,
  output logic                        test_hit_o,
  output logic [RULE_BITS-1:0]        test_rule_o,
  output action_t                     test_action_o,
  output logic                        test_agrees_o,
  // Rows for the shadow bank.
  input  logic                        load_valid_i,
  output logic                        load_ready_o,
  input  logic [5:0]                  load_target_i,
  input  logic [15:0]                 load_index_i,
  input  logic [ROW_BITS-1:0]         load_data_i,
  // Banks.
  input  logic                        flip_i,
  output logic                        flip_ignored_o,
  output logic                        active_bank_o,
  output logic                        busy_o,
  // Counters.
  input  logic                        counter_valid_i,
  output logic                        counter_ready_o,
  input  logic                        counter_bank_i,
  input  logic                        counter_kind_i,
  input  logic [15:0]                 counter_index_i,
  output logic                        counter_done_o,
  output logic [63:0]                 counter_packets_o,
  output logic [63:0]                 counter_bytes_o,
  input  logic                        counter_clear_i,
  output logic                        counter_clearing_o
);

  // ---- What each lane says, and what both are told: requests go to both or to none.
  logic [1:0]                busy, load_ready, active_bank, flip_ignored, clearing;
  logic [1:0]                test_ready, test_done, test_hit;
  logic [1:0][RULE_BITS-1:0] test_rule;
  action_t [1:0]             test_action;
  logic [1:0]                counter_ready, counter_done;
  logic [1:0][63:0]          packets, bytes;
  logic                      flip;
  logic                      summing_q;  // a counter request is under way, its sum included
  logic                      testing_q;  // a test lookup, its answer included

  assign busy_o             = |busy;
  assign load_ready_o       = &load_ready;
  assign active_bank_o      = active_bank[0];
  assign counter_clearing_o = |clearing;
  assign flip               = flip_i && !busy_o && !counter_clear_i;
  assign counter_ready_o    = &counter_ready && !summing_q;
  assign test_ready_o       = &test_ready && !testing_q;

  for (genvar l = 0; l < 2; l++) begin : g_lane
    scrub_status_t unused_scrub;
    pcl_engine #(
      .RULES(RULES), .ADDRESS_BITS(ADDRESS_BITS), .ADDRESS_INTERVALS(ADDRESS_INTERVALS), .PORT_INTERVALS(PORT_INTERVALS),
      .VLAN_INTERVALS(VLAN_INTERVALS), .TAG_BITS(TAG_BITS), .LENGTH_BITS(LENGTH_BITS)
    ) u_engine (
      .clk_i, .rst_i,
      .lookup_valid_i(lookup_valid_i[l]), .lookup_ready_o(lookup_ready_o[l]), .lookup_key_i(lookup_key_i[l]), .lookup_cause_i(lookup_cause_i[l]),
      .lookup_length_i(lookup_length_i[l]), .lookup_tag_i(lookup_tag_i[l]),
      .verdict_valid_o(verdict_valid_o[l]), .verdict_ready_i(verdict_ready_i[l]), .verdict_permit_o(verdict_permit_o[l]),
      .verdict_would_drop_o(verdict_would_drop_o[l]), .verdict_hit_o(verdict_hit_o[l]), .verdict_rule_o(verdict_rule_o[l]),
      .verdict_action_o(verdict_action_o[l]), .verdict_cause_o(verdict_cause_o[l]), .verdict_bank_o(verdict_bank_o[l]), .verdict_tag_o(verdict_tag_o[l]),
      .test_valid_i(test_valid_i && test_ready_o), .test_ready_o(test_ready[l]), .test_key_i, .test_done_o(test_done[l]), .test_hit_o(test_hit[l]),
      .test_rule_o(test_rule[l]), .test_action_o(test_action[l]),
      .load_valid_i(load_valid_i && load_ready_o), .load_ready_o(load_ready[l]), .load_target_i, .load_index_i, .load_data_i,
      .flip_i(flip), .flip_ignored_o(flip_ignored[l]), .active_bank_o(active_bank[l]), .busy_o(busy[l]),
      .counter_valid_i(counter_valid_i && counter_ready_o), .counter_ready_o(counter_ready[l]), .counter_bank_i, .counter_kind_i, .counter_index_i,
      .counter_done_o(counter_done[l]), .counter_packets_o(packets[l]), .counter_bytes_o(bytes[l]),
      .counter_clear_i, .counter_clearing_o(clearing[l]), .scrub_i(1'b0), .scrub_o(unused_scrub)
    );
  end

  always_ff @(posedge clk_i) flip_ignored_o <= flip_i && !flip && !rst_i;

  // ---- Test lookups: both answers, once the later one is there. A lane holds its answer until it is asked again.
  logic [1:0] tested_q;
  always_ff @(posedge clk_i) begin
    test_done_o <= 1'b0;
    tested_q    <= tested_q | test_done;
    if (test_valid_i && test_ready_o) testing_q <= 1'b1;
    if (&tested_q) begin
      tested_q      <= '0;
      testing_q     <= 1'b0;
      test_done_o   <= 1'b1;
      test_hit_o    <= test_hit[0];
      test_rule_o   <= test_rule[0];
      test_action_o <= test_action[0];
      test_agrees_o <= test_hit[0] == test_hit[1] && test_rule[0] == test_rule[1] && test_action[0] == test_action[1];
    end
    if (rst_i) begin
      tested_q    <= '0;
      testing_q   <= 1'b0;
      test_done_o <= 1'b0;
    end
  end

  // ---- Counters: both answers, then their lower halves added, then their upper halves. A lane holds its answer as well.
  logic [1:0]       counted_q;
  logic             low_added_q, carry_packets_q, carry_bytes_q;
  always_ff @(posedge clk_i) begin
    counter_done_o <= 1'b0;
    low_added_q    <= 1'b0;
    counted_q      <= counted_q | counter_done;
    if (counter_valid_i && counter_ready_o) summing_q <= 1'b1;
    if (&counted_q) begin
      counted_q   <= '0;
      low_added_q <= 1'b1;
      {carry_packets_q, counter_packets_o[31:0]} <= {1'b0, packets[0][31:0]} + {1'b0, packets[1][31:0]};
      {carry_bytes_q, counter_bytes_o[31:0]}     <= {1'b0, bytes[0][31:0]} + {1'b0, bytes[1][31:0]};
    end
    if (low_added_q) begin
      summing_q      <= 1'b0;
      counter_done_o <= 1'b1;
      counter_packets_o[63:32] <= packets[0][63:32] + packets[1][63:32] + 32'(carry_packets_q);
      counter_bytes_o[63:32]   <= bytes[0][63:32] + bytes[1][63:32] + 32'(carry_bytes_q);
    end
    if (rst_i) begin
      counted_q      <= '0;
      low_added_q    <= 1'b0;
      summing_q      <= 1'b0;
      counter_done_o <= 1'b0;
    end
  end

  `PCL_ASSERT(LanesServeTheSameBank, active_bank[0] == active_bank[1])
  `PCL_ASSERT(FlipsAreTakenByBothLanes, flip_ignored == '0)

endmodule
