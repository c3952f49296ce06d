// pcl_filter between two MACs that speak plain AXI4-Stream, each with a receive and a transmit clock of its own; registers from a third clock, the
// filter in a fourth. Everything that the filter asks of its surroundings is here: crossings, a buffer behind each receiver that cannot wait, a buffer
// in front of each transmitter that must not starve, resets (docs/integration.md).
//
// Guarantees: frames that pass leave by the other MAC, whole, unchanged and in order; a transmitter never waits within a frame; a frame that finds a
// receive buffer full is dropped whole and told by mac*_rx_dropped_o. The buffers hold BUFFER_ROWS beats.
module filter_between_macs #(
  parameter  int unsigned DATA_WIDTH = 64,
  parameter  int unsigned RULES = 512,
  parameter  int unsigned ADDRESS_INTERVALS = 256,
  parameter  int unsigned PORT_INTERVALS = 256,
  parameter  int unsigned VLAN_INTERVALS = 256,
  parameter  int unsigned FIFO_BYTES = 16384,
  parameter  int unsigned BUFFER_ROWS = 2048,  // a power of two that holds the longest frame
  localparam int unsigned UserBits = pcl_filter_pkg::UserBits
) (
  input  logic                    async_rst_i,          // resets all clocks; hold it for four periods of the slowest
  input  logic                    clk_i,                // the filter's: DATA_WIDTH bits a clock must carry a MAC's line rate

  // MAC 0: what it received, in its own clock; it cannot wait. What it is to send, in its own clock.
  input  logic                    mac0_rx_clk_i,
  input  logic [DATA_WIDTH-1:0]   mac0_rx_tdata_i,
  input  logic [DATA_WIDTH/8-1:0] mac0_rx_tkeep_i,
  input  logic                    mac0_rx_tvalid_i,
  input  logic                    mac0_rx_tlast_i,
  input  logic                    mac0_rx_tuser_i,     // with TLAST: bad FCS or the like
  input  logic                    mac0_tx_clk_i,
  output logic [DATA_WIDTH-1:0]   mac0_tx_tdata_o,
  output logic [DATA_WIDTH/8-1:0] mac0_tx_tkeep_o,
  output logic                    mac0_tx_tvalid_o,
  output logic                    mac0_tx_tlast_o,
  output logic                    mac0_tx_tuser_o,     // never set: no frame is cut short
  input  logic                    mac0_tx_tready_i,
  output logic                    mac0_rx_dropped_o,   // rx clock; a frame found the receive buffer full

  // MAC 1: what it received, in its own clock; it cannot wait. What it is to send, in its own clock.
  input  logic                    mac1_rx_clk_i,
  input  logic [DATA_WIDTH-1:0]   mac1_rx_tdata_i,
  input  logic [DATA_WIDTH/8-1:0] mac1_rx_tkeep_i,
  input  logic                    mac1_rx_tvalid_i,
  input  logic                    mac1_rx_tlast_i,
  input  logic                    mac1_rx_tuser_i,     // with TLAST: bad FCS or the like
  input  logic                    mac1_tx_clk_i,
  output logic [DATA_WIDTH-1:0]   mac1_tx_tdata_o,
  output logic [DATA_WIDTH/8-1:0] mac1_tx_tkeep_o,
  output logic                    mac1_tx_tvalid_o,
  output logic                    mac1_tx_tlast_o,
  output logic                    mac1_tx_tuser_o,     // never set: no frame is cut short
  input  logic                    mac1_tx_tready_i,
  output logic                    mac1_rx_dropped_o,   // rx clock; a frame found the receive buffer full

  // The host: clk_i.
  output logic [DATA_WIDTH-1:0]   host_tdata_o,
  output logic [DATA_WIDTH/8-1:0] host_tkeep_o,
  output logic                    host_tvalid_o,
  output logic                    host_tlast_o,
  output logic [UserBits-1:0]     host_tuser_o,
  input  logic                    host_tready_i,

  // Registers.
  input  logic                    s_axil_clk_i,
  input  logic                    s_axil_awvalid_i,
  output logic                    s_axil_awready_o,
  input  logic [15:0]             s_axil_awaddr_i,
  input  logic                    s_axil_wvalid_i,
  output logic                    s_axil_wready_o,
  input  logic [31:0]             s_axil_wdata_i,
  input  logic [3:0]              s_axil_wstrb_i,
  output logic                    s_axil_bvalid_o,
  input  logic                    s_axil_bready_i,
  output logic [1:0]              s_axil_bresp_o,
  input  logic                    s_axil_arvalid_i,
  output logic                    s_axil_arready_o,
  input  logic [15:0]             s_axil_araddr_i,
  output logic                    s_axil_rvalid_o,
  input  logic                    s_axil_rready_i,
  output logic [31:0]             s_axil_rdata_o,
  output logic [1:0]              s_axil_rresp_o
);

  localparam int unsigned Bytes = DATA_WIDTH / 8;
  localparam int unsigned MaxFrame = 9728;
  localparam int unsigned RowBits = pcl_engine_pkg::maximum(RULES, 128);

  if (BUFFER_ROWS * Bytes < MaxFrame) begin : gen_check_buffer
    $fatal(1, "filter_between_macs: BUFFER_ROWS is %0d; %0d bytes of the longest frame need more", BUFFER_ROWS, MaxFrame);
  end

  logic rst, axil_rst;
  reset_synchroniser u_rst (.clk_i(clk_i), .async_rst_i(async_rst_i), .rst_o(rst));
  reset_synchroniser u_axil_rst (.clk_i(s_axil_clk_i), .async_rst_i(async_rst_i), .rst_o(axil_rst));

  // Egress 2 is the host's.
  logic [2*DATA_WIDTH-1:0] in_data;
  logic [2*Bytes-1:0]      in_keep;
  logic [1:0]              in_valid, in_last, in_bad, in_ready;
  logic [3*DATA_WIDTH-1:0] out_data;
  logic [3*Bytes-1:0]      out_keep;
  logic [2:0]              out_valid, out_last, out_ready;
  logic [3*UserBits-1:0]   out_user;

  // MAC 0.
  logic rx0_rst, tx0_rst;
  reset_synchroniser u_rx0_rst (.clk_i(mac0_rx_clk_i), .async_rst_i(async_rst_i), .rst_o(rx0_rst));
  reset_synchroniser u_tx0_rst (.clk_i(mac0_tx_clk_i), .async_rst_i(async_rst_i), .rst_o(tx0_rst));
  frame_crossing #(.DATA_WIDTH(DATA_WIDTH), .ROWS(BUFFER_ROWS), .DROP_WHEN_FULL(1'b1)) u_rx0 (
    .w_clk_i(mac0_rx_clk_i), .w_rst_i(rx0_rst),
    .w_data_i(mac0_rx_tdata_i), .w_keep_i(mac0_rx_tkeep_i), .w_valid_i(mac0_rx_tvalid_i), .w_last_i(mac0_rx_tlast_i), .w_bad_i(mac0_rx_tuser_i),
    .w_ready_o(), .dropped_o(mac0_rx_dropped_o),
    .r_clk_i(clk_i), .r_rst_i(rst),
    .r_data_o(in_data[0*DATA_WIDTH+:DATA_WIDTH]), .r_keep_o(in_keep[0*Bytes+:Bytes]), .r_valid_o(in_valid[0]), .r_last_o(in_last[0]),
    .r_bad_o(in_bad[0]), .r_ready_i(in_ready[0])
  );
  frame_crossing #(.DATA_WIDTH(DATA_WIDTH), .ROWS(BUFFER_ROWS)) u_tx0 (
    .w_clk_i(clk_i), .w_rst_i(rst),
    .w_data_i(out_data[0*DATA_WIDTH+:DATA_WIDTH]), .w_keep_i(out_keep[0*Bytes+:Bytes]), .w_valid_i(out_valid[0]), .w_last_i(out_last[0]),
    .w_bad_i(1'b0), .w_ready_o(out_ready[0]), .dropped_o(),
    .r_clk_i(mac0_tx_clk_i), .r_rst_i(tx0_rst),
    .r_data_o(mac0_tx_tdata_o), .r_keep_o(mac0_tx_tkeep_o), .r_valid_o(mac0_tx_tvalid_o), .r_last_o(mac0_tx_tlast_o),
    .r_bad_o(mac0_tx_tuser_o), .r_ready_i(mac0_tx_tready_i)
  );

  // MAC 1.
  logic rx1_rst, tx1_rst;
  reset_synchroniser u_rx1_rst (.clk_i(mac1_rx_clk_i), .async_rst_i(async_rst_i), .rst_o(rx1_rst));
  reset_synchroniser u_tx1_rst (.clk_i(mac1_tx_clk_i), .async_rst_i(async_rst_i), .rst_o(tx1_rst));
  frame_crossing #(.DATA_WIDTH(DATA_WIDTH), .ROWS(BUFFER_ROWS), .DROP_WHEN_FULL(1'b1)) u_rx1 (
    .w_clk_i(mac1_rx_clk_i), .w_rst_i(rx1_rst),
    .w_data_i(mac1_rx_tdata_i), .w_keep_i(mac1_rx_tkeep_i), .w_valid_i(mac1_rx_tvalid_i), .w_last_i(mac1_rx_tlast_i), .w_bad_i(mac1_rx_tuser_i),
    .w_ready_o(), .dropped_o(mac1_rx_dropped_o),
    .r_clk_i(clk_i), .r_rst_i(rst),
    .r_data_o(in_data[1*DATA_WIDTH+:DATA_WIDTH]), .r_keep_o(in_keep[1*Bytes+:Bytes]), .r_valid_o(in_valid[1]), .r_last_o(in_last[1]),
    .r_bad_o(in_bad[1]), .r_ready_i(in_ready[1])
  );
  frame_crossing #(.DATA_WIDTH(DATA_WIDTH), .ROWS(BUFFER_ROWS)) u_tx1 (
    .w_clk_i(clk_i), .w_rst_i(rst),
    .w_data_i(out_data[1*DATA_WIDTH+:DATA_WIDTH]), .w_keep_i(out_keep[1*Bytes+:Bytes]), .w_valid_i(out_valid[1]), .w_last_i(out_last[1]),
    .w_bad_i(1'b0), .w_ready_o(out_ready[1]), .dropped_o(),
    .r_clk_i(mac1_tx_clk_i), .r_rst_i(tx1_rst),
    .r_data_o(mac1_tx_tdata_o), .r_keep_o(mac1_tx_tkeep_o), .r_valid_o(mac1_tx_tvalid_o), .r_last_o(mac1_tx_tlast_o),
    .r_bad_o(mac1_tx_tuser_o), .r_ready_i(mac1_tx_tready_i)
  );

  // Host: the filter's own clock.
  assign host_tdata_o = out_data[2*DATA_WIDTH+:DATA_WIDTH];
  assign host_tkeep_o = out_keep[2*Bytes+:Bytes];
  assign host_tvalid_o = out_valid[2];
  assign host_tlast_o = out_last[2];
  assign host_tuser_o = out_user[2*UserBits+:UserBits];
  assign out_ready[2] = host_tready_i;

  // Registers.
  logic        awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
  logic [15:0] awaddr, araddr;
  logic [31:0] wdata, rdata;
  logic [3:0]  wstrb;
  logic [1:0]  bresp, rresp;
  register_crossing u_registers (
    .s_clk_i(s_axil_clk_i), .s_rst_i(axil_rst),
    .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_awaddr_i, .s_axil_wvalid_i, .s_axil_wready_o, .s_axil_wdata_i, .s_axil_wstrb_i,
    .s_axil_bvalid_o, .s_axil_bready_i, .s_axil_bresp_o, .s_axil_arvalid_i, .s_axil_arready_o, .s_axil_araddr_i,
    .s_axil_rvalid_o, .s_axil_rready_i, .s_axil_rdata_o, .s_axil_rresp_o,
    .m_clk_i(clk_i), .m_rst_i(rst),
    .m_axil_awvalid_o(awvalid), .m_axil_awready_i(awready), .m_axil_awaddr_o(awaddr), .m_axil_wvalid_o(wvalid), .m_axil_wready_i(wready),
    .m_axil_wdata_o(wdata), .m_axil_wstrb_o(wstrb), .m_axil_bvalid_i(bvalid), .m_axil_bready_o(bready), .m_axil_bresp_i(bresp),
    .m_axil_arvalid_o(arvalid), .m_axil_arready_i(arready), .m_axil_araddr_o(araddr), .m_axil_rvalid_i(rvalid), .m_axil_rready_o(rready),
    .m_axil_rdata_i(rdata), .m_axil_rresp_i(rresp)
  );

  pcl_filter #(
    .PORTS(2), .DATA_WIDTH(DATA_WIDTH), .RULES(RULES), .ADDRESS_INTERVALS(ADDRESS_INTERVALS), .PORT_INTERVALS(PORT_INTERVALS),
    .VLAN_INTERVALS(VLAN_INTERVALS), .FIFO_BYTES(FIFO_BYTES), .MAX_FRAME(MaxFrame)
  ) u_filter (
    .clk_i, .rst_i(rst),
    .s_axis_tdata_i(in_data), .s_axis_tkeep_i(in_keep), .s_axis_tvalid_i(in_valid), .s_axis_tlast_i(in_last), .s_axis_tuser_i(in_bad),
    .s_axis_tready_o(in_ready),
    .m_axis_tdata_o(out_data), .m_axis_tkeep_o(out_keep), .m_axis_tvalid_o(out_valid), .m_axis_tlast_o(out_last), .m_axis_tuser_o(out_user),
    .m_axis_tready_i(out_ready),
    .s_axil_awvalid_i(awvalid), .s_axil_awready_o(awready), .s_axil_awaddr_i(awaddr), .s_axil_awprot_i(3'd0),
    .s_axil_wvalid_i(wvalid), .s_axil_wready_o(wready), .s_axil_wdata_i(wdata), .s_axil_wstrb_i(wstrb),
    .s_axil_bvalid_o(bvalid), .s_axil_bready_i(bready), .s_axil_bresp_o(bresp),
    .s_axil_arvalid_i(arvalid), .s_axil_arready_o(arready), .s_axil_araddr_i(araddr), .s_axil_arprot_i(3'd0),
    .s_axil_rvalid_o(rvalid), .s_axil_rready_i(rready), .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp),
    // Tables come through the registers.
    .load_valid_i(1'b0), .load_ready_o(), .load_target_i(6'd0), .load_index_i(16'd0), .load_data_i(RowBits'(0)),
    .report_valid_o(), .report_o()
  );

  // A MAC takes no metadata.
  logic unused;
  assign unused = &{1'b0, out_user[2*UserBits-1:0]};

endmodule
