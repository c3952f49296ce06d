// Packet filter between wire ports and a host: every frame is parsed, looked up in the match engine, and dropped, forwarded, redirected or mirrored.
//
// In: PORTS AXI4-Streams of frames without FCS (index p in bits [p*W +: W]), DATA_WIDTH 64 to 1024 bits, TKEEP all ones but in a frame's last beat, there
// contiguous from bit 0; TUSER with TLAST marks a bad frame. AXI4-Lite registers (docs/registers.md). Rows for the tables, besides the registers' own way.
// Out: PORTS wire egresses and, as number PORTS, the host's; metadata of pcl_filter_pkg::filter_user_t in TUSER, constant through a frame. One
// report per verdict (pcl_filter_pkg::filter_report_t) in the order of decision, from each lane.
//
// Where a frame goes
// - Permitted: to the egress its port's FORWARD_TO names, or where its rule redirects it: a wire port, or a host queue. A redirect to a wire port that
//   does not exist drops the frame, and it is counted as dropped, though its verdict says permit.
// - Dropped: nowhere. With a rule that mirrors, dropped or not, the host gets a copy; a frame that goes to the host anyway leaves there once.
// - A frame that only monitor mode permits is forwarded; its rule's redirect, meant for permitted frames, is not obeyed.
// - Malformed: dropped, or in monitor mode forwarded.
// - Bad (TUSER) or longer than MAX_FRAME bytes: discarded and counted per port, without a verdict.
//
// Guarantees
// - Nothing is lost, doubled or reordered among the frames of a port. The ports of a lane share its engine in turn, a lookup a clock over all of them.
// - A frame is stored until its last byte has come and its verdict is there; of a malformed or refused frame no byte leaves.
// - Full backpressure: an egress that is not ready holds up the frames meant for it and, in their port's buffer, those behind them; in the end
//   TREADY of that port. That holds for the host and mirror copies too: a host that takes nothing stops the ports whose frames it should see.
//   Ports whose frames go elsewhere are not held up (pcl_filter_ingress, pcl_filter_arbiter).
// - Frames of one beat: one a clock over all ports of a lane, and one a clock per egress. TREADY and all outputs of the streams are registers or an AND of two.
//
// Latency, egress free: a frame's first beat leaves pcl_parser_pkg::Latency + 1 + the engine's latency + 3 clocks after its last beat was taken
// (512 rules x 256 intervals: 44).
module pcl_filter
  import pcl_pkg::*;
  import pcl_filter_pkg::*;
