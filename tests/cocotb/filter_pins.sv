// pcl_filter with two wire ports, each stream under names of its own, as bus models of other people look for them.
//
// In and out: s0/s1_axis (wire ports in), m0/m1_axis (wire ports out), host_axis (the host's egress), s_axil (registers), report,
// load (the row-wide load port). Nothing is added: every name is a slice of a port of pcl_filter.
module filter_pins #(
  parameter  int unsigned DATA_WIDTH = 512,
  parameter  int unsigned RULES = 512,
  parameter  int unsigned ADDRESS_INTERVALS = 256,
  parameter  int unsigned PORT_INTERVALS = 256,
  parameter  int unsigned VLAN_INTERVALS = 256,
  parameter  int unsigned FIFO_BYTES = 32768,
  localparam int unsigned Bytes = DATA_WIDTH / 8,
  localparam int unsigned User = pcl_filter_pkg::UserBits,
  localparam int unsigned RowBits = pcl_engine_pkg::maximum(RULES, 128)
) (
  input  logic                  clk,
  input  logic                  rst,

  input  logic [DATA_WIDTH-1:0] s0_axis_tdata,
  input  logic [Bytes-1:0]      s0_axis_tkeep,
  input  logic                  s0_axis_tvalid,
  input  logic                  s0_axis_tlast,
  input  logic                  s0_axis_tuser,
  output logic                  s0_axis_tready,

  input  logic [DATA_WIDTH-1:0] s1_axis_tdata,
  input  logic [Bytes-1:0]      s1_axis_tkeep,
  input  logic                  s1_axis_tvalid,
  input  logic                  s1_axis_tlast,
  input  logic                  s1_axis_tuser,
  output logic                  s1_axis_tready,

  output logic [DATA_WIDTH-1:0] m0_axis_tdata,
  output logic [Bytes-1:0]      m0_axis_tkeep,
  output logic                  m0_axis_tvalid,
  output logic                  m0_axis_tlast,
  output logic [User-1:0]       m0_axis_tuser,
  input  logic                  m0_axis_tready,

  output logic [DATA_WIDTH-1:0] m1_axis_tdata,
  output logic [Bytes-1:0]      m1_axis_tkeep,
  output logic                  m1_axis_tvalid,
  output logic                  m1_axis_tlast,
  output logic [User-1:0]       m1_axis_tuser,
  input  logic                  m1_axis_tready,

  output logic [DATA_WIDTH-1:0] host_axis_tdata,
  output logic [Bytes-1:0]      host_axis_tkeep,
  output logic                  host_axis_tvalid,
  output logic                  host_axis_tlast,
  output logic [User-1:0]       host_axis_tuser,
  input  logic                  host_axis_tready,

  input  logic                  s_axil_awvalid,
  output logic                  s_axil_awready,
  input  logic [15:0]           s_axil_awaddr,
  input  logic [2:0]            s_axil_awprot,
  input  logic                  s_axil_wvalid,
  output logic                  s_axil_wready,
  input  logic [31:0]           s_axil_wdata,
  input  logic [3:0]            s_axil_wstrb,
  output logic                  s_axil_bvalid,
  input  logic                  s_axil_bready,
  output logic [1:0]            s_axil_bresp,
  input  logic                  s_axil_arvalid,
  output logic                  s_axil_arready,
  input  logic [15:0]           s_axil_araddr,
  input  logic [2:0]            s_axil_arprot,
  output logic                  s_axil_rvalid,
  input  logic                  s_axil_rready,
  output logic [31:0]           s_axil_rdata,
  output logic [1:0]            s_axil_rresp,

  input  logic                           load_valid,
  output logic                           load_ready,
  input  logic [5:0]                     load_target,
  input  logic [15:0]                    load_index,
  input  logic [RowBits-1:0]             load_data,

  output logic                           report_valid,
  output pcl_filter_pkg::filter_report_t report
);

  pcl_filter #(
    .PORTS(2), .DATA_WIDTH(DATA_WIDTH), .RULES(RULES), .ADDRESS_INTERVALS(ADDRESS_INTERVALS), .PORT_INTERVALS(PORT_INTERVALS),
    .VLAN_INTERVALS(VLAN_INTERVALS), .FIFO_BYTES(FIFO_BYTES)
  ) u_filter (
    .clk_i(clk), .rst_i(rst),
    .s_axis_tdata_i({s1_axis_tdata, s0_axis_tdata}), .s_axis_tkeep_i({s1_axis_tkeep, s0_axis_tkeep}),
    .s_axis_tvalid_i({s1_axis_tvalid, s0_axis_tvalid}), .s_axis_tlast_i({s1_axis_tlast, s0_axis_tlast}),
    .s_axis_tuser_i({s1_axis_tuser, s0_axis_tuser}), .s_axis_tready_o({s1_axis_tready, s0_axis_tready}),
    .m_axis_tdata_o({host_axis_tdata, m1_axis_tdata, m0_axis_tdata}), .m_axis_tkeep_o({host_axis_tkeep, m1_axis_tkeep, m0_axis_tkeep}),
    .m_axis_tvalid_o({host_axis_tvalid, m1_axis_tvalid, m0_axis_tvalid}), .m_axis_tlast_o({host_axis_tlast, m1_axis_tlast, m0_axis_tlast}),
    .m_axis_tuser_o({host_axis_tuser, m1_axis_tuser, m0_axis_tuser}), .m_axis_tready_i({host_axis_tready, m1_axis_tready, m0_axis_tready}),
    .s_axil_awvalid_i(s_axil_awvalid), .s_axil_awready_o(s_axil_awready), .s_axil_awaddr_i(s_axil_awaddr), .s_axil_awprot_i(s_axil_awprot),
    .s_axil_wvalid_i(s_axil_wvalid), .s_axil_wready_o(s_axil_wready), .s_axil_wdata_i(s_axil_wdata), .s_axil_wstrb_i(s_axil_wstrb),
    .s_axil_bvalid_o(s_axil_bvalid), .s_axil_bready_i(s_axil_bready), .s_axil_bresp_o(s_axil_bresp),
    .s_axil_arvalid_i(s_axil_arvalid), .s_axil_arready_o(s_axil_arready), .s_axil_araddr_i(s_axil_araddr), .s_axil_arprot_i(s_axil_arprot),
    .s_axil_rvalid_o(s_axil_rvalid), .s_axil_rready_i(s_axil_rready), .s_axil_rdata_o(s_axil_rdata), .s_axil_rresp_o(s_axil_rresp),
    .load_valid_i(load_valid), .load_ready_o(load_ready), .load_target_i(load_target), .load_index_i(load_index), .load_data_i(load_data),
    .report_valid_o(report_valid), .report_o(report)
  );

endmodule
