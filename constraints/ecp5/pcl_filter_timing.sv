// The filter between registers (pcl_timing_pins), for timing.
// LATENCY_CLOCKS is what the one who asks believes the latency of a lookup to be; elaboration fails where the sources say another.
module pcl_filter_timing
  import pcl_pkg::*;
  import pcl_filter_pkg::*;
#(
  parameter  int unsigned PORTS             = 1,
  parameter  int unsigned DATA_WIDTH        = 64,
  parameter  int unsigned RULES             = 128,
  parameter  int unsigned ADDRESS_BITS      = 128,
  parameter  int unsigned ADDRESS_INTERVALS = 256,
  parameter  int unsigned PORT_INTERVALS    = 256,
  parameter  int unsigned VLAN_INTERVALS    = 256,
  parameter  int unsigned FIFO_BYTES        = 16384,
  parameter  int unsigned LATENCY_CLOCKS    = 24,
  localparam int unsigned RowBits           = pcl_engine_pkg::maximum(RULES, 128),
  localparam int unsigned Egresses          = PORTS + 1
) (
  input  logic clk_i,
  input  logic serial_i,
  output logic serial_o
);

  localparam int unsigned Latency = pcl_engine_pkg::latency(RULES, ADDRESS_BITS, ADDRESS_INTERVALS, PORT_INTERVALS, VLAN_INTERVALS);
  if (LATENCY_CLOCKS != Latency) begin : g_check
    $fatal(1, "pcl_filter_timing: LATENCY_CLOCKS is %0d; pcl_engine_pkg::latency is %0d", LATENCY_CLOCKS, Latency);
  end

  typedef struct packed {
    logic                          rst;
    logic [PORTS*DATA_WIDTH-1:0]   tdata;
    logic [PORTS*DATA_WIDTH/8-1:0] tkeep;
    logic [PORTS-1:0]              tvalid;
    logic [PORTS-1:0]              tlast;
    logic [PORTS-1:0]              tuser;
    logic [Egresses-1:0]           tready;
    logic                          awvalid;
    logic [15:0]                   awaddr;
    logic [2:0]                    awprot;
    logic                          wvalid;
    logic [31:0]                   wdata;
    logic [3:0]                    wstrb;
    logic                          bready;
    logic                          arvalid;
    logic [15:0]                   araddr;
    logic [2:0]                    arprot;
    logic                          rready;
    logic                          load_valid;
    logic [5:0]                    load_target;
    logic [15:0]                   load_index;
    logic [RowBits-1:0]            load_data;
  } inputs_t;

  typedef struct packed {
    logic [PORTS-1:0]                 tready;
    logic [Egresses*DATA_WIDTH-1:0]   tdata;
    logic [Egresses*DATA_WIDTH/8-1:0] tkeep;
    logic [Egresses-1:0]              tvalid;
    logic [Egresses-1:0]              tlast;
    logic [Egresses*UserBits-1:0]     tuser;
    logic                             awready;
    logic                             wready;
    logic                             bvalid;
    logic [1:0]                       bresp;
    logic                             arready;
    logic                             rvalid;
    logic [31:0]                      rdata;
    logic [1:0]                       rresp;
    logic                             load_ready;
    logic                             report_valid;
    filter_report_t                   report;
  } outputs_t;

  inputs_t  in;
  outputs_t out;
  pcl_timing_pins #(.INPUTS($bits(inputs_t)), .OUTPUTS($bits(outputs_t))) u_pins (
    .clk_i, .serial_i, .serial_o, .inputs_o(in), .outputs_i(out)
  );

  pcl_filter #(
    .PORTS(PORTS), .DATA_WIDTH(DATA_WIDTH), .RULES(RULES), .ADDRESS_BITS(ADDRESS_BITS), .ADDRESS_INTERVALS(ADDRESS_INTERVALS),
    .PORT_INTERVALS(PORT_INTERVALS), .VLAN_INTERVALS(VLAN_INTERVALS), .FIFO_BYTES(FIFO_BYTES)
  ) u_filter (
    .clk_i,
    .rst_i            (in.rst),
    .s_axis_tdata_i   (in.tdata),
    .s_axis_tkeep_i   (in.tkeep),
    .s_axis_tvalid_i  (in.tvalid),
    .s_axis_tlast_i   (in.tlast),
    .s_axis_tuser_i   (in.tuser),
    .s_axis_tready_o  (out.tready),
    .m_axis_tdata_o   (out.tdata),
    .m_axis_tkeep_o   (out.tkeep),
    .m_axis_tvalid_o  (out.tvalid),
    .m_axis_tlast_o   (out.tlast),
    .m_axis_tuser_o   (out.tuser),
    .m_axis_tready_i  (in.tready),
    .s_axil_awvalid_i (in.awvalid),
    .s_axil_awready_o (out.awready),
    .s_axil_awaddr_i  (in.awaddr),
    .s_axil_awprot_i  (in.awprot),
    .s_axil_wvalid_i  (in.wvalid),
    .s_axil_wready_o  (out.wready),
    .s_axil_wdata_i   (in.wdata),
    .s_axil_wstrb_i   (in.wstrb),
    .s_axil_bvalid_o  (out.bvalid),
    .s_axil_bready_i  (in.bready),
    .s_axil_bresp_o   (out.bresp),
    .s_axil_arvalid_i (in.arvalid),
    .s_axil_arready_o (out.arready),
    .s_axil_araddr_i  (in.araddr),
    .s_axil_arprot_i  (in.arprot),
    .s_axil_rvalid_o  (out.rvalid),
    .s_axil_rready_i  (in.rready),
    .s_axil_rdata_o   (out.rdata),
    .s_axil_rresp_o   (out.rresp),
    .load_valid_i     (in.load_valid),
    .load_ready_o     (out.load_ready),
    .load_target_i    (in.load_target),
    .load_index_i     (in.load_index),
    .load_data_i      (in.load_data),
    .report_valid_o   (out.report_valid),
    .report_o         (out.report)
  );

endmodule
