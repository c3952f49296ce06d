// Writes segments of frames to host memory: takes a frame's beats, cuts them at the segments' borders, moves each byte to its lane, and adds up the
// checksum of layer 4 as it passes.
//
// In: segments and the beats of their frames, both in order. Out: bursts, none across a 4 KiB border; and, when a segment's last beat is on its way, a
// record for its completion. acknowledged_o: all of a segment's data is in memory, in order, with whether one of its bursts failed.
// An order to throw away becomes fate_valid_o when the frame's beats are gone.
// Throughput: a beat a clock; frames within one beat of memory one a clock.
`include "pcl_assert.svh"

module pcl_nic_receive_write
  import pcl_nic_pkg::*;
  import pcl_filter_pkg::LengthBits;
#(
  parameter int unsigned DATA_WIDTH = 512,
  parameter int unsigned SEGMENTS = 64
) (
  input  logic                    clk_i,
  input  logic                    rst_i,

  input  logic                    segment_valid_i,
  output logic                    segment_ready_o,   // room for one
  input  receive_segment_t        segment_i,
  input  logic                    beat_valid_i,
  output logic                    beat_take_o,
  input  logic [DATA_WIDTH-1:0]   beat_data_i,
  input  logic                    beat_last_i,

  output logic                    fate_valid_o,
  input  logic                    fate_ready_i,
  output receive_frame_t          fate_frame_o,

  output logic                    record_valid_o,
  output receive_frame_t          record_o,          // the completion is complete
  output logic [63:0]             record_address_o,

  output logic                    write_valid_o,
  input  logic                    write_ready_i,
  output logic [63:0]             write_address_o,
  output logic [8:0]              write_beats_o,
  output logic [DATA_WIDTH-1:0]   write_data_o,
  output logic [DATA_WIDTH/8-1:0] write_strobe_o,
  output logic                    write_last_o,
  input  logic                    done_i,
  input  logic                    done_error_i,
  output logic                    acknowledged_o,
  output logic                    acknowledged_error_o
);

  localparam int unsigned Bytes = DATA_WIDTH / 8;
  localparam int unsigned LaneBits = $clog2(Bytes);
  localparam int unsigned Waiting = 4;

  // ------------------------------------------------------------------------------------------------------------------
  // Segments wait here.
  logic             valid, take;
  receive_segment_t segment;
  logic [2:0]       waiting_q;

  assign segment_ready_o = waiting_q != 3'(Waiting);
  always_ff @(posedge clk_i) begin
    if (segment_valid_i != take) waiting_q <= segment_valid_i ? waiting_q + 1'b1 : waiting_q - 1'b1;
    if (rst_i) waiting_q <= '0;
  end
  pcl_fifo #(.WIDTH($bits(receive_segment_t)), .DEPTH(Waiting)) u_segments (
    .clk_i, .rst_i, .push_i(segment_valid_i), .data_i(segment_i), .valid_o(valid), .ready_i(take), .data_o(segment)
  );

  // ------------------------------------------------------------------------------------------------------------------
  // Two beats of the frame: the one that is used up to place_q, and behind it the one on offer.
  logic [DATA_WIDTH-1:0] hold_q;
  logic                  hold_valid_q, hold_last_q;
  logic [LaneBits-1:0]   place_q;

  // Where the segment stands: these hold from its second beat on.
  logic                  inside_q;
  logic [63:0]           address_q, address;
  logic [LengthBits-1:0] left_q, left, frame_place_q, frame_place;  // bytes of the segment left; of the frame before
  logic [12:0]           burst_left_q, burst_left, border;
  logic                  burst_first_q, burst_first;

  logic [LaneBits-1:0]   lane;          // of the first byte in memory's beat
  logic [LaneBits:0]     count, room, sum;
  logic                  move, spans, ends_beat, burst_last, segment_last, frame_last, enough, throw_beat, out_free;

  assign address = inside_q ? address_q : segment.address;
  assign left = inside_q ? left_q : segment.frame.completion.segment_length;
  assign frame_place = inside_q ? frame_place_q : segment.begin_byte;
  assign burst_first = !inside_q || burst_first_q;
  assign lane = address[LaneBits-1:0];
  assign border = 13'd4096 - {1'b0, address[11:0]};
  assign burst_left = !burst_first ? burst_left_q : LengthBits'(border) < left ? border : 13'(left);
  assign room = (LaneBits + 1)'(Bytes) - {1'b0, lane};
  assign count = burst_left < 13'(room) ? burst_left[LaneBits:0] : room;
  assign sum = {1'b0, place_q} + count;
  assign spans = sum > (LaneBits + 1)'(Bytes);
  assign ends_beat = sum >= (LaneBits + 1)'(Bytes);
  assign burst_last = 13'(count) == burst_left;
  assign segment_last = LengthBits'(count) == left;
  assign frame_last = segment_last && segment.frame.completion.last;
  assign enough = hold_valid_q && (!spans || beat_valid_i);
  assign out_free = !write_valid_o || write_ready_i;
  assign move = valid && !segment.discard && enough && out_free;

  assign throw_beat = valid && segment.discard && hold_valid_q && (!hold_last_q || fate_ready_i);
  assign fate_valid_o = valid && segment.discard && hold_valid_q && hold_last_q;
  assign fate_frame_o = segment.frame;
  assign take = (move && segment_last) || (fate_valid_o && fate_ready_i);

  // The beat on offer is taken when it becomes the first one, or is used up together with it.
  logic refill, empty;
  assign refill = !hold_valid_q || throw_beat || (move && (frame_last || ends_beat));
  assign empty = move && frame_last && spans;    // both are used up; the next frame's first beat is not here yet
  assign beat_take_o = refill;

  always_ff @(posedge clk_i) begin : window
    if (refill) begin
      hold_valid_q <= beat_valid_i && !empty;
      hold_last_q  <= beat_last_i;
      if (beat_valid_i) hold_q <= beat_data_i;
    end
    if (throw_beat || (move && frame_last)) place_q <= '0;
    else if (move) place_q <= sum[LaneBits-1:0];
    if (rst_i) begin
      hold_valid_q <= 1'b0;
      place_q      <= '0;
    end
  end

  always_ff @(posedge clk_i) begin : position
    if (move) begin
      inside_q      <= !segment_last;
      address_q     <= address + 64'(count);
      left_q        <= left - LengthBits'(count);
      frame_place_q <= frame_place + LengthBits'(count);
      burst_left_q  <= burst_left - 13'(count);
      burst_first_q <= burst_last;
    end
    if (rst_i) inside_q <= 1'b0;
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Out, and into the checksum.
  logic                  sum_valid_q, sum_first_q, sum_record_q, sum_swap_q, record_valid_q;
  logic [DATA_WIDTH-1:0] sum_data_q;
  receive_frame_t        sum_frame_q, record_frame_q;
  logic [63:0]           sum_address_q, record_address_q;
  logic [31:0]           sum_q;

  always_ff @(posedge clk_i) begin : out
    logic [DATA_WIDTH-1:0] data, counted;
    logic [Bytes-1:0]      strobe, in_sum;
    logic [15:0]           base, low, high;
    if (write_ready_i) write_valid_o <= 1'b0;
    sum_valid_q <= 1'b0;
    if (move) begin
      if (place_q >= lane) data = DATA_WIDTH'({beat_data_i, hold_q} >> {place_q - lane, 3'd0});
      else data = hold_q << {lane - place_q, 3'd0};
      strobe = (~(~Bytes'(0) << count)) << lane;
      write_valid_o  <= 1'b1;
      write_data_o   <= data;
      write_strobe_o <= strobe;
      write_last_o   <= burst_last;
      if (burst_first) begin
        write_address_o <= {address[63:LaneBits], LaneBits'(0)};
        write_beats_o   <= 9'((13'(lane) + burst_left + 13'(Bytes - 1)) >> LaneBits);
      end
      sum_valid_q   <= 1'b1;
      sum_first_q   <= frame_place == '0;
      sum_record_q  <= segment_last;
      sum_frame_q   <= segment.frame;
      sum_address_q <= segment.completion_address;
      sum_swap_q    <= frame_place[0] != lane[0];
      if (segment.frame.l4_check) begin
        base = 16'(frame_place) - 16'(lane);      // the frame's byte in lane 0; may be below 0
        low = 16'(segment.frame.l4_begin) - base;
        high = 16'(segment.frame.l4_end) - base;
        in_sum = strobe;
        if (high[15]) in_sum = '0;
        else if (high < 16'(Bytes)) in_sum = in_sum & ~(~Bytes'(0) << high[LaneBits-1:0]);
        if (!low[15]) in_sum = low < 16'(Bytes) ? in_sum & (~Bytes'(0) << low[LaneBits-1:0]) : '0;
        counted = '0;
        if (in_sum == '1) counted = data;
        else for (int unsigned b = 0; b < Bytes; b++) if (in_sum[b]) counted[8*b+:8] = data[8*b+:8];
        sum_data_q <= counted;
      end
    end
    if (rst_i) write_valid_o <= 1'b0;
  end

  always_ff @(posedge clk_i) begin : checksum
    logic [31:0] total;
    record_valid_q <= sum_valid_q && sum_record_q && !rst_i;
    if (sum_valid_q) begin
      if (sum_record_q) begin
        record_frame_q   <= sum_frame_q;
        record_address_q <= sum_address_q;
      end
      if (sum_frame_q.l4_check) begin
        total = '0;
        for (int unsigned w = 0; w < Bytes / 2; w++) total = total + 32'(sum_data_q[16*w+:16]);
        total = 32'(total[15:0]) + 32'(total[31:16]);
        total = 32'(total[15:0]) + 32'(total[31:16]);
        // Words that stand across the lanes' words: their bytes are exchanged, and so are those of their sum (RFC 1071, 2.B).
        if (sum_swap_q) total = {16'd0, total[7:0], total[15:8]};
        sum_q <= (sum_first_q ? 32'(sum_frame_q.l4_sum) : sum_q) + total;
      end
    end
  end

  always_ff @(posedge clk_i) begin : record
    logic [31:0] total;
    record_valid_o <= record_valid_q && !rst_i;
    if (record_valid_q) begin
      record_o         <= record_frame_q;
      record_address_o <= record_address_q;
      total = 32'(sum_q[15:0]) + 32'(sum_q[31:16]);
      total = 32'(total[15:0]) + 32'(total[31:16]);
      if (record_frame_q.l4_check) record_o.completion.l4_checksum <= total[15:0] == 16'hFFFF ? ChecksumGood : ChecksumBad;
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Answers: one per burst, and the last of a segment tells.
  logic burst_ends, burst_known, burst_error_q;

  pcl_fifo #(.WIDTH(1), .DEPTH(SEGMENTS)) u_bursts (
    .clk_i, .rst_i, .push_i(move && burst_first), .data_i(LengthBits'(burst_left) == left), .valid_o(burst_known), .ready_i(done_i), .data_o(burst_ends)
  );

  assign acknowledged_o = done_i && burst_ends;
  assign acknowledged_error_o = done_error_i || burst_error_q;
  always_ff @(posedge clk_i) begin
    if (done_i) burst_error_q <= !burst_ends && acknowledged_error_o;
    if (rst_i) burst_error_q <= 1'b0;
  end

  `PCL_ASSERT(AnswersForBursts, done_i |-> burst_known)
  `PCL_ASSERT(FrameEndsWithItsBeats, move && frame_last |-> (spans ? beat_last_i : hold_last_q))

endmodule
