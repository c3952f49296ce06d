// The Versa ECP5-5G board without its pins, clocks and MACs: a filter between two MACs, its registers behind a serial line.
// In, out: per port the streams of the MAC that constraints/versa/generate_mac.py writes, 64 bits, frames without FCS. In a frame's last beat `last_be` has
// the one bit of the last byte; `error` marks a received frame as bad. All on clk_i.
// What rules send to the host is counted and goes nowhere: this board has no host.
// Guaranteed: a frame's beats go to the MAC without a gap of ours, so that its transmitter does not run dry.
module versa_core
  import pcl_filter_pkg::*;
#(
  parameter int unsigned CLOCKS_PER_BIT = 78  // of the serial line
) (
  input  logic             clk_i,
  input  logic             rst_i,

  input  logic [1:0]       rx_valid_i,
  output logic [1:0]       rx_ready_o,
  input  logic [1:0]       rx_last_i,
  input  logic [1:0][63:0] rx_data_i,
  input  logic [1:0][7:0]  rx_last_be_i,
  input  logic [1:0][7:0]  rx_error_i,

  output logic [1:0]       tx_valid_o,
  input  logic [1:0]       tx_ready_i,
  output logic [1:0]       tx_last_o,
  output logic [1:0][63:0] tx_data_o,
  output logic [1:0][7:0]  tx_last_be_o,

  input  logic             serial_i,
  output logic             serial_o,

  output logic [1:0]       permitted_o,  // pulses: a frame of this port was decided on
  output logic [1:0]       dropped_o
);

  // Geometry `versa` (geometries/versa.yaml): what 108 block RAMs hold.
  localparam int unsigned Rules = 128;
  localparam int unsigned AddressIntervals = 64;
  localparam int unsigned PortIntervals = 64;
  localparam int unsigned VlanIntervals = 16;
  localparam int unsigned MaxFrame = 1536;

  logic [15:0] keep_in;
  logic [1:0] bad;
  for (genvar p = 0; p < 2; p++) begin : g_in
    // The bits up to the last byte's.
    assign keep_in[8*p +: 8] = rx_last_i[p] ? {rx_last_be_i[p][6:0], 1'b0} - 8'd1 : 8'hFF;
    assign bad[p] = rx_last_i[p] && rx_error_i[p] != 0;
  end

  logic [191:0] data_out;
  logic [23:0] keep_out;
  logic [2:0] valid_out, last_out;
  logic [3*UserBits-1:0] user_out;
  for (genvar p = 0; p < 2; p++) begin : g_out
    assign tx_valid_o[p] = valid_out[p];
    assign tx_last_o[p] = last_out[p];
    assign tx_data_o[p] = data_out[64*p +: 64];
    assign tx_last_be_o[p] = last_out[p] ? keep_out[8*p +: 8] & ~(keep_out[8*p +: 8] >> 1) : 8'h00;
  end

  logic        awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
  logic [15:0] awaddr, araddr;
  logic [2:0]  awprot, arprot;
  logic [31:0] wdata, rdata;
  logic [3:0]  wstrb;
  logic [1:0]  bresp, rresp;
  pcl_serial_bridge #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) u_serial (
    .clk_i, .rst_i, .line_i(serial_i), .line_o(serial_o),
    .m_axil_awvalid_o(awvalid), .m_axil_awready_i(awready), .m_axil_awaddr_o(awaddr), .m_axil_awprot_o(awprot),
    .m_axil_wvalid_o(wvalid), .m_axil_wready_i(wready), .m_axil_wdata_o(wdata), .m_axil_wstrb_o(wstrb),
    .m_axil_bvalid_i(bvalid), .m_axil_bready_o(bready), .m_axil_bresp_i(bresp),
    .m_axil_arvalid_o(arvalid), .m_axil_arready_i(arready), .m_axil_araddr_o(araddr), .m_axil_arprot_o(arprot),
    .m_axil_rvalid_i(rvalid), .m_axil_rready_o(rready), .m_axil_rdata_i(rdata), .m_axil_rresp_i(rresp)
  );

  logic report_valid, unused_load_ready;
  filter_report_t report;
  pcl_filter #(
    .PORTS(2), .DATA_WIDTH(64), .RULES(Rules), .ADDRESS_INTERVALS(AddressIntervals), .PORT_INTERVALS(PortIntervals), .VLAN_INTERVALS(VlanIntervals),
    .FIFO_BYTES(4096), .MAX_FRAME(MaxFrame), .SHARED_PARSER(1)
  ) u_filter (
    .clk_i, .rst_i,
    .s_axis_tdata_i(rx_data_i), .s_axis_tkeep_i(keep_in), .s_axis_tvalid_i(rx_valid_i), .s_axis_tlast_i(rx_last_i), .s_axis_tuser_i(bad),
    .s_axis_tready_o(rx_ready_o),
    .m_axis_tdata_o(data_out), .m_axis_tkeep_o(keep_out), .m_axis_tvalid_o(valid_out), .m_axis_tlast_o(last_out), .m_axis_tuser_o(user_out),
    .m_axis_tready_i({1'b1, tx_ready_i}),
    .s_axil_awvalid_i(awvalid), .s_axil_awready_o(awready), .s_axil_awaddr_i(awaddr), .s_axil_awprot_i(awprot),
    .s_axil_wvalid_i(wvalid), .s_axil_wready_o(wready), .s_axil_wdata_i(wdata), .s_axil_wstrb_i(wstrb),
    .s_axil_bvalid_o(bvalid), .s_axil_bready_i(bready), .s_axil_bresp_o(bresp),
    .s_axil_arvalid_i(arvalid), .s_axil_arready_o(arready), .s_axil_araddr_i(araddr), .s_axil_arprot_i(arprot),
    .s_axil_rvalid_o(rvalid), .s_axil_rready_i(rready), .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp),
    .load_valid_i(1'b0), .load_ready_o(unused_load_ready), .load_target_i('0), .load_index_i('0), .load_data_i('0),
    .report_valid_o(report_valid), .report_o(report)
  );
  always_comb begin
    for (int unsigned p = 0; p < 2; p++) begin
      permitted_o[p] = report_valid && report.ingress == 3'(p) && report.permit;
      dropped_o[p]   = report_valid && report.ingress == 3'(p) && !report.permit;
    end
  end

  logic unused;
  assign unused = ^{user_out, data_out[191:128], keep_out[23:16], valid_out[2], last_out[2], report, rx_last_be_i[0][7], rx_last_be_i[1][7]};

endmodule
