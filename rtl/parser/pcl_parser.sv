// Header parser: AXI4-Stream frames in, one key, cause and length per frame out, by docs/design.md, "The parser's rules".
//
// In: frames of 1 to 2^LENGTH_BITS - 1 bytes without FCS, DATA_WIDTH 64 to 1024 bits, byte 0 in bits 7:0. TKEEP is all ones in every beat but
// the last, and there contiguous from bit 0. TUSER with TLAST marks a frame that must leave no result (MAC error, too long).
// Out: results in the order of the frames. The key is that of pcl_pkg; with a cause other than 0 it means nothing.
//
// A result is issued once the frame's last byte has come, since only then is it known whether the IP length is true.
// Latency: pcl_parser_pkg::Latency clocks from the clock in which the last beat is accepted to the first one with parsed_valid_o.
// Throughput: one frame a clock for frames of one beat. The pipeline never stalls; a frame is taken in only if the result memory has
// room for it (FRAMES frames between TLAST and the result being taken; at least Latency + 1 for one frame a clock).
//
// How: pcl_parser_window collects the first 160 bytes, pcl_parser_walk reads the headers in them.
module pcl_parser
  import pcl_pkg::*;
  import pcl_parser_pkg::*;
#(
  parameter int unsigned DATA_WIDTH  = 512,
  parameter int unsigned INGRESS     = 0,   // ingress port, 0 to 7, that the key's context shows
  parameter int unsigned LENGTH_BITS = 14,
  parameter int unsigned FRAMES      = 32
) (
  input  logic                     clk_i,
  input  logic                     rst_i,

  input  logic [DATA_WIDTH-1:0]    s_axis_tdata_i,
  input  logic [DATA_WIDTH/8-1:0]  s_axis_tkeep_i,
  input  logic                     s_axis_tvalid_i,
  input  logic                     s_axis_tlast_i,
  input  logic                     s_axis_tuser_i,
  output logic                     s_axis_tready_o,

  // One pulse per frame, a clock after its last beat, whether it leaves a result or not; the length stops at 2^LENGTH_BITS - 1.
  output logic                     received_o,
  output logic                     received_bad_o,
  output logic [LENGTH_BITS-1:0]   received_length_o,

  output logic                     parsed_valid_o,
  input  logic                     parsed_ready_i,
  output key_t                     parsed_key_o,
  output logic [3:0]               parsed_cause_o,
  output logic [LENGTH_BITS-1:0]   parsed_length_o
);

  localparam int unsigned FrameBits = $clog2(FRAMES);

  if (DATA_WIDTH < 64 || DATA_WIDTH > 1024 || 2 ** $clog2(DATA_WIDTH) != DATA_WIDTH) begin : gen_check_data_width
    $fatal(1, "pcl_parser: DATA_WIDTH is %0d; it must be 64, 128, 256, 512 or 1024", DATA_WIDTH);
  end
  if (INGRESS > 7) begin : gen_check_ingress
    $fatal(1, "pcl_parser: INGRESS is %0d; the key has room for ports 0 to 7", INGRESS);
  end
  if (LENGTH_BITS < 11 || LENGTH_BITS > 16) begin : gen_check_length_bits
    $fatal(1, "pcl_parser: LENGTH_BITS is %0d; it must be 11 to 16", LENGTH_BITS);
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Room: frames between TLAST and the result being taken.
  logic [FrameBits:0] frames_d, frames_q;
  logic               ready_q;
  logic               accept, finish, take_result;

  assign accept = s_axis_tvalid_i && ready_q;
  assign finish = accept && s_axis_tlast_i && !s_axis_tuser_i;
  assign take_result = parsed_valid_o && parsed_ready_i;
  assign frames_d = frames_q + (FrameBits + 1)'(finish) - (FrameBits + 1)'(take_result);
  assign s_axis_tready_o = ready_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      frames_q <= '0;
      ready_q  <= 1'b0;
    end else begin
      frames_q <= frames_d;
      ready_q  <= frames_d < (FrameBits + 1)'(FRAMES);
    end
  end

  logic                  window_valid;
  logic [window_beats(DATA_WIDTH)-1:0][DATA_WIDTH-1:0] slots;
  pcl_parser_window #(.DATA_WIDTH(DATA_WIDTH), .LENGTH_BITS(LENGTH_BITS)) u_window (
    .clk_i, .rst_i, .accept_i(accept), .data_i(s_axis_tdata_i), .keep_i(s_axis_tkeep_i), .last_i(s_axis_tlast_i), .bad_i(s_axis_tuser_i),
    .end_o(received_o), .valid_o(window_valid), .length_o(received_length_o), .slots_o(slots)
  );
  assign received_bad_o = !window_valid;

  pcl_parser_walk #(.DATA_WIDTH(DATA_WIDTH), .LENGTH_BITS(LENGTH_BITS), .FRAMES(FRAMES)) u_walk (
    .clk_i, .rst_i, .valid_i(window_valid), .slots_i(slots), .length_i(received_length_o), .ingress_i(3'(INGRESS)),
    .parsed_valid_o, .parsed_ready_i, .parsed_key_o, .parsed_cause_o, .parsed_length_o
  );

endmodule
