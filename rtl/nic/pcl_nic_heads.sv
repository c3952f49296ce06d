// Writes heads of rings to host memory, 8 bytes each, one write under way per ring; what comes meanwhile is collected into the next.
//
// In: set_i, the new head of a ring; places of all rings. Out: beats for pcl_dma_write; busy_o; pulses when a write has been answered.
// A ring that has failed writes no more.
`include "pcl_assert.svh"

module pcl_nic_heads #(
  parameter  int unsigned RINGS = 4,
  parameter  int unsigned DATA_WIDTH = 512,
  localparam int unsigned RingBits = RINGS > 1 ? $clog2(RINGS) : 1
) (
  input  logic                    clk_i,
  input  logic                    rst_i,

  input  logic                    set_i,
  input  logic [RingBits-1:0]     set_ring_i,
  input  logic [15:0]             set_head_i,
  input  logic [RINGS-1:0]        failed_i,
  input  logic [RINGS*64-1:0]     place_i,

  output logic [RINGS-1:0]        busy_o,
  output logic [RINGS-1:0]        written_o,
  output logic [RINGS-1:0]        error_o,

  output logic                    beat_valid_o,
  input  logic                    beat_ready_i,
  output logic [63:0]             beat_address_o,
  output logic [DATA_WIDTH-1:0]   beat_data_o,
  output logic [DATA_WIDTH/8-1:0] beat_strobe_o,
  input  logic                    done_i,
  input  logic                    done_error_i
);

  localparam int unsigned Bytes = DATA_WIDTH / 8;
  localparam int unsigned LaneBits = $clog2(Bytes);
  localparam int unsigned Lanes = Bytes / 8;
  localparam int unsigned OrderDepth = RINGS > 1 ? 2 ** $clog2(RINGS) : 2;

  logic [RINGS-1:0]    pending_q, flying_q, ready;
  logic [15:0]         head_q [RINGS];
  logic [RingBits-1:0] next, order_ring;
  logic                order_valid, give;
  logic [63:0]         place;

  assign ready = pending_q & ~flying_q & ~failed_i;
  assign give = ready != '0 && (!beat_valid_o || beat_ready_i);
  assign busy_o = (pending_q & ~failed_i) | flying_q;

  always_comb begin
    next = '0;
    for (int r = int'(RINGS) - 1; r >= 0; r--) if (ready[r]) next = RingBits'(r);
  end
  assign place = place_i[32'(next)*64+:64];

  always_ff @(posedge clk_i) begin
    written_o <= '0;
    error_o   <= '0;
    if (beat_ready_i) beat_valid_o <= 1'b0;
    if (give) begin
      beat_valid_o    <= 1'b1;
      beat_address_o  <= {place[63:LaneBits], LaneBits'(0)};
      beat_data_o     <= {Lanes{48'd0, head_q[next]}};
      beat_strobe_o   <= Bytes'(8'hFF) << place[LaneBits-1:0];
      pending_q[next] <= 1'b0;
      flying_q[next]  <= 1'b1;
    end
    if (done_i) begin
      flying_q[order_ring]  <= 1'b0;
      written_o[order_ring] <= !done_error_i;
      error_o[order_ring]   <= done_error_i;
    end
    if (set_i) begin
      pending_q[set_ring_i] <= 1'b1;
      head_q[set_ring_i]    <= set_head_i;
    end
    for (int unsigned r = 0; r < RINGS; r++) if (failed_i[r]) pending_q[r] <= 1'b0;
    if (rst_i) begin
      beat_valid_o <= 1'b0;
      pending_q    <= '0;
      flying_q     <= '0;
      written_o    <= '0;
      error_o      <= '0;
    end
  end

  pcl_fifo #(.WIDTH(RingBits), .DEPTH(OrderDepth)) u_order (
    .clk_i, .rst_i, .push_i(give), .data_i(next), .valid_o(order_valid), .ready_i(done_i), .data_o(order_ring)
  );

  `PCL_ASSERT(AnswerOnlyToWrites, done_i |-> order_valid)

endmodule
