// Types and codes that the engine, the parser and the filter share (docs/design.md: "The key", "Loading", "The parser's rules").
// host/policy/key.h and host/policy/packet.h hold the same numbers for software.
// Not every design uses every constant of a package.
/* verilator lint_off UNUSEDPARAM */
package pcl_pkg;

  localparam int unsigned PortKeyBits = 17;
  localparam int unsigned VlanBits = 12;
  localparam int unsigned RangeTables = 5;
  localparam int unsigned ChunkTables = 4;
  localparam int unsigned Tables = RangeTables + ChunkTables;

  // What a packet without ports presents, and the TCP flags of what is not TCP.
  localparam logic [PortKeyBits-1:0] NoPort = 17'h1_0000;
  localparam logic [7:0] NoFlags = 8'hFF;

  // EtherType classes, bits 5:3 of the context chunk.
  typedef enum logic [2:0] {
    EtherOther = 3'd0, EtherIpv4 = 3'd1, EtherIpv6 = 3'd2, EtherArp = 3'd3,
    EtherLldp = 3'd4, EtherEapol = 3'd5, EtherPtp = 3'd6, EtherSlow = 3'd7
  } ether_class_e;

  // Fragment states, bits 7:6 of the context chunk.
  typedef enum logic [1:0] {
    FragmentWhole = 2'd0, FragmentFirst = 2'd1, FragmentLater = 2'd2
  } fragment_e;

  // Why a frame is dropped before any rule; also the index of its cause counter (0 counts the default action).
  typedef enum logic [3:0] {
    CauseNone = 4'd0, CauseTruncated = 4'd1, CauseVersion = 4'd2, CauseBadLength = 4'd3,
    CauseChainTooDeep = 4'd4, CauseShortFirstFragment = 4'd5, CauseTcpOffsetOne = 4'd6,
    CauseMappedAddress = 4'd7, CauseShortLayer4 = 4'd8
  } cause_e;

  // One lookup. Members from the last to the first are tables 0 to 8.
  typedef struct packed {
    logic [7:0]             context_chunk;
    logic [7:0]             dscp_tags;
    logic [7:0]             tcp_flags;
    logic [7:0]             protocol;
    logic [VlanBits-1:0]    vlan;
    logic [PortKeyBits-1:0] destination_port;
    logic [PortKeyBits-1:0] source_port;
    logic [127:0]           destination;
    logic [127:0]           source;
  } key_t;
  localparam int unsigned KeyBits = 334;

  // Action word.
  typedef struct packed {
    logic        monitor;        // 63, default action only: permit everything, flag what would have been dropped
    logic [13:0] reserved_high;  // 62:49
    logic        mirror;         // 48: copy to the host
    logic [11:0] redirect_to;    // 47:36
    logic        to_queue;       // 35: redirect_to is a host queue, else a wire port
    logic        redirect;       // 34
    logic        mark_valid;     // 33
    logic        permit;         // 32
    logic [31:0] mark;           // 31:0
  } action_t;

  // Load targets.
  localparam logic [5:0] TargetBoundary = 6'h00;  // + range table 0..4
  localparam logic [5:0] TargetBitmap = 6'h08;    // + table 0..8
  localparam logic [5:0] TargetAction = 6'h18;
  localparam logic [5:0] TargetDefault = 6'h19;

endpackage
/* verilator lint_on UNUSEDPARAM */
