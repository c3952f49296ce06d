// Stands for pcl_fifo in proofs about what surrounds it: a queue that shifts, which fifo_proof.sv shows pcl_fifo to equal within its sender's credits.
`include "pcl_assert.svh"
module pcl_fifo #(
  parameter  int unsigned WIDTH = 8,
  parameter  int unsigned DEPTH = 32,
  localparam int unsigned CountBits = $clog2(DEPTH + 1)
) (
  input  logic             clk_i,
  input  logic             rst_i,
  input  logic             push_i,
  input  logic [WIDTH-1:0] data_i,
  output logic             valid_o,
  input  logic             ready_i,
  output logic [WIDTH-1:0] data_o
);

  logic [DEPTH-1:0][WIDTH-1:0] queue_q, queue;  // the oldest entry lowest
  logic [CountBits-1:0] count_q, left;
  logic take;
  assign valid_o = count_q != '0;
  assign data_o = queue_q[0];
  assign take = valid_o && ready_i;
  assign left = count_q - CountBits'(take);
  always_comb begin
    queue = take ? queue_q >> WIDTH : queue_q;
    for (int unsigned i = 0; i < DEPTH; i++) if (push_i && 32'(left) == i) queue[i] = data_i;
  end
  always_ff @(posedge clk_i) begin
    queue_q <= queue;
    count_q <= rst_i ? '0 : left + CountBits'(push_i);
  end

  `PCL_ASSERT(WithinCredits, !push_i || 32'(left) < DEPTH)

endmodule
