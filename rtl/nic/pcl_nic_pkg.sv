// What the parts of pcl_nic share (docs/nic.md).
// Not every design uses every constant of a package.
/* verilator lint_off UNUSEDPARAM */
package pcl_nic_pkg;
  import pcl_filter_pkg::LengthBits;

  localparam int unsigned MaxQueues = 16;
  localparam int unsigned QueueBits = 4;
  localparam int unsigned Slots = 16;        // MAC addresses per port
  localparam int unsigned TableEntries = 128;
  localparam int unsigned KeyBytes = 40;

  // A register access, one clock long; the block that owns the address answers a read in the next clock, all others say 0.
  typedef struct packed {
    logic        valid;
    logic        write;    // of all four bytes
    logic [15:0] address;
    logic [31:0] data;
  } access_t;

  // Offsets of a ring's registers in its block; the three kinds of queues have the same.
  typedef enum logic [5:0] {
    RingControl = 6'h00, RingStatus = 6'h04, RingError = 6'h08, RingSize = 6'h0C, RingBaseLo = 6'h10, RingBaseHi = 6'h14,
    RingPlaceLo = 6'h18, RingPlaceHi = 6'h1C, RingBuffer = 6'h20, RingTail = 6'h24, RingHead = 6'h28
  } ring_register_e;

  // Bits of ERROR.
  localparam int unsigned ErrorConfiguration = 0;
  localparam int unsigned ErrorIndex = 1;
  localparam int unsigned ErrorDescriptorRead = 2;
  localparam int unsigned ErrorData = 3;        // of a packet, or of rows
  localparam int unsigned ErrorReport = 4;      // writing a completion, or a head
  localparam int unsigned ErrorLength = 5;      // of a transmit descriptor; COUNT of a table-load descriptor
  localparam int unsigned ErrorPort = 6;
  localparam int unsigned ErrorPartial = 7;
  localparam int unsigned Errors = 8;

  // What becomes of a frame for the host. The order of PORT_COUNTERS_...
  typedef enum logic [2:0] {
    FateDelivered = 3'd0, FateNoBuffer = 3'd1, FateDisabled = 3'd2, FateAddress = 3'd3, FateLength = 3'd4, FateNoQueue = 3'd5,
    FateStopped = 3'd6, FateNoDescriptor = 3'd7
  } fate_e;

  // Registers of a port that decide on frames for the host.
  typedef struct packed {
    logic [Slots-1:0][47:0]    address;        // byte 0 in bits 7:0
    logic [Slots-1:0]          address_valid;
    logic [8*KeyBytes-1:0]     key;            // byte 0 in bits 7:0
    logic [5:0]                types;          // IPv4, its TCP, its UDP, IPv6, its TCP, its UDP
    logic [LengthBits-1:0]     max_frame;
    logic                      rss;
    logic                      broadcast;
    logic                      allmulticast;
    logic                      promiscuous;
    logic                      receive;
  } port_config_t;

  typedef enum logic [1:0] { L3None = 2'd0, L3Ipv4 = 2'd1, L3Ipv6 = 2'd2 } l3_e;
  typedef enum logic [2:0] { L4None = 3'd0, L4Tcp = 3'd1, L4Udp = 3'd2, L4Sctp = 3'd3, L4Icmp = 3'd4, L4Icmpv6 = 3'd5 } l4_e;
  typedef enum logic [1:0] { ChecksumNone = 2'd0, ChecksumGood = 2'd1, ChecksumBad = 2'd2 } checksum_e;
  typedef enum logic [2:0] {
    HashNone = 3'd0, HashIpv4 = 3'd1, HashIpv4Tcp = 3'd2, HashIpv4Udp = 3'd3, HashIpv6 = 3'd4, HashIpv6Tcp = 3'd5, HashIpv6Udp = 3'd6
  } hash_e;

  // Completion, 32 bytes, word 7 first.
  typedef struct packed {
    logic        phase;
    logic        last;             // END
    logic [7:0]  reserved7;
    logic        queue_by_rule;
    logic        would_drop;
    logic        permit;
    logic        mirror;
    logic        mark_valid;
    logic        hit;
    logic [15:0] index;
    logic [4:0]  reserved6c;
    hash_e       hash_type;
    logic [1:0]  reserved6b;
    checksum_e   l4_checksum;
    checksum_e   ip_checksum;
    logic        reserved6a;
    logic        fragment;
    l4_e         l4;
    logic        l3_more;
    l3_e         l3;
    logic [1:0]  vlan_tags;
    logic        reserved6;
    logic [2:0]  ingress;
    logic [3:0]  cause;
    logic [63:0] timestamp;
    logic [15:0] vlan;
    logic [15:0] rule;
    logic [31:0] hash;
    logic [31:0] mark;
    logic [1:0]  reserved0b;
    logic [LengthBits-1:0] segment_length;
    logic [1:0]  reserved0;
    logic [LengthBits-1:0] packet_length;
  } completion_t;
  localparam int unsigned CompletionBytes = 32;

  // A frame in the receive buffer.
  typedef struct packed {
    fate_e                 fate;       // FateDelivered: so far nothing speaks against it
    logic [QueueBits-1:0] host_queue;
    logic                  l4_check;   // TCP or UDP whose checksum is told
    logic [LengthBits-1:0] l4_begin;   // bytes of the frame from here
    logic [LengthBits-1:0] l4_end;     // to before here
    logic [19:0]           l4_sum;     // of the pseudo header
    completion_t           completion; // what is known of it
  } receive_frame_t;

  // A piece of a frame and the buffer it is written to, or the order to throw a frame away.
  typedef struct packed {
    logic                  discard;
    logic [63:0]           address;
    logic [63:0]           completion_address;
    receive_frame_t        frame;      // completion: that of this segment
    logic [LengthBits-1:0] begin_byte; // of the segment in the frame
  } receive_segment_t;

  // A burst that a transmitted packet is read with, or the order to give the packet up.
  typedef struct packed {
    logic                  abandon;
    logic [Errors-1:0]     errors;     // with abandon
    logic                  first;      // of the packet
    logic                  last;
    logic [12:0]           bytes;      // 1 to 4096
    logic [5:0]            offset;     // of the first byte in the first beat
    logic [QueueBits-1:0] host_queue;
    logic [2:0]            port;
    logic [LengthBits-1:0] length;     // of the packet
    logic [LengthBits-1:0] rows;       // that are reserved for it in the port's buffer
    logic [15:0]           head;       // behind the packet
  } transmit_burst_t;

endpackage
/* verilator lint_on UNUSEDPARAM */
