// pcl_fifo against a queue that shifts: order, contents and number of entries, and that neither ever over- or underflows while the sender keeps its credits.
module fifo_proof #(
  parameter int unsigned WIDTH = 2,
  parameter int unsigned DEPTH = 4
) (
  input logic             clk_i,
  input logic             push_i,
  input logic [WIDTH-1:0] data_i,
  input logic             ready_i
);

  logic rst_q = 1'b1;
  always_ff @(posedge clk_i) rst_q <= 1'b0;

  logic valid;
  logic [WIDTH-1:0] data;
  pcl_fifo #(.WIDTH(WIDTH), .DEPTH(DEPTH)) u_dut (.clk_i, .rst_i(rst_q), .push_i, .data_i, .valid_o(valid), .ready_i, .data_o(data));

  // The sender's promise: no more than DEPTH entries that have not been taken.
  localparam int unsigned CountBits = $clog2(DEPTH + 1);
  logic [CountBits-1:0] count_q = '0;
  logic take;
  assign take = valid && ready_i;
  always_comb Credits: assume (!push_i || 32'(count_q) < DEPTH || take);

  logic [DEPTH-1:0][WIDTH-1:0] queue_q, queue_d;  // the oldest entry lowest
  logic [CountBits-1:0] left;
  always_comb begin
    queue_d = take ? queue_q >> WIDTH : queue_q;
    left = count_q - CountBits'(take);
    for (int unsigned i = 0; i < DEPTH; i++) if (push_i && 32'(left) == i) queue_d[i] = data_i;
  end
  always_ff @(posedge clk_i) begin
    queue_q <= queue_d;
    count_q <= rst_q ? '0 : left + CountBits'(push_i);
  end

  logic before_q = 1'b0, stalled_q = 1'b0;
  logic [WIDTH-1:0] data_before_q;
  always_ff @(posedge clk_i) begin
    before_q <= !rst_q;
    stalled_q <= valid && !ready_i && !rst_q;
    data_before_q <= data;
  end
  always_comb begin
    if (before_q) begin
      ValidExactlyWithAnEntry: assert (valid == (count_q != '0));
      OldestEntryFirst: assert (!valid || data == queue_q[0]);
      StableWhileStalled: assert (!stalled_q || (valid && data == data_before_q));
    end
    Full: cover (32'(count_q) == DEPTH && before_q);
    Refilled: cover (32'(count_q) == DEPTH && take && push_i);
  end

endmodule
