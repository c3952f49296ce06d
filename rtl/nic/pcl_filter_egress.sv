// One egress of pcl_filter: picks the beat that goes here and holds it until it is taken.
//
// In: per wire port a beat with its frame's decision, and whether it goes here this clock; at most one does, and only with ready_o.
// Out: AXI4-Stream with metadata, from registers, a clock later. ready_o is a register: it falls when a beat had to be put aside behind one that was not taken.
// Throughput: a beat a clock.
`include "pcl_assert.svh"

module pcl_filter_egress
  import pcl_filter_pkg::*;
#(
  parameter int unsigned PORTS = 2,
  parameter int unsigned DATA_WIDTH = 512,
  parameter bit          HOST = 1'b0    // mirror copies leave here
) (
  input  logic                    clk_i,
  input  logic                    rst_i,

  input  logic [PORTS-1:0]        push_i,
  input  logic [DATA_WIDTH-1:0]   data_i [PORTS],
  input  logic [DATA_WIDTH/8-1:0] keep_i [PORTS],
  input  logic [PORTS-1:0]        last_i,
  input  decision_t               decision_i [PORTS],
  output logic                    ready_o,

  output logic [DATA_WIDTH-1:0]   m_axis_tdata_o,
  output logic [DATA_WIDTH/8-1:0] m_axis_tkeep_o,
  output logic                    m_axis_tvalid_o,
  output logic                    m_axis_tlast_o,
  output filter_user_t            m_axis_tuser_o,
  input  logic                    m_axis_tready_i
);

  logic                    push, advance, aside_q;
  logic [DATA_WIDTH-1:0]   aside_data_q;
  logic [DATA_WIDTH/8-1:0] aside_keep_q;
  logic                    aside_last_q;
  filter_user_t            aside_user_q;

  assign push = push_i != '0;
  assign advance = !m_axis_tvalid_o || m_axis_tready_i;
  assign ready_o = !aside_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      m_axis_tvalid_o <= 1'b0;
      aside_q         <= 1'b0;
    end else if (advance) begin
      m_axis_tvalid_o <= aside_q || push;
      aside_q         <= 1'b0;
    end else if (push) begin
      aside_q         <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin : pick
    filter_user_t user;
    if (advance && aside_q) begin
      m_axis_tdata_o <= aside_data_q;
      m_axis_tkeep_o <= aside_keep_q;
      m_axis_tlast_o <= aside_last_q;
      m_axis_tuser_o <= aside_user_q;
    end
    for (int unsigned p = 0; p < PORTS; p++) begin
      if (push_i[p]) begin
        user = decision_i[p].user;
        user.mirror_copy = HOST && decision_i[p].mirror_only;
        if (advance) begin
          m_axis_tdata_o <= data_i[p];
          m_axis_tkeep_o <= keep_i[p];
          m_axis_tlast_o <= last_i[p];
          m_axis_tuser_o <= user;
        end else begin
          aside_data_q <= data_i[p];
          aside_keep_q <= keep_i[p];
          aside_last_q <= last_i[p];
          aside_user_q <= user;
        end
      end
    end
  end

  `PCL_ASSERT(OneBeatAtATime, $onehot0(push_i))
  `PCL_ASSERT(NoBeatWithoutRoom, push -> ready_o)

endmodule
