// The management processor before the registers of a match engine: everything of a managed filter but its packet path. Lookups enter from outside.
// With TREES the engine has trees, and RULES and the intervals are those of its slice.
module managed_engine
  import pcl_pkg::*;
#(
  parameter  int unsigned RULES = 64,
  parameter  int unsigned INTERVALS = 16,              // of every range table
  parameter  int unsigned WATCHDOG_CLOCKS = 200_000,
  parameter  int unsigned LOCK_UNIT = 256,
  parameter  int unsigned SCRUB = 1,
  parameter               FIRMWARE = "",
  parameter  int unsigned VLAN_INTERVALS = INTERVALS,
  parameter  int unsigned TREES = 0,
  parameter  int unsigned TREE_RULES = 0,
  parameter  int unsigned PREDICATE_BITS = 3,
  parameter  logic [7:0][16:0] TREE_ENTRIES = '0,
  parameter  logic [7:0][3:0]  TREE_LEVELS = '0,
  parameter  logic [7:0][12:0] TREE_ROWS = '0,
  localparam int unsigned RuleBits = $clog2(TREES == 0 ? RULES : TREE_RULES + RULES),
  localparam int unsigned RowBits = TREES == 0 ? pcl_engine_pkg::maximum(RULES, 128) : pcl_tree_pkg::row_bits(RULES, 32, RuleBits, PREDICATE_BITS)
) (
  input  logic                clk_i,
  input  logic                rst_i,
  input  logic                s_axil_awvalid_i,
  output logic                s_axil_awready_o,
  input  logic [15:0]         s_axil_awaddr_i,
  input  logic [2:0]          s_axil_awprot_i,
  input  logic                s_axil_wvalid_i,
  output logic                s_axil_wready_o,
  input  logic [31:0]         s_axil_wdata_i,
  input  logic [3:0]          s_axil_wstrb_i,
  output logic                s_axil_bvalid_o,
  input  logic                s_axil_bready_i,
  output logic [1:0]          s_axil_bresp_o,
  input  logic                s_axil_arvalid_i,
  output logic                s_axil_arready_o,
  input  logic [15:0]         s_axil_araddr_i,
  input  logic [2:0]          s_axil_arprot_i,
  output logic                s_axil_rvalid_o,
  input  logic                s_axil_rready_i,
  output logic [31:0]         s_axil_rdata_o,
  output logic [1:0]          s_axil_rresp_o,

  input  logic                lookup_valid_i,
  output logic                lookup_ready_o,
  input  key_t                lookup_key_i,
  output logic                verdict_valid_o,
  output logic                verdict_permit_o,
  output logic                verdict_hit_o,
  output logic [RuleBits-1:0] verdict_rule_o,
  output logic                verdict_bank_o,

  // A fault in the tables: bits of the rows that are written are turned over while this is high.
  input  logic                damage_i,

  output logic                console_valid_o,
  output logic [7:0]          console_data_o
);

  logic        awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
  logic [15:0] awaddr, araddr;
  logic [2:0]  awprot, arprot;
  logic [31:0] wdata, rdata;
  logic [3:0]  wstrb;
  logic [1:0]  bresp, rresp;

  pcl_management #(.WATCHDOG_CLOCKS(WATCHDOG_CLOCKS), .LOCK_UNIT(LOCK_UNIT), .FIRMWARE(FIRMWARE)) u_management (
    .clk_i, .rst_i,
    .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_awaddr_i, .s_axil_awprot_i, .s_axil_wvalid_i, .s_axil_wready_o, .s_axil_wdata_i, .s_axil_wstrb_i,
    .s_axil_bvalid_o, .s_axil_bready_i, .s_axil_bresp_o, .s_axil_arvalid_i, .s_axil_arready_o, .s_axil_araddr_i, .s_axil_arprot_i,
    .s_axil_rvalid_o, .s_axil_rready_i, .s_axil_rdata_o, .s_axil_rresp_o,
    .m_axil_awvalid_o(awvalid), .m_axil_awready_i(awready), .m_axil_awaddr_o(awaddr), .m_axil_awprot_o(awprot), .m_axil_wvalid_o(wvalid),
    .m_axil_wready_i(wready), .m_axil_wdata_o(wdata), .m_axil_wstrb_o(wstrb), .m_axil_bvalid_i(bvalid), .m_axil_bready_o(bready), .m_axil_bresp_i(bresp),
    .m_axil_arvalid_o(arvalid), .m_axil_arready_i(arready), .m_axil_araddr_o(araddr), .m_axil_arprot_o(arprot), .m_axil_rvalid_i(rvalid),
    .m_axil_rready_o(rready), .m_axil_rdata_i(rdata), .m_axil_rresp_i(rresp),
    .console_valid_o, .console_ready_i(1'b1), .console_data_o
  );

  logic                load_valid, load_ready, flip, flip_ignored, active_bank, busy, test_valid, test_ready, test_done, test_hit;
  logic [5:0]          load_target;
  logic [15:0]         load_index, counter_index;
  logic [RowBits-1:0]  load_data;
  key_t                test_key;
  logic [RuleBits-1:0] test_rule;
  action_t             test_action;
  logic                counter_valid, counter_ready, counter_bank, counter_kind, counter_done, counter_clear, counter_clearing;
  logic [63:0]         counter_packets, counter_bytes;
  logic                scrub, slice_flip, slice_active_bank, slice_busy;
  pcl_engine_pkg::scrub_status_t scrub_status;

  // What a filter has around the engine, and nothing here does.
  logic                unused_row_ready, unused_would_drop, unused_tag;
  logic [3:0]          unused_forward_to;
  action_t             unused_action;
  logic [3:0]          unused_cause;

  pcl_control #(
    .RULES(RULES), .ADDRESS_INTERVALS(INTERVALS), .PORT_INTERVALS(INTERVALS), .VLAN_INTERVALS(VLAN_INTERVALS), .PORTS(2),
    .SCRUB_ROWS(SCRUB == 0 ? 0 : pcl_engine_pkg::scrub_rows(INTERVALS, INTERVALS, VLAN_INTERVALS)),
    .TREES(TREES), .TREE_RULES(TREE_RULES), .PREDICATE_BITS(PREDICATE_BITS), .TREE_ENTRIES(TREE_ENTRIES), .TREE_LEVELS(TREE_LEVELS), .TREE_ROWS(TREE_ROWS)
  ) u_control (
    .clk_i, .rst_i,
    .s_axil_awvalid_i(awvalid), .s_axil_awready_o(awready), .s_axil_awaddr_i(awaddr), .s_axil_awprot_i(awprot), .s_axil_wvalid_i(wvalid),
    .s_axil_wready_o(wready), .s_axil_wdata_i(wdata), .s_axil_wstrb_i(wstrb), .s_axil_bvalid_o(bvalid), .s_axil_bready_i(bready), .s_axil_bresp_o(bresp),
    .s_axil_arvalid_i(arvalid), .s_axil_arready_o(arready), .s_axil_araddr_i(araddr), .s_axil_arprot_i(arprot), .s_axil_rvalid_o(rvalid),
    .s_axil_rready_i(rready), .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp),
    .row_valid_i(1'b0), .row_ready_o(unused_row_ready), .row_target_i(6'd0), .row_index_i(16'd0), .row_data_i('0),
    .load_valid_o(load_valid), .load_ready_i(load_ready), .load_target_o(load_target), .load_index_o(load_index), .load_data_o(load_data),
    .flip_o(flip), .flip_ignored_i(flip_ignored), .active_bank_i(active_bank), .busy_i(busy),
    .slice_flip_o(slice_flip), .slice_active_bank_i(slice_active_bank), .slice_busy_i(slice_busy),
    .test_valid_o(test_valid), .test_ready_i(test_ready), .test_key_o(test_key), .test_done_i(test_done), .test_hit_i(test_hit),
    .test_rule_i(test_rule), .test_action_i(test_action), .test_agrees_i(1'b1),
    .counter_valid_o(counter_valid), .counter_ready_i(counter_ready), .counter_bank_o(counter_bank), .counter_kind_o(counter_kind),
    .counter_index_o(counter_index), .counter_done_i(counter_done), .counter_packets_i(counter_packets), .counter_bytes_i(counter_bytes),
    .counter_clear_o(counter_clear), .counter_clearing_i(counter_clearing),
    .scrub_o(scrub), .scrub_i(scrub_status), .forward_to_o(unused_forward_to),
    .stat_frame_i('0), .stat_length_i('0), .stat_bad_i('0), .stat_dropped_i('0), .stat_forwarded_i('0), .stat_mirrored_i('0)
  );

  if (TREES == 0) begin : gen_bitmap
    pcl_engine #(
      .RULES(RULES), .ADDRESS_INTERVALS(INTERVALS), .PORT_INTERVALS(INTERVALS), .VLAN_INTERVALS(VLAN_INTERVALS), .TAG_BITS(1), .SCRUB(SCRUB)
    ) u_engine (
      .clk_i, .rst_i,
      .lookup_valid_i, .lookup_ready_o, .lookup_key_i, .lookup_cause_i(CauseNone), .lookup_length_i(14'd60), .lookup_tag_i(1'b0),
      .verdict_valid_o, .verdict_ready_i(1'b1), .verdict_permit_o, .verdict_would_drop_o(unused_would_drop), .verdict_hit_o, .verdict_rule_o,
      .verdict_action_o(unused_action), .verdict_cause_o(unused_cause), .verdict_bank_o, .verdict_tag_o(unused_tag),
      .test_valid_i(test_valid), .test_ready_o(test_ready), .test_key_i(test_key), .test_done_o(test_done), .test_hit_o(test_hit),
      .test_rule_o(test_rule), .test_action_o(test_action),
      .load_valid_i(load_valid), .load_ready_o(load_ready), .load_target_i(load_target), .load_index_i(load_index),
      .load_data_i(damage_i ? ~load_data : load_data),
      .flip_i(flip), .flip_ignored_o(flip_ignored), .active_bank_o(active_bank), .busy_o(busy),
      .counter_valid_i(counter_valid), .counter_ready_o(counter_ready), .counter_bank_i(counter_bank), .counter_kind_i(counter_kind),
      .counter_index_i(counter_index), .counter_done_o(counter_done), .counter_packets_o(counter_packets), .counter_bytes_o(counter_bytes),
      .counter_clear_i(counter_clear), .counter_clearing_o(counter_clearing), .scrub_i(scrub), .scrub_o(scrub_status)
    );
    assign slice_active_bank = 1'b0;
    assign slice_busy = 1'b0;
    logic unused_here;
    assign unused_here = slice_flip;
  end else begin : gen_trees
    localparam int unsigned EngineRowBits = pcl_engine_pkg::maximum(pcl_engine_pkg::maximum(RULES, 128), pcl_tree_pkg::entry_bits(32, RuleBits, PREDICATE_BITS));
    logic unused_slice_bank, unused_here;
    pcl_scale_engine #(
      .RULES(TREE_RULES), .TREES(TREES), .ENTRIES(TREE_ENTRIES[TREES-1:0]), .LEVELS(TREE_LEVELS[TREES-1:0]), .ROWS(TREE_ROWS[TREES-1:0]),
      .PREDICATE_BITS(PREDICATE_BITS), .SLICE_RULES(RULES), .ADDRESS_INTERVALS(INTERVALS), .PORT_INTERVALS(INTERVALS), .VLAN_INTERVALS(VLAN_INTERVALS),
      .TAG_BITS(1)
    ) u_engine (
      .clk_i, .rst_i,
      .lookup_valid_i, .lookup_ready_o, .lookup_key_i, .lookup_cause_i(CauseNone), .lookup_length_i(14'd60), .lookup_tag_i(1'b0),
      .verdict_valid_o, .verdict_ready_i(1'b1), .verdict_permit_o, .verdict_would_drop_o(unused_would_drop), .verdict_hit_o, .verdict_rule_o,
      .verdict_action_o(unused_action), .verdict_cause_o(unused_cause), .verdict_bank_o, .verdict_tag_o(unused_tag),
      .test_valid_i(test_valid), .test_ready_o(test_ready), .test_key_i(test_key), .test_done_o(test_done), .test_hit_o(test_hit),
      .test_rule_o(test_rule), .test_action_o(test_action),
      .load_valid_i(load_valid), .load_ready_o(load_ready), .load_target_i(load_target), .load_index_i(load_index),
      .load_data_i(damage_i ? ~load_data[EngineRowBits-1:0] : load_data[EngineRowBits-1:0]),
      .flip_i(flip), .flip_ignored_o(flip_ignored), .active_bank_o(active_bank), .busy_o(busy),
      .slice_flip_i(slice_flip), .slice_active_bank_o(slice_active_bank), .slice_busy_o(slice_busy), .verdict_slice_bank_o(unused_slice_bank),
      .counter_valid_i(counter_valid), .counter_ready_o(counter_ready), .counter_bank_i(counter_bank), .counter_kind_i(counter_kind),
      .counter_index_i(counter_index), .counter_done_o(counter_done), .counter_packets_o(counter_packets), .counter_bytes_o(counter_bytes),
      .counter_clear_i(counter_clear), .counter_clearing_o(counter_clearing)
    );
    assign scrub_status = '0;
    assign unused_here = ^{unused_slice_bank, load_data, scrub};
  end

  logic unused;
  assign unused = ^{unused_row_ready, unused_would_drop, unused_tag, unused_forward_to, unused_action, unused_cause};

endmodule
