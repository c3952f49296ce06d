// Gives frames for the host their descriptors: each frame becomes segments, one per descriptor, or the order to throw it away.
//
// In: frames with what steering decided; the rings' state for select_o. Out: segments, one a clock at best; a frame of one segment takes one clock.
// Guaranteed: a frame uses descriptors only if there are enough for all of it; at most SEGMENTS are under way between here and retired_i.
// A ring stopped in the middle of a frame leaves its rest as an order to throw it away, counted as FateStopped.
`include "pcl_assert.svh"

module pcl_nic_receive_schedule
  import pcl_nic_pkg::*;
  import pcl_filter_pkg::LengthBits;
#(
  parameter  int unsigned QUEUES = 4,
  parameter  int unsigned SEGMENTS = 64,   // a power of two
  localparam int unsigned RingBits = QUEUES > 1 ? $clog2(QUEUES) : 1
) (
  input  logic                clk_i,
  input  logic                rst_i,

  input  logic                frame_valid_i,
  output logic                frame_take_o,
  input  receive_frame_t      frame_i,

  input  logic [QUEUES-1:0]   enabled_i,
  output logic [RingBits-1:0] select_o,
  input  logic                cached_i,
  input  logic [63:0]         address_i,        // the next descriptor's
  input  logic [15:0]         remaining_i,
  input  logic [15:0]         index_i,
  input  logic                phase_i,
  input  logic [63:0]         completion_base_i,
  input  logic [13:0]         buffer_size_i,
  output logic                pop_o,
  output logic [QUEUES-1:0]   busy_o,           // segments under way

  output logic                segment_valid_o,
  input  logic                segment_ready_i,
  output receive_segment_t    segment_o,
  input  logic                retired_i,        // a segment that was no order to throw away
  input  logic [RingBits-1:0] retired_queue_i
);

  localparam int unsigned CountBits = $clog2(SEGMENTS) + 1;

  typedef enum logic [1:0] { Check, Count, Segment } state_e;
  state_e                state_q;
  logic [LengthBits-1:0] left_q, begin_q;
  logic [15:0]           need_q;
  logic                  give, discard, enabled, fits, last, room;
  fate_e                 fate;
  logic [LengthBits-1:0] length, left;
  logic [CountBits-1:0]  under_way_q, of_queue_q [QUEUES];

  assign select_o = RingBits'(frame_i.host_queue);
  assign enabled = enabled_i[select_o];
  assign length = frame_i.completion.packet_length;
  assign fits = length <= buffer_size_i;
  assign left = state_q == Check ? length : left_q;
  assign last = left <= buffer_size_i;
  assign room = under_way_q != CountBits'(SEGMENTS);

  always_comb begin
    give = 1'b0;
    discard = 1'b0;
    fate = frame_i.fate;
    if (frame_valid_i && segment_ready_i) begin
      if (state_q == Check && frame_i.fate != FateDelivered) begin
        discard = 1'b1;
      end else if (!enabled) begin
        discard = 1'b1;
        fate = FateStopped;
      end else if (state_q == Check && fits) begin
        if (remaining_i == '0) begin
          discard = 1'b1;
          fate = FateNoDescriptor;
        end else begin
          give = cached_i && room;
        end
      end else if (state_q == Count && left_q <= buffer_size_i && remaining_i < need_q) begin
        discard = 1'b1;
        fate = FateNoDescriptor;
      end else if (state_q == Segment) begin
        give = cached_i && room;
      end
    end
  end

  assign pop_o = give;
  assign frame_take_o = discard || (give && last);
  assign segment_valid_o = give || discard;

  always_comb begin
    segment_o.discard = discard;
    segment_o.address = address_i;
    segment_o.completion_address = completion_base_i + 64'({index_i, 5'd0});
    segment_o.begin_byte = state_q == Check ? '0 : begin_q;
    segment_o.frame = frame_i;
    segment_o.frame.fate = fate;
    segment_o.frame.completion.index = index_i;
    segment_o.frame.completion.phase = phase_i;
    segment_o.frame.completion.last = last;
    segment_o.frame.completion.segment_length = last ? left : buffer_size_i;
  end

  always_ff @(posedge clk_i) begin
    if (frame_take_o) begin
      state_q <= Check;
    end else if (frame_valid_i) begin
      case (state_q)
        Check: begin
          left_q  <= length;
          begin_q <= '0;
          need_q  <= 16'd1;
          if (segment_ready_i && !fits) state_q <= Count;
        end
        Count: begin
          // As many descriptors as it takes steps of a buffer to the end.
          if (left_q <= buffer_size_i) begin
            left_q <= length;
            if (segment_ready_i) state_q <= Segment;
            else left_q <= left_q;
          end else begin
            left_q <= left_q - buffer_size_i;
            need_q <= need_q + 16'd1;
          end
        end
        default: begin
          if (give) begin
            left_q  <= left_q - buffer_size_i;
            begin_q <= begin_q + buffer_size_i;
          end
        end
      endcase
    end
    if (give != retired_i) under_way_q <= give ? under_way_q + 1'b1 : under_way_q - 1'b1;
    for (int unsigned q = 0; q < QUEUES; q++) begin
      logic more, fewer;
      more = give && select_o == RingBits'(q);
      fewer = retired_i && retired_queue_i == RingBits'(q);
      if (more != fewer) of_queue_q[q] <= more ? of_queue_q[q] + 1'b1 : of_queue_q[q] - 1'b1;
    end
    if (rst_i) begin
      state_q     <= Check;
      under_way_q <= '0;
      for (int unsigned q = 0; q < QUEUES; q++) of_queue_q[q] <= '0;
    end
  end

  for (genvar q = 0; q < QUEUES; q++) begin : gen_busy
    assign busy_o[q] = of_queue_q[q] != '0;
  end

  `PCL_ASSERT(EnoughDescriptors, state_q == Segment && frame_valid_i && enabled |-> remaining_i != '0)

endmodule
