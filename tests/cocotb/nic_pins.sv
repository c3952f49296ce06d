// pcl_nic with two wire ports, each bus under a name of its own, as bus models of other people look for them.
//
// In and out: s0/s1_axis (wire ports in), m0/m1_axis (wire ports out), s_axil (registers), m_axi (host memory), link (a bit a port), interrupts (a bit a line).
// Nothing is added: every name is a slice of a port of pcl_nic.
module nic_pins #(
  parameter  int unsigned QUEUES = 2,
  parameter  int unsigned DATA_WIDTH = 128,
  parameter  int unsigned RULES = 64,
  parameter  int unsigned ADDRESS_INTERVALS = 16,
  parameter  int unsigned PORT_INTERVALS = 16,
  parameter  int unsigned VLAN_INTERVALS = 16,
  parameter  int unsigned FIFO_BYTES = 16384,
  localparam int unsigned Bytes = DATA_WIDTH / 8,
  localparam int unsigned IdBits = 3
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
  input  logic                  m0_axis_tready,

  output logic [DATA_WIDTH-1:0] m1_axis_tdata,
  output logic [Bytes-1:0]      m1_axis_tkeep,
  output logic                  m1_axis_tvalid,
  output logic                  m1_axis_tlast,
  input  logic                  m1_axis_tready,

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

  output logic [IdBits-1:0]     m_axi_awid,
  output logic [63:0]           m_axi_awaddr,
  output logic [7:0]            m_axi_awlen,
  output logic [2:0]            m_axi_awsize,
  output logic [1:0]            m_axi_awburst,
  output logic                  m_axi_awlock,
  output logic [3:0]            m_axi_awcache,
  output logic [2:0]            m_axi_awprot,
  output logic                  m_axi_awvalid,
  input  logic                  m_axi_awready,
  output logic [DATA_WIDTH-1:0] m_axi_wdata,
  output logic [Bytes-1:0]      m_axi_wstrb,
  output logic                  m_axi_wlast,
  output logic                  m_axi_wvalid,
  input  logic                  m_axi_wready,
  input  logic [IdBits-1:0]     m_axi_bid,
  input  logic [1:0]            m_axi_bresp,
  input  logic                  m_axi_bvalid,
  output logic                  m_axi_bready,
  output logic [IdBits-1:0]     m_axi_arid,
  output logic [63:0]           m_axi_araddr,
  output logic [7:0]            m_axi_arlen,
  output logic [2:0]            m_axi_arsize,
  output logic [1:0]            m_axi_arburst,
  output logic                  m_axi_arlock,
  output logic [3:0]            m_axi_arcache,
  output logic [2:0]            m_axi_arprot,
  output logic                  m_axi_arvalid,
  input  logic                  m_axi_arready,
  input  logic [IdBits-1:0]     m_axi_rid,
  input  logic [DATA_WIDTH-1:0] m_axi_rdata,
  input  logic [1:0]            m_axi_rresp,
  input  logic                  m_axi_rlast,
  input  logic                  m_axi_rvalid,
  output logic                  m_axi_rready,

  input  logic [1:0]            link,
  output logic [QUEUES:0]       interrupts
);

  localparam logic [31:0] Speed = 10_000;  // Mbit/s

  // Who sees every packet's report has it from the filter: tests of the streams look at it.
  logic                           unused_report_valid;
  pcl_filter_pkg::filter_report_t unused_report;
  // There is no management processor.
  logic                           unused_console_valid;
  logic [7:0]                     unused_console;

  pcl_nic #(
    .PORTS(2), .QUEUES(QUEUES), .DATA_WIDTH(DATA_WIDTH), .RULES(RULES), .ADDRESS_INTERVALS(ADDRESS_INTERVALS), .PORT_INTERVALS(PORT_INTERVALS),
    .VLAN_INTERVALS(VLAN_INTERVALS), .FIFO_BYTES(FIFO_BYTES)
  ) u_nic (
    .clk_i(clk), .rst_i(rst),
    .s_axis_tdata_i({s1_axis_tdata, s0_axis_tdata}), .s_axis_tkeep_i({s1_axis_tkeep, s0_axis_tkeep}),
    .s_axis_tvalid_i({s1_axis_tvalid, s0_axis_tvalid}), .s_axis_tlast_i({s1_axis_tlast, s0_axis_tlast}),
    .s_axis_tuser_i({s1_axis_tuser, s0_axis_tuser}), .s_axis_tready_o({s1_axis_tready, s0_axis_tready}),
    .m_axis_tdata_o({m1_axis_tdata, m0_axis_tdata}), .m_axis_tkeep_o({m1_axis_tkeep, m0_axis_tkeep}),
    .m_axis_tvalid_o({m1_axis_tvalid, m0_axis_tvalid}), .m_axis_tlast_o({m1_axis_tlast, m0_axis_tlast}), .m_axis_tready_i({m1_axis_tready, m0_axis_tready}),
    .link_i(link), .speed_i({Speed, Speed}),
    .s_axil_awvalid_i(s_axil_awvalid), .s_axil_awready_o(s_axil_awready), .s_axil_awaddr_i(s_axil_awaddr), .s_axil_awprot_i(s_axil_awprot), .s_axil_wvalid_i(s_axil_wvalid), .s_axil_wready_o(s_axil_wready),
    .s_axil_wdata_i(s_axil_wdata), .s_axil_wstrb_i(s_axil_wstrb), .s_axil_bvalid_o(s_axil_bvalid), .s_axil_bready_i(s_axil_bready), .s_axil_bresp_o(s_axil_bresp), .s_axil_arvalid_i(s_axil_arvalid),
    .s_axil_arready_o(s_axil_arready), .s_axil_araddr_i(s_axil_araddr), .s_axil_arprot_i(s_axil_arprot), .s_axil_rvalid_o(s_axil_rvalid), .s_axil_rready_i(s_axil_rready), .s_axil_rdata_o(s_axil_rdata),
    .s_axil_rresp_o(s_axil_rresp),
    .m_axi_awid_o(m_axi_awid), .m_axi_awaddr_o(m_axi_awaddr), .m_axi_awlen_o(m_axi_awlen), .m_axi_awsize_o(m_axi_awsize), .m_axi_awburst_o(m_axi_awburst),
    .m_axi_awlock_o(m_axi_awlock), .m_axi_awcache_o(m_axi_awcache), .m_axi_awprot_o(m_axi_awprot), .m_axi_awvalid_o(m_axi_awvalid), .m_axi_awready_i(m_axi_awready),
    .m_axi_wdata_o(m_axi_wdata), .m_axi_wstrb_o(m_axi_wstrb), .m_axi_wlast_o(m_axi_wlast), .m_axi_wvalid_o(m_axi_wvalid), .m_axi_wready_i(m_axi_wready),
    .m_axi_bid_i(m_axi_bid), .m_axi_bresp_i(m_axi_bresp), .m_axi_bvalid_i(m_axi_bvalid), .m_axi_bready_o(m_axi_bready), .m_axi_arid_o(m_axi_arid),
    .m_axi_araddr_o(m_axi_araddr), .m_axi_arlen_o(m_axi_arlen), .m_axi_arsize_o(m_axi_arsize), .m_axi_arburst_o(m_axi_arburst), .m_axi_arlock_o(m_axi_arlock),
    .m_axi_arcache_o(m_axi_arcache), .m_axi_arprot_o(m_axi_arprot), .m_axi_arvalid_o(m_axi_arvalid), .m_axi_arready_i(m_axi_arready), .m_axi_rid_i(m_axi_rid),
    .m_axi_rdata_i(m_axi_rdata), .m_axi_rresp_i(m_axi_rresp), .m_axi_rlast_i(m_axi_rlast), .m_axi_rvalid_i(m_axi_rvalid), .m_axi_rready_o(m_axi_rready),
    .interrupt_o(interrupts), .report_valid_o(unused_report_valid), .report_o(unused_report),
    .console_valid_o(unused_console_valid), .console_ready_i(1'b1), .console_data_o(unused_console)
  );

endmodule
