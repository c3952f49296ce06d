// The filter as the user's block of an Alveo-class card: two 512-bit wire ports and the host's, on the shell's data clock, with the shell's asynchronous reset.
// Geometry `edge`. constraints/xilinx/portcullis_alveo.xdc belongs to it. Streams and registers as pcl_filter has them; registers are on the data clock too.
module alveo_filter
  import pcl_filter_pkg::*;
(
  input  logic                  clk_i,    // 250 MHz
  input  logic                  rst_n_i,  // of any clock

  input  logic [2*512-1:0]      s_axis_tdata_i,
  input  logic [2*64-1:0]       s_axis_tkeep_i,
  input  logic [1:0]            s_axis_tvalid_i,
  input  logic [1:0]            s_axis_tlast_i,
  input  logic [1:0]            s_axis_tuser_i,
  output logic [1:0]            s_axis_tready_o,

  output logic [3*512-1:0]      m_axis_tdata_o,
  output logic [3*64-1:0]       m_axis_tkeep_o,
  output logic [2:0]            m_axis_tvalid_o,
  output logic [2:0]            m_axis_tlast_o,
  output logic [3*UserBits-1:0] m_axis_tuser_o,
  input  logic [2:0]            m_axis_tready_i,

  input  logic                  s_axil_awvalid_i,
  output logic                  s_axil_awready_o,
  input  logic [15:0]           s_axil_awaddr_i,
  input  logic [2:0]            s_axil_awprot_i,
  input  logic                  s_axil_wvalid_i,
  output logic                  s_axil_wready_o,
  input  logic [31:0]           s_axil_wdata_i,
  input  logic [3:0]            s_axil_wstrb_i,
  output logic                  s_axil_bvalid_o,
  input  logic                  s_axil_bready_i,
  output logic [1:0]            s_axil_bresp_o,
  input  logic                  s_axil_arvalid_i,
  output logic                  s_axil_arready_o,
  input  logic [15:0]           s_axil_araddr_i,
  input  logic [2:0]            s_axil_arprot_i,
  output logic                  s_axil_rvalid_o,
  input  logic                  s_axil_rready_i,
  output logic [31:0]           s_axil_rdata_o,
  output logic [1:0]            s_axil_rresp_o
);

  logic rst, unused_load_ready, unused_report_valid;
  filter_report_t unused_report;
  pcl_reset_synchroniser u_reset (.clk_i, .rst_n_i, .rst_o(rst));
  pcl_filter #(.PORTS(2), .DATA_WIDTH(512)) u_filter (
    .clk_i, .rst_i(rst),
    .s_axis_tdata_i, .s_axis_tkeep_i, .s_axis_tvalid_i, .s_axis_tlast_i, .s_axis_tuser_i, .s_axis_tready_o,
    .m_axis_tdata_o, .m_axis_tkeep_o, .m_axis_tvalid_o, .m_axis_tlast_o, .m_axis_tuser_o, .m_axis_tready_i,
    .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_awaddr_i, .s_axil_awprot_i, .s_axil_wvalid_i, .s_axil_wready_o, .s_axil_wdata_i, .s_axil_wstrb_i,
    .s_axil_bvalid_o, .s_axil_bready_i, .s_axil_bresp_o, .s_axil_arvalid_i, .s_axil_arready_o, .s_axil_araddr_i, .s_axil_arprot_i,
    .s_axil_rvalid_o, .s_axil_rready_i, .s_axil_rdata_o, .s_axil_rresp_o,
    .load_valid_i(1'b0), .load_ready_o(unused_load_ready), .load_target_i('0), .load_index_i('0), .load_data_i('0),
    .report_valid_o(unused_report_valid), .report_o(unused_report)
  );

endmodule
