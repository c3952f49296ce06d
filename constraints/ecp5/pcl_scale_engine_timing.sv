// The tree engine between registers (pcl_timing_pins), for timing.
// LATENCY_CLOCKS is what the one who asks believes the latency of a lookup to be; elaboration fails where the sources say another.
module pcl_scale_engine_timing
  import pcl_pkg::*;
  import pcl_engine_pkg::maximum;
#(
  parameter  int unsigned            RULES             = 1024,
  parameter  int unsigned            TREES             = 4,
  parameter  logic [TREES-1:0][16:0] ENTRIES           = {17'd32, 17'd80, 17'd312, 17'd720},
  parameter  logic [TREES-1:0][3:0]  LEVELS            = {4'd4, 4'd6, 4'd9, 4'd11},
  parameter  logic [TREES-1:0][12:0] ROWS              = {13'd8, 13'd16, 13'd64, 13'd128},
  parameter  int unsigned            ADDRESS_BITS      = 32,
  parameter  int unsigned            PREDICATE_BITS    = 4,
  parameter  int unsigned            LEAF              = 8,
  parameter  int unsigned            SLICE_RULES       = 64,
  parameter  int unsigned            ADDRESS_INTERVALS = 64,
  parameter  int unsigned            PORT_INTERVALS    = 64,
  parameter  int unsigned            VLAN_INTERVALS    = 16,
  parameter  int unsigned            TAG_BITS          = 8,
  parameter  int unsigned            LENGTH_BITS       = 14,
  parameter  int unsigned            LATENCY_CLOCKS    = 38,
  localparam int unsigned            RULE_BITS         = $clog2(RULES + SLICE_RULES),
  localparam int unsigned            ROW_BITS          = maximum(maximum(SLICE_RULES, 128), pcl_tree_pkg::entry_bits(ADDRESS_BITS, RULE_BITS, PREDICATE_BITS))
) (
  input  logic clk_i,
  input  logic serial_i,
  output logic serial_o
);

  function automatic int unsigned deepest();
    int unsigned most;
    most = 0;
    for (int t = 0; t < int'(TREES); t++) most = maximum(most, 32'(LEVELS[t]));
    return most;
  endfunction
  localparam int unsigned SliceLatency = pcl_engine_pkg::latency(SLICE_RULES, 128, ADDRESS_INTERVALS, PORT_INTERVALS, VLAN_INTERVALS);
  localparam int unsigned Latency = pcl_tree_pkg::latency(deepest(), LEAF, TREES, SliceLatency);
  if (LATENCY_CLOCKS != Latency) begin : g_check
    $fatal(1, "pcl_scale_engine_timing: LATENCY_CLOCKS is %0d; pcl_tree_pkg::latency is %0d", LATENCY_CLOCKS, Latency);
  end

  typedef struct packed {
    logic                   rst;
    logic                   lookup_valid;
    key_t                   lookup_key;
    logic [3:0]             lookup_cause;
    logic [LENGTH_BITS-1:0] lookup_length;
    logic [TAG_BITS-1:0]    lookup_tag;
    logic                   verdict_ready;
    logic                   test_valid;
    key_t                   test_key;
    logic                   load_valid;
    logic [5:0]             load_target;
    logic [15:0]            load_index;
    logic [ROW_BITS-1:0]    load_data;
    logic                   flip;
    logic                   slice_flip;
    logic                   counter_valid;
    logic                   counter_bank;
    logic                   counter_kind;
    logic [15:0]            counter_index;
    logic                   counter_clear;
  } inputs_t;

  typedef struct packed {
    logic                 lookup_ready;
    logic                 verdict_valid;
    logic                 verdict_permit;
    logic                 verdict_would_drop;
    logic                 verdict_hit;
    logic [RULE_BITS-1:0] verdict_rule;
    action_t              verdict_action;
    logic [3:0]           verdict_cause;
    logic                 verdict_bank;
    logic                 verdict_slice_bank;
    logic [TAG_BITS-1:0]  verdict_tag;
    logic                 test_ready;
    logic                 test_done;
    logic                 test_hit;
    logic [RULE_BITS-1:0] test_rule;
    action_t              test_action;
    logic                 load_ready;
    logic                 flip_ignored;
    logic                 active_bank;
    logic                 slice_active_bank;
    logic                 busy;
    logic                 slice_busy;
    logic                 counter_ready;
    logic                 counter_done;
    logic [63:0]          counter_packets;
    logic [63:0]          counter_bytes;
    logic                 counter_clearing;
  } outputs_t;

  inputs_t  in;
  outputs_t out;
  pcl_timing_pins #(.INPUTS($bits(inputs_t)), .OUTPUTS($bits(outputs_t))) u_pins (
    .clk_i, .serial_i, .serial_o, .inputs_o(in), .outputs_i(out)
  );

  pcl_scale_engine #(
    .RULES(RULES), .TREES(TREES), .LEAF(LEAF), .ENTRIES(ENTRIES), .LEVELS(LEVELS), .ROWS(ROWS), .ADDRESS_BITS(ADDRESS_BITS), .PREDICATE_BITS(PREDICATE_BITS),
    .SLICE_RULES(SLICE_RULES), .ADDRESS_INTERVALS(ADDRESS_INTERVALS), .PORT_INTERVALS(PORT_INTERVALS), .VLAN_INTERVALS(VLAN_INTERVALS),
    .TAG_BITS(TAG_BITS), .LENGTH_BITS(LENGTH_BITS)
  ) u_engine (
    .clk_i,
    .rst_i                (in.rst),
    .lookup_valid_i       (in.lookup_valid),
    .lookup_ready_o       (out.lookup_ready),
    .lookup_key_i         (in.lookup_key),
    .lookup_cause_i       (in.lookup_cause),
    .lookup_length_i      (in.lookup_length),
    .lookup_tag_i         (in.lookup_tag),
    .verdict_valid_o      (out.verdict_valid),
    .verdict_ready_i      (in.verdict_ready),
    .verdict_permit_o     (out.verdict_permit),
    .verdict_would_drop_o (out.verdict_would_drop),
    .verdict_hit_o        (out.verdict_hit),
    .verdict_rule_o       (out.verdict_rule),
    .verdict_action_o     (out.verdict_action),
    .verdict_cause_o      (out.verdict_cause),
    .verdict_bank_o       (out.verdict_bank),
    .verdict_slice_bank_o (out.verdict_slice_bank),
    .verdict_tag_o        (out.verdict_tag),
    .test_valid_i         (in.test_valid),
    .test_ready_o         (out.test_ready),
    .test_key_i           (in.test_key),
    .test_done_o          (out.test_done),
    .test_hit_o           (out.test_hit),
    .test_rule_o          (out.test_rule),
    .test_action_o        (out.test_action),
    .load_valid_i         (in.load_valid),
    .load_ready_o         (out.load_ready),
    .load_target_i        (in.load_target),
    .load_index_i         (in.load_index),
    .load_data_i          (in.load_data),
    .flip_i               (in.flip),
    .slice_flip_i         (in.slice_flip),
    .flip_ignored_o       (out.flip_ignored),
    .active_bank_o        (out.active_bank),
    .slice_active_bank_o  (out.slice_active_bank),
    .busy_o               (out.busy),
    .slice_busy_o         (out.slice_busy),
    .counter_valid_i      (in.counter_valid),
    .counter_ready_o      (out.counter_ready),
    .counter_bank_i       (in.counter_bank),
    .counter_kind_i       (in.counter_kind),
    .counter_index_i      (in.counter_index),
    .counter_done_o       (out.counter_done),
    .counter_packets_o    (out.counter_packets),
    .counter_bytes_o      (out.counter_bytes),
    .counter_clear_i      (in.counter_clear),
    .counter_clearing_o   (out.counter_clearing)
  );

endmodule