#(
  parameter  int unsigned PORTS = 2,               // wire ports, 1 to 8
  parameter  int unsigned DATA_WIDTH = 512,        // 64, 128, 256, 512 or 1024
  parameter  int unsigned RULES = 512,
  parameter  int unsigned ADDRESS_BITS = 128,
  parameter  int unsigned ADDRESS_INTERVALS = 256,
  parameter  int unsigned PORT_INTERVALS = 256,
  parameter  int unsigned VLAN_INTERVALS = 256,
  parameter  int unsigned FIFO_BYTES = 32768,      // frame buffer of each port: a power of two, at least MAX_FRAME
  parameter  int unsigned MAX_FRAME = 9728,        // longest frame in bytes without FCS, a multiple of a beat's bytes
  // 1: the ports share one parser, in turn. A port then takes no beat while the window of its last frame waits for its turn, PORTS - 1 clocks at most: for
  // narrow buses, whose frames are many beats long.
  parameter  int unsigned SHARED_PARSER = 0,
  parameter  int unsigned LANES = 1,               // 2: two lookups a clock (pcl_engine_pair): wire port p asks lane p modulo 2. Without trees and scrubbing
  parameter  int unsigned SCRUB = 0,               // 1: the match engine's bitmap rows are scrubbed (pcl_engine); without trees only
  // TREES = 0: the match engine is pcl_engine, of RULES rules. Else it is pcl_scale_engine: 1 to 8 decision trees of TREE_RULES rules (docs/scale.md), with
  // pcl_engine as their slice.
  parameter  int unsigned TREES = 0,
  parameter  int unsigned TREE_RULES = 10240,
  parameter  int unsigned LEAF = 8,
  parameter  int unsigned TREE_ADDRESS_BITS = 32,
  parameter  int unsigned PREDICATE_BITS = 4,
  parameter  logic [7:0][16:0] TREE_ENTRIES = {68'd0, 17'd256, 17'd768, 17'd3072, 17'd7168},  // of tree 7 to 0
  parameter  logic [7:0][3:0]  TREE_LEVELS = {16'd0, 4'd7, 4'd9, 4'd12, 4'd14},
  parameter  logic [7:0][12:0] TREE_ROWS = {52'd0, 13'd64, 13'd128, 13'd512, 13'd1024},
  localparam int unsigned RuleBits = $clog2(TREES == 0 ? RULES : TREE_RULES + RULES),
  localparam int unsigned RowBits = TREES == 0 ? pcl_engine_pkg::maximum(RULES, 128)
                                               : pcl_tree_pkg::row_bits(RULES, TREE_ADDRESS_BITS, RuleBits, PREDICATE_BITS),
  localparam int unsigned Egresses = PORTS + 1
) (
  input  logic                             clk_i,
  input  logic                             rst_i,

  input  logic [PORTS*DATA_WIDTH-1:0]      s_axis_tdata_i,
  input  logic [PORTS*DATA_WIDTH/8-1:0]    s_axis_tkeep_i,
  input  logic [PORTS-1:0]                 s_axis_tvalid_i,
  input  logic [PORTS-1:0]                 s_axis_tlast_i,
  input  logic [PORTS-1:0]                 s_axis_tuser_i,
  output logic [PORTS-1:0]                 s_axis_tready_o,

  output logic [Egresses*DATA_WIDTH-1:0]   m_axis_tdata_o,
  output logic [Egresses*DATA_WIDTH/8-1:0] m_axis_tkeep_o,
  output logic [Egresses-1:0]              m_axis_tvalid_o,
  output logic [Egresses-1:0]              m_axis_tlast_o,
  output logic [Egresses*UserBits-1:0]     m_axis_tuser_o,
  input  logic [Egresses-1:0]              m_axis_tready_i,

  input  logic                             s_axil_awvalid_i,
  output logic                             s_axil_awready_o,
  input  logic [15:0]                      s_axil_awaddr_i,
  input  logic [2:0]                       s_axil_awprot_i,
  input  logic                             s_axil_wvalid_i,
  output logic                             s_axil_wready_o,
  input  logic [31:0]                      s_axil_wdata_i,
  input  logic [3:0]                       s_axil_wstrb_i,
  output logic                             s_axil_bvalid_o,
  input  logic                             s_axil_bready_i,
  output logic [1:0]                       s_axil_bresp_o,
  input  logic                             s_axil_arvalid_i,
  output logic                             s_axil_arready_o,
  input  logic [15:0]                      s_axil_araddr_i,
  input  logic [2:0]                       s_axil_arprot_i,
  output logic                             s_axil_rvalid_o,
  input  logic                             s_axil_rready_i,
  output logic [31:0]                      s_axil_rdata_o,
  output logic [1:0]                       s_axil_rresp_o,

  // Rows for the shadow bank, one a clock (docs/design.md, "Loading").
  input  logic                             load_valid_i,
  output logic                             load_ready_o,
  input  logic [5:0]                       load_target_i,
  input  logic [15:0]                      load_index_i,
  input  logic [RowBits-1:0]               load_data_i,

  output logic [LANES-1:0]                 report_valid_o,
  output filter_report_t [LANES-1:0]       report_o
);

  localparam int unsigned Bytes = DATA_WIDTH / 8;
  localparam int unsigned EgressBits = $clog2(Egresses);
  localparam int unsigned TagBits = 3 + LengthBits;
  function automatic int unsigned deepest_tree();
    int unsigned most;
    most = 0;
    for (int t = 0; t < int'(TREES); t++) most = pcl_engine_pkg::maximum(most, 32'(TREE_LEVELS[t]));
    return most;
  endfunction
  localparam int unsigned BitmapLatency = pcl_engine_pkg::latency(RULES, ADDRESS_BITS, ADDRESS_INTERVALS, PORT_INTERVALS, VLAN_INTERVALS);
  localparam int unsigned Latency = TREES == 0 ? BitmapLatency : pcl_tree_pkg::latency(deepest_tree(), LEAF, TREES, BitmapLatency);

  if (PORTS < 1 || PORTS > MaxPorts) begin : gen_check_ports
    $fatal(1, "pcl_filter: PORTS is %0d; it must be 1 to %0d", PORTS, MaxPorts);
  end
  if (TREES > 8) begin : gen_check_trees
    $fatal(1, "pcl_filter: TREES is %0d; it must be 0 to 8", TREES);
  end
  if (TREES != 0 && SCRUB != 0) begin : gen_check_scrub
    $fatal(1, "pcl_filter: SCRUB is %0d with TREES %0d; trees and their slice are not scrubbed, SCRUB must be 0", SCRUB, TREES);
  end
  if (LANES < 1 || LANES > 2 || LANES > PORTS) begin : gen_check_lanes
    $fatal(1, "pcl_filter: LANES is %0d with PORTS %0d; it must be 1, or 2 with two ports or more", LANES, PORTS);
  end
  if (LANES == 2 && (TREES != 0 || SCRUB != 0 || SHARED_PARSER != 0)) begin : gen_check_lanes_alone
    $fatal(1, "pcl_filter: LANES is 2 with TREES %0d, SCRUB %0d and SHARED_PARSER %0d; these must be 0, there are no two lookups a clock with them", TREES,
           SCRUB, SHARED_PARSER);
  end
  if (TREES != 0 && ADDRESS_BITS != 128) begin : gen_check_slice
    $fatal(1, "pcl_filter: ADDRESS_BITS is %0d; the slice of trees has 128 (TREE_ADDRESS_BITS is that of the trees)", ADDRESS_BITS);
  end
  if (DATA_WIDTH < 64 || DATA_WIDTH > 1024 || 2 ** $clog2(DATA_WIDTH) != DATA_WIDTH) begin : gen_check_data_width
    $fatal(1, "pcl_filter: DATA_WIDTH is %0d; it must be 64, 128, 256, 512 or 1024", DATA_WIDTH);
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Ports: frames in, lookups out; decisions in, beats out.
  logic [PORTS-1:0]            port_lookup_valid, port_lookup_ready, port_decision_valid;
  key_t                        port_key [PORTS];
  logic [3:0]                  port_cause [PORTS];
  logic [LengthBits-1:0]       port_length [PORTS];
  logic [PORTS-1:0]            beat_valid, beat_last, beat_go;
  logic [DATA_WIDTH-1:0]       beat_data [PORTS];
  logic [Bytes-1:0]            beat_keep [PORTS];
  decision_t                   beat_decision [PORTS];
  logic [PORTS-1:0]            received, received_bad;
  logic [PORTS*LengthBits-1:0] received_length;
  decision_t                   decision_q [LANES];

  // With SHARED_PARSER: windows to the parser, and what it found.
  localparam int unsigned WindowBeats = pcl_parser_pkg::window_beats(DATA_WIDTH);
  localparam int unsigned ParserFrames = 32;
  logic [PORTS-1:0]                        turn_q, next_turn, window_valid, parsed_valid;
  logic [PORTS*WindowBeats*DATA_WIDTH-1:0] window;
  logic [PORTS*LengthBits-1:0]             window_length;
  key_t                                    parsed_key;
  logic [3:0]                              parsed_cause;
  logic [LengthBits-1:0]                   parsed_length;

  for (genvar p = 0; p < PORTS; p++) begin : gen_port
    pcl_filter_ingress #(
      .DATA_WIDTH(DATA_WIDTH), .INGRESS(p), .FIFO_BYTES(FIFO_BYTES), .MAX_FRAME(MAX_FRAME), .SHARED_PARSER(SHARED_PARSER),
      .SHARED_FRAMES(ParserFrames / PORTS)
    ) u_ingress (
      .clk_i, .rst_i,
      .s_axis_tdata_i(s_axis_tdata_i[p*DATA_WIDTH+:DATA_WIDTH]), .s_axis_tkeep_i(s_axis_tkeep_i[p*Bytes+:Bytes]),
      .s_axis_tvalid_i(s_axis_tvalid_i[p]), .s_axis_tlast_i(s_axis_tlast_i[p]), .s_axis_tuser_i(s_axis_tuser_i[p]),
      .s_axis_tready_o(s_axis_tready_o[p]),
      .received_o(received[p]), .received_bad_o(received_bad[p]), .received_length_o(received_length[p*LengthBits+:LengthBits]),
      .lookup_valid_o(port_lookup_valid[p]), .lookup_ready_i(port_lookup_ready[p]),
      .lookup_key_o(port_key[p]), .lookup_cause_o(port_cause[p]), .lookup_length_o(port_length[p]),
      .turn_i(turn_q[p]), .next_turn_i(next_turn[p]), .window_valid_o(window_valid[p]),
      .window_o(window[p*WindowBeats*DATA_WIDTH+:WindowBeats*DATA_WIDTH]), .window_length_o(window_length[p*LengthBits+:LengthBits]),
      .parsed_valid_i(parsed_valid[p]), .parsed_key_i(parsed_key), .parsed_cause_i(parsed_cause), .parsed_length_i(parsed_length),
      .decision_valid_i(port_decision_valid[p]), .decision_i(decision_q[p%LANES]),
      .beat_valid_o(beat_valid[p]), .beat_ready_i(beat_go[p]),
      .beat_data_o(beat_data[p]), .beat_keep_o(beat_keep[p]), .beat_last_o(beat_last[p]), .decision_o(beat_decision[p])
    );
  end

  if (SHARED_PARSER == 0) begin : gen_parsers
    assign turn_q = '0;
    assign next_turn = '0;
    assign parsed_valid = '0;
    assign parsed_key = '0;
    assign parsed_cause = '0;
    assign parsed_length = '0;
    logic unused;
    assign unused = ^{window_valid, window, window_length};
  end else begin : gen_shared_parser
    logic [WindowBeats*DATA_WIDTH-1:0] slots;
    logic [LengthBits-1:0] length;
    logic [2:0]            ingress;
    logic                  found;

    always_ff @(posedge clk_i) turn_q <= rst_i ? PORTS'(1) : next_turn;
    assign next_turn = PORTS'({turn_q, turn_q[PORTS-1]});
    always_comb begin
      slots = window[0+:WindowBeats*DATA_WIDTH];
      length = window_length[0+:LengthBits];
      ingress = 3'd0;
      for (int unsigned p = 1; p < PORTS; p++) begin
        if (turn_q[p]) begin
          slots = window[p*WindowBeats*DATA_WIDTH+:WindowBeats*DATA_WIDTH];
          length = window_length[p*LengthBits+:LengthBits];
          ingress = 3'(p);
        end
      end
    end
    pcl_parser_walk #(.DATA_WIDTH(DATA_WIDTH), .LENGTH_BITS(LengthBits), .FRAMES(ParserFrames)) u_walk (
      .clk_i, .rst_i, .valid_i((window_valid & turn_q) != '0), .slots_i(slots), .length_i(length), .ingress_i(ingress),
      .parsed_valid_o(found), .parsed_ready_i(port_lookup_ready != '0),
      .parsed_key_o(parsed_key), .parsed_cause_o(parsed_cause), .parsed_length_o(parsed_length)
    );
    for (genvar p = 0; p < PORTS; p++) begin : gen_parsed
      assign parsed_valid[p] = found && parsed_key.context_chunk[2:0] == 3'(p);
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Lookups: the ports of a lane in turn, into its register.
  logic [LANES-1:0]                 lookup_valid_q, lookup_ready;
  key_t [LANES-1:0]                 lookup_key_q;
  logic [LANES-1:0][3:0]            lookup_cause_q;
  logic [LANES-1:0][LengthBits-1:0] lookup_length_q;
  logic [LANES-1:0][TagBits-1:0]    lookup_tag;

  logic [LANES-1:0][PORTS-1:0] lane_ready;
  for (genvar l = 0; l < LANES; l++) begin : gen_lane
    logic [PORTS-1:0] of_lane;        // constant
    logic [PORTS-1:0] asking, later_valid, turn, behind_turn;
    logic [PORTS-1:0] later_q;        // ports behind the one that had the last turn
    logic [2:0]       ingress_q;
    logic             free;

    for (genvar p = 0; p < PORTS; p++) begin : gen_of_lane
      assign of_lane[p] = p % LANES == l;
    end
    assign free = !lookup_valid_q[l] || lookup_ready[l];
    assign asking = port_lookup_valid & of_lane;
    assign later_valid = asking & later_q;
    // The lowest of the later ones, else the lowest of all.
    assign turn = later_valid != '0 ? later_valid & (~later_valid + 1'b1) : asking & (~asking + 1'b1);
    assign behind_turn = ~(turn | (turn - 1'b1));
    assign lane_ready[l] = free ? turn : '0;
    assign lookup_tag[l] = {ingress_q, lookup_length_q[l]};

    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        lookup_valid_q[l] <= 1'b0;
        later_q           <= '1;
      end else if (free) begin
        lookup_valid_q[l] <= asking != '0;
        if (asking != '0) later_q <= behind_turn;
      end
      if (free) begin
        for (int unsigned p = 0; p < PORTS; p++) begin
          if (turn[p]) begin
            lookup_key_q[l]    <= port_key[p];
            lookup_cause_q[l]  <= port_cause[p];
            lookup_length_q[l] <= port_length[p];
            ingress_q          <= 3'(p);
          end
        end
      end
    end
  end
  always_comb begin
    port_lookup_ready = '0;
    for (int unsigned l = 0; l < LANES; l++) port_lookup_ready = port_lookup_ready | lane_ready[l];
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Engine and control.
  logic [LANES-1:0]               verdict_valid, verdict_permit, verdict_would_drop, verdict_hit, verdict_bank;
  logic [LANES-1:0][RuleBits-1:0] verdict_rule;
  action_t [LANES-1:0]            verdict_action;
  logic [LANES-1:0][3:0]          verdict_cause;
  logic [LANES-1:0][TagBits-1:0]  verdict_tag;
  logic                        test_valid, test_ready, test_done, test_hit, test_agrees;
  key_t                        test_key;
  logic [RuleBits-1:0]         test_rule;
  action_t                     test_action;
  logic                        load_valid, load_ready;
  logic [5:0]                  load_target;
  logic [15:0]                 load_index;
  logic [RowBits-1:0]          load_data;
  logic                        write_response_valid, write_response_ready, read_response_valid, read_response_ready;
  logic [1:0]                  write_response, read_response;
  logic [31:0]                 read_data;
  logic                        flip, flip_ignored, active_bank, busy, slice_flip, slice_active_bank, slice_busy;
  logic                        counter_valid, counter_ready, counter_bank, counter_kind, counter_done, counter_clear, counter_clearing;
  logic [15:0]                 counter_index;
  logic [63:0]                 counter_packets, counter_bytes;
  logic [PORTS*EgressBits-1:0] forward_to;
  logic [PORTS-1:0]            dropped_q, forwarded_q, mirrored_q;
  logic                        scrub;
  pcl_engine_pkg::scrub_status_t scrub_status;

  if (TREES == 0 && LANES == 1) begin : gen_bitmap
    pcl_engine #(
      .RULES(RULES), .ADDRESS_BITS(ADDRESS_BITS), .ADDRESS_INTERVALS(ADDRESS_INTERVALS), .PORT_INTERVALS(PORT_INTERVALS),
      .VLAN_INTERVALS(VLAN_INTERVALS), .TAG_BITS(TagBits), .LENGTH_BITS(LengthBits), .SCRUB(SCRUB)
    ) u_engine (
      .clk_i, .rst_i,
      .lookup_valid_i(lookup_valid_q), .lookup_ready_o(lookup_ready), .lookup_key_i(lookup_key_q), .lookup_cause_i(lookup_cause_q),
      .lookup_length_i(lookup_length_q), .lookup_tag_i(lookup_tag),
      .verdict_valid_o(verdict_valid), .verdict_ready_i(1'b1), .verdict_permit_o(verdict_permit), .verdict_would_drop_o(verdict_would_drop),
      .verdict_hit_o(verdict_hit), .verdict_rule_o(verdict_rule), .verdict_action_o(verdict_action), .verdict_cause_o(verdict_cause),
      .verdict_bank_o(verdict_bank), .verdict_tag_o(verdict_tag),
      .test_valid_i(test_valid), .test_ready_o(test_ready), .test_key_i(test_key), .test_done_o(test_done), .test_hit_o(test_hit),
      .test_rule_o(test_rule), .test_action_o(test_action),
      .load_valid_i(load_valid), .load_ready_o(load_ready), .load_target_i(load_target), .load_index_i(load_index), .load_data_i(load_data),
      .flip_i(flip), .flip_ignored_o(flip_ignored), .active_bank_o(active_bank), .busy_o(busy),
      .counter_valid_i(counter_valid), .counter_ready_o(counter_ready), .counter_bank_i(counter_bank), .counter_kind_i(counter_kind),
      .counter_index_i(counter_index), .counter_done_o(counter_done), .counter_packets_o(counter_packets), .counter_bytes_o(counter_bytes),
      .counter_clear_i(counter_clear), .counter_clearing_o(counter_clearing), .scrub_i(scrub), .scrub_o(scrub_status)
    );
    assign test_agrees = 1'b1;
    assign slice_active_bank = 1'b0;
    assign slice_busy = 1'b0;
    logic unused;
    assign unused = slice_flip;
  end
  if (TREES == 0 && LANES != 1) begin : gen_pair
    pcl_engine_pair #(
      .RULES(RULES), .ADDRESS_BITS(ADDRESS_BITS), .ADDRESS_INTERVALS(ADDRESS_INTERVALS), .PORT_INTERVALS(PORT_INTERVALS),
      .VLAN_INTERVALS(VLAN_INTERVALS), .TAG_BITS(TagBits), .LENGTH_BITS(LengthBits)
    ) u_engine (
      .clk_i, .rst_i,
      .lookup_valid_i(lookup_valid_q), .lookup_ready_o(lookup_ready), .lookup_key_i(lookup_key_q), .lookup_cause_i(lookup_cause_q),
      .lookup_length_i(lookup_length_q), .lookup_tag_i(lookup_tag),
      .verdict_valid_o(verdict_valid), .verdict_ready_i('1), .verdict_permit_o(verdict_permit), .verdict_would_drop_o(verdict_would_drop),
      .verdict_hit_o(verdict_hit), .verdict_rule_o(verdict_rule), .verdict_action_o(verdict_action), .verdict_cause_o(verdict_cause),
      .verdict_bank_o(verdict_bank), .verdict_tag_o(verdict_tag),
      .test_valid_i(test_valid), .test_ready_o(test_ready), .test_key_i(test_key), .test_done_o(test_done), .test_hit_o(test_hit),
      .test_rule_o(test_rule), .test_action_o(test_action), .test_agrees_o(test_agrees),
      .load_valid_i(load_valid), .load_ready_o(load_ready), .load_target_i(load_target), .load_index_i(load_index), .load_data_i(load_data),
      .flip_i(flip), .flip_ignored_o(flip_ignored), .active_bank_o(active_bank), .busy_o(busy),
      .counter_valid_i(counter_valid), .counter_ready_o(counter_ready), .counter_bank_i(counter_bank), .counter_kind_i(counter_kind),
      .counter_index_i(counter_index), .counter_done_o(counter_done), .counter_packets_o(counter_packets), .counter_bytes_o(counter_bytes),
      .counter_clear_i(counter_clear), .counter_clearing_o(counter_clearing)
    );
    assign slice_active_bank = 1'b0;
    assign slice_busy = 1'b0;
    assign scrub_status = '0;
    logic unused;
    assign unused = slice_flip ^ scrub;
  end
  if (TREES != 0) begin : gen_trees
    localparam int unsigned EngineRowBits = pcl_engine_pkg::maximum(
      pcl_engine_pkg::maximum(RULES, 128), pcl_tree_pkg::entry_bits(TREE_ADDRESS_BITS, RuleBits, PREDICATE_BITS)
    );
    logic unused_slice_bank;
    pcl_scale_engine #(
      .RULES(TREE_RULES), .TREES(TREES), .LEAF(LEAF), .ENTRIES(TREE_ENTRIES[TREES-1:0]), .LEVELS(TREE_LEVELS[TREES-1:0]), .ROWS(TREE_ROWS[TREES-1:0]),
      .ADDRESS_BITS(TREE_ADDRESS_BITS), .PREDICATE_BITS(PREDICATE_BITS), .SLICE_RULES(RULES), .ADDRESS_INTERVALS(ADDRESS_INTERVALS),
      .PORT_INTERVALS(PORT_INTERVALS), .VLAN_INTERVALS(VLAN_INTERVALS), .TAG_BITS(TagBits), .LENGTH_BITS(LengthBits)
    ) u_engine (
      .clk_i, .rst_i,
      .lookup_valid_i(lookup_valid_q), .lookup_ready_o(lookup_ready), .lookup_key_i(lookup_key_q), .lookup_cause_i(lookup_cause_q),
      .lookup_length_i(lookup_length_q), .lookup_tag_i(lookup_tag),
      .verdict_valid_o(verdict_valid), .verdict_ready_i(1'b1), .verdict_permit_o(verdict_permit), .verdict_would_drop_o(verdict_would_drop),
      .verdict_hit_o(verdict_hit), .verdict_rule_o(verdict_rule), .verdict_action_o(verdict_action), .verdict_cause_o(verdict_cause),
      .verdict_bank_o(verdict_bank), .verdict_tag_o(verdict_tag),
      .test_valid_i(test_valid), .test_ready_o(test_ready), .test_key_i(test_key), .test_done_o(test_done), .test_hit_o(test_hit),
      .test_rule_o(test_rule), .test_action_o(test_action),
      .load_valid_i(load_valid), .load_ready_o(load_ready), .load_target_i(load_target), .load_index_i(load_index), .load_data_i(load_data[EngineRowBits-1:0]),
      .flip_i(flip), .flip_ignored_o(flip_ignored), .active_bank_o(active_bank), .busy_o(busy),
      .slice_flip_i(slice_flip), .slice_active_bank_o(slice_active_bank), .slice_busy_o(slice_busy), .verdict_slice_bank_o(unused_slice_bank),
      .counter_valid_i(counter_valid), .counter_ready_o(counter_ready), .counter_bank_i(counter_bank), .counter_kind_i(counter_kind),
      .counter_index_i(counter_index), .counter_done_o(counter_done), .counter_packets_o(counter_packets), .counter_bytes_o(counter_bytes),
      .counter_clear_i(counter_clear), .counter_clearing_o(counter_clearing)
    );
    logic unused;
    assign test_agrees = 1'b1;
    assign scrub_status = '0;
    assign unused = ^{unused_slice_bank, load_data, scrub};
  end

  localparam int unsigned ScrubRows = SCRUB == 0 ? 0 : pcl_engine_pkg::scrub_rows(ADDRESS_INTERVALS, PORT_INTERVALS, VLAN_INTERVALS);
  pcl_control #(
    .RULES(RULES), .ADDRESS_BITS(ADDRESS_BITS), .ADDRESS_INTERVALS(ADDRESS_INTERVALS), .PORT_INTERVALS(PORT_INTERVALS),
    .VLAN_INTERVALS(VLAN_INTERVALS), .PORTS(PORTS), .DATA_WIDTH(DATA_WIDTH), .HEADER_BYTES(pcl_parser_pkg::WindowBytes),
    .EXTENSION_HEADERS(pcl_parser_pkg::ExtensionHeaders), .LATENCY(Latency), .LENGTH_BITS(LengthBits),
    .LANES(LANES), .SCRUB_ROWS(ScrubRows), .TREES(TREES), .TREE_RULES(TREE_RULES), .LEAF(LEAF), .TREE_ADDRESS_BITS(TREE_ADDRESS_BITS), .PREDICATE_BITS(PREDICATE_BITS),
    .TREE_ENTRIES(TREE_ENTRIES), .TREE_LEVELS(TREE_LEVELS), .TREE_ROWS(TREE_ROWS)
  ) u_control (
    .clk_i, .rst_i,
    .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_awaddr_i, .s_axil_awprot_i, .s_axil_wvalid_i, .s_axil_wready_o, .s_axil_wdata_i,
    .s_axil_wstrb_i, .s_axil_bvalid_o(write_response_valid), .s_axil_bready_i(write_response_ready), .s_axil_bresp_o(write_response),
    .s_axil_arvalid_i, .s_axil_arready_o, .s_axil_araddr_i, .s_axil_arprot_i,
    .s_axil_rvalid_o(read_response_valid), .s_axil_rready_i(read_response_ready), .s_axil_rdata_o(read_data), .s_axil_rresp_o(read_response),
    .row_valid_i(load_valid_i), .row_ready_o(load_ready_o), .row_target_i(load_target_i), .row_index_i(load_index_i), .row_data_i(load_data_i),
    .load_valid_o(load_valid), .load_ready_i(load_ready), .load_target_o(load_target), .load_index_o(load_index), .load_data_o(load_data),
    .flip_o(flip), .flip_ignored_i(flip_ignored), .active_bank_i(active_bank), .busy_i(busy),
    .slice_flip_o(slice_flip), .slice_active_bank_i(slice_active_bank), .slice_busy_i(slice_busy),
    .test_valid_o(test_valid), .test_ready_i(test_ready), .test_key_o(test_key), .test_done_i(test_done), .test_hit_i(test_hit),
    .test_rule_i(test_rule), .test_action_i(test_action), .test_agrees_i(test_agrees),
    .counter_valid_o(counter_valid), .counter_ready_i(counter_ready), .counter_bank_o(counter_bank), .counter_kind_o(counter_kind),
    .counter_index_o(counter_index), .counter_done_i(counter_done), .counter_packets_i(counter_packets), .counter_bytes_i(counter_bytes),
    .counter_clear_o(counter_clear), .counter_clearing_i(counter_clearing),
    .scrub_o(scrub), .scrub_i(scrub_status),
    .forward_to_o(forward_to),
    .stat_frame_i(received), .stat_length_i(received_length), .stat_bad_i(received & received_bad), .stat_dropped_i(dropped_q),
    .stat_forwarded_i(forwarded_q), .stat_mirrored_i(mirrored_q)
  );

  // All of the register block's address decoding hangs on BREADY and RREADY: they come from registers, not from the pins.
  pcl_ready_register #(.WIDTH(2)) u_write_response (
    .clk_i, .rst_i, .valid_i(write_response_valid), .ready_o(write_response_ready), .data_i(write_response),
    .valid_o(s_axil_bvalid_o), .ready_i(s_axil_bready_i), .data_o(s_axil_bresp_o)
  );
  pcl_ready_register #(.WIDTH(34)) u_read_response (
    .clk_i, .rst_i, .valid_i(read_response_valid), .ready_o(read_response_ready), .data_i({read_response, read_data}),
    .valid_o(s_axil_rvalid_o), .ready_i(s_axil_rready_i), .data_o({s_axil_rresp_o, s_axil_rdata_o})
  );

  // ------------------------------------------------------------------------------------------------------------------
  // Decisions: a verdict and what its action and its port's FORWARD_TO make of it, into one register.
  logic [PORTS-1:0] port_verdict, port_drops, port_mirrors;  // the verdict of a port's frame is there; it goes nowhere; only a mirror copy goes to the host

  for (genvar l = 0; l < LANES; l++) begin : gen_decision
    decision_t             decision;
    action_t               action;
    logic [Egresses-1:0]   leaves_by;     // the frame itself
    logic                  obeyed, mirrored;
    logic [2:0]            ingress;
    logic [LengthBits-1:0] length;
    logic [EgressBits-1:0] forward_egress;

    assign {ingress, length} = verdict_tag[l];
    assign action = verdict_action[l];
    always_comb begin
      forward_egress = '0;
      for (int unsigned p = 0; p < PORTS; p++) begin
        if (ingress == 3'(p)) forward_egress = forward_to[p*EgressBits+:EgressBits];
      end
    end

    assign obeyed = verdict_permit[l] && action.permit && action.redirect;
    assign mirrored = action.mirror && verdict_cause[l] == CauseNone;

    always_comb begin
      for (int unsigned e = 0; e < Egresses; e++) begin
        if (!verdict_permit[l]) leaves_by[e] = 1'b0;
        else if (!obeyed) leaves_by[e] = forward_egress == EgressBits'(e);
        else if (e == PORTS) leaves_by[e] = action.to_queue;
        else leaves_by[e] = !action.to_queue && action.redirect_to == 12'(e);
      end
      decision.destinations = (MaxPorts + 1)'(leaves_by);
      if (mirrored) decision.destinations[PORTS] = 1'b1;
      decision.mirror_only = mirrored && !leaves_by[PORTS];
      decision.user.permit = verdict_permit[l];
      decision.user.would_drop = verdict_would_drop[l];
      decision.user.hit = verdict_hit[l];
      decision.user.mirror_copy = 1'b0;
      decision.user.queue_valid = obeyed && action.to_queue;
      decision.user.host_queue = action.redirect_to;
      decision.user.mark_valid = action.mark_valid;
      decision.user.mark = action.mark;
      decision.user.rule = 16'(verdict_rule[l]);
      decision.user.cause = verdict_cause[l];
      decision.user.ingress = ingress;
      decision.user.length = length;
    end

    always_ff @(posedge clk_i) begin
      report_valid_o[l] <= verdict_valid[l] && !rst_i;
      if (verdict_valid[l]) begin
        decision_q[l] <= decision;
        report_o[l]   <= {ingress, verdict_permit[l], verdict_would_drop[l], verdict_hit[l], 16'(verdict_rule[l]), verdict_cause[l], verdict_bank[l],
                          action, length};
      end
    end

    for (genvar p = l; p < PORTS; p += LANES) begin : gen_of_port
      assign port_verdict[p] = verdict_valid[l] && ingress == 3'(p);
      assign port_drops[p] = leaves_by == '0;
      assign port_mirrors[p] = decision.mirror_only;
    end
  end

  always_ff @(posedge clk_i) begin
    port_decision_valid <= rst_i ? '0 : port_verdict;
    dropped_q           <= rst_i ? '0 : port_verdict & port_drops;
    forwarded_q         <= rst_i ? '0 : port_verdict & ~port_drops;
    mirrored_q          <= rst_i ? '0 : port_verdict & port_mirrors;
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Egresses.
  logic [PORTS*Egresses-1:0] destinations;
  logic [Egresses-1:0]       egress_ready;

  for (genvar p = 0; p < PORTS; p++) begin : gen_destinations
    assign destinations[p*Egresses+:Egresses] = beat_decision[p].destinations[Egresses-1:0];
  end

  pcl_filter_arbiter #(.PORTS(PORTS)) u_arbiter (
    .clk_i, .rst_i, .request_i(beat_valid), .destinations_i(destinations), .last_i(beat_last), .ready_i(egress_ready), .go_o(beat_go)
  );

  for (genvar e = 0; e < Egresses; e++) begin : gen_egress
    logic [PORTS-1:0] push;
    for (genvar p = 0; p < PORTS; p++) begin : gen_push
      assign push[p] = beat_go[p] && destinations[p*Egresses+e];
    end
    pcl_filter_egress #(.PORTS(PORTS), .DATA_WIDTH(DATA_WIDTH), .HOST(e == PORTS)) u_egress (
      .clk_i, .rst_i,
      .push_i(push), .data_i(beat_data), .keep_i(beat_keep), .last_i(beat_last), .decision_i(beat_decision), .ready_o(egress_ready[e]),
      .m_axis_tdata_o(m_axis_tdata_o[e*DATA_WIDTH+:DATA_WIDTH]), .m_axis_tkeep_o(m_axis_tkeep_o[e*Bytes+:Bytes]),
      .m_axis_tvalid_o(m_axis_tvalid_o[e]), .m_axis_tlast_o(m_axis_tlast_o[e]), .m_axis_tuser_o(m_axis_tuser_o[e*UserBits+:UserBits]),
      .m_axis_tready_i(m_axis_tready_i[e])
    );
  end

endmodule
