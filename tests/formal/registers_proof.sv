// The AXI4-Lite port of pcl_filter, which is that of pcl_control with its generated registers: answers keep still until they are taken, there is one for each
// access and none without, and none is waited for long, whatever the engine answers. (AMBA AXI and ACE protocol specification, A3.2 and A3.3.)
module registers_proof #(
  parameter int unsigned RULES     = 64,
  parameter int unsigned INTERVALS = 16,
  parameter int unsigned PORTS     = 2,
  localparam int unsigned ROW_BITS = 128
) (
  input logic                 clk_i,
  input logic                 awvalid_i,
  input logic [15:0]          awaddr_i,
  input logic                 wvalid_i,
  input logic [31:0]          wdata_i,
  input logic [3:0]           wstrb_i,
  input logic                 bready_i,
  input logic                 arvalid_i,
  input logic [15:0]          araddr_i,
  input logic                 rready_i,
  input logic                 row_valid_i,
  input logic [5:0]           row_target_i,
  input logic [15:0]          row_index_i,
  input logic                 load_ready_i,
  input logic                 flip_ignored_i,
  input logic                 active_bank_i,
  input logic                 busy_i,
  input logic                 test_ready_i,
  input logic                 test_done_i,
  input logic                 counter_ready_i,
  input logic                 counter_done_i,
  input logic [63:0]          counter_packets_i,
  input logic                 counter_clearing_i
);

  // Clocks in which an access waits for its answer at most, while answers are taken.
  localparam int unsigned Patience = 4;

  logic rst_q = 1'b1, before_q = 1'b0;
  always_ff @(posedge clk_i) begin
    rst_q    <= 1'b0;
    before_q <= !rst_q;
  end

  logic awready, wready, bvalid, arready, rvalid;
  logic [1:0] bresp, rresp;
  logic [31:0] rdata;
  pcl_control #(
    .RULES(RULES), .ADDRESS_BITS(8), .ADDRESS_INTERVALS(INTERVALS), .PORT_INTERVALS(INTERVALS), .VLAN_INTERVALS(INTERVALS), .PORTS(PORTS), .LENGTH_BITS(8)
  ) u_dut (
    .clk_i, .rst_i(rst_q),
    .s_axil_awvalid_i(awvalid_i), .s_axil_awready_o(awready), .s_axil_awaddr_i(awaddr_i), .s_axil_awprot_i('0),
    .s_axil_wvalid_i(wvalid_i), .s_axil_wready_o(wready), .s_axil_wdata_i(wdata_i), .s_axil_wstrb_i(wstrb_i),
    .s_axil_bvalid_o(bvalid), .s_axil_bready_i(bready_i), .s_axil_bresp_o(bresp),
    .s_axil_arvalid_i(arvalid_i), .s_axil_arready_o(arready), .s_axil_araddr_i(araddr_i), .s_axil_arprot_i('0),
    .s_axil_rvalid_o(rvalid), .s_axil_rready_i(rready_i), .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp),
    .row_valid_i, .row_ready_o(), .row_target_i, .row_index_i, .row_data_i({ROW_BITS{1'b0}}),
    .load_valid_o(), .load_ready_i, .load_target_o(), .load_index_o(), .load_data_o(),
    .flip_o(), .flip_ignored_i, .active_bank_i, .busy_i,
    .slice_flip_o(), .slice_active_bank_i(1'b0), .slice_busy_i(1'b0),
    .test_valid_o(), .test_ready_i, .test_key_o(), .test_done_i, .test_hit_i(1'b0), .test_rule_i('0), .test_action_i('0), .test_agrees_i(1'b1),
    .counter_valid_o(), .counter_ready_i, .counter_bank_o(), .counter_kind_o(), .counter_index_o(), .counter_done_i, .counter_packets_i,
    .counter_bytes_i(64'd0), .counter_clear_o(), .counter_clearing_i, .scrub_o(), .scrub_i('0), .forward_to_o(),
    .stat_frame_i('0), .stat_length_i('0), .stat_bad_i('0), .stat_dropped_i('0), .stat_forwarded_i('0), .stat_mirrored_i('0)
  );

  // Accesses whose parts have been accepted, and that have not been answered.
  logic [2:0] addresses_q = '0, data_q = '0, reads_q = '0;
  logic take_write, take_read, waits;
  logic [2:0] waited_q = '0;
  assign take_write = bvalid && bready_i;
  assign take_read = rvalid && rready_i;
  assign waits = (reads_q != 0 || (addresses_q != 0 && data_q != 0)) && !bvalid && !rvalid;
  always_ff @(posedge clk_i) begin
    if (rst_q) begin
      addresses_q <= '0;
      data_q      <= '0;
      reads_q     <= '0;
      waited_q    <= '0;
    end else begin
      addresses_q <= addresses_q + 3'(awvalid_i && awready) - 3'(take_write);
      data_q      <= data_q + 3'(wvalid_i && wready) - 3'(take_write);
      reads_q     <= reads_q + 3'(arvalid_i && arready) - 3'(take_read);
      waited_q    <= !waits ? '0 : waited_q == '1 ? waited_q : waited_q + 1'b1;
    end
  end

  logic write_stalled_q = 1'b0, read_stalled_q = 1'b0;
  logic [1:0] bresp_q;
  logic [33:0] read_q;
  always_ff @(posedge clk_i) begin
    write_stalled_q <= bvalid && !bready_i && !rst_q;
    read_stalled_q  <= rvalid && !rready_i && !rst_q;
    bresp_q         <= bresp;
    read_q          <= {rresp, rdata};
  end
`ifdef INDUCTION
  // What the generated registers know of accesses under way, so that induction starts from states that exist: accepted and not begun, begun and waiting for an
  // answer of pcl_control, answered and not taken.
  logic [1:0] answers;
  logic       second;  // place of the older answer
  logic [2:0] writes_begun, reads_begun;
  logic       pending, pending_write;
  assign answers = u_dut.registers.axil_resp_wptr - u_dut.registers.axil_resp_rptr;
  assign second = u_dut.registers.axil_resp_rptr[0];
  assign pending = u_dut.registers.external_pending;
  assign pending_write = pending && u_dut.data_is_write_q;
  assign writes_begun = 3'(pending_write) + 3'(answers != 0 && u_dut.registers.axil_resp_buffer_is_wr[second])
    + 3'(answers == 2 && u_dut.registers.axil_resp_buffer_is_wr[!second]);
  assign reads_begun = 3'(u_dut.registers.axil_n_in_flight) - writes_begun;
  always_comb begin
    if (before_q) begin
      AnswersUnderWay: assert (answers != 2'd3 && 3'(u_dut.registers.axil_n_in_flight) == 3'(answers) + 3'(pending) && u_dut.registers.axil_n_in_flight != 2'd3);
      AnswerOfTheControl: assert (pending == (u_dut.data_ack_q || u_dut.forward_ack_q != 0) && $onehot0({u_dut.data_ack_q, u_dut.forward_ack_q}));
      WritesUnderWay: assert (addresses_q == 3'(u_dut.registers.axil_awvalid) + writes_begun && data_q == 3'(u_dut.registers.axil_wvalid) + writes_begun);
      ReadsUnderWay: assert (reads_q == 3'(u_dut.registers.axil_arvalid) + reads_begun);
      NoErrors: assert (!u_dut.registers.axil_resp_buffer_err[0] && !u_dut.registers.axil_resp_buffer_err[1]);
    end
  end
`endif

  always_comb begin
    if (before_q) begin
      WriteAnswerHolds: assert (!write_stalled_q || (bvalid && bresp == bresp_q));
      ReadAnswerHolds: assert (!read_stalled_q || (rvalid && {rresp, rdata} == read_q));
      NoWriteAnswerWithoutAWrite: assert (!bvalid || (addresses_q != 0 && data_q != 0));
      NoReadAnswerWithoutARead: assert (!rvalid || reads_q != 0);
      FewUnderWay: assert (addresses_q <= 3 && data_q <= 3 && reads_q <= 3);
      AnsweredSoon: assert (32'(waited_q) < Patience);
      AlwaysOkay: assert ((!bvalid || bresp == 2'b00) && (!rvalid || rresp == 2'b00));
    end
    BothUnderWay: cover (before_q && reads_q != 0 && addresses_q != 0 && data_q != 0 && read_stalled_q);
    ReadAfterWrite: cover (before_q && write_stalled_q && reads_q == 3'd2);
  end

endmodule
