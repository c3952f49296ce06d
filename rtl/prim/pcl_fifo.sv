// First-in first-out buffer with an output register.
// In: push_i stores data_i; the sender never pushes more than DEPTH entries that have not been taken (it holds credits; there is no full signal).
// Out: valid_o and data_o, taken at the clock edge with ready_i. What is pushed into an empty buffer is there in the next clock.
`include "pcl_assert.svh"
module pcl_fifo #(
  parameter  int unsigned WIDTH      = 8,
  parameter  int unsigned DEPTH      = 32,  // power of two
  localparam int unsigned INDEX_BITS = $clog2(DEPTH)
) (
  input  logic             clk_i,
  input  logic             rst_i,
  input  logic             push_i,
  input  logic [WIDTH-1:0] data_i,
  output logic             valid_o,
  input  logic             ready_i,
  output logic [WIDTH-1:0] data_o
);

  if (DEPTH < 2 || (DEPTH & (DEPTH - 1)) != 0) begin : g_check
    $fatal(1, "pcl_fifo: DEPTH is %0d; it must be a power of two of at least 2", DEPTH);
  end

  // Every entry is stored, also one that goes straight to the output register, so that nothing but push_i decides what is written.
  logic [WIDTH-1:0]      entries [DEPTH];
  logic [INDEX_BITS-1:0] write_q, read_q;
  logic                  behind_q;  // entries holds something that has not gone to the output register
  logic                  output_free, fetch;

  assign output_free = !valid_o || ready_i;
  assign fetch = output_free && (behind_q || push_i);

  always_ff @(posedge clk_i) begin
    if (push_i) begin
      entries[write_q] <= data_i;
      write_q <= write_q + 1'b1;
    end
    if (fetch) read_q <= read_q + 1'b1;
    if (output_free && (behind_q || push_i || !pcl_prim_pkg::GateIdle)) data_o <= behind_q ? entries[read_q] : data_i;
    if (push_i != fetch) behind_q <= push_i || INDEX_BITS'(read_q + 1'b1) != write_q;
    if (output_free) valid_o <= behind_q || push_i;
    if (rst_i) begin
      write_q  <= '0;
      read_q   <= '0;
      behind_q <= 1'b0;
      valid_o  <= 1'b0;
    end
  end

  // The sender's credits.
  `PCL_ASSUME(NoOverflow, !(push_i && behind_q && !fetch && write_q == read_q))

endmodule
