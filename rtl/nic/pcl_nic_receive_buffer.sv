// Takes every frame that the filter gives to the host, at once and always, and keeps it until host memory takes it; what finds no room is dropped and counted.
//
// In: beats from the filter. Out: whole frames, beat by beat, and beside them one receive_frame_t per frame, both in order.
// Guaranteed: the filter is never held up. lost_o and told_o: a frame ended (it was lost).
module pcl_nic_receive_buffer
  import pcl_nic_pkg::*;
  import pcl_filter_pkg::*;
#(
  parameter int unsigned DATA_WIDTH = 512,
  parameter int unsigned PORTS = 2,
  parameter int unsigned QUEUES = 4,
  parameter int unsigned BYTES = 32768,     // a power of two
  parameter int unsigned FRAMES = 64        // a power of two
) (
  input  logic                  clk_i,
  input  logic                  rst_i,
  input  logic [63:0]           time_i,

  input  logic                  valid_i,
  input  logic                  last_i,
  input  logic [DATA_WIDTH-1:0] data_i,
  input  filter_user_t          user_i,

  output logic                  frame_ended_o,
  output logic [2:0]            frame_port_o,
  output logic                  frame_lost_o,

  input  port_config_t          config_i [PORTS],
  output logic                  steer_o,
  output logic [2:0]            steer_port_o,
  output logic [6:0]            steer_entry_o,
  input  logic [QueueBits-1:0]  steer_queue_i,

  output logic                  frame_valid_o,
  input  logic                  frame_take_i,
  output receive_frame_t        frame_o,
  output logic                  beat_valid_o,
  input  logic                  beat_take_i,
  output logic [DATA_WIDTH-1:0] beat_data_o,
  output logic                  beat_last_o
);

  localparam int unsigned CountBits = $clog2(FRAMES) + 1;

  logic                 inside_q, losing_q, losing, ready, told;
  logic [CountBits-1:0] frames_q;
  logic [63:0]          first_time_q;
  receive_frame_t       frame;

  // A frame is lost from the beat on that finds no room, or from its first if there are enough frames.
  assign losing = losing_q || !ready || (!inside_q && frames_q == CountBits'(FRAMES));

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      inside_q <= !last_i;
      losing_q <= losing && !last_i;
      if (!inside_q) first_time_q <= time_i;
    end
    if ((valid_i && last_i && !losing) != (frame_valid_o && frame_take_i))
      frames_q <= valid_i && last_i && !losing ? frames_q + 1'b1 : frames_q - 1'b1;
    frame_ended_o <= valid_i && last_i;
    frame_port_o  <= user_i.ingress;
    frame_lost_o  <= losing;
    if (rst_i) begin
      inside_q      <= 1'b0;
      losing_q      <= 1'b0;
      frames_q      <= '0;
      frame_ended_o <= 1'b0;
    end
  end

  pcl_frame_buffer #(.DATA_WIDTH(DATA_WIDTH), .ROWS(BYTES * 8 / DATA_WIDTH)) u_beats (
    .clk_i, .rst_i,
    .write_i(valid_i && !losing), .data_i, .last_i, .drop_i(valid_i && losing && !losing_q), .ready_o(ready),
    .valid_o(beat_valid_o), .data_o(beat_data_o), .last_o(beat_last_o), .take_i(beat_take_i)
  );

  pcl_nic_receive_steer #(.DATA_WIDTH(DATA_WIDTH), .PORTS(PORTS), .QUEUES(QUEUES)) u_steer (
    .clk_i, .rst_i, .valid_i, .last_i, .data_i, .user_i, .timestamp_i(inside_q ? first_time_q : time_i), .lost_i(losing),
    .config_i, .steer_o, .steer_port_o, .steer_entry_o, .steer_queue_i, .frame_valid_o(told), .frame_o(frame)
  );

  pcl_fifo #(.WIDTH($bits(receive_frame_t)), .DEPTH(FRAMES)) u_frames (
    .clk_i, .rst_i, .push_i(told), .data_i(frame), .valid_o(frame_valid_o), .ready_i(frame_take_i), .data_o(frame_o)
  );

endmodule
