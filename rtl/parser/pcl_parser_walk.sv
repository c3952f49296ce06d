// Reads the headers in a frame's window: all of the parser (pcl_parser) behind stage C. The window may be that of any port.
//
// In: with valid_i the window of a good frame (pcl_parser_window), its length and its ingress port; a frame a clock. Out: results in the same order.
// The key is that of pcl_pkg; with a cause other than 0 it means nothing.
// Latency: pcl_parser_pkg::Latency - 1 clocks from valid_i to the first one with parsed_valid_o. The pipeline never stalls: the sender holds credits, so that no
// more than FRAMES frames are between valid_i and their result being taken.
//
// How: the Ethernet header is read (E1, E2) and taken off. The IP header is read (I1, I2) and the rest of
// the window, 104 bytes, goes into a memory, from which layer 4 fetches it at the end (L1 to L5). Between them only a few bits travel through the
// IPv6 extension headers (X1 to X5): where in the window the next one starts, how much payload is left, and the first four bytes of each
// place where a header can start. Addresses and what else the key already has wait in a memory as well.
module pcl_parser_walk
  import pcl_pkg::*;
  import pcl_parser_pkg::*;
#(
  parameter  int unsigned DATA_WIDTH  = 512,
  parameter  int unsigned LENGTH_BITS = 14,
  parameter  int unsigned FRAMES      = 32,
  localparam int unsigned Beats       = window_beats(DATA_WIDTH)
) (
  input  logic                   clk_i,
  input  logic                   rst_i,

  input  logic                   valid_i,
  input  logic [Beats-1:0][DATA_WIDTH-1:0] slots_i,
  input  logic [LENGTH_BITS-1:0] length_i,
  input  logic [2:0]             ingress_i,

  output logic                   parsed_valid_o,
  input  logic                   parsed_ready_i,
  output key_t                   parsed_key_o,
  output logic [3:0]             parsed_cause_o,
  output logic [LENGTH_BITS-1:0] parsed_length_o
);

  localparam int unsigned TypeAt = 12;
  localparam int unsigned FrameBits = $clog2(FRAMES);

  if (FRAMES < 2 || 2 ** FrameBits != FRAMES) begin : gen_check_frames
    $fatal(1, "pcl_parser: FRAMES is %0d; it must be a power of two, 2 or more", FRAMES);
  end

  logic take_result;
  assign take_result = parsed_valid_o && parsed_ready_i;

  // ------------------------------------------------------------------------------------------------------------------
  // E1: the three places where the EtherType can be.
  localparam int unsigned E1Bytes = WindowBytes - TypeAt - 2;

  logic                   e1_valid_q;
  logic [8*E1Bytes-1:0]   e1_window_q;  // from byte 14
  logic [LENGTH_BITS-1:0] e1_length_q;
  logic [2:0]             e1_ingress_q;
  logic                   e1_tag_12_q, e1_tag_16_q;
  logic [2:0]             e1_class_12_q, e1_class_16_q, e1_class_20_q;
  logic                   e1_below_14_q, e1_below_18_q, e1_below_22_q;

  // Wide values are worked out under their `valid` here and below: a simulator then spends nothing on idle stages.
  always_ff @(posedge clk_i) begin : ethernet
    // Not used: the addresses of the Ethernet header, and what a wide bus brings beyond the window.
    // verilator lint_off UNUSEDSIGNAL
    logic [Beats*DATA_WIDTH-1:0] window;
    // verilator lint_on UNUSEDSIGNAL
    logic [15:0]                 type_at_12, type_at_16, type_at_20;
    e1_valid_q <= valid_i && !rst_i;
    if (valid_i) begin
      window = slots_i;
      type_at_12 = big16(window[8*12+:16]);
      type_at_16 = big16(window[8*16+:16]);
      type_at_20 = big16(window[8*20+:16]);
      e1_window_q   <= window[8*(TypeAt+2)+:8*E1Bytes];
      e1_length_q   <= length_i;
      e1_ingress_q  <= ingress_i;
      e1_tag_12_q   <= is_tag(type_at_12);
      e1_tag_16_q   <= is_tag(type_at_16);
      e1_class_12_q <= class_of(type_at_12);
      e1_class_16_q <= class_of(type_at_16);
      e1_class_20_q <= class_of(type_at_20);
      e1_below_14_q <= length_i < LENGTH_BITS'(14);
      e1_below_18_q <= length_i < LENGTH_BITS'(18);
      e1_below_22_q <= length_i < LENGTH_BITS'(22);
    end
  end

  // E2: take the Ethernet header off.
  logic                     e2_valid_q;
  logic [32*PacketWords-1:0] e2_packet_q;  // from the first byte behind the Ethernet header
  logic [LENGTH_BITS-1:0]   e2_length_q, e2_left_q;
  logic [2:0]               e2_ingress_q;
  logic [1:0]               e2_tags_q;
  logic [VlanBits-1:0]      e2_vlan_q;
  logic [2:0]               e2_class_q;
  logic                     e2_truncated_q;

  always_ff @(posedge clk_i) begin
    e2_valid_q <= e1_valid_q && !rst_i;
    if (e1_valid_q) begin
      e2_length_q  <= e1_length_q;
      e2_ingress_q <= e1_ingress_q;
      if (!e1_tag_12_q) begin
        e2_packet_q    <= e1_window_q[0+:32*PacketWords];
        e2_left_q      <= e1_length_q - LENGTH_BITS'(14);
        e2_tags_q      <= 2'd0;
        e2_vlan_q      <= '0;
        e2_class_q     <= e1_class_12_q;
        e2_truncated_q <= e1_below_14_q;
      end else if (!e1_tag_16_q) begin
        e2_packet_q    <= {(32 * PacketWords - 8 * (E1Bytes - 4))'(0), e1_window_q[8*E1Bytes-1:32]};
        e2_left_q      <= e1_length_q - LENGTH_BITS'(18);
        e2_tags_q      <= 2'd1;
        e2_vlan_q      <= {e1_window_q[3:0], e1_window_q[15:8]};
        e2_class_q     <= e1_class_16_q;
        e2_truncated_q <= e1_below_18_q;
      end else begin
        e2_packet_q    <= {(32 * PacketWords - 8 * (E1Bytes - 8))'(0), e1_window_q[8*E1Bytes-1:64]};
        e2_left_q      <= e1_length_q - LENGTH_BITS'(22);
        e2_tags_q      <= 2'd2;
        e2_vlan_q      <= {e1_window_q[3:0], e1_window_q[15:8]};
        e2_class_q     <= e1_class_20_q;
        e2_truncated_q <= e1_below_22_q;
      end
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // I1: read the IP header; addresses and the rest of the window into their memories.
  typedef struct packed {
    logic [2:0]             ingress;
    logic [2:0]             ether_class;
    logic [LENGTH_BITS-1:0] length;
    logic [7:0]             dscp_tags;
    logic [VlanBits-1:0]    vlan;
    logic [127:0]           destination;
    logic [127:0]           source;
  } kept_t;

  kept_t                     kept [FRAMES];   // what the key needs besides `result`
  logic [32*RestWords-1:0]   rest [RestFrames];
  logic [FrameBits-1:0]      kept_at_q;
  logic [RestFrameBits-1:0]  rest_at_q;
  logic                      is_ipv4, is_ipv6;
  logic [3:0]                header_words;    // IHL
  logic [15:0]               first_half;      // IPv4 total length

  assign is_ipv4 = e2_class_q == EtherIpv4;
  assign is_ipv6 = e2_class_q == EtherIpv6;
  assign header_words = e2_packet_q[3:0];
  assign first_half = big16(e2_packet_q[8*2+:16]);

  always_ff @(posedge clk_i) begin : keep_and_rest
    kept_t keep;
    if (rst_i) begin
      kept_at_q <= '0;
      rest_at_q <= '0;
    end else if (e2_valid_q) begin
      kept_at_q <= kept_at_q + 1'b1;
      rest_at_q <= rest_at_q + 1'b1;
    end
    if (e2_valid_q) begin
      keep.ingress     = e2_ingress_q;
      keep.ether_class = e2_class_q;
      keep.length      = e2_length_q;
      keep.vlan        = e2_vlan_q;
      if (is_ipv4) begin
        keep.dscp_tags   = {e2_tags_q, e2_packet_q[8*1+2+:6]};
        keep.source      = {80'd0, 16'hFFFF, big32(e2_packet_q[8*12+:32])};
        keep.destination = {80'd0, 16'hFFFF, big32(e2_packet_q[8*16+:32])};
      end else if (is_ipv6) begin
        keep.dscp_tags   = {e2_tags_q, e2_packet_q[3:0], e2_packet_q[15:14]};
        keep.source      = big128(e2_packet_q[8*8+:128]);
        keep.destination = big128(e2_packet_q[8*24+:128]);
      end else begin
        keep.dscp_tags   = {e2_tags_q, 6'd0};
        keep.source      = '0;
        keep.destination = '0;
      end
      kept[kept_at_q] <= keep;
      if (is_ipv4) rest[rest_at_q] <= e2_packet_q[32*5+:32*RestWords];
      else rest[rest_at_q] <= e2_packet_q[32*10+:32*RestWords];
    end
  end

  logic                   i1_valid_q, i1_ipv4_q, i1_ipv6_q, i1_truncated_q, i1_untagged_q, i1_two_tags_q;
  logic                   i1_version_4_q, i1_version_6_q, i1_below_20_q, i1_below_40_q;
  logic                   i1_short_header_q, i1_total_below_header_q, i1_total_above_left_q;
  logic [15:0]            i1_total_q, i1_payload_q;
  logic [LENGTH_BITS-1:0] i1_left_40_q;
  logic [3:0]             i1_header_words_q;
  logic [7:0]             i1_protocol_q, i1_next_header_q;
  logic [12:0]            i1_offset_q;
  logic                   i1_more_q;
  logic [5:0]             i1_mapped_q;   // three parts of ::ffff:0:0/96, of source and destination
  logic [32*Places-1:0]   i1_places_q;

  always_ff @(posedge clk_i) begin
    i1_valid_q <= e2_valid_q && !rst_i;
    if (e2_valid_q) begin
      i1_ipv4_q               <= is_ipv4;
      i1_ipv6_q               <= is_ipv6;
      i1_truncated_q          <= e2_truncated_q;
      i1_untagged_q           <= e2_tags_q == 2'd0;
      i1_two_tags_q           <= e2_tags_q == 2'd2;
      i1_version_4_q          <= e2_packet_q[7:4] == 4'd4;
      i1_version_6_q          <= e2_packet_q[7:4] == 4'd6;
      i1_below_20_q           <= e2_left_q < LENGTH_BITS'(20);
      i1_below_40_q           <= e2_left_q < LENGTH_BITS'(40);
      i1_short_header_q       <= header_words < 4'd5;
      i1_total_below_header_q <= first_half < {10'd0, header_words, 2'd0};
      i1_total_above_left_q   <= first_half > 16'(e2_left_q);
      i1_total_q              <= first_half;
      i1_payload_q            <= big16(e2_packet_q[8*4+:16]);
      i1_left_40_q            <= e2_left_q - LENGTH_BITS'(40);
      i1_header_words_q       <= header_words;
      i1_protocol_q           <= e2_packet_q[8*9+:8];
      i1_next_header_q        <= e2_packet_q[8*6+:8];
      i1_offset_q             <= {e2_packet_q[8*6+:5], e2_packet_q[8*7+:8]};
      i1_more_q               <= e2_packet_q[8*6+5];
      i1_mapped_q             <= {e2_packet_q[8*8+:32] == 32'd0, e2_packet_q[8*12+:32] == 32'd0, e2_packet_q[8*16+:32] == 32'hFFFF_0000,
                                  e2_packet_q[8*24+:32] == 32'd0, e2_packet_q[8*28+:32] == 32'd0, e2_packet_q[8*32+:32] == 32'hFFFF_0000};
    end
    if (e2_valid_q && is_ipv6) i1_places_q <= places_of(e2_packet_q[32*10+:32*RestWords]);
  end

  // I2: the cause so far, and where the walk begins.
  walk_t                i2_q;
  logic                 i2_valid_q;
  logic [32*Places-1:0] i2_places_q;

  always_ff @(posedge clk_i) begin : begin_walk
    walk_t start;
    i2_valid_q <= i1_valid_q && !rst_i;
    if (i1_valid_q) begin
      start = '0;
      start.ip = i1_ipv4_q || i1_ipv6_q;
      start.ipv6 = i1_ipv6_q;
      start.untagged = i1_untagged_q;
      start.two_tags = i1_two_tags_q;
      if (i1_ipv4_q) begin
        start.protocol = i1_protocol_q;
        start.left = LeftBits'(i1_total_q) - LeftBits'({i1_header_words_q, 2'd0});
        start.position = i1_header_words_q - 4'd5;
        if (i1_offset_q != 13'd0) start.fragment = FragmentLater;
        else if (i1_more_q) start.fragment = FragmentFirst;
        if (i1_truncated_q || i1_below_20_q) start.cause = CauseTruncated;
        else if (!i1_version_4_q) start.cause = CauseVersion;
        else if (i1_short_header_q || i1_total_below_header_q) start.cause = CauseBadLength;
        else if (i1_total_above_left_q) start.cause = CauseTruncated;
        else if (i1_protocol_q == ProtocolTcp && i1_offset_q == 13'd1) start.cause = CauseTcpOffsetOne;
      end else if (i1_ipv6_q) begin
        start.protocol = i1_next_header_q;
        start.left = LeftBits'(i1_payload_q);
        if (i1_truncated_q || i1_below_40_q) start.cause = CauseTruncated;
        else if (!i1_version_6_q) start.cause = CauseVersion;
        else if (i1_payload_q > 16'(i1_left_40_q)) start.cause = CauseTruncated;
        else if (i1_mapped_q[5:3] == 3'b111 || i1_mapped_q[2:0] == 3'b111) start.cause = CauseMappedAddress;
        else start.walking = is_extension(i1_next_header_q);
        start.fragment_next = i1_next_header_q == ProtocolFragment;
      end else begin
        if (i1_truncated_q) start.cause = CauseTruncated;
      end
      i2_q <= start;
      if (start.walking) i2_places_q <= i1_places_q;
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // X1 to X4: one extension header each. The first starts at place 0; for the others a stage fetches the header first and looks at what it is.
  walk_t                x1_q, x2_q, x3_q, x4_q, fetch2_q, fetch3_q, fetch4_q;
  logic                 x1_valid_q, x2_valid_q, x3_valid_q, x4_valid_q, fetch2_valid_q, fetch3_valid_q, fetch4_valid_q;
  logic [32*Places-1:0] x1_places_q, x2_places_q, x3_places_q, fetch2_places_q, fetch3_places_q;
  logic [31:0]          header2_q, header3_q, header4_q;

  always_ff @(posedge clk_i) begin
    x1_valid_q     <= i2_valid_q && !rst_i;
    fetch2_valid_q <= x1_valid_q && !rst_i;
    x2_valid_q     <= fetch2_valid_q && !rst_i;
    fetch3_valid_q <= x2_valid_q && !rst_i;
    x3_valid_q     <= fetch3_valid_q && !rst_i;
    fetch4_valid_q <= x3_valid_q && !rst_i;
    x4_valid_q     <= fetch4_valid_q && !rst_i;

    if (i2_valid_q) x1_q <= walk_header(i2_q, i2_places_q[31:0]);
    if (x1_valid_q) fetch2_q <= look_at(x1_q);
    if (fetch2_valid_q) x2_q <= walk_header(fetch2_q, header2_q);
    if (x2_valid_q) fetch3_q <= look_at(x2_q);
    if (fetch3_valid_q) x3_q <= walk_header(fetch3_q, header3_q);
    if (x3_valid_q) fetch4_q <= look_at(x3_q);
    if (fetch4_valid_q) x4_q <= walk_header(fetch4_q, header4_q);

    if (i2_valid_q && i2_q.walking) x1_places_q <= i2_places_q;
    if (x1_valid_q && x1_q.walking) begin
      fetch2_places_q <= x1_places_q;
      header2_q       <= place_at(x1_places_q, x1_q.position);
    end
    if (fetch2_valid_q && fetch2_q.walking) x2_places_q <= fetch2_places_q;
    if (x2_valid_q && x2_q.walking) begin
      fetch3_places_q <= x2_places_q;
      header3_q       <= place_at(x2_places_q, x2_q.position);
    end
    if (fetch3_valid_q && fetch3_q.walking) x3_places_q <= fetch3_places_q;
    if (x3_valid_q && x3_q.walking) header4_q <= place_at(x3_places_q, x3_q.position);
  end

  // X5 and L1: is there a fifth extension header; fetch the rest of the window.
  walk_t                    l1_q;
  logic                     l1_valid_q;
  logic [32*RestWords-1:0]  l1_rest_q;
  logic [RestFrameBits-1:0] rest_from_q;

  always_ff @(posedge clk_i) begin
    l1_valid_q <= x4_valid_q && !rst_i;
    if (rst_i) rest_from_q <= '0;
    else if (x4_valid_q) rest_from_q <= rest_from_q + 1'b1;
    if (x4_valid_q) begin
      l1_q      <= look_at(x4_q);
      l1_rest_q <= rest[rest_from_q];
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // L2, L3: move layer 4 to the front, by four words at a time, then by one.
  walk_t            l2_q, l3_q;
  logic             l2_valid_q, l3_valid_q;
  logic [4:0]       l1_word;
  logic [1:0]       l2_word_q;
  logic [2:0]       l2_word_1, l2_word_3;
  layer4_t          l2_kind_q, l3_kind_q;
  logic [32*7-1:0]  l2_words_q;
  logic [31:0]      l3_ports_q;
  logic [15:0]      l3_length_q;
  logic [3:0]       l3_data_offset_q;
  logic [7:0]       l3_flags_q;
  logic             l3_below_q, l3_outside_q;

  assign l2_word_1 = {1'b0, l2_word_q} + 3'd1;
  assign l2_word_3 = {1'b0, l2_word_q} + 3'd3;
  assign l1_word = l1_q.ipv6 ? {l1_q.position, 1'b0} : {1'b0, l1_q.position};

  always_ff @(posedge clk_i) begin
    l2_valid_q <= l1_valid_q && !rst_i;
    l3_valid_q <= l2_valid_q && !rst_i;
    if (l1_valid_q) begin
      l2_q       <= l1_q;
      l2_kind_q  <= layer4_of(l1_q);
      l2_word_q  <= l1_word[1:0];
      case (l1_word[4:2])
        3'd0:    l2_words_q <= l1_rest_q[128*0+:32*7];
        3'd1:    l2_words_q <= l1_rest_q[128*1+:32*7];
        3'd2:    l2_words_q <= l1_rest_q[128*2+:32*7];
        3'd3:    l2_words_q <= l1_rest_q[128*3+:32*7];
        3'd4:    l2_words_q <= l1_rest_q[128*4+:32*7];
        3'd5:    l2_words_q <= {32'd0, l1_rest_q[128*5+:32*6]};
        default: l2_words_q <= {160'd0, l1_rest_q[128*6+:32*2]};
      endcase
    end
    if (l2_valid_q) begin
      l3_q              <= l2_q;
      l3_kind_q         <= l2_kind_q;
      l3_ports_q        <= big32(l2_words_q[{1'b0, l2_word_q, 5'd0}+:32]);
      l3_length_q       <= big16(l2_words_q[{l2_word_1, 5'd0}+:16]);
      l3_data_offset_q  <= l2_words_q[{l2_word_3, 5'd4}+:4];
      l3_flags_q        <= l2_words_q[{l2_word_3, 5'd8}+:8];
      l3_below_q        <= below_minimum(l2_kind_q, l2_q.left);
      l3_outside_q      <= l2_q.ipv6 && outside_window(l2_kind_q, l2_q.position, l2_q.untagged, l2_q.two_tags);
    end
  end

  // L4: the checks that need layer 4's own fields.
  typedef struct packed {
    logic [3:0]  cause;
    logic [1:0]  fragment;
    logic [7:0]  flags;
    logic [7:0]  protocol;
    logic [16:0] destination_port;
    logic [16:0] source_port;
  } result_t;

  logic        l4_valid_q, l4_walking_q;
  logic [1:0]  l4_fragment_q;
  logic [3:0]  l4_cause_q;
  logic [7:0]  l4_protocol_q;
  logic        l4_below_8_q;
  layer4_t     l4_kind_q;
  logic [31:0] l4_ports_q;
  logic [7:0]  l4_flags_q;
  logic        l4_below_q, l4_outside_q, l4_header_small_q, l4_header_long_q, l4_length_small_q, l4_length_long_q;

  always_ff @(posedge clk_i) begin
    l4_valid_q <= l3_valid_q && !rst_i;
    if (l3_valid_q) begin
      l4_walking_q      <= l3_q.walking;
      l4_fragment_q     <= l3_q.fragment;
      l4_cause_q        <= l3_q.cause;
      l4_protocol_q     <= l3_q.protocol;
      l4_below_8_q      <= l3_q.left < LeftBits'(8);
      l4_kind_q         <= l3_kind_q;
      l4_ports_q        <= l3_ports_q;
      l4_flags_q        <= l3_flags_q;
      l4_below_q        <= l3_below_q;
      l4_outside_q      <= l3_outside_q;
      l4_header_small_q <= l3_data_offset_q < 4'd5;
      l4_header_long_q  <= LeftBits'({l3_data_offset_q, 2'd0}) > l3_q.left;
      l4_length_small_q <= l3_length_q < 16'd8;
      l4_length_long_q  <= l3_length_q > 16'(l3_q.left);
    end
  end

  // L5: the final cause, into the result memory.
  result_t              results [FRAMES];
  logic [FrameBits-1:0] result_at_q, result_from_q;
  logic [FrameBits:0]   waiting_q;
  logic [3:0]           short_cause;

  assign short_cause = l4_fragment_q == FragmentFirst ? CauseShortFirstFragment : CauseShortLayer4;

  always_ff @(posedge clk_i) begin : finish_result
    result_t result;
    if (rst_i) begin
      result_at_q   <= '0;
      result_from_q <= '0;
      waiting_q     <= '0;
    end else begin
      if (l4_valid_q) result_at_q <= result_at_q + 1'b1;
      if (take_result) result_from_q <= result_from_q + 1'b1;
      waiting_q <= waiting_q + (FrameBits + 1)'(l4_valid_q) - (FrameBits + 1)'(take_result);
    end
    if (l4_valid_q) begin
      result.protocol = l4_protocol_q;
      result.fragment = l4_fragment_q;
      result.flags = l4_kind_q.tcp ? l4_flags_q : NoFlags;
      result.source_port = NoPort;
      result.destination_port = NoPort;
      if (l4_kind_q.icmp || l4_kind_q.icmpv6) begin
        result.source_port = {9'd0, l4_ports_q[31:24]};
        result.destination_port = {9'd0, l4_ports_q[23:16]};
      end else if (l4_kind_q.tcp || l4_kind_q.udp || l4_kind_q.sctp) begin
        result.source_port = {1'b0, l4_ports_q[31:16]};
        result.destination_port = {1'b0, l4_ports_q[15:0]};
      end
      result.cause = l4_cause_q;
      if (l4_walking_q) begin
        if (l4_below_8_q) result.cause = l4_fragment_q == FragmentFirst ? CauseShortFirstFragment : CauseBadLength;
        else result.cause = CauseChainTooDeep;
      end else if (l4_below_q) begin
        result.cause = short_cause;
      end else if (l4_outside_q) begin
        result.cause = CauseChainTooDeep;
      end else if (l4_kind_q.tcp && l4_header_small_q) begin
        result.cause = CauseBadLength;
      end else if (l4_kind_q.tcp && l4_header_long_q) begin
        result.cause = short_cause;
      end else if (l4_kind_q.udp && (l4_length_small_q || (l4_length_long_q && l4_fragment_q == FragmentWhole))) begin
        result.cause = CauseBadLength;
      end
      results[result_at_q] <= result;
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Out.
  kept_t   out_kept;
  result_t out_result;
  assign out_kept = kept[result_from_q];
  assign out_result = results[result_from_q];

  assign parsed_valid_o = waiting_q != '0;
  assign parsed_cause_o = out_result.cause;
  assign parsed_length_o = out_kept.length;
  assign parsed_key_o.source = out_kept.source;
  assign parsed_key_o.destination = out_kept.destination;
  assign parsed_key_o.source_port = out_result.source_port;
  assign parsed_key_o.destination_port = out_result.destination_port;
  assign parsed_key_o.vlan = out_kept.vlan;
  assign parsed_key_o.protocol = out_result.protocol;
  assign parsed_key_o.tcp_flags = out_result.flags;
  assign parsed_key_o.dscp_tags = out_kept.dscp_tags;
  assign parsed_key_o.context_chunk = {out_result.fragment, out_kept.ether_class, out_kept.ingress};

  // ECN, and what no later stage asks the walk for.
  logic unused;
  assign unused = ^{e2_packet_q[9:8], l3_q};

endmodule
