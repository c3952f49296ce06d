// First level of a range table: 15 boundaries for each of 2 banks in registers, and the number of boundaries <= key. Body for synthesis: the key is compared
// with all 15 of its bank side by side, and the thermometer code of 15 is encoded as parities.
// In: key and bank, straight from registers. Boundaries are stored inverted, so that contents of zero mean unused (all ones).
// Out: index_o = {bank, number of boundaries <= key (0 to 15)}, COPIES times, COMPARE_CLOCKS + 1 clocks later: comparison, encoding.
module pcl_search16 #(
  parameter int unsigned WIDTH          = 128,
  parameter int unsigned COMPARE_CLOCKS = 2,
  parameter int unsigned KEY_COPIES     = 1,
  parameter int unsigned COPIES         = 1,
  parameter int unsigned WRITE_COPIES   = 1
) (
  input  logic                             clk_i,
  input  logic [KEY_COPIES-1:0][WIDTH-1:0] key_i,   // equal copies
  input  logic [KEY_COPIES-1:0]            bank_i,  // equal copies
  output logic [COPIES-1:0][4:0]           index_o,
  // A bit per bank, a bit per boundary.
  input  logic [1:0]                       write_i,
  input  logic [15:1]                      write_number_i,
  input  logic [WRITE_COPIES-1:0][WIDTH-1:0] write_inverted_i  // equal copies
);

  logic [15:1] reached;
  for (genvar n = 1; n < 16; n++) begin : g_boundary
    logic [WIDTH-1:0] inverted0_q, inverted1_q;
    always_ff @(posedge clk_i) begin
      if (write_i[0] && write_number_i[n]) inverted0_q <= write_inverted_i[((n-1)*WRITE_COPIES)/15];
      if (write_i[1] && write_number_i[n]) inverted1_q <= write_inverted_i[((n-1)*WRITE_COPIES)/15];
    end
    pcl_compare_banks #(.WIDTH(WIDTH), .CLOCKS(COMPARE_CLOCKS)) u_compare (
      .clk_i, .key_i(key_i[((n-1)*KEY_COPIES)/15]), .bank_i(bank_i[((n-1)*KEY_COPIES)/15]), .inverted0_i(inverted0_q), .inverted1_i(inverted1_q),
      .reached_o(reached[n])
    );
  end

  logic bank;
  logic [3:0] index;
  pcl_delay #(.WIDTH(1), .CLOCKS(COMPARE_CLOCKS)) u_bank (.clk_i, .d_i(bank_i[0]), .q_o(bank));
  pcl_thermometer #(.CHILDREN(16)) u_encode (.thermometer_i(reached), .index_o(index));
  pcl_dup #(.WIDTH(5), .COPIES(COPIES)) u_index (.clk_i, .d_i({bank, index}), .q_o(index_o));

endmodule
