// First level of a range table: 15 boundaries for each of 2 banks in registers, and the number of boundaries <= key.
// This body finds it by halving, which equals counting because boundaries are sorted, and simulates fast; hardware/pcl_search16.sv compares with all 15
// at once.
// In: key and bank. Boundaries are stored inverted, so that contents of zero mean unused (all ones).
// Out: index_o (0 to 15), COPIES times, 2 + COMPARE_CLOCKS clocks later: bank selection, comparison, encoding.
module pcl_search16 #(
  parameter int unsigned WIDTH          = 128,
  parameter int unsigned COMPARE_CLOCKS = 2,
  parameter int unsigned BANK_COPIES    = 1,
  parameter int unsigned COPIES         = 1
) (
  input  logic                   clk_i,
  input  logic [WIDTH-1:0]       key_i,
  input  logic [BANK_COPIES-1:0] bank_i,  // equal copies
  output logic [COPIES-1:0][3:0] index_o,
  // Boundary number 1 to 15 of a bank.
  input  logic                   write_i,
  input  logic                   write_bank_i,
  input  logic [3:0]             write_number_i,
  input  logic [WIDTH-1:0]       write_inverted_i
);

  logic [WIDTH-1:0] inverted [32];  // bank x number
  always_ff @(posedge clk_i) begin
    if (write_i) inverted[{write_bank_i, write_number_i}] <= write_inverted_i;
  end

  // inverted >= ~key is boundary <= key.
  logic [WIDTH-1:0] not_key;
  logic [3:0] index;
  logic bank;
  assign bank = bank_i[0];
  always_comb begin
    not_key = ~key_i;
    index[3] = inverted[{bank, 4'b1000}] >= not_key;
    index[2] = inverted[{bank, index[3], 3'b100}] >= not_key;
    index[1] = inverted[{bank, index[3:2], 2'b10}] >= not_key;
    index[0] = inverted[{bank, index[3:1], 1'b1}] >= not_key;
  end

  logic [3:0] index_delayed;
  pcl_delay #(.WIDTH(4), .CLOCKS(2 + COMPARE_CLOCKS)) u_delay (.clk_i, .d_i(index), .q_o(index_delayed));
  assign index_o = {COPIES{index_delayed}};

endmodule
