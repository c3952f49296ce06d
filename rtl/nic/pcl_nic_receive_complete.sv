// Writes completions of received segments, in order, each when its data is in memory; and tells what became of every frame.
//
// In: records and acknowledgements of pcl_nic_receive_write; orders to throw away. Out: bursts of 32 bytes; one fate per frame.
// Guaranteed: after an error of a queue none of its completions is written; a frame counts as delivered only if its last completion, and those of the queue
// before it, were written.
`include "pcl_assert.svh"

module pcl_nic_receive_complete
  import pcl_nic_pkg::*;
  import pcl_filter_pkg::LengthBits;
#(
  parameter  int unsigned DATA_WIDTH = 512,
  parameter  int unsigned QUEUES = 4,
  parameter  int unsigned SEGMENTS = 64,
  localparam int unsigned RingBits = QUEUES > 1 ? $clog2(QUEUES) : 1
) (
  input  logic                     clk_i,
  input  logic                     rst_i,

  input  logic                     record_valid_i,
  input  receive_frame_t           record_i,
  input  logic [63:0]              record_address_i,
  input  logic                     acknowledged_i,
  input  logic                     acknowledged_error_i,

  input  logic [QUEUES-1:0]        failed_i,
  input  logic [QUEUES-1:0]        active_i,
  output logic [QUEUES*Errors-1:0] errors_o,
  output logic                     retired_o,
  output logic [RingBits-1:0]      retired_queue_o,
  output logic [QUEUES-1:0]        received_o,        // a frame was delivered

  input  logic                     discard_valid_i,
  output logic                     discard_ready_o,
  input  receive_frame_t           discard_i,

  output logic                     fate_valid_o,
  output fate_e                    fate_o,
  output logic [2:0]               fate_port_o,
  output logic                     fate_of_queue_o,
  output logic [QueueBits-1:0]     fate_queue_o,
  output logic [LengthBits-1:0]    fate_length_o,

  output logic                     write_valid_o,
  input  logic                     write_ready_i,
  output logic [63:0]              write_address_o,
  output logic [8:0]               write_beats_o,
  output logic [DATA_WIDTH-1:0]    write_data_o,
  output logic [DATA_WIDTH/8-1:0]  write_strobe_o,
  output logic                     write_last_o,
  input  logic                     done_i,
  input  logic                     done_error_i
);

  localparam int unsigned Bytes = DATA_WIDTH / 8;
  localparam int unsigned LaneBits = $clog2(Bytes);
  localparam int unsigned Beats = Bytes < CompletionBytes ? CompletionBytes / Bytes : 1;
  localparam int unsigned Copies = Bytes > CompletionBytes ? Bytes / CompletionBytes : 1;
  localparam int unsigned Rest = 8 * CompletionBytes - DATA_WIDTH / Copies;   // bits behind the first beat

  typedef struct packed {
    logic [QueueBits-1:0]  host_queue;
    logic                  last;
    logic [2:0]            port;
    logic [LengthBits-1:0] length;
  } flight_t;

  logic           record_valid, answer_valid, answer_error, take, give, drop;
  receive_frame_t record;
  logic [63:0]    record_address;
  flight_t        flight;
  logic           flight_valid;
  logic           free;

  pcl_fifo #(.WIDTH($bits(receive_frame_t) + 64), .DEPTH(SEGMENTS)) u_records (
    .clk_i, .rst_i, .push_i(record_valid_i), .data_i({record_i, record_address_i}), .valid_o(record_valid), .ready_i(take), .data_o({record, record_address})
  );
  pcl_fifo #(.WIDTH(1), .DEPTH(SEGMENTS)) u_answers (
    .clk_i, .rst_i, .push_i(acknowledged_i), .data_i(acknowledged_error_i), .valid_o(answer_valid), .ready_i(take), .data_o(answer_error)
  );
  pcl_fifo #(.WIDTH($bits(flight_t)), .DEPTH(SEGMENTS)) u_flights (
    .clk_i, .rst_i, .push_i(give), .data_i({record.host_queue, record.completion.last, record.completion.ingress, record.completion.packet_length}),
    .valid_o(flight_valid), .ready_i(done_i), .data_o(flight)
  );

  logic [RingBits-1:0] record_queue, flight_queue;
  logic [QUEUES-1:0]   hole_q;         // a completion is missing: nobody finds those behind it
  logic                bad;
  assign record_queue = RingBits'(record.host_queue);
  assign flight_queue = RingBits'(flight.host_queue);
  assign bad = answer_error || failed_i[record_queue];

  // Answers to completions have the way to the counters first, then failed segments, then orders to throw away.
  assign drop = record_valid && answer_valid && bad && !done_i;
  assign give = record_valid && answer_valid && !bad && free;
  assign take = drop || give;
  assign discard_ready_o = !done_i && !drop;

  assign retired_o = done_i || drop;
  assign retired_queue_o = done_i ? flight_queue : record_queue;

  logic delivered;
  assign delivered = !done_error_i && !hole_q[flight_queue];

  always_comb begin
    errors_o = '0;
    received_o = '0;
    if (drop && answer_error) errors_o[32'(record_queue)*Errors+ErrorData] = 1'b1;
    if (done_i && done_error_i) errors_o[32'(flight_queue)*Errors+ErrorReport] = 1'b1;
    if (done_i && flight.last && delivered) received_o[flight_queue] = 1'b1;
  end

  always_ff @(posedge clk_i) begin : fates
    hole_q <= hole_q & active_i;
    if (done_i && done_error_i) hole_q[flight_queue] <= 1'b1;
    fate_valid_o <= (done_i && flight.last) || (drop && record.completion.last) || (discard_valid_i && discard_ready_o);
    if (done_i) begin
      fate_o          <= delivered ? FateDelivered : FateStopped;
      fate_port_o     <= flight.port;
      fate_of_queue_o <= 1'b1;
      fate_queue_o    <= flight.host_queue;
      fate_length_o   <= flight.length;
    end else if (drop) begin
      fate_o          <= FateStopped;
      fate_port_o     <= record.completion.ingress;
      fate_of_queue_o <= 1'b1;
      fate_queue_o    <= record.host_queue;
      fate_length_o   <= record.completion.packet_length;
    end else if (discard_valid_i) begin
      fate_o          <= discard_i.fate;
      fate_port_o     <= discard_i.completion.ingress;
      fate_of_queue_o <= discard_i.fate == FateStopped || discard_i.fate == FateNoDescriptor;
      fate_queue_o    <= discard_i.host_queue;
      fate_length_o   <= discard_i.completion.packet_length;
    end
    if (rst_i) begin
      hole_q       <= '0;
      fate_valid_o <= 1'b0;
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Bursts: one beat, or two where beats are shorter than a completion.
  assign write_beats_o = 9'(Beats);
  if (Beats == 1) begin : gen_beat
    assign free = !write_valid_o || write_ready_i;
    assign write_last_o = 1'b1;
    always_ff @(posedge clk_i) begin
      if (write_ready_i) write_valid_o <= 1'b0;
      if (give) begin
        write_valid_o   <= 1'b1;
        write_address_o <= {record_address[63:LaneBits], LaneBits'(0)};
        write_data_o    <= {Copies{record.completion}};
        write_strobe_o  <= Bytes'({CompletionBytes{1'b1}}) << record_address[LaneBits-1:0];
      end
      if (rst_i) write_valid_o <= 1'b0;
    end
  end else begin : gen_beats
    logic [Rest-1:0] rest_q;
    logic            second_q;
    assign free = !write_valid_o || (write_ready_i && second_q);
    assign write_last_o = second_q;
    assign write_strobe_o = '1;
    always_ff @(posedge clk_i) begin
      if (write_ready_i) begin
        write_valid_o <= !second_q && write_valid_o;
        write_data_o  <= DATA_WIDTH'(rest_q);
        second_q      <= 1'b1;
      end
      if (give) begin
        write_valid_o          <= 1'b1;
        write_address_o        <= record_address;
        {rest_q, write_data_o} <= record.completion;
        second_q               <= 1'b0;
      end
      if (rst_i) write_valid_o <= 1'b0;
    end
  end

  logic unused;
  assign unused = ^{discard_i, record};

  `PCL_ASSERT(AnswersForCompletions, done_i |-> flight_valid)

endmodule
