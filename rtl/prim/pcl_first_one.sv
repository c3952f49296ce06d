// Priority encoder: the lowest set bit. WIDTH is a power of two from 8 to 4096.
// This body encodes by words of 32 and delays the result; hardware/pcl_first_one.sv is a tree of groups of eight.
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

  localparam int unsigned WordBits = WIDTH < 32 ? WIDTH : 32;
  localparam int unsigned Words = WIDTH / WordBits;

  logic [WordBits-1:0] word;
  logic [BITS-1:0] word_start, index;
  logic [31:0] rest;
  logic [4:0] place;
  always_comb begin
    word = bits_i[(Words-1)*WordBits +: WordBits];
    word_start = BITS'((Words - 1) * WordBits);
    for (int w = int'(Words) - 2; w >= 0; w--) begin
      if (bits_i[w*WordBits +: WordBits] != 0) begin
        word = bits_i[w*WordBits +: WordBits];
        word_start = BITS'(w * WordBits);
      end
    end
    rest = 32'(word);
    place[4] = rest[15:0] == 0;
    if (place[4]) rest = rest >> 16;
    place[3] = rest[7:0] == 0;
    if (place[3]) rest = rest >> 8;
    place[2] = rest[3:0] == 0;
    if (place[2]) rest = rest >> 4;
    place[1] = rest[1:0] == 0;
    if (place[1]) rest = rest >> 2;
    place[0] = !rest[0];
    index = word != 0 ? word_start | BITS'(place) : '0;
  end

  pcl_delay #(.WIDTH(BITS + 1), .CLOCKS(CLOCKS)) u_delay (.clk_i, .d_i({word != 0, index}), .q_o({any_o, index_o}));

endmodule
