// Register accesses of the NIC: those below 0x1000 go on to the filter's AXI4-Lite port, the others become accesses of the blocks around it.
//
// In: AXI4-Lite, 32-bit data, 16-bit addresses. One access is under way at a time, reads and writes in turn.
// Out: an AXI4-Lite master for the filter; access_o, one clock long, whose answer access_data_i is taken in the next clock.
// Guaranteed: every access is answered with OKAY: with a local address three clocks after it was taken. A local write whose strobes are not all set is
// answered and not carried out.
`include "pcl_assert.svh"

module pcl_nic_access
  import pcl_nic_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_i,

  input  logic        s_axil_awvalid_i,
  output logic        s_axil_awready_o,
  input  logic [15:0] s_axil_awaddr_i,
  input  logic        s_axil_wvalid_i,
  output logic        s_axil_wready_o,
  input  logic [31:0] s_axil_wdata_i,
  input  logic [3:0]  s_axil_wstrb_i,
  output logic        s_axil_bvalid_o,
  input  logic        s_axil_bready_i,
  output logic [1:0]  s_axil_bresp_o,
  input  logic        s_axil_arvalid_i,
  output logic        s_axil_arready_o,
  input  logic [15:0] s_axil_araddr_i,
  output logic        s_axil_rvalid_o,
  input  logic        s_axil_rready_i,
  output logic [31:0] s_axil_rdata_o,
  output logic [1:0]  s_axil_rresp_o,

  output logic        m_axil_awvalid_o,
  input  logic        m_axil_awready_i,
  output logic [15:0] m_axil_awaddr_o,
  output logic        m_axil_wvalid_o,
  input  logic        m_axil_wready_i,
  output logic [31:0] m_axil_wdata_o,
  output logic [3:0]  m_axil_wstrb_o,
  input  logic        m_axil_bvalid_i,
  output logic        m_axil_bready_o,
  output logic        m_axil_arvalid_o,
  input  logic        m_axil_arready_i,
  output logic [15:0] m_axil_araddr_o,
  input  logic        m_axil_rvalid_i,
  output logic        m_axil_rready_o,
  input  logic [31:0] m_axil_rdata_i,

  output access_t     access_o,
  input  logic [31:0] access_data_i
);

  typedef enum logic [1:0] { Idle, Local, Filter, Answer } state_e;
  state_e      state_q;
  logic        write_q, read_last_q, take_write, take_read, local_q;
  logic [15:0] address_q;
  logic [31:0] data_q;
  logic [3:0]  strobe_q;

  assign take_write = state_q == Idle && s_axil_awvalid_i && s_axil_wvalid_i && (read_last_q || !s_axil_arvalid_i);
  assign take_read = state_q == Idle && s_axil_arvalid_i && !take_write;
  assign s_axil_awready_o = take_write;
  assign s_axil_wready_o = take_write;
  assign s_axil_arready_o = take_read;

  assign access_o.valid = state_q == Local && !local_q && (!write_q || strobe_q == '1);
  assign access_o.write = write_q;
  assign access_o.address = {address_q[15:2], 2'b00};
  assign access_o.data = data_q;

  assign m_axil_awaddr_o = address_q;
  assign m_axil_araddr_o = address_q;
  assign m_axil_wdata_o = data_q;
  assign m_axil_wstrb_o = strobe_q;
  assign m_axil_bready_o = state_q == Filter;
  assign m_axil_rready_o = state_q == Filter;

  assign s_axil_bvalid_o = state_q == Answer && write_q;
  assign s_axil_rvalid_o = state_q == Answer && !write_q;
  assign s_axil_bresp_o = 2'b00;
  assign s_axil_rresp_o = 2'b00;
  assign s_axil_rdata_o = data_q;

  always_ff @(posedge clk_i) begin
    case (state_q)
      Idle: begin
        if (take_write || take_read) begin
          write_q     <= take_write;
          read_last_q <= take_read;
          address_q   <= take_write ? s_axil_awaddr_i : s_axil_araddr_i;
          data_q      <= s_axil_wdata_i;
          strobe_q    <= s_axil_wstrb_i;
          local_q     <= 1'b0;
          if ((take_write ? s_axil_awaddr_i[15:12] : s_axil_araddr_i[15:12]) != 4'h0) begin
            state_q <= Local;
          end else begin
            state_q          <= Filter;
            m_axil_awvalid_o <= take_write;
            m_axil_wvalid_o  <= take_write;
            m_axil_arvalid_o <= take_read;
          end
        end
      end
      Local: begin
        // The first clock asks, the second has the answer.
        local_q <= 1'b1;
        if (local_q) begin
          data_q  <= access_data_i;
          state_q <= Answer;
        end
      end
      Filter: begin
        if (m_axil_awready_i) m_axil_awvalid_o <= 1'b0;
        if (m_axil_wready_i) m_axil_wvalid_o <= 1'b0;
        if (m_axil_arready_i) m_axil_arvalid_o <= 1'b0;
        if (m_axil_bvalid_i || m_axil_rvalid_i) begin
          data_q  <= m_axil_rdata_i;
          state_q <= Answer;
        end
      end
      default: if (write_q ? s_axil_bready_i : s_axil_rready_i) state_q <= Idle;
    endcase
    if (rst_i) begin
      state_q          <= Idle;
      read_last_q      <= 1'b0;
      m_axil_awvalid_o <= 1'b0;
      m_axil_wvalid_o  <= 1'b0;
      m_axil_arvalid_o <= 1'b0;
    end
  end

  `PCL_ASSERT(OneAccessAtATime, !(m_axil_bvalid_i && m_axil_rvalid_i))

endmodule
