// Control of a filter: the registers (rtl/portcullis.rdl) and what stands behind them.
//
// In: an AXI4-Lite port, the row-wide load port of the filter, and pulses that count frames per wire port.
// Out: rows, flips, test lookups and counter requests for pcl_engine, and whether it scrubs; the egress of permitted frames per wire port.
//
// Guarantees
// - Every AXI4-Lite access is answered within a few clocks, whatever the engine does: what has to wait for the engine waits in a
//   sequencer here, seen in STATUS.
// - Only rows whose target and index exist reach the engine, at most one a clock. Rows staged in registers go before rows of the row-wide
//   port. A row of that port that does not exist is taken, discarded and shown in ERRORS.
// - No row is handed over in the clock of a flip, and no flip happens while a commit is under way: a row belongs to the bank that was the
//   shadow when its transfer began.
// - Statistics are exact for any combination of pulses in a clock; they reach a snapshot two clocks later.
//
// Latency: a row of the row-wide port passes without a register; a commit's first row follows the write of LOAD_COMMIT by two clocks.
`include "pcl_assert.svh"

module pcl_control #(
  parameter int unsigned RULES = 512,
  parameter int unsigned ADDRESS_BITS = 128,
  parameter int unsigned ADDRESS_INTERVALS = 256,
  parameter int unsigned PORT_INTERVALS = 256,
  parameter int unsigned VLAN_INTERVALS = 256,
  parameter int unsigned PORTS = 2,               // wire ports; egress PORTS is the host
  parameter int unsigned DATA_WIDTH = 512,        // of the streams; only shown in a register, as the three below
  parameter int unsigned HEADER_BYTES = 160,
  parameter int unsigned EXTENSION_HEADERS = 4,
  parameter int unsigned LATENCY = 24,            // of the engine, clocks
  parameter int unsigned LENGTH_BITS = 14,
  parameter int unsigned LANES = 1,               // match engines side by side
  parameter int unsigned SCRUB_ROWS = 0,          // rows that the engine's scrubber reads in a pass; 0: it has none
  // Trees beside the bitmap engine, which is then their slice (pcl_scale_engine); TREES = 0: none, and the others mean nothing.
  parameter int unsigned TREES = 0,
  parameter int unsigned TREE_RULES = 0,
  parameter int unsigned LEAF = 8,
  parameter int unsigned TREE_ADDRESS_BITS = 32,
  parameter int unsigned PREDICATE_BITS = 4,
  parameter logic [7:0][16:0] TREE_ENTRIES = '0,
  parameter logic [7:0][3:0] TREE_LEVELS = '0,
  parameter logic [7:0][12:0] TREE_ROWS = '0,
  localparam int unsigned Numbers = TREES == 0 ? RULES : TREE_RULES + RULES,  // of rules
  localparam int unsigned RuleBits = $clog2(Numbers),
  localparam int unsigned RowBits = TREES == 0 ? (RULES > 128 ? RULES : 128)
                                               : pcl_tree_pkg::row_bits(RULES, TREE_ADDRESS_BITS, RuleBits, PREDICATE_BITS),
  localparam int unsigned EgressBits = $clog2(PORTS + 1)
) (
  input  logic                          clk_i,
  input  logic                          rst_i,

  // AXI4-Lite, 32-bit data, 16-bit byte addresses.
  input  logic                          s_axil_awvalid_i,
  output logic                          s_axil_awready_o,
  input  logic [15:0]                   s_axil_awaddr_i,
  input  logic [2:0]                    s_axil_awprot_i,
  input  logic                          s_axil_wvalid_i,
  output logic                          s_axil_wready_o,
  input  logic [31:0]                   s_axil_wdata_i,
  input  logic [3:0]                    s_axil_wstrb_i,
  output logic                          s_axil_bvalid_o,
  input  logic                          s_axil_bready_i,
  output logic [1:0]                    s_axil_bresp_o,
  input  logic                          s_axil_arvalid_i,
  output logic                          s_axil_arready_o,
  input  logic [15:0]                   s_axil_araddr_i,
  input  logic [2:0]                    s_axil_arprot_i,
  output logic                          s_axil_rvalid_o,
  input  logic                          s_axil_rready_i,
  output logic [31:0]                   s_axil_rdata_o,
  output logic [1:0]                    s_axil_rresp_o,

  // Row-wide load port of the filter (a DMA engine).
  input  logic                          row_valid_i,
  output logic                          row_ready_o,
  input  logic [5:0]                    row_target_i,
  input  logic [15:0]                   row_index_i,
  input  logic [RowBits-1:0]            row_data_i,

  // Rows to the engine.
  output logic                          load_valid_o,
  input  logic                          load_ready_i,
  output logic [5:0]                    load_target_o,
  output logic [15:0]                   load_index_o,
  output logic [RowBits-1:0]            load_data_o,

  // Banks of the engine.
  output logic                          flip_o,
  input  logic                          flip_ignored_i,
  input  logic                          active_bank_i,
  input  logic                          busy_i,
  output logic                          slice_flip_o,
  input  logic                          slice_active_bank_i,
  input  logic                          slice_busy_i,

  // Test lookups; the result is taken as it stands from test_done_i on.
  output logic                          test_valid_o,
  input  logic                          test_ready_i,
  output pcl_pkg::key_t                 test_key_o,
  input  logic                          test_done_i,
  input  logic                          test_hit_i,
  input  logic [RuleBits-1:0]           test_rule_i,
  input  pcl_pkg::action_t              test_action_i,
  input  logic                          test_agrees_i,   // all lanes say the same

  // Counters; the values are taken in the clock of counter_done_i.
  output logic                          counter_valid_o,
  input  logic                          counter_ready_i,
  output logic                          counter_bank_o,
  output logic                          counter_kind_o,
  output logic [15:0]                   counter_index_o,
  input  logic                          counter_done_i,
  input  logic [63:0]                   counter_packets_i,
  input  logic [63:0]                   counter_bytes_i,
  output logic                          counter_clear_o,
  input  logic                          counter_clearing_i,

  // Scrubber of the engine.
  output logic                          scrub_o,
  input  pcl_engine_pkg::scrub_status_t scrub_i,

  // Per wire port p: egress of permitted frames in bits [p*EgressBits +: EgressBits], 0 to PORTS.
  output logic [PORTS*EgressBits-1:0]   forward_to_o,

  // Per wire port p, a pulse per frame that came in there. The length (bytes without FCS, bits [p*LENGTH_BITS +: LENGTH_BITS]) belongs to
  // stat_frame_i, and so does stat_bad_i; the others come when the frame is decided.
  input  logic [PORTS-1:0]              stat_frame_i,
  input  logic [PORTS*LENGTH_BITS-1:0]  stat_length_i,
  input  logic [PORTS-1:0]              stat_bad_i,
  input  logic [PORTS-1:0]              stat_dropped_i,
  input  logic [PORTS-1:0]              stat_forwarded_i,
  input  logic [PORTS-1:0]              stat_mirrored_i
);
  import pcl_pkg::*;
  import pcl_tree_pkg::*;

  localparam int unsigned RowWords = RowBits / 32;
  localparam int unsigned MaxPorts = 8;
  localparam int unsigned Causes = int'(CauseShortLayer4) + 1;
  localparam int unsigned Statistics = 6;

  function automatic logic [15:0] intervals_of(input int unsigned f);
    return 16'(f < 2 ? ADDRESS_INTERVALS : f < 4 ? PORT_INTERVALS : VLAN_INTERVALS);
  endfunction

  typedef struct packed {
    logic [16:0] entries;
    logic [3:0]  levels;
    logic [3:0]  rows_log2;
  } tree_shape_t;
  tree_shape_t [7:0] tree_shapes;
  always_comb begin
    tree_shapes = '0;
    for (int t = 0; t < int'(TREES); t++) tree_shapes[t] = {TREE_ENTRIES[t], TREE_LEVELS[t], 4'($clog2(TREE_ROWS[t]))};
  end

  if (RULES < 2 || RULES > 4096 || RowBits % 32 != 0) begin : gen_bad_rules
    $fatal(1, "pcl_control: RULES is %0d; it must be 2 to 4096, and a multiple of 32 above 128", RULES);
  end
  if (ADDRESS_BITS < 1 || ADDRESS_BITS > 128) begin : gen_bad_address_bits
    $fatal(1, "pcl_control: ADDRESS_BITS is %0d; it must be 1 to 128", ADDRESS_BITS);
  end
  if (ADDRESS_INTERVALS < 2 || ADDRESS_INTERVALS > 65535 || PORT_INTERVALS < 2 || PORT_INTERVALS > 65535 ||
      VLAN_INTERVALS < 2 || VLAN_INTERVALS > 65535) begin : gen_bad_intervals
    $fatal(1, "pcl_control: intervals are %0d (addresses), %0d (ports), %0d (VLAN); each must be 2 to 65535", ADDRESS_INTERVALS,
           PORT_INTERVALS, VLAN_INTERVALS);
  end
  if (PORTS < 1 || PORTS > MaxPorts) begin : gen_bad_ports
    $fatal(1, "pcl_control: PORTS is %0d; it must be 1 to %0d", PORTS, MaxPorts);
  end
  if (LENGTH_BITS < 1 || LENGTH_BITS > 31) begin : gen_bad_length_bits
    $fatal(1, "pcl_control: LENGTH_BITS is %0d; it must be 1 to 31", LENGTH_BITS);
  end

  // -------------------------------------------------------------------------------------------------------------- registers
  // Not counted by coverage: Verilator 5.006 makes invalid C++ of toggles in unpacked structures.
  // verilator coverage_off
  pcl_registers_pkg::portcullis__in_t  hwif_in;
  pcl_registers_pkg::portcullis__out_t hwif_out;
  // verilator coverage_on

  pcl_registers registers (
    .clk(clk_i), .rst(rst_i),
    .s_axil_awready(s_axil_awready_o), .s_axil_awvalid(s_axil_awvalid_i), .s_axil_awaddr(s_axil_awaddr_i),
    .s_axil_awprot(s_axil_awprot_i), .s_axil_wready(s_axil_wready_o), .s_axil_wvalid(s_axil_wvalid_i),
    .s_axil_wdata(s_axil_wdata_i), .s_axil_wstrb(s_axil_wstrb_i), .s_axil_bready(s_axil_bready_i),
    .s_axil_bvalid(s_axil_bvalid_o), .s_axil_bresp(s_axil_bresp_o), .s_axil_arready(s_axil_arready_o),
    .s_axil_arvalid(s_axil_arvalid_i), .s_axil_araddr(s_axil_araddr_i), .s_axil_arprot(s_axil_arprot_i),
    .s_axil_rready(s_axil_rready_i), .s_axil_rvalid(s_axil_rvalid_o), .s_axil_rdata(s_axil_rdata_o),
    .s_axil_rresp(s_axil_rresp_o),
    .hwif_in(hwif_in), .hwif_out(hwif_out)
  );

  logic [MaxPorts-1:0]      forward_asked, forward_ack_q;
  logic [3:0]               forward_value [MaxPorts];
  logic [3:0]               forward_read_q;
  logic                     data_ack_q;
  logic                     data_is_write_q;
  logic [31:0]              data_read_q;
  logic [63:0]              snapshot_q [Statistics];

  // What the engine and the sequencers below tell the registers.
  logic load_busy, test_busy, counter_busy, clearing;
  logic load_step, load_target_error, load_index_error, load_overrun, flip_ignored, test_overrun, test_finished_q;
  logic counter_index_error, counter_overrun, counter_result_q, forward_error, statistics_error;
  logic [63:0] counter_packets_q, counter_bytes_q;

  assign hwif_in.GEOMETRY.RULES.VALUE.next = RULES;
  assign hwif_in.GEOMETRY.ADDRESS_BITS.VALUE.next = ADDRESS_BITS;
  assign hwif_in.GEOMETRY.SOURCE_INTERVALS.VALUE.next = 32'(intervals_of(0));
  assign hwif_in.GEOMETRY.DESTINATION_INTERVALS.VALUE.next = 32'(intervals_of(1));
  assign hwif_in.GEOMETRY.SOURCE_PORT_INTERVALS.VALUE.next = 32'(intervals_of(2));
  assign hwif_in.GEOMETRY.DESTINATION_PORT_INTERVALS.VALUE.next = 32'(intervals_of(3));
  assign hwif_in.GEOMETRY.VLAN_INTERVALS.VALUE.next = 32'(intervals_of(4));
  assign hwif_in.GEOMETRY.PORTS.VALUE.next = PORTS;
  assign hwif_in.GEOMETRY.DATA_WIDTH.VALUE.next = DATA_WIDTH;
  assign hwif_in.GEOMETRY.LATENCY.VALUE.next = LATENCY;
  assign hwif_in.GEOMETRY.HEADER_BYTES.VALUE.next = HEADER_BYTES;
  assign hwif_in.GEOMETRY.EXTENSION_HEADERS.VALUE.next = EXTENSION_HEADERS;
  assign hwif_in.GEOMETRY.ROW_WORDS.VALUE.next = RowWords;
  assign hwif_in.GEOMETRY.CAUSES.VALUE.next = Causes;
  assign hwif_in.GEOMETRY.TREE_RULES.VALUE.next = TREES == 0 ? '0 : TREE_RULES;
  assign hwif_in.GEOMETRY.TREES.COUNT.next = 4'(TREES);
  assign hwif_in.GEOMETRY.TREES.LEAF.next = TREES == 0 ? '0 : 5'(LEAF);
  assign hwif_in.GEOMETRY.TREES.PREDICATE_BITS.next = TREES == 0 ? '0 : 3'(PREDICATE_BITS);
  assign hwif_in.GEOMETRY.TREES.ADDRESS_BITS.next = TREES == 0 ? '0 : 8'(TREE_ADDRESS_BITS);
  assign hwif_in.GEOMETRY.TREE_0.ENTRIES.next = tree_shapes[0].entries;
  assign hwif_in.GEOMETRY.TREE_0.LEVELS.next = tree_shapes[0].levels;
  assign hwif_in.GEOMETRY.TREE_0.ROWS_LOG2.next = tree_shapes[0].rows_log2;
  assign hwif_in.GEOMETRY.TREE_1.ENTRIES.next = tree_shapes[1].entries;
  assign hwif_in.GEOMETRY.TREE_1.LEVELS.next = tree_shapes[1].levels;
  assign hwif_in.GEOMETRY.TREE_1.ROWS_LOG2.next = tree_shapes[1].rows_log2;
  assign hwif_in.GEOMETRY.TREE_2.ENTRIES.next = tree_shapes[2].entries;
  assign hwif_in.GEOMETRY.TREE_2.LEVELS.next = tree_shapes[2].levels;
  assign hwif_in.GEOMETRY.TREE_2.ROWS_LOG2.next = tree_shapes[2].rows_log2;
  assign hwif_in.GEOMETRY.TREE_3.ENTRIES.next = tree_shapes[3].entries;
  assign hwif_in.GEOMETRY.TREE_3.LEVELS.next = tree_shapes[3].levels;
  assign hwif_in.GEOMETRY.TREE_3.ROWS_LOG2.next = tree_shapes[3].rows_log2;
  assign hwif_in.GEOMETRY.TREE_4.ENTRIES.next = tree_shapes[4].entries;
  assign hwif_in.GEOMETRY.TREE_4.LEVELS.next = tree_shapes[4].levels;
  assign hwif_in.GEOMETRY.TREE_4.ROWS_LOG2.next = tree_shapes[4].rows_log2;
  assign hwif_in.GEOMETRY.TREE_5.ENTRIES.next = tree_shapes[5].entries;
  assign hwif_in.GEOMETRY.TREE_5.LEVELS.next = tree_shapes[5].levels;
  assign hwif_in.GEOMETRY.TREE_5.ROWS_LOG2.next = tree_shapes[5].rows_log2;
  assign hwif_in.GEOMETRY.TREE_6.ENTRIES.next = tree_shapes[6].entries;
  assign hwif_in.GEOMETRY.TREE_6.LEVELS.next = tree_shapes[6].levels;
  assign hwif_in.GEOMETRY.TREE_6.ROWS_LOG2.next = tree_shapes[6].rows_log2;
  assign hwif_in.GEOMETRY.TREE_7.ENTRIES.next = tree_shapes[7].entries;
  assign hwif_in.GEOMETRY.TREE_7.LEVELS.next = tree_shapes[7].levels;
  assign hwif_in.GEOMETRY.TREE_7.ROWS_LOG2.next = tree_shapes[7].rows_log2;

  assign hwif_in.GEOMETRY.SCRUB_ROWS.VALUE.next = SCRUB_ROWS;
  assign hwif_in.GEOMETRY.LANES.VALUE.next = LANES;

  assign scrub_o = hwif_out.SCRUB.CONTROL.ENABLE.value;
  assign hwif_in.SCRUB.PASSES.VALUE.next = scrub_i.passes;
  assign hwif_in.SCRUB.PASS_CLOCKS.VALUE.next = scrub_i.pass_clocks;
  assign hwif_in.SCRUB.MENDED.VALUE.next = scrub_i.mended;
  assign hwif_in.SCRUB.MENDED_PLACE.ROW.next = scrub_i.mended_place.row;
  assign hwif_in.SCRUB.MENDED_PLACE.NUMBER.next = scrub_i.mended_place.number;
  assign hwif_in.SCRUB.MENDED_PLACE.BANK.next = scrub_i.mended_place.bank;
  assign hwif_in.SCRUB.DAMAGED.VALUE.next = scrub_i.damaged;
  assign hwif_in.SCRUB.DAMAGED_PLACE.ROW.next = scrub_i.damaged_place.row;
  assign hwif_in.SCRUB.DAMAGED_PLACE.NUMBER.next = scrub_i.damaged_place.number;
  assign hwif_in.SCRUB.DAMAGED_PLACE.BANK.next = scrub_i.damaged_place.bank;

  assign hwif_in.STATUS.ACTIVE_BANK.next = active_bank_i;
  assign hwif_in.STATUS.BUSY.next = busy_i;
  assign hwif_in.STATUS.LOAD_BUSY.next = load_busy;
  assign hwif_in.STATUS.TEST_BUSY.next = test_busy;
  assign hwif_in.STATUS.COUNTER_BUSY.next = counter_busy;
  assign hwif_in.STATUS.CLEARING.next = clearing;
  assign hwif_in.STATUS.SLICE_BANK.next = slice_active_bank_i;
  assign hwif_in.STATUS.SLICE_BUSY.next = slice_busy_i;

  assign hwif_in.ERRORS.LOAD_TARGET.hwset = load_target_error;
  assign hwif_in.ERRORS.LOAD_INDEX.hwset = load_index_error;
  assign hwif_in.ERRORS.LOAD_OVERRUN.hwset = load_overrun;
  assign hwif_in.ERRORS.FLIP_IGNORED.hwset = flip_ignored;
  assign hwif_in.ERRORS.TEST_OVERRUN.hwset = test_overrun;
  assign hwif_in.ERRORS.COUNTER_INDEX.hwset = counter_index_error;
  assign hwif_in.ERRORS.COUNTER_OVERRUN.hwset = counter_overrun;
  assign hwif_in.ERRORS.FORWARD_TO.hwset = forward_error;
  assign hwif_in.ERRORS.STATISTICS_PORT.hwset = statistics_error;

  assign hwif_in.LOAD.TARGET.VALUE.swwe = !load_busy;
  assign hwif_in.LOAD.INDEX.VALUE.swwe = !load_busy;
  assign hwif_in.LOAD.INDEX.VALUE.we = load_step;
  assign hwif_in.LOAD.INDEX.VALUE.next = hwif_out.LOAD.INDEX.VALUE.value + 16'd1;
  assign hwif_in.LOAD.COUNT.VALUE.swwe = !load_busy;
  assign hwif_in.LOAD.COMMIT.GO.swwe = !load_busy;
  assign hwif_in.LOAD_DATA.wr_ack = data_ack_q && data_is_write_q;
  assign hwif_in.LOAD_DATA.rd_ack = data_ack_q && !data_is_write_q;
  assign hwif_in.LOAD_DATA.rd_data = data_read_q;

  assign hwif_in.TEST.SOURCE_0.VALUE.swwe = !test_busy;
  assign hwif_in.TEST.SOURCE_1.VALUE.swwe = !test_busy;
  assign hwif_in.TEST.SOURCE_2.VALUE.swwe = !test_busy;
  assign hwif_in.TEST.SOURCE_3.VALUE.swwe = !test_busy;
  assign hwif_in.TEST.DESTINATION_0.VALUE.swwe = !test_busy;
  assign hwif_in.TEST.DESTINATION_1.VALUE.swwe = !test_busy;
  assign hwif_in.TEST.DESTINATION_2.VALUE.swwe = !test_busy;
  assign hwif_in.TEST.DESTINATION_3.VALUE.swwe = !test_busy;
  assign hwif_in.TEST.SOURCE_PORT.VALUE.swwe = !test_busy;
  assign hwif_in.TEST.DESTINATION_PORT.VALUE.swwe = !test_busy;
  assign hwif_in.TEST.VLAN.VALUE.swwe = !test_busy;
  assign hwif_in.TEST.CHUNKS.PROTOCOL.swwe = !test_busy;
  assign hwif_in.TEST.CHUNKS.TCP_FLAGS.swwe = !test_busy;
  assign hwif_in.TEST.CHUNKS.DSCP_TAGS.swwe = !test_busy;
  assign hwif_in.TEST.CHUNKS.CONTEXT.swwe = !test_busy;
  assign hwif_in.TEST.START.GO.swwe = !test_busy;
  assign hwif_in.TEST.RESULT.DONE.next = test_finished_q && !test_busy;
  assign hwif_in.TEST.RESULT.HIT.next = test_hit_i;
  assign hwif_in.TEST.RESULT.LANES_DIFFER.next = !test_agrees_i;
  assign hwif_in.TEST.RESULT.RULE.next = 16'(test_rule_i);
  assign hwif_in.TEST.ACTION_LO.VALUE.next = test_action_i[31:0];
  assign hwif_in.TEST.ACTION_HI.VALUE.next = test_action_i[63:32];

  assign hwif_in.COUNTER.REQUEST.INDEX.swwe = !counter_busy;
  assign hwif_in.COUNTER.REQUEST.KIND.swwe = !counter_busy;
  assign hwif_in.COUNTER.REQUEST.BANK.swwe = !counter_busy;
  assign hwif_in.COUNTER.RESULT.VALID.next = counter_result_q && !counter_busy;
  assign hwif_in.COUNTER.PACKETS_LO.VALUE.next = counter_packets_q[31:0];
  assign hwif_in.COUNTER.PACKETS_HI.VALUE.next = counter_packets_q[63:32];
  assign hwif_in.COUNTER.BYTES_LO.VALUE.next = counter_bytes_q[31:0];
  assign hwif_in.COUNTER.BYTES_HI.VALUE.next = counter_bytes_q[63:32];

  assign hwif_in.FORWARD_TO_0.wr_ack = forward_ack_q[0] && data_is_write_q;
  assign hwif_in.FORWARD_TO_0.rd_ack = forward_ack_q[0] && !data_is_write_q;
  assign hwif_in.FORWARD_TO_0.rd_data.EGRESS = forward_read_q;
  assign forward_asked[0] = hwif_out.FORWARD_TO_0.req;
  assign forward_value[0] = hwif_out.FORWARD_TO_0.wr_data.EGRESS;
  assign hwif_in.FORWARD_TO_1.wr_ack = forward_ack_q[1] && data_is_write_q;
  assign hwif_in.FORWARD_TO_1.rd_ack = forward_ack_q[1] && !data_is_write_q;
  assign hwif_in.FORWARD_TO_1.rd_data.EGRESS = forward_read_q;
  assign forward_asked[1] = hwif_out.FORWARD_TO_1.req;
  assign forward_value[1] = hwif_out.FORWARD_TO_1.wr_data.EGRESS;
  assign hwif_in.FORWARD_TO_2.wr_ack = forward_ack_q[2] && data_is_write_q;
  assign hwif_in.FORWARD_TO_2.rd_ack = forward_ack_q[2] && !data_is_write_q;
  assign hwif_in.FORWARD_TO_2.rd_data.EGRESS = forward_read_q;
  assign forward_asked[2] = hwif_out.FORWARD_TO_2.req;
  assign forward_value[2] = hwif_out.FORWARD_TO_2.wr_data.EGRESS;
  assign hwif_in.FORWARD_TO_3.wr_ack = forward_ack_q[3] && data_is_write_q;
  assign hwif_in.FORWARD_TO_3.rd_ack = forward_ack_q[3] && !data_is_write_q;
  assign hwif_in.FORWARD_TO_3.rd_data.EGRESS = forward_read_q;
  assign forward_asked[3] = hwif_out.FORWARD_TO_3.req;
  assign forward_value[3] = hwif_out.FORWARD_TO_3.wr_data.EGRESS;
  assign hwif_in.FORWARD_TO_4.wr_ack = forward_ack_q[4] && data_is_write_q;
  assign hwif_in.FORWARD_TO_4.rd_ack = forward_ack_q[4] && !data_is_write_q;
  assign hwif_in.FORWARD_TO_4.rd_data.EGRESS = forward_read_q;
  assign forward_asked[4] = hwif_out.FORWARD_TO_4.req;
  assign forward_value[4] = hwif_out.FORWARD_TO_4.wr_data.EGRESS;
  assign hwif_in.FORWARD_TO_5.wr_ack = forward_ack_q[5] && data_is_write_q;
  assign hwif_in.FORWARD_TO_5.rd_ack = forward_ack_q[5] && !data_is_write_q;
  assign hwif_in.FORWARD_TO_5.rd_data.EGRESS = forward_read_q;
  assign forward_asked[5] = hwif_out.FORWARD_TO_5.req;
  assign forward_value[5] = hwif_out.FORWARD_TO_5.wr_data.EGRESS;
  assign hwif_in.FORWARD_TO_6.wr_ack = forward_ack_q[6] && data_is_write_q;
  assign hwif_in.FORWARD_TO_6.rd_ack = forward_ack_q[6] && !data_is_write_q;
  assign hwif_in.FORWARD_TO_6.rd_data.EGRESS = forward_read_q;
  assign forward_asked[6] = hwif_out.FORWARD_TO_6.req;
  assign forward_value[6] = hwif_out.FORWARD_TO_6.wr_data.EGRESS;
  assign hwif_in.FORWARD_TO_7.wr_ack = forward_ack_q[7] && data_is_write_q;
  assign hwif_in.FORWARD_TO_7.rd_ack = forward_ack_q[7] && !data_is_write_q;
  assign hwif_in.FORWARD_TO_7.rd_data.EGRESS = forward_read_q;
  assign forward_asked[7] = hwif_out.FORWARD_TO_7.req;
  assign forward_value[7] = hwif_out.FORWARD_TO_7.wr_data.EGRESS;

  assign hwif_in.STATISTICS.FRAMES_LO.VALUE.next = snapshot_q[0][31:0];
  assign hwif_in.STATISTICS.FRAMES_HI.VALUE.next = snapshot_q[0][63:32];
  assign hwif_in.STATISTICS.BYTES_LO.VALUE.next = snapshot_q[1][31:0];
  assign hwif_in.STATISTICS.BYTES_HI.VALUE.next = snapshot_q[1][63:32];
  assign hwif_in.STATISTICS.BAD_LO.VALUE.next = snapshot_q[2][31:0];
  assign hwif_in.STATISTICS.BAD_HI.VALUE.next = snapshot_q[2][63:32];
  assign hwif_in.STATISTICS.DROPPED_LO.VALUE.next = snapshot_q[3][31:0];
  assign hwif_in.STATISTICS.DROPPED_HI.VALUE.next = snapshot_q[3][63:32];
  assign hwif_in.STATISTICS.FORWARDED_LO.VALUE.next = snapshot_q[4][31:0];
  assign hwif_in.STATISTICS.FORWARDED_HI.VALUE.next = snapshot_q[4][63:32];
  assign hwif_in.STATISTICS.MIRRORED_LO.VALUE.next = snapshot_q[5][31:0];
  assign hwif_in.STATISTICS.MIRRORED_HI.VALUE.next = snapshot_q[5][63:32];

  // -------------------------------------------------------------------------------------------------------------- staged row
  logic [RowBits-1:0] staged_q;
  logic               data_write;
  assign data_write = hwif_out.LOAD_DATA.req && hwif_out.LOAD_DATA.req_is_wr;

  always_ff @(posedge clk_i) begin : staged_row
    data_ack_q <= hwif_out.LOAD_DATA.req;
    data_read_q <= '0;
    if (hwif_out.LOAD_DATA.req || !pcl_prim_pkg::GateIdle)
      for (int unsigned w = 0; w < RowWords; w++)
        if (hwif_out.LOAD_DATA.addr[8:2] == 7'(w)) begin
          data_read_q <= staged_q[w*32 +: 32];
          if (data_write && !load_busy)
            staged_q[w*32 +: 32] <= (staged_q[w*32 +: 32] & ~hwif_out.LOAD_DATA.wr_biten) |
                                    (hwif_out.LOAD_DATA.wr_data & hwif_out.LOAD_DATA.wr_biten);
        end
    if (rst_i) begin
      data_ack_q <= 1'b0;
      staged_q <= '0;
    end
  end

  // -------------------------------------------------------------------------------------------------------------- load sequencer
  // Indices of a target: first to last; `known` is 0 for a target that does not exist. Records of a tree: those of the index's level.
  typedef struct packed {
    logic        known;
    logic [15:0] first;
    logic [15:0] last;
  } extent_t;

  function automatic extent_t extent_of(input logic [5:0] target, input logic [3:0] level);
    extent_t extent;
    extent = '0;
    for (int unsigned f = 0; f < RangeTables; f++) begin
      if (target == TargetBoundary + 6'(f)) extent = '{known: 1'b1, first: 16'd1, last: intervals_of(f) - 16'd1};
      if (target == TargetBitmap + 6'(f)) extent = '{known: 1'b1, first: 16'd0, last: intervals_of(f) - 16'd1};
    end
    for (int unsigned f = RangeTables; f < Tables; f++)
      if (target == TargetBitmap + 6'(f)) extent = '{known: 1'b1, first: 16'd0, last: 16'd255};
    if (target == TargetAction) extent = '{known: 1'b1, first: 16'd0, last: 16'(Numbers - 1)};
    if (target == TargetDefault) extent = '{known: 1'b1, first: 16'd0, last: 16'd0};
    for (int t = 0; t < int'(TREES); t++) begin
      if (target == TargetEntry + 6'(t) || target == TargetRemoval + 6'(t))
        extent = '{known: 1'b1, first: 16'd0, last: 16'(TREE_ENTRIES[t] - 17'd1)};
      if (target == TargetRecord + 6'(t) && level <= TREE_LEVELS[t])
        extent = '{known: 1'b1, first: {level, 12'd0}, last: {level, 12'(level_rows(32'(level), 32'(TREE_ROWS[t])) - 1)}};
    end
    for (int unsigned p = 0; p < PredicateTables; p++)
      if (TREES != 0 && target == TargetPredicate + 6'(p)) extent = '{known: 1'b1, first: 16'd0, last: p == PredicateTables - 1 ? 16'd3 : 16'd255};
    return extent;
  endfunction

  logic        commit, committing_q;
  logic [15:0] rows_left_q;
  extent_t     commit_extent_q, row_extent;
  logic        commit_index_ok, commit_row_valid, row_index_ok, row_ok;

  assign commit = hwif_out.LOAD.COMMIT.GO.value;
  assign load_busy = commit || committing_q;
  assign commit_index_ok = hwif_out.LOAD.INDEX.VALUE.value >= commit_extent_q.first &&
                           hwif_out.LOAD.INDEX.VALUE.value <= commit_extent_q.last;
  assign commit_row_valid = committing_q && commit_extent_q.known && commit_index_ok && rows_left_q != 0;
  assign load_step = commit_row_valid && load_ready_i;

  always_ff @(posedge clk_i) begin : load_sequencer
    if (commit) begin
      committing_q <= 1'b1;
      rows_left_q <= hwif_out.LOAD.COUNT.VALUE.value;
      commit_extent_q <= extent_of(hwif_out.LOAD.TARGET.VALUE.value, hwif_out.LOAD.INDEX.VALUE.value[15:12]);
    end else if (committing_q) begin
      if (load_step) rows_left_q <= rows_left_q - 16'd1;
      if (!commit_row_valid || (load_step && rows_left_q == 16'd1)) committing_q <= 1'b0;
    end
    if (rst_i) committing_q <= 1'b0;
  end

  assign row_extent = extent_of(row_target_i, row_index_i[15:12]);
  assign row_index_ok = row_index_i >= row_extent.first && row_index_i <= row_extent.last;
  assign row_ok = row_extent.known && row_index_ok;
  assign row_ready_o = !flip_o && !slice_flip_o && !commit_row_valid && (load_ready_i || !row_ok);

  assign load_valid_o = commit_row_valid || (row_valid_i && row_ok && !flip_o && !slice_flip_o);
  assign load_target_o = commit_row_valid ? hwif_out.LOAD.TARGET.VALUE.value : row_target_i;
  assign load_index_o = commit_row_valid ? hwif_out.LOAD.INDEX.VALUE.value : row_index_i;
  assign load_data_o = commit_row_valid ? staged_q : row_data_i;

  // Rows that are not there reach the registers from a flip-flop: the register block, as one piece, then hangs on no pin of the row-wide port.
  logic row_target_error_q, row_index_error_q;
  always_ff @(posedge clk_i) begin : row_errors
    row_target_error_q <= row_valid_i && row_ready_o && !row_extent.known && !rst_i;
    row_index_error_q <= row_valid_i && row_ready_o && row_extent.known && !row_index_ok && !rst_i;
  end

  assign load_target_error = (committing_q && !commit_extent_q.known) || row_target_error_q;
  assign load_index_error = (committing_q && commit_extent_q.known && !commit_row_valid) || row_index_error_q;
  assign load_overrun = load_busy && (data_write || hwif_out.LOAD.TARGET.VALUE.swmod || hwif_out.LOAD.INDEX.VALUE.swmod ||
                                      hwif_out.LOAD.COUNT.VALUE.swmod || hwif_out.LOAD.COMMIT.GO.swmod);

  // -------------------------------------------------------------------------------------------------------------- banks
  logic flip, slice_flip, clear, clear_pending_q, clear_given_q;
  assign flip = hwif_out.CONTROL.FLIP.value;
  assign clear = hwif_out.CONTROL.CLEAR_COUNTERS.value;
  assign flip_o = flip && !busy_i && !load_busy && !clearing;
  assign slice_flip = hwif_out.CONTROL.FLIP_SLICE.value;
  assign slice_flip_o = TREES != 0 && slice_flip && !flip && !slice_busy_i && !load_busy;
  assign flip_ignored = (flip && !flip_o) || (slice_flip && !slice_flip_o) || flip_ignored_i;

  // Clearing starts when the shadow bank has counted its last packet. clear_given_q covers the clock until the engine reports it.
  assign clearing = clear || clear_pending_q || clear_given_q || counter_clearing_i;
  assign counter_clear_o = clear_pending_q && !busy_i;
  always_ff @(posedge clk_i) begin : clear_sequencer
    if (clear && !clear_given_q && !counter_clearing_i) clear_pending_q <= 1'b1;
    else if (!busy_i) clear_pending_q <= 1'b0;
    clear_given_q <= counter_clear_o;
    if (rst_i) begin
      clear_pending_q <= 1'b0;
      clear_given_q <= 1'b0;
    end
  end

  // -------------------------------------------------------------------------------------------------------------- test lookup
  logic test_start, test_asking_q, test_waiting_q, test_written;
  assign test_start = hwif_out.TEST.START.GO.value;
  assign test_busy = test_start || test_asking_q || test_waiting_q;
  assign test_valid_o = test_asking_q;

  always_ff @(posedge clk_i) begin : test_sequencer
    if (test_start) begin
      test_asking_q <= 1'b1;
      test_finished_q <= 1'b0;
    end else if (test_asking_q && test_ready_i) begin
      test_asking_q <= 1'b0;
      test_waiting_q <= 1'b1;
    end
    if (test_waiting_q && test_done_i) begin
      test_waiting_q <= 1'b0;
      test_finished_q <= 1'b1;
    end
    if (rst_i) begin
      test_asking_q <= 1'b0;
      test_waiting_q <= 1'b0;
      test_finished_q <= 1'b0;
    end
  end

  assign test_key_o.source = {hwif_out.TEST.SOURCE_3.VALUE.value, hwif_out.TEST.SOURCE_2.VALUE.value,
                             hwif_out.TEST.SOURCE_1.VALUE.value, hwif_out.TEST.SOURCE_0.VALUE.value};
  assign test_key_o.destination = {hwif_out.TEST.DESTINATION_3.VALUE.value, hwif_out.TEST.DESTINATION_2.VALUE.value,
                                  hwif_out.TEST.DESTINATION_1.VALUE.value, hwif_out.TEST.DESTINATION_0.VALUE.value};
  assign test_key_o.source_port = hwif_out.TEST.SOURCE_PORT.VALUE.value;
  assign test_key_o.destination_port = hwif_out.TEST.DESTINATION_PORT.VALUE.value;
  assign test_key_o.vlan = hwif_out.TEST.VLAN.VALUE.value;
  assign test_key_o.protocol = hwif_out.TEST.CHUNKS.PROTOCOL.value;
  assign test_key_o.tcp_flags = hwif_out.TEST.CHUNKS.TCP_FLAGS.value;
  assign test_key_o.dscp_tags = hwif_out.TEST.CHUNKS.DSCP_TAGS.value;
  assign test_key_o.context_chunk = hwif_out.TEST.CHUNKS.CONTEXT.value;

  assign test_written = hwif_out.TEST.SOURCE_0.VALUE.swmod || hwif_out.TEST.SOURCE_1.VALUE.swmod ||
                        hwif_out.TEST.SOURCE_2.VALUE.swmod || hwif_out.TEST.SOURCE_3.VALUE.swmod ||
                        hwif_out.TEST.DESTINATION_0.VALUE.swmod || hwif_out.TEST.DESTINATION_1.VALUE.swmod ||
                        hwif_out.TEST.DESTINATION_2.VALUE.swmod || hwif_out.TEST.DESTINATION_3.VALUE.swmod ||
                        hwif_out.TEST.SOURCE_PORT.VALUE.swmod || hwif_out.TEST.DESTINATION_PORT.VALUE.swmod ||
                        hwif_out.TEST.VLAN.VALUE.swmod || hwif_out.TEST.CHUNKS.PROTOCOL.swmod ||
                        hwif_out.TEST.CHUNKS.TCP_FLAGS.swmod || hwif_out.TEST.CHUNKS.DSCP_TAGS.swmod ||
                        hwif_out.TEST.CHUNKS.CONTEXT.swmod || hwif_out.TEST.START.GO.swmod;
  assign test_overrun = test_busy && test_written;

  // -------------------------------------------------------------------------------------------------------------- counters
  logic counter_requested_q, counter_asking_q, counter_waiting_q, counter_exists;
  assign counter_busy = counter_requested_q || counter_asking_q || counter_waiting_q;
  assign counter_bank_o = hwif_out.COUNTER.REQUEST.BANK.value;
  assign counter_kind_o = hwif_out.COUNTER.REQUEST.KIND.value;
  assign counter_index_o = hwif_out.COUNTER.REQUEST.INDEX.value;
  assign counter_exists = counter_index_o < 16'(counter_kind_o ? Causes : Numbers);
  assign counter_valid_o = counter_asking_q;
  assign counter_index_error = counter_requested_q && !counter_exists;
  assign counter_overrun = counter_busy && hwif_out.COUNTER.REQUEST.INDEX.swmod;

  always_ff @(posedge clk_i) begin : counter_sequencer
    counter_requested_q <= hwif_out.COUNTER.REQUEST.INDEX.swmod && !counter_busy;
    if (counter_requested_q) begin
      counter_result_q <= 1'b0;
      counter_asking_q <= counter_exists;
    end
    if (counter_asking_q && counter_ready_i) begin
      counter_asking_q <= 1'b0;
      counter_waiting_q <= 1'b1;
    end
    if (counter_waiting_q && counter_done_i) begin
      counter_waiting_q <= 1'b0;
      counter_result_q <= 1'b1;
      counter_packets_q <= counter_packets_i;
      counter_bytes_q <= counter_bytes_i;
    end
    if (rst_i) begin
      counter_requested_q <= 1'b0;
      counter_asking_q <= 1'b0;
      counter_waiting_q <= 1'b0;
      counter_result_q <= 1'b0;
      counter_packets_q <= '0;
      counter_bytes_q <= '0;
    end
  end

  // -------------------------------------------------------------------------------------------------------------- wire ports
  logic [EgressBits-1:0] forward_q [PORTS];
  logic [MaxPorts-1:0]   forward_refused;
  logic                  forward_write;
  assign forward_error = |forward_refused;
  assign forward_write = hwif_out.LOAD_DATA.req_is_wr && hwif_out.LOAD_DATA.wr_biten[3:0] == '1;  // the same for every external register

  for (genvar p = 0; p < int'(MaxPorts); p++) begin : gen_forward_check
    assign forward_refused[p] = forward_asked[p] && forward_write && (p >= int'(PORTS) || forward_value[p] > 4'(PORTS));
  end

  always_ff @(posedge clk_i) begin : forward_acknowledge
    forward_ack_q <= rst_i ? '0 : forward_asked;
    data_is_write_q <= hwif_out.LOAD_DATA.req_is_wr;
    forward_read_q <= '0;
    for (int unsigned p = 0; p < PORTS; p++)
      if (forward_asked[p]) forward_read_q <= 4'(forward_q[p]);
  end

  for (genvar p = 0; p < int'(PORTS); p++) begin : gen_forward
    localparam int unsigned Other = (p ^ 1) < int'(PORTS) ? p ^ 1 : p;
    always_ff @(posedge clk_i) begin : forward
      if (forward_asked[p] && forward_write && !forward_refused[p]) forward_q[p] <= EgressBits'(forward_value[p]);
      if (rst_i) forward_q[p] <= EgressBits'(Other);
    end
    assign forward_to_o[p*EgressBits +: EgressBits] = forward_q[p];
  end

  // -------------------------------------------------------------------------------------------------------------- statistics
  // A 64-bit counter is two halves: the carry of the lower one is a register, added to the upper one a clock later.
  logic [31:0] low [PORTS][Statistics];
  logic [31:0] high [PORTS][Statistics];

  for (genvar p = 0; p < int'(PORTS); p++) begin : gen_statistics
    logic [LENGTH_BITS-1:0] add_q [Statistics];
    always_ff @(posedge clk_i) begin : take
      add_q[0] <= LENGTH_BITS'(stat_frame_i[p]);
      add_q[1] <= stat_frame_i[p] ? stat_length_i[p*LENGTH_BITS +: LENGTH_BITS] : '0;
      add_q[2] <= LENGTH_BITS'(stat_frame_i[p] && stat_bad_i[p]);
      add_q[3] <= LENGTH_BITS'(stat_dropped_i[p]);
      add_q[4] <= LENGTH_BITS'(stat_forwarded_i[p]);
      add_q[5] <= LENGTH_BITS'(stat_mirrored_i[p]);
      if (rst_i)
        for (int unsigned s = 0; s < Statistics; s++) add_q[s] <= '0;
    end
    for (genvar s = 0; s < int'(Statistics); s++) begin : gen_counter
      logic        carry_q;
      logic [31:0] low_q, high_q;
      always_ff @(posedge clk_i) begin : count
        if (add_q[s] != '0 || carry_q || !pcl_prim_pkg::GateIdle) begin
          {carry_q, low_q} <= {1'b0, low_q} + 33'(add_q[s]);
          high_q <= high_q + 32'(carry_q);
        end
        if (rst_i) begin
          carry_q <= 1'b0;
          low_q <= '0;
          high_q <= '0;
        end
      end
      assign low[p][s] = low_q;
      assign high[p][s] = high_q;
    end
  end

  // The upper halves are taken a clock after the lower ones, when the carry of the lower ones has reached them.
  logic       snapshot_low_q, snapshot_high_q;
  logic [2:0] snapshot_port;
  assign snapshot_port = hwif_out.STATISTICS.SNAPSHOT.PORT.value;
  assign statistics_error = snapshot_low_q && int'(snapshot_port) >= int'(PORTS);

  always_ff @(posedge clk_i) begin : snapshot
    snapshot_low_q <= hwif_out.STATISTICS.SNAPSHOT.PORT.swmod;
    snapshot_high_q <= snapshot_low_q;
    if (snapshot_low_q || snapshot_high_q || rst_i || !pcl_prim_pkg::GateIdle) begin
      for (int unsigned s = 0; s < Statistics; s++) begin
        if (snapshot_low_q) snapshot_q[s][31:0] <= '0;
        if (snapshot_high_q) snapshot_q[s][63:32] <= '0;
        for (int unsigned p = 0; p < PORTS; p++) begin
          if (snapshot_low_q && snapshot_port == 3'(p)) snapshot_q[s][31:0] <= low[p][s];
          if (snapshot_high_q && snapshot_port == 3'(p)) snapshot_q[s][63:32] <= high[p][s];
        end
        if (rst_i) snapshot_q[s] <= '0;
      end
    end
    if (rst_i) begin
      snapshot_low_q <= 1'b0;
      snapshot_high_q <= 1'b0;
    end
  end

  // -------------------------------------------------------------------------------------------------------------- properties
  `PCL_ASSERT(NoRowInTheClockOfAFlip, flip_o || slice_flip_o -> !(load_valid_o && load_ready_i))
  `PCL_ASSERT(CommittedRowWaitsUntilTaken, $past(!rst_i && commit_row_valid && !load_ready_i) -> commit_row_valid)

endmodule
