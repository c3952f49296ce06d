// Frames from one clock to another through a RAM. A frame is shown to the reader when its last beat has been written, so the reader gets it without a
// gap: a MAC that sends may not pause within a frame.
//
// DROP_WHEN_FULL = 1, behind a MAC that receives and cannot wait: every beat is taken; a frame that finds no room is dropped whole and told by
//   dropped_o. DROP_WHEN_FULL = 0, in front of a MAC that sends: w_ready_o holds the writer up.
// ROWS beats must hold the longest frame; a power of two.
module frame_crossing #(
  parameter int unsigned DATA_WIDTH = 64,
  parameter int unsigned ROWS = 2048,
  parameter bit          DROP_WHEN_FULL = 1'b0
) (
  input  logic                    w_clk_i,
  input  logic                    w_rst_i,
  input  logic [DATA_WIDTH-1:0]   w_data_i,
  input  logic [DATA_WIDTH/8-1:0] w_keep_i,
  input  logic                    w_valid_i,
  input  logic                    w_last_i,
  input  logic                    w_bad_i,    // with w_last_i; goes with the frame
  output logic                    w_ready_o,
  output logic                    dropped_o,  // a pulse per frame that found no room

  input  logic                    r_clk_i,
  input  logic                    r_rst_i,
  output logic [DATA_WIDTH-1:0]   r_data_o,
  output logic [DATA_WIDTH/8-1:0] r_keep_o,
  output logic                    r_valid_o,
  output logic                    r_last_o,
  output logic                    r_bad_o,
  input  logic                    r_ready_i
);

  localparam int unsigned PointerBits = $clog2(ROWS) + 1;
  localparam int unsigned RowBits = DATA_WIDTH + DATA_WIDTH / 8 + 2;
  typedef logic [PointerBits-1:0] pointer_t;

  if (2 ** $clog2(ROWS) != ROWS) begin : gen_check_rows
    $fatal(1, "frame_crossing: ROWS is %0d; it must be a power of two", ROWS);
  end

  logic [RowBits-1:0] rows [ROWS];

  // Write side. Beats go behind `written_q`; the reader is told of those before `whole_q`, the end of the last whole frame.
  pointer_t written_q, whole_q, read_seen;
  logic     full, take, lost_q;

  assign full = written_q - read_seen == pointer_t'(ROWS);
  assign w_ready_o = DROP_WHEN_FULL || !full;
  assign take = w_valid_i && w_ready_o;

  always_ff @(posedge w_clk_i) begin
    if (take && !full) rows[written_q[PointerBits-2:0]] <= {w_bad_i, w_last_i, w_keep_i, w_data_i};
    if (w_rst_i) begin
      written_q <= '0;
      whole_q   <= '0;
      lost_q    <= 1'b0;
      dropped_o <= 1'b0;
    end else begin
      dropped_o <= take && w_last_i && (lost_q || full);
      if (take && w_last_i) begin
        lost_q <= 1'b0;
        if (lost_q || full) begin
          written_q <= whole_q;  // as if it had never come
        end else begin
          written_q <= written_q + 1'b1;
          whole_q   <= written_q + 1'b1;
        end
      end else if (take) begin
        if (full) lost_q <= 1'b1;
        else if (!lost_q) written_q <= written_q + 1'b1;
      end
    end
  end

  // Read side: the RAM's output register is the port.
  pointer_t read_q, whole_seen;
  logic     advance;

  assign advance = !r_valid_o || r_ready_i;

  always_ff @(posedge r_clk_i) begin
    if (advance) {r_bad_o, r_last_o, r_keep_o, r_data_o} <= rows[read_q[PointerBits-2:0]];
    if (r_rst_i) begin
      read_q    <= '0;
      r_valid_o <= 1'b0;
    end else if (advance) begin
      r_valid_o <= read_q != whole_seen;
      if (read_q != whole_seen) read_q <= read_q + 1'b1;
    end
  end

  value_crossing #(.WIDTH(PointerBits)) u_whole (
    .source_clk_i(w_clk_i), .source_rst_i(w_rst_i), .value_i(whole_q),
    .destination_clk_i(r_clk_i), .destination_rst_i(r_rst_i), .value_o(whole_seen)
  );
  value_crossing #(.WIDTH(PointerBits)) u_read (
    .source_clk_i(r_clk_i), .source_rst_i(r_rst_i), .value_i(read_q),
    .destination_clk_i(w_clk_i), .destination_rst_i(w_rst_i), .value_o(read_seen)
  );

endmodule
