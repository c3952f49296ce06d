// Counters of ports and queues, 64 bits each, read through registers.
//
// In: one event of each kind a clock: a frame came for the host (and found no place), a frame's fate is sealed, a packet was transmitted.
// Guaranteed: no event is lost. Counters are zero when the device is configured; there is no reset. A read sees all events up to two clocks before.
module pcl_nic_counters
  import pcl_nic_pkg::*;
  import pcl_nic_registers_pkg::*;
  import pcl_filter_pkg::LengthBits;
#(
  parameter int unsigned PORTS = 2,
  parameter int unsigned QUEUES = 4
) (
  input  logic                  clk_i,

  input  access_t               access_i,
  output logic [31:0]           access_data_o,

  input  logic                  frame_i,
  input  logic [2:0]            frame_port_i,
  input  logic                  frame_lost_i,      // no room in the buffer

  input  logic                  fate_valid_i,
  input  fate_e                 fate_i,
  input  logic [2:0]            fate_port_i,
  input  logic                  fate_of_queue_i,   // the queue counts it, too
  input  logic [QueueBits-1:0]  fate_queue_i,
  input  logic [LengthBits-1:0] fate_length_i,

  input  logic                  sent_i,
  input  logic [2:0]            sent_port_i,
  input  logic [QueueBits-1:0]  sent_queue_i,
  input  logic [LengthBits-1:0] sent_length_i
);

  localparam int unsigned PortBits = PORTS > 1 ? $clog2(PORTS) : 1;
  localparam int unsigned RingBits = QUEUES > 1 ? $clog2(QUEUES) : 1;

  logic [63:0] frames [2**PortBits];
  logic [63:0] fates [8*2**PortBits];                // [port][fate]; FateNoBuffer is counted in lost
  logic [63:0] lost [2**PortBits];
  logic [63:0] delivered_bytes [2**PortBits];
  logic [63:0] sent [2**PortBits];
  logic [63:0] sent_bytes [2**PortBits];
  logic [63:0] queue_fates [4*2**RingBits];         // delivered, no descriptor, stopped
  logic [63:0] queue_bytes [2**RingBits];
  logic [63:0] queue_sent [2**RingBits];
  logic [63:0] queue_sent_bytes [2**RingBits];

  logic [PortBits-1:0] frame_port, fate_port, sent_port;
  logic [RingBits-1:0] fate_queue, sent_queue;
  logic [1:0]          kind;
  assign frame_port = PortBits'(frame_port_i);
  assign fate_port = PortBits'(fate_port_i);
  assign sent_port = PortBits'(sent_port_i);
  assign fate_queue = RingBits'(fate_queue_i);
  assign sent_queue = RingBits'(sent_queue_i);
  assign kind = fate_i == FateDelivered ? 2'd0 : fate_i == FateNoDescriptor ? 2'd1 : 2'd2;

  always_ff @(posedge clk_i) begin : count
    if (frame_i) begin
      frames[frame_port] <= frames[frame_port] + 64'd1;
      if (frame_lost_i) lost[frame_port] <= lost[frame_port] + 64'd1;
    end
    if (fate_valid_i) begin
      fates[{fate_port, fate_i}] <= fates[{fate_port, fate_i}] + 64'd1;
      if (fate_i == FateDelivered) delivered_bytes[fate_port] <= delivered_bytes[fate_port] + 64'(fate_length_i);
      if (fate_of_queue_i) begin
        queue_fates[{fate_queue, kind}] <= queue_fates[{fate_queue, kind}] + 64'd1;
        if (kind == 2'd0) queue_bytes[fate_queue] <= queue_bytes[fate_queue] + 64'(fate_length_i);
      end
    end
    if (sent_i) begin
      sent[sent_port] <= sent[sent_port] + 64'd1;
      sent_bytes[sent_port] <= sent_bytes[sent_port] + 64'(sent_length_i);
      queue_sent[sent_queue] <= queue_sent[sent_queue] + 64'd1;
      queue_sent_bytes[sent_queue] <= queue_sent_bytes[sent_queue] + 64'(sent_length_i);
    end
  end

  logic [15:0]         port_offset, queue_offset;
  logic                of_port, of_queue;
  logic [PortBits-1:0] read_port;
  logic [RingBits-1:0] read_queue;
  logic [15:0]         port_place, queue_place;
  assign port_offset = access_i.address - PortCounters;
  assign queue_offset = access_i.address - QueueCounters;
  assign of_port = access_i.address >= PortCounters && port_offset < 16'(PORTS * PortCountersStride);
  assign of_queue = access_i.address >= QueueCounters && queue_offset < 16'(QUEUES * QueueCountersStride);
  assign read_port = PortBits'(port_offset / 16'(PortCountersStride));
  assign read_queue = RingBits'(queue_offset / 16'(QueueCountersStride));
  assign port_place = PortCounters + ((port_offset % 16'(PortCountersStride)) & ~16'd7);
  assign queue_place = QueueCounters + ((queue_offset % 16'(QueueCountersStride)) & ~16'd7);

  always_ff @(posedge clk_i) begin : read
    logic [63:0] value;
    access_data_o <= '0;
    if (access_i.valid && !access_i.write && (of_port || of_queue)) begin
      value = '0;
      if (of_port) begin
        case (port_place)
          PortCountersFramesLo:           value = frames[read_port];
          PortCountersDeliveredLo:        value = fates[{read_port, FateDelivered}];
          PortCountersDeliveredBytesLo:   value = delivered_bytes[read_port];
          PortCountersNoBufferLo:         value = lost[read_port];
          PortCountersDisabledLo:         value = fates[{read_port, FateDisabled}];
          PortCountersAddressLo:          value = fates[{read_port, FateAddress}];
          PortCountersLengthLo:           value = fates[{read_port, FateLength}];
          PortCountersNoQueueLo:          value = fates[{read_port, FateNoQueue}];
          PortCountersStoppedLo:          value = fates[{read_port, FateStopped}];
          PortCountersNoDescriptorLo:     value = fates[{read_port, FateNoDescriptor}];
          PortCountersTransmittedLo:      value = sent[read_port];
          PortCountersTransmittedBytesLo: value = sent_bytes[read_port];
          default: ;
        endcase
      end else begin
        case (queue_place)
          QueueCountersReceivedLo:         value = queue_fates[{read_queue, 2'd0}];
          QueueCountersReceivedBytesLo:    value = queue_bytes[read_queue];
          QueueCountersNoDescriptorLo:     value = queue_fates[{read_queue, 2'd1}];
          QueueCountersStoppedLo:          value = queue_fates[{read_queue, 2'd2}];
          QueueCountersTransmittedLo:      value = queue_sent[read_queue];
          QueueCountersTransmittedBytesLo: value = queue_sent_bytes[read_queue];
          default: ;
        endcase
      end
      access_data_o <= access_i.address[2] ? value[63:32] : value[31:0];
    end
  end

  logic unused;
  assign unused = ^{access_i.data, frame_port_i, fate_port_i, fate_queue_i, sent_port_i, sent_queue_i};

endmodule
