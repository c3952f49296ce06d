// Reads packets of the transmit queues: the queues in turn, a packet at a time; every segment becomes bursts, none across a 4 KiB border.
//
// In: descriptors (docs/nic.md, Transmit descriptor); free rows of each port's buffer. Out: bursts to pcl_dma_read and, in the same clock, to
// pcl_nic_transmit_pack what they are; orders to give a packet up, whose errors stop the queue.
// Guaranteed: a packet starts only when its port's buffer has room for all of it, so what is asked for is always taken, and a port that is held up holds up
// only packets for it that are first in their queue. After an error nothing more of that queue is read until it is started again.
// Throughput: a packet of one segment every two clocks.
`include "pcl_assert.svh"

module pcl_nic_transmit_schedule
  import pcl_nic_pkg::*;
  import pcl_filter_pkg::LengthBits;
#(
  parameter  int unsigned QUEUES = 4,
  parameter  int unsigned PORTS = 2,
  parameter  int unsigned DATA_WIDTH = 512,
  parameter  int unsigned MAX_FRAME = 9728,
  parameter  int unsigned BURSTS = 32,           // under way; a power of two
  localparam int unsigned RingBits = QUEUES > 1 ? $clog2(QUEUES) : 1
) (
  input  logic                        clk_i,
  input  logic                        rst_i,

  input  logic [QUEUES-1:0]           enabled_i,
  input  logic [QUEUES-1:0]           active_i,
  input  logic [QUEUES-1:0]           available_i,
  output logic [RingBits-1:0]         select_o,
  input  logic                        cached_i,
  input  logic [127:0]                descriptor_i,
  input  logic [15:0]                 remaining_i,
  input  logic [15:0]                 behind_i,
  output logic                        pop_o,
  output logic [QUEUES-1:0]           busy_o,     // packets under way

  input  logic [PORTS*LengthBits-1:0] room_i,     // rows
  output logic [PORTS-1:0]            reserve_o,
  output logic [LengthBits-1:0]       reserve_rows_o,

  output logic                        ask_valid_o,
  input  logic                        ask_ready_i,
  output logic [63:0]                 ask_address_o,
  output logic [8:0]                  ask_beats_o,

  output logic                        burst_valid_o,
  output transmit_burst_t             burst_o,
  input  logic                        burst_done_i,    // it has been dealt with
  input  logic                        packet_done_i,
  input  logic [RingBits-1:0]         packet_queue_i
);

  localparam int unsigned Bytes = DATA_WIDTH / 8;
  localparam int unsigned LaneBits = $clog2(Bytes);
  localparam int unsigned CountBits = $clog2(BURSTS) + 1;
  localparam int unsigned PortBits = PORTS > 1 ? $clog2(PORTS) : 1;
  localparam int unsigned ShortestFrame = 60;    // IEEE 802.3, 64 bytes with FCS

  typedef enum logic [1:0] { Pick, Look, Segment, Burst } state_e;
  state_e                state_q;
  logic [RingBits-1:0]   queue_q, next_queue;
  logic [QUEUES-1:0]     dead_q, ready, after_q, later, turn;
  logic [15:0]           left_q;             // of the packet, behind the segments taken
  logic [63:0]           address_q;
  logic [15:0]           segment_left_q;
  logic                  end_q, first_q;
  logic [2:0]            port_q;
  logic [LengthBits-1:0] length_q, rows_q, rows;
  logic [15:0]           head_q;
  logic [CountBits-1:0]  bursts_q;
  logic [CountBits-1:0]  packets_q [QUEUES];

  // Of the descriptor.
  logic [15:0]           length, packet_length, padded;
  logic [2:0]            port;
  logic                  last, port_exists, fits;
  logic [Errors-1:0]     errors;
  assign length = descriptor_i[79:64];
  assign packet_length = descriptor_i[95:80];
  assign port = descriptor_i[98:96];
  assign last = descriptor_i[104];
  assign port_exists = 32'(port) < PORTS;
  assign padded = packet_length < 16'(ShortestFrame) ? 16'(ShortestFrame) : packet_length;
  assign rows = LengthBits'((padded + 16'(Bytes - 1)) >> LaneBits);
  assign fits = port_exists && room_i[32'(PortBits'(port))*LengthBits+:LengthBits] >= rows;

  logic [15:0] left;
  assign left = state_q == Look ? packet_length : left_q;
  always_comb begin
    errors = '0;
    if (length == '0 || length > left || (last && length != left)) errors[ErrorLength] = 1'b1;
    if (state_q == Look) begin
      if (packet_length == '0 || packet_length > 16'(MAX_FRAME)) errors[ErrorLength] = 1'b1;
      if (!port_exists) errors[ErrorPort] = 1'b1;
    end
  end

  // The burst under way.
  logic [12:0] border, bytes;
  logic        segment_ends, packet_ends, credit, go;
  assign border = 13'd4096 - {1'b0, address_q[11:0]};
  assign bytes = 16'(border) < segment_left_q ? border : 13'(segment_left_q);
  assign segment_ends = 16'(bytes) == segment_left_q;
  assign packet_ends = segment_ends && end_q;
  assign credit = bursts_q < CountBits'(BURSTS - 1);     // one is kept for an order to give up
  assign ask_valid_o = state_q == Burst && credit;
  assign ask_address_o = {address_q[63:LaneBits], LaneBits'(0)};
  assign ask_beats_o = 9'((13'(address_q[LaneBits-1:0]) + bytes + 13'(Bytes - 1)) >> LaneBits);
  assign go = ask_valid_o && ask_ready_i;

  // Giving up.
  logic              start, take, abandon, room_for_order;
  logic [Errors-1:0] abandon_errors;
  assign room_for_order = bursts_q != CountBits'(BURSTS);
  assign start = state_q == Look && cached_i && errors == '0 && fits && credit && !dead_q[queue_q];
  assign take = start || (state_q == Segment && cached_i && errors == '0);
  assign pop_o = take;

  always_comb begin
    abandon = 1'b0;
    abandon_errors = errors;
    if (room_for_order) begin
      if (state_q == Look) begin
        abandon = cached_i && errors != '0 && !dead_q[queue_q];
      end else if (state_q == Segment) begin
        if (cached_i) begin
          abandon = errors != '0;
        end else if (!enabled_i[queue_q]) begin
          abandon = 1'b1;
          abandon_errors = '0;
        end else if (remaining_i == '0) begin
          abandon = 1'b1;
          abandon_errors = Errors'(1 << ErrorPartial);
        end
      end
    end
  end

  assign burst_valid_o = go || abandon;
  assign burst_o.abandon = abandon;
  assign burst_o.errors = abandon_errors;
  assign burst_o.first = first_q;
  assign burst_o.last = packet_ends;
  assign burst_o.bytes = bytes;
  assign burst_o.offset = 6'(address_q[LaneBits-1:0]);
  assign burst_o.host_queue = QueueBits'(queue_q);
  assign burst_o.port = state_q == Look ? port : port_q;
  assign burst_o.length = length_q;
  assign burst_o.rows = state_q == Look ? '0 : rows_q;
  assign burst_o.head = head_q;

  for (genvar p = 0; p < PORTS; p++) begin : gen_reserve
    assign reserve_o[p] = start && port == 3'(p);
  end
  assign reserve_rows_o = rows;

  assign select_o = queue_q;
  assign ready = available_i & ~dead_q;
  assign later = ready & after_q;
  assign turn = later != '0 ? later & (~later + 1'b1) : ready & (~ready + 1'b1);
  always_comb begin
    next_queue = '0;
    for (int unsigned q = 0; q < QUEUES; q++) if (turn[q]) next_queue = next_queue | RingBits'(q);
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      address_q      <= descriptor_i[63:0];
      segment_left_q <= length;
      left_q         <= left - length;
      end_q          <= last;
      head_q         <= behind_i;
      state_q        <= Burst;
    end
    if (start) begin
      first_q  <= 1'b1;
      port_q   <= port;
      length_q <= LengthBits'(packet_length);
      rows_q   <= rows;
    end
    if (go) begin
      first_q        <= 1'b0;
      address_q      <= address_q + 64'(bytes);
      segment_left_q <= segment_left_q - 16'(bytes);
      if (segment_ends) state_q <= Segment;
    end
    if (abandon && abandon_errors != '0) dead_q[queue_q] <= 1'b1;
    // The next queue: after a packet, or when this one has nothing that can go.
    if (state_q == Pick || (state_q == Look && !start) || (go && packet_ends) || abandon) begin
      state_q <= ready != '0 ? Look : Pick;
      if (ready != '0) begin
        queue_q <= next_queue;
        after_q <= ~(turn | (turn - 1'b1));
      end
    end
    for (int unsigned q = 0; q < QUEUES; q++) begin
      logic more, fewer;
      if (!active_i[q]) dead_q[q] <= 1'b0;
      more = queue_q == RingBits'(q) && (start || (abandon && state_q == Look));
      fewer = packet_done_i && packet_queue_i == RingBits'(q);
      if (more != fewer) packets_q[q] <= more ? packets_q[q] + 1'b1 : packets_q[q] - 1'b1;
    end
    if (burst_valid_o != burst_done_i) bursts_q <= burst_valid_o ? bursts_q + 1'b1 : bursts_q - 1'b1;
    if (rst_i) begin
      state_q  <= Pick;
      queue_q  <= '0;
      after_q  <= '1;
      dead_q   <= '0;
      bursts_q <= '0;
      for (int unsigned q = 0; q < QUEUES; q++) packets_q[q] <= '0;
    end
  end

  for (genvar q = 0; q < QUEUES; q++) begin : gen_busy
    assign busy_o[q] = packets_q[q] != '0 || (state_q != Pick && state_q != Look && queue_q == RingBits'(q));
  end
  logic unused;
  assign unused = ^{descriptor_i[127:105], descriptor_i[103:99]};

endmodule
