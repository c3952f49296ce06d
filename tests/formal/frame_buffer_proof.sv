// pcl_frame_buffer: what comes out are the beats of kept frames, all of them, in order and unchanged, and nothing of a frame that was taken back or is not whole;
// it neither over- nor underflows, and a beat waits five clocks at most behind those before it.
//
// Beats of kept frames are numbered, modulo more than there can be at once; the beat with any one number is remembered as it is written.
module frame_buffer_proof #(
  parameter int unsigned ROWS       = 8,
  parameter int unsigned DATA_WIDTH = 1
) (
  input logic                  clk_i,
  input logic                  write_i,
  input logic [DATA_WIDTH-1:0] data_i,
  input logic                  last_i,
  input logic                  drop_i,
  input logic                  take_i
);

  localparam int unsigned NumberBits = $clog2(ROWS) + 2;
  localparam int unsigned Patience = 5;

  logic rst_q = 1'b1, before_q = 1'b0;
  always_ff @(posedge clk_i) begin
    rst_q    <= 1'b0;
    before_q <= !rst_q;
  end

  logic ready, valid, last, write;
  logic [DATA_WIDTH-1:0] data;
  assign write = write_i && ready;
  pcl_frame_buffer #(.DATA_WIDTH(DATA_WIDTH), .ROWS(ROWS)) u_dut (
    .clk_i, .rst_i(rst_q), .write_i(write), .data_i, .last_i, .drop_i, .ready_o(ready), .valid_o(valid), .data_o(data), .last_o(last), .take_i
  );

  // Numbers of the next beat to be written, of the first one that is not of a whole frame, and of the next one to come out.
  logic [NumberBits-1:0] written_q, kept_q, taken_q, number;
  formal_constant #(.WIDTH(NumberBits)) u_number (.Y(number));
  logic [DATA_WIDTH:0] beat_q;
  logic [2:0] waited_q;
  logic take;
  assign take = valid && take_i;
  always_ff @(posedge clk_i) begin
    if (write && !drop_i && written_q == number) beat_q <= {last_i, data_i};
    written_q <= drop_i ? kept_q : written_q + NumberBits'(write);
    if (write && last_i && !drop_i) kept_q <= written_q + 1'b1;
    taken_q <= taken_q + NumberBits'(take);
    waited_q <= kept_q == taken_q || valid ? '0 : waited_q == '1 ? waited_q : waited_q + 1'b1;
    if (rst_q) begin
      written_q <= '0;
      kept_q    <= '0;
      taken_q   <= '0;
      waited_q  <= '0;
    end
  end

  logic stalled_q = 1'b0;
  logic [DATA_WIDTH:0] out_q;
  always_ff @(posedge clk_i) begin
    stalled_q <= valid && !take_i && !rst_q;
    out_q     <= {last, data};
  end
`ifdef INDUCTION
  // Where the remembered beat is: so many beats behind the first that is to come out. Those asked of the memory are on their way or in the queue behind it.
  localparam int unsigned RowBits = $clog2(ROWS);
  logic [NumberBits-1:0] distance, asked, queued;
  assign distance = number - taken_q;
  assign asked = NumberBits'(u_dut.ahead_q);
  assign queued = NumberBits'(u_dut.u_ahead.count_q);
  always_comb begin
    if (before_q) begin
      Pointers: assert (u_dut.write_q == written_q[RowBits:0] && u_dut.kept_q == kept_q[RowBits:0]);
      Asked: assert (u_dut.read_q == (RowBits + 1)'(taken_q + asked) && asked <= NumberBits'(4) && asked == queued + NumberBits'(u_dut.read1_q) + NumberBits'(u_dut.read2_q));
      NotYetFree: assert (u_dut.free_q == u_dut.read_q || u_dut.free_q + 1'b1 == u_dut.read_q);
      FreeAfterTheRead: assert (u_dut.read1_q == (u_dut.free_q != u_dut.read_q));
      Kept: assert (NumberBits'(kept_q - taken_q) >= asked && NumberBits'(kept_q - taken_q) <= NumberBits'(written_q - taken_q));
      RowsInUse: assert ((RowBits + 1)'(u_dut.write_q - u_dut.free_q) <= (RowBits + 1)'(ROWS));
      ReadyWithRoom: assert (!u_dut.ready_q || (RowBits + 1)'(u_dut.write_q - u_dut.free_q) < (RowBits + 1)'(ROWS));
      if (distance < queued) InTheQueue: assert (u_dut.u_ahead.queue_q[distance[1:0]] == beat_q);
      else if (distance < queued + NumberBits'(u_dut.read2_q)) BehindTheMemory: assert (u_dut.row == beat_q);
      else if (distance < NumberBits'(written_q - taken_q)) InTheMemory: assert (u_dut.u_beats.rows[number[RowBits-1:0]] == beat_q);
      if (u_dut.read1_q) AskedRow: assert (u_dut.u_beats.row_q == RowBits'(u_dut.read_q - 1'b1) && u_dut.u_beats.read_q);
    end
  end
`endif

  always_comb begin
    if (before_q) begin
      WholeFramesOnly: assert (!valid || kept_q != taken_q);
      NoMoreThanThereIsRoomFor: assert (NumberBits'(written_q - taken_q) <= NumberBits'(ROWS + 4));
      BeatsInOrder: assert (!(valid && taken_q == number) || {last, data} == beat_q);
      StableWhileStalled: assert (!stalled_q || (valid && {last, data} == out_q));
      NothingWaitsLong: assert (32'(waited_q) < Patience);
    end
    Full: cover (before_q && !ready && kept_q != written_q);
    TakenBack: cover (before_q && written_q != kept_q && drop_i && valid);
    SecondFrame: cover (before_q && valid && last && take_i && taken_q == NumberBits'(ROWS));
  end

endmodule
