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

  logic [INDEX_BITS-1:0] write_q, write, read_q, read_next_q, read;  // write, read: of the next clock; read_next_q: read_q + 1
  logic                  behind_q, behind;  // entries hold something that has not gone to the output register; the same from the next clock on
  logic                  valid, output_free, fetch;
  assign output_free = !valid_o || ready_i;
  assign fetch = output_free && (behind_q || push_i);
  always_comb begin
    write  = push_i ? write_q + 1'b1 : write_q;
    read   = fetch ? read_next_q : read_q;
    behind = push_i == fetch ? behind_q : push_i || read_next_q != write_q;
    valid  = output_free ? behind_q || push_i : valid_o;
    if (rst_i) begin
      write  = '0;
      read   = '0;
      behind = 1'b0;
      valid  = 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    write_q  <= write;
    read_q   <= read;
    behind_q <= behind;
    valid_o  <= valid;
    if (fetch) read_next_q <= read_next_q + 1'b1;
    if (rst_i) read_next_q <= INDEX_BITS'(1);
  end

  // Slices of the entries, each with its own copy of what moves them. Every entry is stored, also one that goes straight to the output register, so that
  // nothing but push_i decides what is written.
  localparam int unsigned Slices = pcl_prim_pkg::copies((WIDTH + 31) / 32);
  localparam int unsigned SliceBits = (WIDTH + Slices - 1) / Slices;
  for (genvar s = 0; s < Slices; s++) begin : g_slice
    localparam int unsigned Low = s * SliceBits;
    localparam int unsigned Bits = WIDTH - Low < SliceBits ? WIDTH - Low : SliceBits;
    logic [Bits-1:0]       entries [DEPTH];
    logic [INDEX_BITS-1:0] write_copy, read_copy;
    logic                  behind_copy, valid_copy;
    pcl_dup #(.WIDTH(2 * INDEX_BITS + 2), .COPIES(1)) u_copy (.clk_i, .d_i({write, read, behind, valid}), .q_o({write_copy, read_copy, behind_copy, valid_copy}));
    always_ff @(posedge clk_i) begin
      if (push_i) entries[write_copy] <= data_i[Low +: Bits];
      if ((!valid_copy || ready_i) && (behind_copy || push_i || !pcl_prim_pkg::GateIdle)) begin
        data_o[Low +: Bits] <= behind_copy ? entries[read_copy] : data_i[Low +: Bits];
      end
    end
  end

  // The sender's credits.
  `PCL_ASSUME(NoOverflow, !(push_i && behind_q && !fetch && write_q == read_q))

endmodule
