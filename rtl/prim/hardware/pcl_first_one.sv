// Priority encoder: the lowest set bit. WIDTH is a power of two from 8 to 4096. Body for synthesis: a tree of groups of eight.
//
// Stage 1 finds which groups of 8 hold a bit, and the first bit of each; stage k the same for groups of 8^k, while each takes over the place within its first
// group that the stage before found. So the places run one stage behind, and the last choice among them is left to the outputs' multiplexer.
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

  // The first of eight; 0 if there is none.
  function automatic logic [2:0] first_of_eight(logic [7:0] x);
    first_of_eight[2] = !(x[0] || x[1] || x[2] || x[3]) && x[7:4] != 0;
    first_of_eight[1] = !(x[0] || x[1]) && (x[2] || x[3] || (!(x[4] || x[5]) && x[7:6] != 0));
    first_of_eight[0] = !x[0] && (x[1] || (!x[2] && (x[3] || (!x[4] && (x[5] || (!x[6] && x[7]))))));
  endfunction

  for (genvar s = 1; s <= CLOCKS; s++) begin : g_stage
    localparam int unsigned Groups = (WIDTH + 8 ** s - 1) / 8 ** s;
    localparam int unsigned Below = (WIDTH + 8 ** (s - 1) - 1) / 8 ** (s - 1);  // bits or groups that this stage looks at
    localparam int unsigned PlaceBits = 3 * (s - 1);                            // place within a group of the stage before
    logic [8*Groups-1:0] bits;
    logic [Groups-1:0] any_q;
    logic [Groups-1:0][2:0] first_q;
    if (s == 1) begin : g_bits
      assign bits = (8 * Groups)'(bits_i);
    end else begin : g_bits
      assign bits = (8 * Groups)'(g_stage[s-1].any_q);
    end
    always_ff @(posedge clk_i) begin
      for (int g = 0; g < int'(Groups); g++) begin
        any_q[g] <= bits[8*g +: 8] != 0;
        first_q[g] <= first_of_eight(bits[8*g +: 8]);
      end
    end
    // Place within a group of the stage before, for each of them, when any_q and first_q of this stage are there.
    if (s > 1) begin : g_places
      logic [8*Groups-1:0][PlaceBits-1:0] place_q;
      for (genvar b = 0; b < 8 * Groups; b++) begin : g_below
        if (b >= Below) begin : g_none
          always_ff @(posedge clk_i) place_q[b] <= '0;
        end else if (s == 2) begin : g_first
          always_ff @(posedge clk_i) place_q[b] <= g_stage[1].first_q[b];
        end else begin : g_next
          always_ff @(posedge clk_i) begin
            place_q[b] <= {g_stage[s-1].first_q[b], g_stage[s-1].g_places.place_q[{b[$clog2(Below)-1:0], g_stage[s-1].first_q[b]}]};
          end
        end
      end
    end
  end

  assign any_o = g_stage[CLOCKS].any_q[0];
  logic [2:0] top;
  assign top = g_stage[CLOCKS].first_q[0];
  if (CLOCKS == 1) begin : g_index
    assign index_o = top[BITS-1:0];
  end else begin : g_index
    // A copy of the last choice for each three bits of the places that it chooses among.
    logic [CLOCKS-1:1][2:0] choice;
    logic [3*CLOCKS-4:0] places;
    pcl_dup #(.WIDTH(3), .COPIES(CLOCKS - 1)) u_choice (.clk_i, .d_i(first_of_eight(g_stage[CLOCKS].bits[7:0])), .q_o(choice));
    for (genvar c = 1; c < CLOCKS; c++) begin : g_place
      assign places[3*(c-1) +: 3] = g_stage[CLOCKS].g_places.place_q[choice[c]][3*(c-1) +: 3];
    end
    assign index_o = BITS'({top, places});
  end

endmodule
