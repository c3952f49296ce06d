// Keeps frames of one wire port until their verdict: a memory of beats, filled a frame at a time.
//
// In: beats of DATA_WIDTH bits. With the last one the frame is kept, or, with drop_i, taken back as if it had never come. After drop_i without
// last_i (the frame is too long) nothing more of that frame may be written.
// Out: beats of kept frames, in order. A beat can leave 5 clocks after the last one of its frame was written.
// Throughput: a beat in and a beat out each clock, whatever lengths the frames have. `ready_o` never depends on this clock's inputs.
`include "pcl_assert.svh"

module pcl_frame_buffer #(
  parameter int unsigned DATA_WIDTH = 512,
  parameter int unsigned ROWS = 512   // beats; a power of two, at least the longest frame
) (
  input  logic                  clk_i,
  input  logic                  rst_i,

  input  logic                  write_i,   // only with ready_o
  input  logic [DATA_WIDTH-1:0] data_i,
  input  logic                  last_i,
  input  logic                  drop_i,
  output logic                  ready_o,

  output logic                  valid_o,
  output logic [DATA_WIDTH-1:0] data_o,
  output logic                  last_o,
  input  logic                  take_i
);

  localparam int unsigned RowBits = $clog2(ROWS);
  // Beats between the memory and the way out: two in the memory's pipeline, one going out, one whose credit is on its way back.
  localparam int unsigned Ahead = 4;

  if (ROWS < 8 || 2 ** RowBits != ROWS) begin : gen_check_rows
    $fatal(1, "pcl_frame_buffer: ROWS is %0d; it must be a power of two of at least 8", ROWS);
  end

  // Pointers have a bit more than row numbers. Rows from free_q to write_q are in use; those before kept_q belong to whole frames.
  logic [RowBits:0] write_d, write_q, kept_q, read_q, free_q;
  logic             ready_q;

  always_comb begin
    write_d = write_q;
    if (drop_i) write_d = kept_q;
    else if (write_i) write_d = write_q + 1'b1;
  end

  // A row is free two clocks after the memory was asked for it: then it has been read.
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      write_q <= '0;
      kept_q  <= '0;
      free_q  <= '0;
      ready_q <= 1'b0;
    end else begin
      write_q <= write_d;
      if (write_i && last_i && !drop_i) kept_q <= write_q + 1'b1;
      free_q  <= read_q;
      ready_q <= (RowBits + 1)'(write_d - free_q) != (RowBits + 1)'(ROWS);
    end
  end
  assign ready_o = ready_q;

  // Read ahead while there is room behind the memory.
  logic                        read, read1_q, read2_q, take;
  logic [$clog2(Ahead+1)-1:0]  ahead_q;
  logic [DATA_WIDTH:0]         row;

  assign read = read_q != kept_q && ahead_q != ($clog2(Ahead + 1))'(Ahead);
  assign take = valid_o && take_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      read_q  <= '0;
      read1_q <= 1'b0;
      read2_q <= 1'b0;
      ahead_q <= '0;
    end else begin
      if (read) read_q <= read_q + 1'b1;
      read1_q <= read;
      read2_q <= read1_q;
      ahead_q <= ahead_q + ($clog2(Ahead + 1))'(read) - ($clog2(Ahead + 1))'(take);
    end
  end

  pcl_ram_1r1w #(.WIDTH(DATA_WIDTH + 1), .DEPTH(ROWS)) u_beats (
    .clk_i,
    .write_i(write_i && !drop_i), .write_row_i(write_q[RowBits-1:0]), .write_data_i({last_i, data_i}),
    .read_i(read), .read_row_i(read_q[RowBits-1:0]), .read_data_o(row)
  );

  pcl_fifo #(.WIDTH(DATA_WIDTH + 1), .DEPTH(Ahead)) u_ahead (
    .clk_i, .rst_i, .push_i(read2_q), .data_i(row), .valid_o, .ready_i(take_i), .data_o({last_o, data_o})
  );

  `PCL_ASSERT(NoBeatWithoutRoom, write_i -> ready_o)
  `PCL_ASSERT(WholeFramesOnly, (RowBits + 1)'(kept_q - read_q) <= (RowBits + 1)'(write_q - read_q))
  `PCL_ASSERT(NoMoreThanTheMemoryHolds, (RowBits + 1)'(write_q - free_q) <= (RowBits + 1)'(ROWS))

endmodule
