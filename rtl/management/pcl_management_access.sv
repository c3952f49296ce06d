// The registers' two masters, host and management processor, in turn; one access is under way at a time.
//
// In: the host's AXI4-Lite port; the processor's accesses to the registers behind (core_valid_i holds until core_ready_o).
// Out: the host's accesses to 0x2000 - 0x2FFF as host_access_o, one clock long, answered by host_data_i AccessLatency clocks later; all others on an
// AXI4-Lite master.
// Guarantees
// - Every access of the host is answered with OKAY.
// - While one side holds the owner lock, writes of the other one to what belongs to the shadow bank are answered and not carried out; refused_o tells of
//   the host's. touched_o tells of the host's writes to what changes banks that were carried out.
// - A processor that is reset while its access is under way leaves the registers in order: the access ends, its answer is dropped.
`include "pcl_assert.svh"

module pcl_management_access
  import pcl_management_pkg::*;
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

  input  logic        core_valid_i,
  output logic        core_ready_o,     // with the answer, one clock
  input  logic        core_write_i,
  input  logic [15:0] core_address_i,
  input  logic [31:0] core_data_i,
  input  logic [3:0]  core_strobe_i,
  output logic [31:0] core_data_o,

  output access_t     host_access_o,
  input  logic [31:0] host_data_i,

  input  logic        owned_i,          // somebody holds the lock
  input  logic        owned_by_core_i,  // the processor's side
  output logic        refused_o,
  output logic        touched_o,

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
  input  logic [31:0] m_axil_rdata_i
);

  // Registers of the filter and of the NIC (docs/registers.md) that change banks, or that a load and its test lookups use.
  function automatic logic changes_banks(input logic [15:0] address);
    return {address[15:2], 2'b00} == 16'h00C0 || (address >= 16'h0100 && address < 16'h0400) || (address >= 16'h1080 && address < 16'h10C0);
  endfunction
  function automatic logic locked(input logic [15:0] address);
    return changes_banks(address) || {address[15:2], 2'b00} == 16'h00C8 || (address >= 16'h0400 && address < 16'h0480);
  endfunction

  typedef enum logic [1:0] { Idle, Local, Forward, Answer } state_e;
  state_e      state_q;
  logic        core_q, write_q, read_last_q, core_last_q;
  logic        host_write, host_read, take_core, take_write, take_read, allowed;
  logic [15:0] address_q, taken_address;
  logic [31:0] data_q;
  logic [3:0]  strobe_q;
  logic [1:0]  wait_q;

  assign host_write = s_axil_awvalid_i && s_axil_wvalid_i && (read_last_q || !s_axil_arvalid_i);
  assign host_read = s_axil_arvalid_i && !host_write;
  assign take_core = state_q == Idle && core_valid_i && !core_ready_o && (!core_last_q || !(host_write || host_read));
  assign take_write = state_q == Idle && host_write && !take_core;
  assign take_read = state_q == Idle && host_read && !take_core;
  assign taken_address = take_core ? core_address_i : take_write ? s_axil_awaddr_i : s_axil_araddr_i;
  assign allowed = !locked(taken_address) || !owned_i || owned_by_core_i == take_core;

  assign s_axil_awready_o = take_write;
  assign s_axil_wready_o = take_write;
  assign s_axil_arready_o = take_read;

  assign host_access_o.valid = state_q == Local && wait_q == 0;
  assign host_access_o.write = write_q;
  assign host_access_o.address = {address_q[15:2], 2'b00};
  assign host_access_o.data = data_q;
  assign host_access_o.strobe = strobe_q;

  assign m_axil_awaddr_o = address_q;
  assign m_axil_araddr_o = address_q;
  assign m_axil_wdata_o = data_q;
  assign m_axil_wstrb_o = strobe_q;
  assign m_axil_bready_o = state_q == Forward;
  assign m_axil_rready_o = state_q == Forward;

  assign s_axil_bvalid_o = state_q == Answer && write_q && !core_q;
  assign s_axil_rvalid_o = state_q == Answer && !write_q && !core_q;
  assign s_axil_bresp_o = 2'b00;
  assign s_axil_rresp_o = 2'b00;
  assign s_axil_rdata_o = data_q;
  assign core_ready_o = state_q == Answer && core_q;
  assign core_data_o = data_q;

  always_ff @(posedge clk_i) begin
    refused_o <= 1'b0;
    touched_o <= 1'b0;
    case (state_q)
      Idle: begin
        wait_q <= '0;
        if (take_core || take_write || take_read) begin
          core_q      <= take_core;
          core_last_q <= take_core;
          write_q     <= take_core ? core_write_i : take_write;
          address_q   <= taken_address;
          data_q      <= take_core ? core_data_i : s_axil_wdata_i;
          strobe_q    <= take_core ? core_strobe_i : s_axil_wstrb_i;
          if (!take_core) read_last_q <= take_read;
          if (!take_core && taken_address[15:12] == 4'h2) begin
            state_q <= Local;
          end else if ((take_core ? core_write_i : take_write) && !allowed) begin
            state_q   <= Answer;
            refused_o <= !take_core;
          end else begin
            state_q          <= Forward;
            m_axil_awvalid_o <= take_core ? core_write_i : take_write;
            m_axil_wvalid_o  <= take_core ? core_write_i : take_write;
            m_axil_arvalid_o <= take_core ? !core_write_i : take_read;
            touched_o        <= take_write && changes_banks(taken_address);
          end
        end
      end
      Local: begin
        wait_q <= wait_q + 2'd1;
        if (wait_q == 2'(AccessLatency)) begin
          data_q  <= host_data_i;
          state_q <= Answer;
        end
      end
      Forward: begin
        if (m_axil_awready_i) m_axil_awvalid_o <= 1'b0;
        if (m_axil_wready_i) m_axil_wvalid_o <= 1'b0;
        if (m_axil_arready_i) m_axil_arvalid_o <= 1'b0;
        if (m_axil_bvalid_i || m_axil_rvalid_i) begin
          data_q  <= m_axil_rdata_i;
          state_q <= Answer;
        end
      end
      default: if (core_q || (write_q ? s_axil_bready_i : s_axil_rready_i)) state_q <= Idle;
    endcase
    if (rst_i) begin
      state_q          <= Idle;
      read_last_q      <= 1'b0;
      core_last_q      <= 1'b0;
      refused_o        <= 1'b0;
      touched_o        <= 1'b0;
      m_axil_awvalid_o <= 1'b0;
      m_axil_wvalid_o  <= 1'b0;
      m_axil_arvalid_o <= 1'b0;
    end
  end

  `PCL_ASSERT(OneAnswerAtATime, !(m_axil_bvalid_i && m_axil_rvalid_i))

endmodule
