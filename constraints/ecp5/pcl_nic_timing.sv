// The NIC between registers (pcl_timing_pins), for timing.
// LATENCY_CLOCKS is what the one who asks believes the latency of a lookup to be; elaboration fails where the sources say another.
module pcl_nic_timing
  import pcl_filter_pkg::*;
#(
  parameter  int unsigned PORTS             = 1,
  parameter  int unsigned QUEUES            = 2,
  parameter  int unsigned DATA_WIDTH        = 128,
  parameter  int unsigned RULES             = 128,
  parameter  int unsigned ADDRESS_BITS      = 128,
  parameter  int unsigned ADDRESS_INTERVALS = 256,
  parameter  int unsigned PORT_INTERVALS    = 256,
  parameter  int unsigned VLAN_INTERVALS    = 256,
  parameter  int unsigned FIFO_BYTES        = 16384,
  parameter  int unsigned RECEIVE_BYTES     = 16384,
  parameter  int unsigned TRANSMIT_BYTES    = 16384,
  parameter  int unsigned LATENCY_CLOCKS    = 24,
  localparam int unsigned Bytes             = DATA_WIDTH / 8,
  localparam int unsigned IdBits            = 3
) (
  input  logic clk_i,
  input  logic serial_i,
  output logic serial_o
);

  localparam int unsigned Latency = pcl_engine_pkg::latency(RULES, ADDRESS_BITS, ADDRESS_INTERVALS, PORT_INTERVALS, VLAN_INTERVALS);
  if (LATENCY_CLOCKS != Latency) begin : g_check
    $fatal(1, "pcl_nic_timing: LATENCY_CLOCKS is %0d; pcl_engine_pkg::latency is %0d", LATENCY_CLOCKS, Latency);
  end

  typedef struct packed {
    logic                        rst;
    logic [PORTS*DATA_WIDTH-1:0] s_axis_tdata;
    logic [PORTS*Bytes-1:0]      s_axis_tkeep;
    logic [PORTS-1:0]            s_axis_tvalid;
    logic [PORTS-1:0]            s_axis_tlast;
    logic [PORTS-1:0]            s_axis_tuser;
    logic [PORTS-1:0]            m_axis_tready;
    logic [PORTS-1:0]            link;
    logic [PORTS*32-1:0]         speed;
    logic                        s_axil_awvalid;
    logic [15:0]                 s_axil_awaddr;
    logic [2:0]                  s_axil_awprot;
    logic                        s_axil_wvalid;
    logic [31:0]                 s_axil_wdata;
    logic [3:0]                  s_axil_wstrb;
    logic                        s_axil_bready;
    logic                        s_axil_arvalid;
    logic [15:0]                 s_axil_araddr;
    logic [2:0]                  s_axil_arprot;
    logic                        s_axil_rready;
    logic                        m_axi_awready;
    logic                        m_axi_wready;
    logic [IdBits-1:0]           m_axi_bid;
    logic [1:0]                  m_axi_bresp;
    logic                        m_axi_bvalid;
    logic                        m_axi_arready;
    logic [IdBits-1:0]           m_axi_rid;
    logic [DATA_WIDTH-1:0]       m_axi_rdata;
    logic [1:0]                  m_axi_rresp;
    logic                        m_axi_rlast;
    logic                        m_axi_rvalid;
    logic                        console_ready;
  } inputs_t;

  typedef struct packed {
    logic [PORTS-1:0]            s_axis_tready;
    logic [PORTS*DATA_WIDTH-1:0] m_axis_tdata;
    logic [PORTS*Bytes-1:0]      m_axis_tkeep;
    logic [PORTS-1:0]            m_axis_tvalid;
    logic [PORTS-1:0]            m_axis_tlast;
    logic                        s_axil_awready;
    logic                        s_axil_wready;
    logic                        s_axil_bvalid;
    logic [1:0]                  s_axil_bresp;
    logic                        s_axil_arready;
    logic                        s_axil_rvalid;
    logic [31:0]                 s_axil_rdata;
    logic [1:0]                  s_axil_rresp;
    logic [IdBits-1:0]           m_axi_awid;
    logic [63:0]                 m_axi_awaddr;
    logic [7:0]                  m_axi_awlen;
    logic [2:0]                  m_axi_awsize;
    logic [1:0]                  m_axi_awburst;
    logic                        m_axi_awlock;
    logic [3:0]                  m_axi_awcache;
    logic [2:0]                  m_axi_awprot;
    logic                        m_axi_awvalid;
    logic [DATA_WIDTH-1:0]       m_axi_wdata;
    logic [Bytes-1:0]            m_axi_wstrb;
    logic                        m_axi_wlast;
    logic                        m_axi_wvalid;
    logic                        m_axi_bready;
    logic [IdBits-1:0]           m_axi_arid;
    logic [63:0]                 m_axi_araddr;
    logic [7:0]                  m_axi_arlen;
    logic [2:0]                  m_axi_arsize;
    logic [1:0]                  m_axi_arburst;
    logic                        m_axi_arlock;
    logic [3:0]                  m_axi_arcache;
    logic [2:0]                  m_axi_arprot;
    logic                        m_axi_arvalid;
    logic                        m_axi_rready;
    logic [QUEUES:0]             interrupt;
    logic                        report_valid;
    filter_report_t              report;
    logic                        console_valid;
    logic [7:0]                  console_data;
  } outputs_t;

  inputs_t  in;
  outputs_t out;
  pcl_timing_pins #(.INPUTS($bits(inputs_t)), .OUTPUTS($bits(outputs_t))) u_pins (
    .clk_i, .serial_i, .serial_o, .inputs_o(in), .outputs_i(out)
  );

  pcl_nic #(
    .PORTS(PORTS), .QUEUES(QUEUES), .DATA_WIDTH(DATA_WIDTH), .RULES(RULES), .ADDRESS_BITS(ADDRESS_BITS), .ADDRESS_INTERVALS(ADDRESS_INTERVALS),
    .PORT_INTERVALS(PORT_INTERVALS), .VLAN_INTERVALS(VLAN_INTERVALS), .FIFO_BYTES(FIFO_BYTES), .RECEIVE_BYTES(RECEIVE_BYTES), .TRANSMIT_BYTES(TRANSMIT_BYTES)
  ) u_nic (
    .clk_i,
    .rst_i            (in.rst),
    .s_axis_tdata_i   (in.s_axis_tdata),
    .s_axis_tkeep_i   (in.s_axis_tkeep),
    .s_axis_tvalid_i  (in.s_axis_tvalid),
    .s_axis_tlast_i   (in.s_axis_tlast),
    .s_axis_tuser_i   (in.s_axis_tuser),
    .m_axis_tready_i  (in.m_axis_tready),
    .link_i           (in.link),
    .speed_i          (in.speed),
    .s_axil_awvalid_i (in.s_axil_awvalid),
    .s_axil_awaddr_i  (in.s_axil_awaddr),
    .s_axil_awprot_i  (in.s_axil_awprot),
    .s_axil_wvalid_i  (in.s_axil_wvalid),
    .s_axil_wdata_i   (in.s_axil_wdata),
    .s_axil_wstrb_i   (in.s_axil_wstrb),
    .s_axil_bready_i  (in.s_axil_bready),
    .s_axil_arvalid_i (in.s_axil_arvalid),
    .s_axil_araddr_i  (in.s_axil_araddr),
    .s_axil_arprot_i  (in.s_axil_arprot),
    .s_axil_rready_i  (in.s_axil_rready),
    .m_axi_awready_i  (in.m_axi_awready),
    .m_axi_wready_i   (in.m_axi_wready),
    .m_axi_bid_i      (in.m_axi_bid),
    .m_axi_bresp_i    (in.m_axi_bresp),
    .m_axi_bvalid_i   (in.m_axi_bvalid),
    .m_axi_arready_i  (in.m_axi_arready),
    .m_axi_rid_i      (in.m_axi_rid),
    .m_axi_rdata_i    (in.m_axi_rdata),
    .m_axi_rresp_i    (in.m_axi_rresp),
    .m_axi_rlast_i    (in.m_axi_rlast),
    .m_axi_rvalid_i   (in.m_axi_rvalid),
    .console_ready_i  (in.console_ready),
    .s_axis_tready_o  (out.s_axis_tready),
    .m_axis_tdata_o   (out.m_axis_tdata),
    .m_axis_tkeep_o   (out.m_axis_tkeep),
    .m_axis_tvalid_o  (out.m_axis_tvalid),
    .m_axis_tlast_o   (out.m_axis_tlast),
    .s_axil_awready_o (out.s_axil_awready),
    .s_axil_wready_o  (out.s_axil_wready),
    .s_axil_bvalid_o  (out.s_axil_bvalid),
    .s_axil_bresp_o   (out.s_axil_bresp),
    .s_axil_arready_o (out.s_axil_arready),
    .s_axil_rvalid_o  (out.s_axil_rvalid),
    .s_axil_rdata_o   (out.s_axil_rdata),
    .s_axil_rresp_o   (out.s_axil_rresp),
    .m_axi_awid_o     (out.m_axi_awid),
    .m_axi_awaddr_o   (out.m_axi_awaddr),
    .m_axi_awlen_o    (out.m_axi_awlen),
    .m_axi_awsize_o   (out.m_axi_awsize),
    .m_axi_awburst_o  (out.m_axi_awburst),
    .m_axi_awlock_o   (out.m_axi_awlock),
    .m_axi_awcache_o  (out.m_axi_awcache),
    .m_axi_awprot_o   (out.m_axi_awprot),
    .m_axi_awvalid_o  (out.m_axi_awvalid),
    .m_axi_wdata_o    (out.m_axi_wdata),
    .m_axi_wstrb_o    (out.m_axi_wstrb),
    .m_axi_wlast_o    (out.m_axi_wlast),
    .m_axi_wvalid_o   (out.m_axi_wvalid),
    .m_axi_bready_o   (out.m_axi_bready),
    .m_axi_arid_o     (out.m_axi_arid),
    .m_axi_araddr_o   (out.m_axi_araddr),
    .m_axi_arlen_o    (out.m_axi_arlen),
    .m_axi_arsize_o   (out.m_axi_arsize),
    .m_axi_arburst_o  (out.m_axi_arburst),
    .m_axi_arlock_o   (out.m_axi_arlock),
    .m_axi_arcache_o  (out.m_axi_arcache),
    .m_axi_arprot_o   (out.m_axi_arprot),
    .m_axi_arvalid_o  (out.m_axi_arvalid),
    .m_axi_rready_o   (out.m_axi_rready),
    .interrupt_o      (out.interrupt),
    .report_valid_o   (out.report_valid),
    .report_o         (out.report),
    .console_valid_o  (out.console_valid),
    .console_data_o   (out.console_data)
  );

endmodule
