// AXI4-Lite from the clock of a shell's register bus to the filter's clock: one write and one read under way at a time, each a request that toggles
// over and an answer that toggles back. Both resets must have been asserted together. Constraint: the *_q words that cross as maximum delays.
module register_crossing #(
  parameter int unsigned ADDRESS_BITS = 16
) (
  input  logic                    s_clk_i,
  input  logic                    s_rst_i,
  input  logic                    s_axil_awvalid_i,
  output logic                    s_axil_awready_o,
  input  logic [ADDRESS_BITS-1:0] s_axil_awaddr_i,
  input  logic                    s_axil_wvalid_i,
  output logic                    s_axil_wready_o,
  input  logic [31:0]             s_axil_wdata_i,
  input  logic [3:0]              s_axil_wstrb_i,
  output logic                    s_axil_bvalid_o,
  input  logic                    s_axil_bready_i,
  output logic [1:0]              s_axil_bresp_o,
  input  logic                    s_axil_arvalid_i,
  output logic                    s_axil_arready_o,
  input  logic [ADDRESS_BITS-1:0] s_axil_araddr_i,
  output logic                    s_axil_rvalid_o,
  input  logic                    s_axil_rready_i,
  output logic [31:0]             s_axil_rdata_o,
  output logic [1:0]              s_axil_rresp_o,

  input  logic                    m_clk_i,
  input  logic                    m_rst_i,
  output logic                    m_axil_awvalid_o,
  input  logic                    m_axil_awready_i,
  output logic [ADDRESS_BITS-1:0] m_axil_awaddr_o,
  output logic                    m_axil_wvalid_o,
  input  logic                    m_axil_wready_i,
  output logic [31:0]             m_axil_wdata_o,
  output logic [3:0]              m_axil_wstrb_o,
  input  logic                    m_axil_bvalid_i,
  output logic                    m_axil_bready_o,
  input  logic [1:0]              m_axil_bresp_i,
  output logic                    m_axil_arvalid_o,
  input  logic                    m_axil_arready_i,
  output logic [ADDRESS_BITS-1:0] m_axil_araddr_o,
  input  logic                    m_axil_rvalid_i,
  output logic                    m_axil_rready_o,
  input  logic [31:0]             m_axil_rdata_i,
  input  logic [1:0]              m_axil_rresp_i
);

  // Index 0: writes, 1: reads.
  logic [1:0]                          request_q, answer_q, busy_q;
  (* async_reg = "true" *) logic [1:0] requested_q [2];
  (* async_reg = "true" *) logic [1:0] answered_q [2];
  logic [1:0]                          start, finish, waiting;

  // The shell's side: address and data are taken together, and stand still until the answer is there.
  logic [ADDRESS_BITS-1:0] write_address_q, read_address_q;
  logic [31:0]             write_data_q, read_data_q;
  logic [3:0]              write_strobe_q;
  logic [1:0]              write_response_q, read_response_q;

  assign start[0] = s_axil_awvalid_i && s_axil_wvalid_i && !busy_q[0];
  assign start[1] = s_axil_arvalid_i && !busy_q[1];
  assign s_axil_awready_o = start[0];
  assign s_axil_wready_o = start[0];
  assign s_axil_arready_o = start[1];
  assign s_axil_bvalid_o = busy_q[0] && answered_q[0][1] == request_q[0];
  assign s_axil_rvalid_o = busy_q[1] && answered_q[1][1] == request_q[1];
  assign s_axil_bresp_o = write_response_q;
  assign s_axil_rresp_o = read_response_q;
  assign s_axil_rdata_o = read_data_q;
  assign finish = {s_axil_rvalid_o && s_axil_rready_i, s_axil_bvalid_o && s_axil_bready_i};

  always_ff @(posedge s_clk_i) begin
    if (start[0]) begin
      write_address_q <= s_axil_awaddr_i;
      write_data_q    <= s_axil_wdata_i;
      write_strobe_q  <= s_axil_wstrb_i;
    end
    if (start[1]) read_address_q <= s_axil_araddr_i;
    for (int unsigned i = 0; i < 2; i++) begin
      answered_q[i] <= {answered_q[i][0], answer_q[i]};
      if (start[i]) begin
        busy_q[i]    <= 1'b1;
        request_q[i] <= !request_q[i];
      end else if (finish[i]) begin
        busy_q[i] <= 1'b0;
      end
      if (s_rst_i) begin
        answered_q[i] <= '0;
        busy_q[i]     <= 1'b0;
        request_q[i]  <= 1'b0;
      end
    end
  end

  // The filter's side.
  logic [1:0] active_q;            // a request is at the filter
  logic       address_done_q, data_done_q, read_done_q;

  assign waiting = {requested_q[1][1], requested_q[0][1]} ^ answer_q;
  assign m_axil_awaddr_o = write_address_q;
  assign m_axil_wdata_o = write_data_q;
  assign m_axil_wstrb_o = write_strobe_q;
  assign m_axil_araddr_o = read_address_q;
  assign m_axil_awvalid_o = active_q[0] && !address_done_q;
  assign m_axil_wvalid_o = active_q[0] && !data_done_q;
  assign m_axil_arvalid_o = active_q[1] && !read_done_q;
  assign m_axil_bready_o = active_q[0];
  assign m_axil_rready_o = active_q[1];

  always_ff @(posedge m_clk_i) begin
    requested_q[0] <= {requested_q[0][0], request_q[0]};
    requested_q[1] <= {requested_q[1][0], request_q[1]};
    if (!active_q[0]) begin
      active_q[0]    <= waiting[0];
      address_done_q <= 1'b0;
      data_done_q    <= 1'b0;
    end else begin
      if (m_axil_awready_i) address_done_q <= 1'b1;
      if (m_axil_wready_i) data_done_q <= 1'b1;
      if (m_axil_bvalid_i) begin
        write_response_q <= m_axil_bresp_i;
        active_q[0]      <= 1'b0;
        answer_q[0]      <= requested_q[0][1];
      end
    end
    if (!active_q[1]) begin
      active_q[1] <= waiting[1];
      read_done_q <= 1'b0;
    end else begin
      if (m_axil_arready_i) read_done_q <= 1'b1;
      if (m_axil_rvalid_i) begin
        read_data_q     <= m_axil_rdata_i;
        read_response_q <= m_axil_rresp_i;
        active_q[1]     <= 1'b0;
        answer_q[1]     <= requested_q[1][1];
      end
    end
    if (m_rst_i) begin
      requested_q[0] <= '0;
      requested_q[1] <= '0;
      active_q       <= '0;
      answer_q       <= '0;
    end
  end

endmodule
