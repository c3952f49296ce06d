// Priority encoder: the lowest set bit. WIDTH is a power of two from 8 to 4096. Body for synthesis: a tree of groups of up to sixteen.
//
// Stage 1 finds which groups of its size hold a bit, and the first bit of each; stage k the same for groups of groups, while each takes over the place within
// its first group that the stage before found. So the places run one stage behind, and the last choice among them is left to the outputs' multiplexer. That
// has as few inputs as the other stages allow, two for most widths, since what it drives may be far away.
// Out, CLOCKS = ceil(log8 WIDTH) clocks later, behind one multiplexer rather than a register: any_o, and index_o (0 without a set bit).
module pcl_first_one #(
  parameter  int unsigned WIDTH  = 512,
  localparam int unsigned BITS   = $clog2(WIDTH),
  localparam int unsigned CLOCKS = (BITS + 2) / 3
) (
  input  logic             clk_i,
  input  logic [WIDTH-1:0] bits_i,
  output logic             any_o,
  output logic [BITS-1:0]  index_o
);

  // Bits of the index that the last stage finds; that stage s finds, up to four; and that all stages before s find.
  localparam int unsigned LastBits = BITS > 4 * (CLOCKS - 1) ? BITS - 4 * (CLOCKS - 1) : 1;
  function automatic int unsigned stage_bits(int unsigned s);
    if (s == CLOCKS) return LastBits;
    return (BITS - LastBits + CLOCKS - 1 - s) / (CLOCKS - 1);
  endfunction
  function automatic int unsigned bits_before(int unsigned s);
    bits_before = 0;
    for (int unsigned k = 1; k < s; k++) bits_before += stage_bits(k);
  endfunction

  // Does stage s keep a place for each two groups of the stage before, that of the first one with a bit? The choice among them has an input less then.
  function automatic int unsigned pairs(int unsigned s);
    return s == 2 && stage_bits(2) > 1 ? 1 : 0;
  endfunction

  // Copies of what stage s finds: it chooses among the places below it, a copy for each two bits of these.
  function automatic int unsigned choices(int unsigned s);
    return bits_before(s) < 2 || s == CLOCKS ? 1 : pcl_prim_pkg::copies(bits_before(s) / 2);
  endfunction

  // The first of four, of sixteen; 0 if there is none.
  function automatic logic [1:0] first_of_four(logic [3:0] x);
    return {!(x[0] || x[1]) && (x[2] || x[3]), !x[0] && (x[1] || (!x[2] && x[3]))};
  endfunction
  function automatic logic [3:0] first_of_sixteen(logic [15:0] x);
    logic [3:0] any;
    for (int q = 0; q < 4; q++) any[q] = x[4*q +: 4] != 0;
    first_of_sixteen[3:2] = first_of_four(any);
    first_of_sixteen[1:0] = any[0] ? first_of_four(x[3:0]) : any[1] ? first_of_four(x[7:4]) : any[2] ? first_of_four(x[11:8]) : first_of_four(x[15:12]);
  endfunction

  for (genvar s = 1; s <= CLOCKS; s++) begin : g_stage
    localparam int unsigned OwnBits = stage_bits(s);
    localparam int unsigned PlaceBits = bits_before(s);                // place within a group of the stage before
    localparam int unsigned Below = 1 << (BITS - PlaceBits);           // bits or groups that this stage looks at
    localparam int unsigned Size = 1 << OwnBits;
    localparam int unsigned Groups = Below / Size;
    localparam int unsigned Choices = choices(s);
    logic [Below-1:0] bits;
    logic [Groups-1:0] any_q;
    logic [Groups-1:0][OwnBits-1:0] first;
    logic [Groups-1:0][Choices-1:0][OwnBits-1:0] first_q;  // equal copies
    if (s == 1) begin : g_bits
      assign bits = bits_i;
    end else begin : g_bits
      assign bits = g_stage[s-1].any_q;
    end
    for (genvar g = 0; g < Groups; g++) begin : g_group
      assign first[g] = OwnBits'(first_of_sixteen(16'(bits[Size*g +: Size])));
      always_ff @(posedge clk_i) any_q[g] <= bits[Size*g +: Size] != 0;
      pcl_dup #(.WIDTH(OwnBits), .COPIES(Choices)) u_first (.clk_i, .d_i(first[g]), .q_o(first_q[g]));
    end
    // Place within a group of the stage before, for each of them or each two, when any_q and first_q of this stage are there.
    if (s > 1) begin : g_places
      localparam int unsigned Places = Below >> pairs(s);
      logic [Places-1:0][PlaceBits-1:0] place_q;
      for (genvar b = 0; b < Places; b++) begin : g_below
        if (pairs(s) == 1) begin : g_pair
          always_ff @(posedge clk_i) place_q[b] <= g_stage[1].any_q[2*b] ? g_stage[1].first_q[2*b][0] : g_stage[1].first_q[2*b+1][0];
        end else if (s == 2) begin : g_first
          always_ff @(posedge clk_i) place_q[b] <= g_stage[1].first_q[b][0];
        end else begin : g_next
          localparam int unsigned BelowBits = bits_before(s - 1);
          localparam int unsigned ChoiceBits = stage_bits(s - 1) - pairs(s - 1);
          logic [BelowBits-1:0] place;
          for (genvar i = 0; i < BelowBits; i++) begin : g_bit
            assign place[i] = g_stage[s-1].g_places.place_q[{b[$clog2(Below)-1:0], g_stage[s-1].first_q[b][(i*choices(s-1))/BelowBits][stage_bits(s-1)-1 -: ChoiceBits]}][i];
          end
          always_ff @(posedge clk_i) place_q[b] <= {g_stage[s-1].first_q[b][0], place};
        end
      end
    end
  end

  assign any_o = g_stage[CLOCKS].any_q[0];
  if (CLOCKS == 1) begin : g_index
    assign index_o = g_stage[1].first_q[0][0];
  end else begin : g_index
    // A copy of the last choice for each stage whose places it chooses among.
    logic [CLOCKS-1:1][LastBits-1:0] choice;
    pcl_dup #(.WIDTH(LastBits), .COPIES(CLOCKS - 1)) u_choice (
      .clk_i, .d_i(LastBits'(first_of_sixteen(16'(g_stage[CLOCKS].bits)))), .q_o(choice)
    );
    for (genvar s = 1; s < CLOCKS; s++) begin : g_place
      localparam int unsigned Low = bits_before(s);
      localparam int unsigned Bits = stage_bits(s);
      assign index_o[Low +: Bits] = g_stage[CLOCKS].g_places.place_q[choice[s][LastBits-1:pairs(CLOCKS)]][Low +: Bits];
    end
    assign index_o[BITS-1 -: LastBits] = g_stage[CLOCKS].first_q[0][0];
  end

endmodule
