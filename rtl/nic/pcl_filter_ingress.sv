// The way of frames from one wire port through pcl_filter: to the parser and into the buffer, to the engine and back, and to the head of the
// line, where a frame with its decision waits for its egresses.
//
// In: frames without FCS; TKEEP is all ones but in the last beat, and contiguous from bit 0. A frame with TUSER in its last beat, or with more than
// MAX_FRAME bytes, is discarded and pulses received_o with received_bad_o.
// Out: one lookup per good frame, or with SHARED_PARSER its window for the parser that the ports share; decisions come back in the same order. Then beats with
// their destinations, one a clock.
// Guaranteed: nothing is lost, doubled or reordered; there is always room for the decision of a lookup that was handed out, so a port that cannot
// get rid of its frames holds up none of the others. Frames for which nobody asks (no destination) are taken off here, a beat a clock.
`include "pcl_assert.svh"

module pcl_filter_ingress
  import pcl_pkg::*;
  import pcl_filter_pkg::*;
#(
  parameter  int unsigned DATA_WIDTH = 512,
  parameter  int unsigned INGRESS = 0,
  parameter  int unsigned FIFO_BYTES = 32768,
  parameter  int unsigned MAX_FRAME = 9728,
  parameter  int unsigned DECISIONS = 64,    // lookups between here and the end of their frame; a power of two
  parameter  int unsigned SHARED_PARSER = 0, // 1: the parser is outside, and has room for SHARED_FRAMES of this port's frames until their lookup goes
  parameter  int unsigned SHARED_FRAMES = 16,
  localparam int unsigned WindowBeats = pcl_parser_pkg::window_beats(DATA_WIDTH),
  localparam int unsigned WindowBits = WindowBeats * DATA_WIDTH
) (
  input  logic                    clk_i,
  input  logic                    rst_i,

  input  logic [DATA_WIDTH-1:0]   s_axis_tdata_i,
  input  logic [DATA_WIDTH/8-1:0] s_axis_tkeep_i,
  input  logic                    s_axis_tvalid_i,
  input  logic                    s_axis_tlast_i,
  input  logic                    s_axis_tuser_i,
  output logic                    s_axis_tready_o,

  output logic                    received_o,
  output logic                    received_bad_o,
  output logic [LengthBits-1:0]   received_length_o,

  output logic                    lookup_valid_o,
  input  logic                    lookup_ready_i,
  output key_t                    lookup_key_o,
  output logic [3:0]              lookup_cause_o,
  output logic [LengthBits-1:0]   lookup_length_o,

  // SHARED_PARSER: the window of a frame goes out in a clock with turn_i, the low beat first in the vector; what the parser found comes back in order.
  input  logic                    turn_i,
  input  logic                    next_turn_i,   // turn_i of the next clock
  output logic                    window_valid_o,
  output logic [WindowBits-1:0]   window_o,
  output logic [LengthBits-1:0]   window_length_o,
  input  logic                    parsed_valid_i,
  input  key_t                    parsed_key_i,
  input  logic [3:0]              parsed_cause_i,
  input  logic [LengthBits-1:0]   parsed_length_i,

  input  logic                    decision_valid_i,
  input  decision_t               decision_i,

  // Beats of decided frames that have a destination; decision_o holds through a frame.
  output logic                    beat_valid_o,
  input  logic                    beat_ready_i,
  output logic [DATA_WIDTH-1:0]   beat_data_o,
  output logic [DATA_WIDTH/8-1:0] beat_keep_o,
  output logic                    beat_last_o,
  output decision_t               decision_o
);

  localparam int unsigned Bytes = DATA_WIDTH / 8;
  localparam int unsigned MaxBeats = MAX_FRAME / Bytes;
  localparam int unsigned BeatBits = $clog2(MaxBeats + 1);
  localparam int unsigned DecisionBits = $clog2(DECISIONS);

  if (MAX_FRAME % Bytes != 0 || MAX_FRAME < 1536 || MAX_FRAME >= 2 ** LengthBits) begin : gen_check_max_frame
    $fatal(1, "pcl_filter: MAX_FRAME is %0d; it must be a multiple of %0d (the bytes of a beat), at least 1536 and below %0d", MAX_FRAME, Bytes,
           2 ** LengthBits);
  end
  if (FIFO_BYTES < MAX_FRAME || 2 ** $clog2(FIFO_BYTES) != FIFO_BYTES) begin : gen_check_fifo_bytes
    $fatal(1, "pcl_filter: FIFO_BYTES is %0d; it must be a power of two and hold a frame of MAX_FRAME (%0d) bytes", FIFO_BYTES, MAX_FRAME);
  end

  // ------------------------------------------------------------------------------------------------------------------
  // In: into the buffer and the parser side by side.
  logic                buffer_ready, parser_ready, accept, beyond, bad;
  logic [BeatBits-1:0] beat_q;  // stops at MaxBeats: from then on the frame is too long

  assign s_axis_tready_o = buffer_ready && parser_ready;
  assign accept = s_axis_tvalid_i && s_axis_tready_o;
  assign beyond = beat_q == BeatBits'(MaxBeats);
  assign bad = beyond || s_axis_tuser_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) beat_q <= '0;
    else if (accept) beat_q <= s_axis_tlast_i ? '0 : beyond ? beat_q : beat_q + 1'b1;
  end

  logic frame_valid, frame_last, frame_take;

  pcl_frame_buffer #(.DATA_WIDTH(DATA_WIDTH), .ROWS(FIFO_BYTES / Bytes)) u_buffer (
    .clk_i, .rst_i,
    .write_i(accept), .data_i(s_axis_tdata_i), .last_i(s_axis_tlast_i), .drop_i(accept && (beyond || (s_axis_tlast_i && s_axis_tuser_i))),
    .ready_o(buffer_ready),
    .valid_o(frame_valid), .data_o(beat_data_o), .last_o(frame_last), .take_i(frame_take)
  );

  // ------------------------------------------------------------------------------------------------------------------
  // Lookups out, as many as there is room for decisions.
  logic [DecisionBits:0] pending_d, pending_q;
  logic                  pends, decided, frame_done;

  assign pending_d = pending_q + (DecisionBits + 1)'(pends) - (DecisionBits + 1)'(frame_done);
  always_ff @(posedge clk_i) begin
    if (rst_i) pending_q <= '0;
    else pending_q <= pending_d;
  end

  if (SHARED_PARSER == 0) begin : gen_parser
    logic parsed_valid, room_q;

    pcl_parser #(.DATA_WIDTH(DATA_WIDTH), .INGRESS(INGRESS), .LENGTH_BITS(LengthBits)) u_parser (
      .clk_i, .rst_i,
      .s_axis_tdata_i, .s_axis_tkeep_i, .s_axis_tvalid_i(s_axis_tvalid_i && buffer_ready), .s_axis_tlast_i, .s_axis_tuser_i(bad),
      .s_axis_tready_o(parser_ready),
      .received_o, .received_bad_o, .received_length_o,
      .parsed_valid_o(parsed_valid), .parsed_ready_i(lookup_ready_i && room_q),
      .parsed_key_o(lookup_key_o), .parsed_cause_o(lookup_cause_o), .parsed_length_o(lookup_length_o)
    );
    assign lookup_valid_o = parsed_valid && room_q;
    assign pends = lookup_valid_o && lookup_ready_i;
    always_ff @(posedge clk_i) begin
      if (rst_i) room_q <= 1'b0;
      else room_q <= pending_d < (DecisionBits + 1)'(DECISIONS);
    end

    logic unused;
    assign unused = ^{turn_i, next_turn_i, parsed_valid_i, parsed_key_i, parsed_cause_i, parsed_length_i};
    assign window_valid_o = 1'b0;
    assign window_o = '0;
    assign window_length_o = '0;
  end else begin : gen_window
    // A frame is let to its end only if there is room for it in the parser, and for its decision: in the parser it stands before other ports' frames.
    localparam int unsigned FrameBits = $clog2(SHARED_FRAMES + 1);
    logic [FrameBits-1:0]  parsing_d, parsing_q;
    logic                  finish, looked_up, ready_q, window_valid, waiting, waiting_q;

    assign lookup_valid_o = parsed_valid_i;
    assign lookup_key_o = parsed_key_i;
    assign lookup_cause_o = parsed_cause_i;
    assign lookup_length_o = parsed_length_i;
    assign looked_up = parsed_valid_i && lookup_ready_i;
    assign finish = accept && s_axis_tlast_i && !bad;
    assign pends = finish;
    assign parsing_d = parsing_q + FrameBits'(finish) - FrameBits'(looked_up);
    assign waiting = window_valid_o && !turn_i;   // into the next clock
    assign window_valid_o = window_valid || waiting_q;
    assign parser_ready = ready_q;
    assign received_bad_o = !window_valid;
    assign window_length_o = received_length_o;
    pcl_parser_window #(.DATA_WIDTH(DATA_WIDTH), .LENGTH_BITS(LengthBits)) u_window (
      .clk_i, .rst_i, .accept_i(accept), .data_i(s_axis_tdata_i), .keep_i(s_axis_tkeep_i), .last_i(s_axis_tlast_i), .bad_i(bad),
      .end_o(received_o), .valid_o(window_valid), .length_o(received_length_o), .slots_o(window_o)
    );
    // No beat may come over a window that will not go in that clock.
    always_ff @(posedge clk_i) begin
      waiting_q <= waiting;
      parsing_q <= parsing_d;
      ready_q   <= parsing_d < FrameBits'(SHARED_FRAMES) && pending_d < (DecisionBits + 1)'(DECISIONS) && (!(finish || waiting) || next_turn_i);
      if (rst_i) begin
        waiting_q <= 1'b0;
        parsing_q <= '0;
        ready_q   <= 1'b0;
      end
    end

    `PCL_ASSERT(NoBeatOverAWindow, accept && window_valid_o -> turn_i)
  end

  pcl_fifo #(.WIDTH($bits(decision_t)), .DEPTH(DECISIONS)) u_decisions (
    .clk_i, .rst_i, .push_i(decision_valid_i), .data_i(decision_i), .valid_o(decided), .ready_i(frame_done), .data_o(decision_o)
  );

  // ------------------------------------------------------------------------------------------------------------------
  // The head of the line.
  logic                     discard;
  logic [$clog2(Bytes)-1:0] last_byte;  // of the frame's last beat

  assign discard = decision_o.destinations == '0;
  assign beat_valid_o = frame_valid && decided && !discard;
  assign beat_last_o = frame_last;
  assign frame_take = decided && (discard || beat_ready_i);
  assign frame_done = frame_valid && frame_take && frame_last;
  assign last_byte = decision_o.user.length[$clog2(Bytes)-1:0] - 1'b1;
  assign beat_keep_o = frame_last ? ~({{(Bytes - 1){1'b1}}, 1'b0} << last_byte) : '1;

  `PCL_ASSERT(RoomForEveryDecision, pending_q <= (DecisionBits + 1)'(DECISIONS))
  `PCL_ASSERT(DecisionsOnlyForLookups, decision_valid_i -> pending_q != '0)
  `PCL_ASSUME(BytesFromTheLowestOn, s_axis_tvalid_i -> (s_axis_tkeep_i & (s_axis_tkeep_i + 1'b1)) == '0 && s_axis_tkeep_i != '0)
  `PCL_ASSUME(FullBeatsWithinAFrame, s_axis_tvalid_i && !s_axis_tlast_i -> s_axis_tkeep_i == '1)

endmodule
