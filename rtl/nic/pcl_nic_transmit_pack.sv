// Makes packets of what was read: takes each burst's bytes out of its beats, puts them one behind the other, and pads short packets.
//
// In: what was asked for (pcl_nic_transmit_schedule) and the beats that came, in the same order. Out: rows for the port's buffer, each packet kept with its last row
// or dropped; a dropped or abandoned packet gives its reserved rows back.
// Guaranteed: a packet with an error anywhere is not kept, and of its queue nothing behind it; nothing of that reaches other queues' packets.
`include "pcl_assert.svh"

module pcl_nic_transmit_pack
  import pcl_nic_pkg::*;
  import pcl_filter_pkg::LengthBits;
#(
  parameter  int unsigned QUEUES = 4,
  parameter  int unsigned PORTS = 2,
  parameter  int unsigned DATA_WIDTH = 512,
  parameter  int unsigned BURSTS = 32,
  localparam int unsigned RingBits = QUEUES > 1 ? $clog2(QUEUES) : 1,
  localparam int unsigned LaneBits = $clog2(DATA_WIDTH / 8)
) (
  input  logic                     clk_i,
  input  logic                     rst_i,

  input  logic                     burst_valid_i,
  input  transmit_burst_t          burst_i,
  output logic                     burst_done_o,
  output logic                     packet_done_o,      // one under way less
  output logic [RingBits-1:0]      packet_queue_o,

  input  logic                     data_valid_i,
  output logic                     data_ready_o,
  input  logic [DATA_WIDTH-1:0]    data_i,
  input  logic                     data_error_i,

  input  logic [QUEUES-1:0]        failed_i,
  input  logic [QUEUES-1:0]        active_i,
  output logic [QUEUES*Errors-1:0] errors_o,

  output logic [PORTS-1:0]         write_o,
  output logic [DATA_WIDTH-1:0]    write_data_o,
  output logic                     write_last_o,
  output logic [LaneBits-1:0]      write_last_lane_o,  // of the last row's last byte
  output logic [PORTS-1:0]         drop_o,             // not with write_o
  output logic [LengthBits-1:0]    drop_rows_o,

  output logic                     sent_o,
  output logic [2:0]               sent_port_o,
  output logic [QueueBits-1:0]     sent_queue_o,
  output logic [LengthBits-1:0]    sent_length_o,
  output logic [15:0]              sent_head_o
);

  localparam int unsigned Bytes = DATA_WIDTH / 8;

  logic            valid, take;
  transmit_burst_t burst;
  pcl_fifo #(.WIDTH($bits(transmit_burst_t)), .DEPTH(BURSTS)) u_bursts (
    .clk_i, .rst_i, .push_i(burst_valid_i), .data_i(burst_i), .valid_o(valid), .ready_i(take), .data_o(burst)
  );

  // ------------------------------------------------------------------------------------------------------------------
  // A beat has `count` bytes from `lane` on; behind_q bytes of the packet wait for their row to be full.
  logic                  inside_q;         // of a burst
  logic [12:0]           left_q, left;
  logic [LaneBits-1:0]   lane, behind_q, behind;
  logic [LaneBits:0]     room, count, sum;
  logic [DATA_WIDTH-1:0] rest_q;
  logic                  packet_first, burst_last, packet_last, fills, spills, beat, flush_q, pad_q, bad_q, bad, failed;
  logic [LengthBits-1:0] rows_q, rows;     // of the packet that were written
  logic [RingBits-1:0]   queue;
  logic [QUEUES-1:0]     stopped_q;        // an error of this queue is on its way to failed_i

  assign queue = RingBits'(burst.host_queue);
  assign failed = failed_i[queue] || stopped_q[queue];
  assign left = inside_q ? left_q : burst.bytes;
  assign lane = inside_q ? '0 : LaneBits'(burst.offset);
  assign packet_first = burst.first && !inside_q && !flush_q && !pad_q;
  assign behind = packet_first ? '0 : behind_q;
  assign room = (LaneBits + 1)'(Bytes) - {1'b0, lane};
  assign count = left < 13'(room) ? left[LaneBits:0] : room;
  assign sum = {1'b0, behind} + count;
  assign burst_last = 13'(count) == left;
  assign packet_last = burst.last && burst_last;
  assign fills = sum >= (LaneBits + 1)'(Bytes);
  assign spills = sum > (LaneBits + 1)'(Bytes);
  assign data_ready_o = !flush_q && !pad_q;
  assign beat = valid && !burst.abandon && data_valid_i && data_ready_o;
  assign bad = (!packet_first && bad_q) || data_error_i || (packet_first && failed);
  assign rows = packet_first ? '0 : rows_q;

  // After the last beat: a row for what spilled over, then rows of zeros for what is too short.
  logic row, last_row, give_up, order;
  assign row = (beat && (fills || packet_last)) || flush_q || pad_q;
  assign last_row = (rows + 1'b1 == burst.rows);
  assign order = valid && burst.abandon && data_ready_o;
  assign take = order || (beat && burst_last && !(packet_last && !last_row)) || ((flush_q || pad_q) && last_row);
  assign burst_done_o = take;
  logic packet_ends, packet_bad;
  assign packet_ends = (beat && packet_last && last_row) || ((flush_q || pad_q) && last_row);
  assign packet_bad = flush_q || pad_q ? bad_q : bad;
  assign give_up = order || (packet_ends && packet_bad);
  assign packet_done_o = order || packet_ends;
  assign packet_queue_o = queue;

  // Did the memory answer with an error, or is the packet dropped only because its queue had failed before?
  logic data_seen, data_bad_q;
  assign data_seen = (beat && data_error_i) || ((!packet_first || flush_q || pad_q) && data_bad_q);
  always_ff @(posedge clk_i) begin
    if (beat) data_bad_q <= data_error_i || (!packet_first && data_bad_q);
  end

  always_ff @(posedge clk_i) begin : rows_out
    logic [DATA_WIDTH-1:0]   valid_bytes, moved, spilled;
    logic [2*DATA_WIDTH-1:0] shifted;
    write_o <= '0;
    drop_o  <= '0;
    errors_o <= '0;
    sent_o <= 1'b0;
    stopped_q <= stopped_q & active_i;
    if (beat) begin
      inside_q <= !burst_last;
      left_q   <= left - 13'(count);
      behind_q <= sum[LaneBits-1:0];
      bad_q    <= bad;
      // Bytes outside of the burst are taken off, then those inside move behind what is there.
      valid_bytes = data_i;
      if (lane != '0) valid_bytes = valid_bytes & ({DATA_WIDTH{1'b1}} << {lane, 3'd0});
      if (burst_last && {1'b0, lane} + count != (LaneBits + 1)'(Bytes)) valid_bytes = valid_bytes & ~({DATA_WIDTH{1'b1}} << {LaneBits'({1'b0, lane} + count), 3'd0});
      if (behind >= lane) shifted = {{DATA_WIDTH{1'b0}}, valid_bytes} << {behind - lane, 3'd0};
      else shifted = {{DATA_WIDTH{1'b0}}, valid_bytes >> {lane - behind, 3'd0}};
      moved = shifted[DATA_WIDTH-1:0];
      spilled = shifted[2*DATA_WIDTH-1:DATA_WIDTH];
      if (behind != '0) moved = moved | rest_q;
      rest_q <= fills ? spilled : moved;
      write_data_o <= moved;
      flush_q <= packet_last && !last_row && spills;
      pad_q   <= packet_last && !last_row && !spills;
    end else if (flush_q) begin
      write_data_o <= rest_q;
      flush_q <= 1'b0;
      pad_q   <= !last_row;
    end else if (pad_q) begin
      write_data_o <= '0;
      pad_q <= !last_row;
    end
    if (row) rows_q <= rows + 1'b1;
    else if (beat) rows_q <= rows;
    if (row && !(packet_ends && packet_bad)) begin
      for (int unsigned p = 0; p < PORTS; p++) write_o[p] <= burst.port == 3'(p);
    end
    write_last_o      <= packet_ends;
    write_last_lane_o <= burst.length < LengthBits'(60) ? LaneBits'(59) : LaneBits'(burst.length - 1'b1);
    if (give_up) begin
      for (int unsigned p = 0; p < PORTS; p++) drop_o[p] <= burst.port == 3'(p);
      drop_rows_o <= burst.rows;
      if (!failed) begin
        errors_o[32'(queue)*Errors+:Errors] <= order ? burst.errors : Errors'(32'(data_seen) << ErrorData);
        stopped_q[queue] <= order ? burst.errors != '0 : data_seen;
      end
    end
    if (packet_ends && !packet_bad) begin
      sent_o        <= 1'b1;
      sent_port_o   <= burst.port;
      sent_queue_o  <= burst.host_queue;
      sent_length_o <= burst.length;
      sent_head_o   <= burst.head;
    end
    if (rst_i) begin
      write_o  <= '0;
      drop_o   <= '0;
      errors_o <= '0;
      sent_o   <= 1'b0;
      inside_q <= 1'b0;
      flush_q  <= 1'b0;
      pad_q    <= 1'b0;
      stopped_q <= '0;
    end
  end

  `PCL_ASSERT(DataOnlyForBursts, data_valid_i |-> valid && !burst.abandon)

endmodule
