// pcl_filter_egress, which drives the AXI4-Stream masters of pcl_filter: valid is not dropped, what it carries is stable while stalled, and what goes in
// comes out, in order and once.
module egress_proof
  import pcl_filter_pkg::*;
#(
  parameter int unsigned PORTS      = 2,
  parameter int unsigned DATA_WIDTH = 64
) (
  input logic                    clk_i,
  input logic [PORTS-1:0]        push_i,
  input logic [DATA_WIDTH-1:0]   data_i [PORTS],
  input logic [DATA_WIDTH/8-1:0] keep_i [PORTS],
  input logic [PORTS-1:0]        last_i,
  input decision_t               decision_i [PORTS],
  input logic                    tready_i
);

  logic rst_q = 1'b1, before_q = 1'b0;
  always_ff @(posedge clk_i) begin
    rst_q    <= 1'b0;
    before_q <= !rst_q;
  end

  logic ready, tvalid, tlast;
  logic [DATA_WIDTH-1:0] tdata;
  logic [DATA_WIDTH/8-1:0] tkeep;
  filter_user_t tuser;
  pcl_filter_egress #(.PORTS(PORTS), .DATA_WIDTH(DATA_WIDTH), .HOST(1'b1)) u_dut (
    .clk_i, .rst_i(rst_q), .push_i, .data_i, .keep_i, .last_i, .decision_i, .ready_o(ready),
    .m_axis_tdata_o(tdata), .m_axis_tkeep_o(tkeep), .m_axis_tvalid_o(tvalid), .m_axis_tlast_o(tlast), .m_axis_tuser_o(tuser), .m_axis_tready_i(tready_i)
  );
  always_comb begin
    OneAtATime: assume ($onehot0(push_i));
    OnlyWithRoom: assume (push_i == '0 || ready);
  end

  // A queue of two: what was pushed and not taken.
  localparam int unsigned BeatBits = DATA_WIDTH + DATA_WIDTH / 8 + 1 + UserBits;
  logic [BeatBits-1:0] beat, pushed, first_q, second_q;
  logic [1:0] count_q = '0;
  logic take;
  assign beat = {tdata, tkeep, tlast, tuser};
  assign take = tvalid && tready_i;
  always_comb begin
    filter_user_t user;
    pushed = '0;
    for (int unsigned p = 0; p < PORTS; p++) begin
      user = decision_i[p].user;
      user.mirror_copy = decision_i[p].mirror_only;
      if (push_i[p]) pushed = {data_i[p], keep_i[p], last_i[p], user};
    end
  end
  always_ff @(posedge clk_i) begin
    count_q <= rst_q ? '0 : count_q + 2'(push_i != '0) - 2'(take);
    if (take) first_q <= second_q;
    if (push_i != '0) begin
      if (count_q == 2'(take)) first_q <= pushed;
      else second_q <= pushed;
    end
  end

  logic stalled_q = 1'b0;
  logic [BeatBits-1:0] beat_before_q;
  always_ff @(posedge clk_i) begin
    stalled_q <= tvalid && !tready_i && !rst_q;
    beat_before_q <= beat;
  end
  always_comb begin
    if (before_q) begin
      ValidIsNotDropped: assert (!stalled_q || tvalid);
      StableWhileStalled: assert (!stalled_q || beat == beat_before_q);
      NothingLostOrDoubled: assert (tvalid == (count_q != '0) && ready == (count_q != 2'd2) && count_q != 2'd3);
      OldestFirst: assert (!tvalid || beat == first_q);
      SecondIsAside: assert (count_q != 2'd2 || {u_dut.aside_data_q, u_dut.aside_keep_q, u_dut.aside_last_q, u_dut.aside_user_q} == second_q);
    end
    Stalled: cover (before_q && stalled_q && !ready);
    Resumed: cover (before_q && stalled_q && !ready && tready_i);
  end

endmodule
