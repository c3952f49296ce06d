// pcl_first_one, either body: the lowest set bit, and whether there is one, CLOCKS clocks later, a new vector in every clock.
module first_one_proof #(
  parameter  int unsigned WIDTH  = 64,
  localparam int unsigned BITS   = $clog2(WIDTH),
  localparam int unsigned CLOCKS = pcl_engine_pkg::first_one_clocks(WIDTH)
) (
  input logic             clk_i,
  input logic [WIDTH-1:0] bits_i
);

  logic any;
  logic [BITS-1:0] index;
  pcl_first_one #(.WIDTH(WIDTH)) u_dut (.clk_i, .bits_i, .any_o(any), .index_o(index));

  // The vector that the answer is to, and how many have entered.
  logic [CLOCKS-1:0][WIDTH-1:0] asked_q;
  logic [3:0] clocks_q = '0;
  always_ff @(posedge clk_i) begin
    asked_q <= (CLOCKS * WIDTH)'({asked_q, bits_i});
    if (clocks_q != 4'(CLOCKS)) clocks_q <= clocks_q + 1'b1;
  end
  logic known;
  logic [WIDTH-1:0] asked;
  assign known = clocks_q == 4'(CLOCKS);
  assign asked = asked_q[CLOCKS-1];

  // Any bit of the vector is either not below the index, or not set.
  logic [BITS-1:0] other;
  formal_constant #(.WIDTH(BITS)) u_other (.Y(other));
  always_comb begin
    if (known) begin
      AnyIsAnyBit: assert (any == (asked != '0));
      IndexIsASetBit: assert (!any || asked[index]);
      NoSetBitIsLower: assert (!any || !asked[other] || other >= index);
      ZeroWithoutABit: assert (any || index == '0);
    end
    Last: cover (known && any && index == '1);
    None: cover (known && !any);
  end

endmodule
