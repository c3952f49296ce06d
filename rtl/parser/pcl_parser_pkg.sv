// What the stages of pcl_parser share: sizes of its windows, the state of the walk through a packet, and the decisions on it.
package pcl_parser_pkg;
  import pcl_pkg::*;

  // Software-facing constants are here as well: a module that uses a part of them is as it should be.
  /* verilator lint_off UNUSEDPARAM */
  // Clocks from the last beat of a frame to its result, and what the walk is limited to (docs/design.md, "The parser's rules").
  localparam int unsigned Latency = 17;
  localparam int unsigned WindowBytes = 160;
  localparam int unsigned ExtensionHeaders = 4;

  // Beats of a bus that hold the window.
  function automatic int unsigned window_beats(input int unsigned data_width);
    return (8 * WindowBytes + data_width - 1) / data_width;
  endfunction

  // The window behind an Ethernet header of 14 bytes, in words of 32 bit; behind a longer one it is filled up with zeros, which no rule looks at.
  localparam int unsigned PacketWords = (WindowBytes - 14) / 4;
  // Behind the 40 bytes of an IPv6 header; behind the first 20 bytes of an IPv4 header 14 of these words are enough.
  localparam int unsigned RestWords = PacketWords - 10;
  // Where an extension header can start and have its first 8 bytes in the window: every 8 bytes.
  localparam int unsigned Places = RestWords / 2;
  // Frames between I1 and L1.
  localparam int unsigned RestFrames = 16;
  localparam int unsigned RestFrameBits = $clog2(RestFrames);

  localparam int unsigned LeftBits = 16;

  // IANA "Assigned Internet Protocol Numbers".
  localparam logic [7:0] ProtocolHopByHop = 8'd0;
  localparam logic [7:0] ProtocolIcmp = 8'd1;
  localparam logic [7:0] ProtocolTcp = 8'd6;
  localparam logic [7:0] ProtocolUdp = 8'd17;
  localparam logic [7:0] ProtocolRouting = 8'd43;
  localparam logic [7:0] ProtocolFragment = 8'd44;
  localparam logic [7:0] ProtocolIcmpv6 = 8'd58;
  localparam logic [7:0] ProtocolDestination = 8'd60;
  localparam logic [7:0] ProtocolSctp = 8'd132;

  /* verilator lint_on UNUSEDPARAM */

  // State of the walk through a packet.
  typedef struct packed {
    logic                walking;          // an extension header is next
    logic                fragment_next;    // and it is a fragment header (known once looked at)
    logic                fragment_seen;
    logic                ip;
    logic                ipv6;
    logic                untagged;         // no VLAN tag
    logic                two_tags;
    logic [1:0]          fragment;
    logic [3:0]          cause;
    logic [3:0]          position;         // of the next header: IPv6 in 8 bytes behind the base header, 15 for all beyond; IPv4 in words behind the first 5
    logic [LeftBits-1:0] left;             // R of the rules
    logic [7:0]          protocol;
  } walk_t;

  // What layer 4 is; none of them if there is nothing to read.
  typedef struct packed {
    logic tcp;
    logic udp;
    logic sctp;
    logic icmp;
    logic icmpv6;
  } layer4_t;

  function automatic logic [15:0] big16(input logic [15:0] bytes);
    return {bytes[7:0], bytes[15:8]};
  endfunction

  function automatic logic [31:0] big32(input logic [31:0] bytes);
    return {bytes[7:0], bytes[15:8], bytes[23:16], bytes[31:24]};
  endfunction

  function automatic logic [127:0] big128(input logic [127:0] bytes);
    return {big32(bytes[31:0]), big32(bytes[63:32]), big32(bytes[95:64]), big32(bytes[127:96])};
  endfunction

  // IEEE 802.1Q, 9.5: the EtherTypes of C-TAG and S-TAG.
  function automatic logic is_tag(input logic [15:0] ether_type);
    return ether_type == 16'h8100 || ether_type == 16'h88A8;
  endfunction

  function automatic ether_class_e class_of(input logic [15:0] ether_type);
    case (ether_type)
      16'h0800: return EtherIpv4;
      16'h86DD: return EtherIpv6;
      16'h0806: return EtherArp;
      16'h88CC: return EtherLldp;
      16'h888E: return EtherEapol;
      16'h88F7: return EtherPtp;
      16'h8809: return EtherSlow;
      default:  return EtherOther;
    endcase
  endfunction

  function automatic logic is_extension(input logic [7:0] next_header);
    return next_header == ProtocolHopByHop || next_header == ProtocolRouting || next_header == ProtocolFragment ||
           next_header == ProtocolDestination;
  endfunction

  // Is the next header an extension header? Before: `walking` says only that nothing has ended the walk yet.
  function automatic walk_t look_at(input walk_t walk);
    walk_t seen;
    seen = walk;
    seen.walking = walk.walking && is_extension(walk.protocol);
    seen.fragment_next = walk.protocol == ProtocolFragment;
    return seen;
  endfunction

  // The first four bytes of every place where an extension header can start.
  function automatic logic [32*Places-1:0] places_of(input logic [32*RestWords-1:0] rest);
    logic [32*Places-1:0] places;
    logic                 unused;
    unused = ^rest;
    for (int unsigned k = 0; k < Places; k++) places[32*k+:32] = big32(rest[64*k+:32]);
    return places;
  endfunction

  // The first four bytes of the header at `position`, zero beyond the window.
  function automatic logic [31:0] place_at(input logic [32*Places-1:0] places, input logic [3:0] position);
    logic [32*16-1:0] padded;
    padded = {(32 * (16 - Places))'(0), places};
    return padded[32*position+:32];
  endfunction

  // Takes one extension header, whose first four bytes are `header`. Afterwards `walking` says that nothing ended the walk.
  function automatic walk_t walk_header(input walk_t walk, input logic [31:0] header);
    walk_t      next;
    logic [7:0] units;      // length of the header in 8 bytes, less one
    logic [13:0] left;      // payload left behind the header in 8 bytes, less than zero if the top bit is set
    logic [8:0] position;
    logic [3:0] short_cause, last_place;
    logic unused;
    unused = ^header[2:1];  // reserved bits of a fragment header
    next = walk;
    units = walk.fragment_next ? 8'd0 : header[23:16];
    left = {1'b0, walk.left[LeftBits-1:3]} - {6'd0, units} - 14'd1;
    position = {5'd0, walk.position} + {1'b0, units} + 9'd1;
    short_cause = walk.fragment == FragmentFirst ? CauseShortFirstFragment : CauseBadLength;
    last_place = walk.untagged ? 4'd12 : 4'd11;  // 14 + 4 tags + 40 + 8 position + 8 <= 160
    if (walk.walking) begin
      next.left[LeftBits-1:3] = left[12:0];
      next.position = position > 9'd15 ? 4'd15 : position[3:0];
      next.protocol = header[31:24];
      if (walk.left[LeftBits-1:3] == '0) next.cause = short_cause;
      else if (walk.position > last_place || (walk.fragment_next && walk.fragment_seen)) next.cause = CauseChainTooDeep;
      else if (left[13]) next.cause = short_cause;
      if (walk.fragment_next) begin
        next.fragment_seen = 1'b1;
        if (header[15:3] != 13'd0) begin
          next.fragment = FragmentLater;
          if (next.cause == CauseNone && header[15:3] == 13'd1 && header[31:24] == ProtocolTcp) next.cause = CauseTcpOffsetOne;
        end else if (header[0]) begin
          next.fragment = FragmentFirst;
        end
      end
      next.walking = next.cause == CauseNone && next.fragment != FragmentLater;
    end
    return next;
  endfunction

  function automatic layer4_t layer4_of(input walk_t walk);
    layer4_t kind;
    logic    read, unused;
    unused = ^walk;
    read = walk.ip && !walk.walking && walk.cause == CauseNone && walk.fragment != FragmentLater;
    kind.tcp = read && walk.protocol == ProtocolTcp;
    kind.udp = read && walk.protocol == ProtocolUdp;
    kind.sctp = read && walk.protocol == ProtocolSctp;
    kind.icmp = read && walk.protocol == ProtocolIcmp;
    kind.icmpv6 = read && walk.protocol == ProtocolIcmpv6;
    return kind;
  endfunction

  function automatic logic below_minimum(input layer4_t kind, input logic [LeftBits-1:0] left);
    return (kind.tcp && left < LeftBits'(20)) || (kind.udp && left < LeftBits'(8)) || (kind.sctp && left < LeftBits'(12)) ||
           (kind.icmp && left < LeftBits'(8)) || (kind.icmpv6 && left < LeftBits'(4));
  endfunction

  // IPv6 alone can push layer 4 out of the window: 14 + 4 tags + 40 + 8 position + size <= 160.
  function automatic logic outside_window(input layer4_t kind, input logic [3:0] position, input logic untagged, input logic two_tags);
    return (kind.tcp && position > (two_tags ? 4'd9 : 4'd10)) ||
           (kind.sctp && position > (two_tags ? 4'd10 : 4'd11)) ||
           ((kind.udp || kind.icmp) && position > (untagged ? 4'd12 : 4'd11)) ||
           (kind.icmpv6 && position > (two_tags ? 4'd11 : 4'd12));
  endfunction

endpackage
