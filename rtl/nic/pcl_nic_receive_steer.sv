// What becomes of a frame that the filter gave to the host, as far as its headers decide: accepted or not, its RSS hash and queue, its kind and checksums.
//
// In: beats as they leave the filter (never held up) with pcl_filter_pkg::filter_user_t. Out: one receive_frame_t per frame, in order, Latency clocks after its
// last beat; a frame a clock. The frame is FateDelivered unless something here speaks against it.
//
// The filter has judged the frame before, so the lengths of a frame without a cause are true: IP within the frame, layer 4 within IP. Of a
// frame with a cause (monitor mode lets them through) nothing is looked at but its Ethernet header.
// Hash: Toeplitz, "RSS hashing types" of Microsoft's RSS documentation. Checksums: RFC 1071. Headers are seen in the frame's first WindowBytes bytes: 14
// + 2 tags of 4 + 60 of IPv4 + 8 of UDP fit.
`include "pcl_assert.svh"

module pcl_nic_receive_steer
  import pcl_nic_pkg::*;
  import pcl_filter_pkg::*;
#(
  parameter  int unsigned DATA_WIDTH = 512,
  parameter  int unsigned PORTS = 2,
  parameter  int unsigned QUEUES = 4,
  localparam int unsigned WindowBytes = 128
) (
  input  logic                  clk_i,
  input  logic                  rst_i,

  input  logic                  valid_i,
  input  logic                  last_i,
  input  logic [DATA_WIDTH-1:0] data_i,
  input  filter_user_t          user_i,
  input  logic [63:0]           timestamp_i,      // of the frame's first beat
  input  logic                  lost_i,           // with last_i: no frame is told

  input  port_config_t          config_i [PORTS],
  output logic                  steer_o,
  output logic [2:0]            steer_port_o,
  output logic [6:0]            steer_entry_o,
  input  logic [QueueBits-1:0]  steer_queue_i,    // in the next clock

  output logic                  frame_valid_o,
  output receive_frame_t        frame_o
);

  localparam int unsigned WindowBeats = WindowBytes * 8 / DATA_WIDTH;
  localparam int unsigned BeatBits = $clog2(WindowBeats + 1);
  localparam int unsigned PortBits = PORTS > 1 ? $clog2(PORTS) : 1;
  localparam int unsigned HashBytes = 36;   // two IPv6 addresses and two ports
  localparam int unsigned Parts = 4;        // of every sum

  // A narrow bus makes the hash in folds. A hashed frame has an Ethernet and an IPv4 header at least.
  localparam int unsigned Folds = ((14 + 20) * 8 + DATA_WIDTH - 1) / DATA_WIDTH;
  localparam int unsigned FoldIndexBits = Folds > 1 ? $clog2(Folds) : 1;
  localparam int unsigned FoldBits = 8 * HashBytes / Folds;  // of the hash's input
  localparam int unsigned PartBits = FoldBits / Parts;
  localparam int unsigned KeyBits = FoldBits + 31;           // of the key, that a fold's bits meet
  if (FoldBits * Folds != 8 * HashBytes || PartBits * Parts != FoldBits) begin : gen_check_folds
    $fatal(1, "pcl_nic_receive_steer: %0d bits of a hash's input do not divide into %0d folds of %0d parts", 8 * HashBytes, Folds, Parts);
  end

  function automatic logic [15:0] swap16(input logic [15:0] bytes);
    return {bytes[7:0], bytes[15:8]};
  endfunction

  // ------------------------------------------------------------------------------------------------------------------
  // The window, byte 0 in bits 7:0.
  logic [8*WindowBytes-1:0] window_q;
  logic [BeatBits-1:0]      beat_q;
  logic                     s1_valid_q;
  filter_user_t             s1_user_q;
  logic [63:0]              s1_timestamp_q;

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      if (beat_q != BeatBits'(WindowBeats)) window_q[32'(beat_q)*DATA_WIDTH+:DATA_WIDTH] <= data_i;
      beat_q <= last_i ? '0 : beat_q == BeatBits'(WindowBeats) ? beat_q : beat_q + 1'b1;
    end
    s1_valid_q <= valid_i && last_i && !lost_i;
    if (valid_i && last_i) begin
      s1_user_q      <= user_i;
      s1_timestamp_q <= timestamp_i;
    end
    if (rst_i) begin
      beat_q     <= '0;
      s1_valid_q <= 1'b0;
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Stage 2: Ethernet. What follows it moves to a fixed place.
  localparam int unsigned PacketBytes = 72;
  logic                     s2_valid_q;
  logic [1:0]               s2_tags_q;
  logic [15:0]              s2_type_q, s2_vlan_q;
  logic [47:0]              s2_address_q;
  logic [8*PacketBytes-1:0] s2_packet_q;
  filter_user_t             s2_user_q;
  logic [63:0]              s2_timestamp_q;

  always_ff @(posedge clk_i) begin : ethernet
    logic [1:0] tags;
    s2_valid_q <= s1_valid_q && !rst_i;
    if (s1_valid_q) begin
      tags = 2'd0;
      if (pcl_parser_pkg::is_tag(swap16(window_q[8*12+:16]))) tags = pcl_parser_pkg::is_tag(swap16(window_q[8*16+:16])) ? 2'd2 : 2'd1;
      s2_tags_q      <= tags;
      s2_vlan_q      <= tags != '0 ? swap16(window_q[8*14+:16]) : '0;
      s2_address_q   <= window_q[47:0];
      s2_type_q      <= swap16(tags == 2'd0 ? window_q[8*12+:16] : tags == 2'd1 ? window_q[8*16+:16] : window_q[8*20+:16]);
      s2_packet_q    <= tags == 2'd0 ? window_q[8*14+:8*PacketBytes] : tags == 2'd1 ? window_q[8*18+:8*PacketBytes] : window_q[8*22+:8*PacketBytes];
      s2_user_q      <= s1_user_q;
      s2_timestamp_q <= s1_timestamp_q;
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Stage 3: IP and layer 4; acceptance of the address. Sums of 30 and of 16 words are begun in parts.
  typedef struct packed {
    receive_frame_t         frame;         // all but the sums and what is compared with the payload's length
    logic                   v4, tcp, udp;
    logic [Parts-1:0][18:0] header_sums;   // of up to 8 words each
    logic [Parts-1:0][17:0] address_sums;  // of up to 4 words each
    logic [7:0]             protocol;
    logic [15:0]            payload, udp_length, udp_checksum;
  } layers_t;
  logic                   s3_valid_q, s3_hashed_q;
  layers_t                s3_q;
  logic [8*HashBytes-1:0] hash_input_q;    // byte 0 in the top bits; moves up fold by fold (below)
  logic [PortBits-1:0]    hash_port_q;
  logic                   folding;

  logic [PortBits-1:0] s2_port;
  assign s2_port = PortBits'(s2_user_q.ingress);

  always_ff @(posedge clk_i) begin : layers
    logic                v4, v6, whole, has_ports;
    logic [5:0]          begin_l3;
    logic [7:0]          protocol;
    logic [15:0]         ip_length, payload;
    logic [3:0]          ihl;
    logic [8*12-1:0]     layer4;
    logic                accepted, of_rule;
    l4_e                 l4;
    hash_e               hash_type;
    logic [5:0]          types;
    receive_frame_t      frame;
    s3_valid_q  <= s2_valid_q && !rst_i;
    s3_hashed_q <= 1'b0;
    if (Folds != 1 && folding) hash_input_q <= hash_input_q << FoldBits;
    if (s2_valid_q) begin
      frame = '0;
      v4 = s2_user_q.cause == '0 && s2_type_q == 16'h0800;
      v6 = s2_user_q.cause == '0 && s2_type_q == 16'h86DD;
      begin_l3 = 6'd14 + {2'd0, s2_tags_q, 2'd0};
      ihl = s2_packet_q[3:0];
      ip_length = swap16(v4 ? s2_packet_q[8*2+:16] : s2_packet_q[8*4+:16]);
      protocol = v4 ? s2_packet_q[8*9+:8] : s2_packet_q[8*6+:8];
      payload = v4 ? ip_length - {10'd0, ihl, 2'd0} : ip_length;
      layer4 = v6 ? s2_packet_q[8*40+:96] : s2_packet_q[32*32'(ihl)+:96];
      whole = v4 ? (swap16(s2_packet_q[8*6+:16]) & 16'h3FFF) == '0 : protocol != 8'd44;
      frame.completion.fragment = (v4 || v6) && !whole;
      frame.completion.l3 = v4 ? L3Ipv4 : v6 ? L3Ipv6 : L3None;
      l4 = L4None;
      if ((v4 || v6) && whole) begin
        case (protocol)
          8'd6:    l4 = L4Tcp;
          8'd17:   l4 = L4Udp;
          8'd132:  l4 = L4Sctp;
          8'd1:    l4 = L4Icmp;
          8'd58:   l4 = L4Icmpv6;
          default: l4 = L4None;
        endcase
      end
      frame.completion.l4 = l4;
      frame.completion.l3_more = (v4 && ihl != 4'd5) ||
                                 (v6 && (pcl_parser_pkg::is_extension(protocol) || protocol == 8'd51));  // 51: authentication header, RFC 4302
      frame.completion.vlan_tags = s2_tags_q;
      frame.completion.vlan = s2_vlan_q;

      // Of the IPv4 header, and of the addresses in the pseudo header, in the byte order of memory.
      for (int unsigned p = 0; p < Parts; p++) begin
        logic [18:0] header;
        logic [17:0] addresses;
        header = '0;
        addresses = '0;
        for (int unsigned w = 8 * p; w < 8 * p + 8 && w < 30; w++) if (5'(w) < {ihl, 1'b0}) header = header + 19'(s2_packet_q[16*w+:16]);
        for (int unsigned w = 4 * p; w < 4 * p + 4; w++) begin
          if (v4 && w < 4) addresses = addresses + 18'(s2_packet_q[8*12+16*w+:16]);
          if (v6) addresses = addresses + 18'(s2_packet_q[8*8+16*w+:16]);
        end
        s3_q.header_sums[p]  <= header;
        s3_q.address_sums[p] <= addresses;
      end
      s3_q.v4           <= v4;
      s3_q.tcp          <= l4 == L4Tcp;
      s3_q.udp          <= l4 == L4Udp;
      s3_q.protocol     <= protocol;
      s3_q.payload      <= payload;
      s3_q.udp_length   <= swap16(layer4[32+:16]);
      s3_q.udp_checksum <= layer4[48+:16];
      frame.l4_begin = LengthBits'(begin_l3) + (v4 ? LengthBits'({ihl, 2'd0}) : LengthBits'(40));

      // The hash's input: addresses, then ports.
      types = config_i[s2_port].rss ? config_i[s2_port].types : '0;
      hash_type = HashNone;
      if (v4) hash_type = l4 == L4Tcp && types[1] ? HashIpv4Tcp : l4 == L4Udp && types[2] ? HashIpv4Udp : types[0] ? HashIpv4 : HashNone;
      if (v6) hash_type = l4 == L4Tcp && types[4] ? HashIpv6Tcp : l4 == L4Udp && types[5] ? HashIpv6Udp : types[3] ? HashIpv6 : HashNone;
      has_ports = hash_type == HashIpv4Tcp || hash_type == HashIpv4Udp || hash_type == HashIpv6Tcp || hash_type == HashIpv6Udp;
      if (hash_type != HashNone) begin
        s3_hashed_q <= 1'b1;
        hash_port_q <= s2_port;
        for (int unsigned b = 0; b < HashBytes; b++) begin
          logic [7:0] value;
          value = '0;
          if (v4 && b < 8) value = s2_packet_q[8*(12+b)+:8];
          if (v4 && has_ports && b >= 8 && b < 12) value = layer4[8*(b-8)+:8];
          if (v6 && b < 32) value = s2_packet_q[8*(8+b)+:8];
          if (v6 && has_ports && b >= 32) value = layer4[8*(b-32)+:8];
          hash_input_q[8*(HashBytes-1-b)+:8] <= value;
        end
      end
      frame.completion.hash_type = hash_type;

      // Acceptance.
      of_rule = s2_user_q.queue_valid && !s2_user_q.mirror_copy;
      accepted = config_i[s2_port].promiscuous || of_rule || s2_user_q.mirror_copy || (config_i[s2_port].allmulticast && s2_address_q[0]) || (config_i[s2_port].broadcast && s2_address_q == '1);
      for (int unsigned e = 0; e < Slots; e++) accepted = accepted || (config_i[s2_port].address_valid[e] && config_i[s2_port].address[e] == s2_address_q);
      frame.fate = !config_i[s2_port].receive ? FateDisabled : s2_user_q.length > config_i[s2_port].max_frame ? FateLength : !accepted ? FateAddress : FateDelivered;
      frame.host_queue = s2_user_q.host_queue[QueueBits-1:0];
      if (frame.fate == FateDelivered && of_rule && s2_user_q.host_queue >= 12'(QUEUES)) frame.fate = FateNoQueue;
      frame.completion.queue_by_rule = of_rule;

      frame.completion.would_drop = s2_user_q.would_drop;
      frame.completion.permit = s2_user_q.permit;
      frame.completion.mirror = s2_user_q.mirror_copy;
      frame.completion.mark_valid = s2_user_q.mark_valid;
      frame.completion.mark = s2_user_q.mark_valid ? s2_user_q.mark : '0;
      frame.completion.hit = s2_user_q.hit;
      frame.completion.rule = s2_user_q.hit ? s2_user_q.rule : '0;
      frame.completion.cause = s2_user_q.cause;
      frame.completion.ingress = s2_user_q.ingress;
      frame.completion.packet_length = s2_user_q.length;
      frame.completion.timestamp = s2_timestamp_q;
      s3_q.frame <= frame;
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Stages 4 and 5: the hash in parts, and their sum; likewise the checksum of the IPv4 header (all words add up to FFFF). Stage 6: the queue.
  logic                   s4_valid_q, s5_valid_q, s6_valid_q;
  receive_frame_t         s4_frame_q, s5_frame_q, s6_frame_q;
  logic [Parts-1:0][31:0] s4_hashes_q;
  logic [20:0]            s4_header_sum_q;
  logic                   s4_v4_q;

  // The hash's input goes through the same logic in as many folds as the smallest hashed frame has beats: two such frames cannot come closer. Frames without
  // a hash can, and pass by.
  logic [FoldIndexBits-1:0] fold_q;
  logic                     folding_q;
  assign folding = s3_hashed_q || folding_q;

  always_ff @(posedge clk_i) begin : toeplitz
    logic [8*KeyBytes-1:0] key;       // byte 0 in the top bits
    logic [KeyBits-1:0]    key_part;
    logic [31:0]           hash;
    if (folding) begin
      for (int unsigned b = 0; b < KeyBytes; b++) key[8*(KeyBytes-1-b)+:8] = config_i[hash_port_q].key[8*b+:8];
      key_part = key[8*KeyBytes-1-:KeyBits];
      for (int unsigned f = 1; f < Folds; f++) if (fold_q == FoldIndexBits'(f)) key_part = key[8*KeyBytes-1-f*FoldBits-:KeyBits];
      for (int unsigned p = 0; p < Parts; p++) begin
        hash = '0;
        for (int unsigned i = p * PartBits; i < (p + 1) * PartBits; i++) begin
          if (hash_input_q[8*HashBytes-1-i]) hash = hash ^ key_part[KeyBits-32-i+:32];
        end
        s4_hashes_q[p] <= fold_q == '0 ? hash : s4_hashes_q[p] ^ hash;
      end
    end
    fold_q    <= folding && fold_q != FoldIndexBits'(Folds - 1) ? fold_q + 1'b1 : '0;
    folding_q <= folding && fold_q != FoldIndexBits'(Folds - 1);
    if (rst_i) begin
      fold_q    <= '0;
      folding_q <= 1'b0;
    end
  end

  // Beside the first folds.
  logic    last_fold_valid;
  layers_t last_fold;
  if (Folds == 1) begin : g_one_fold
    assign last_fold_valid = s3_valid_q;
    assign last_fold = s3_q;
  end else begin : g_folds
    logic    [Folds-2:0] valid_q;
    layers_t [Folds-2:0] layers_q;
    always_ff @(posedge clk_i) begin
      valid_q <= rst_i ? '0 : (Folds - 1)'({valid_q, s3_valid_q});
      if (s3_valid_q) layers_q[0] <= s3_q;
      for (int unsigned f = 1; f < Folds - 1; f++) if (valid_q[f-1]) layers_q[f] <= layers_q[f-1];
    end
    assign last_fold_valid = valid_q[Folds-2];
    assign last_fold = layers_q[Folds-2];
  end

  always_ff @(posedge clk_i) begin : checksums
    logic [19:0] l4_sum;
    s4_valid_q <= last_fold_valid && !rst_i;
    if (last_fold_valid) begin
      s4_frame_q      <= last_fold.frame;
      s4_v4_q         <= last_fold.v4;
      s4_header_sum_q <= 21'(last_fold.header_sums[0]) + 21'(last_fold.header_sums[1]) + 21'(last_fold.header_sums[2]) + 21'(last_fold.header_sums[3]);
      l4_sum = 20'({last_fold.protocol, 8'd0}) + 20'(swap16(last_fold.payload));
      for (int unsigned p = 0; p < Parts; p++) l4_sum = l4_sum + 20'(last_fold.address_sums[p]);
      s4_frame_q.l4_sum   <= l4_sum;
      s4_frame_q.l4_end   <= last_fold.frame.l4_begin + LengthBits'(last_fold.payload);
      s4_frame_q.l4_check <= (last_fold.tcp && last_fold.payload != '0) ||
                             (last_fold.udp && last_fold.udp_length == last_fold.payload && !(last_fold.v4 && last_fold.udp_checksum == '0));
    end
  end

  always_ff @(posedge clk_i) begin : sums
    logic [20:0] sum;
    s5_valid_q <= s4_valid_q && !rst_i;
    if (s4_valid_q) begin
      s5_frame_q <= s4_frame_q;
      s5_frame_q.completion.hash <= s4_frame_q.completion.hash_type == HashNone ? '0 : s4_hashes_q[0] ^ s4_hashes_q[1] ^ s4_hashes_q[2] ^ s4_hashes_q[3];
      sum = 21'(s4_header_sum_q[15:0]) + 21'(s4_header_sum_q[20:16]);
      sum = 21'(sum[15:0]) + 21'(sum[20:16]);
      s5_frame_q.completion.ip_checksum <= !s4_v4_q ? ChecksumNone : sum[15:0] == 16'hFFFF ? ChecksumGood : ChecksumBad;
    end
  end

  assign steer_o = s5_valid_q;
  assign steer_port_o = s5_frame_q.completion.ingress;
  assign steer_entry_o = s5_frame_q.completion.hash[6:0];

  always_ff @(posedge clk_i) begin : queue
    s6_valid_q <= s5_valid_q && !rst_i;
    if (s5_valid_q) s6_frame_q <= s5_frame_q;
  end

  always_ff @(posedge clk_i) begin : told
    frame_valid_o <= s6_valid_q && !rst_i;
    if (s6_valid_q) begin
      frame_o <= s6_frame_q;
      if (!s6_frame_q.completion.queue_by_rule) begin
        frame_o.host_queue <= steer_queue_i;
        if (s6_frame_q.fate == FateDelivered && 32'(steer_queue_i) >= QUEUES) frame_o.fate <= FateNoQueue;
      end
    end
  end

  // The window is whole beats, longer than what is looked at.
  logic unused;
  assign unused = ^window_q;

  `PCL_ASSERT(HashedFramesAreApart, s3_hashed_q -> !folding_q)

endmodule
