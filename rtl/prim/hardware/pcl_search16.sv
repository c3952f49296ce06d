// First level of a range table: 15 boundaries for each of 2 banks in registers, and the number of boundaries <= key. Body for synthesis: the bank's
// boundaries are selected, compared side by side, and the thermometer code of 15 is encoded as parities, two levels of 4-input logic.
// In: key and bank. Boundaries are stored inverted, so that contents of zero mean unused (all ones).
// Out: index_o = {bank, number of boundaries <= key (0 to 15)}, COPIES times, 2 + COMPARE_CLOCKS clocks later: bank selection, comparison, encoding.
module pcl_search16 #(
  parameter int unsigned WIDTH          = 128,
  parameter int unsigned COMPARE_CLOCKS = 2,
  parameter int unsigned BANK_COPIES    = 1,
  parameter int unsigned COPIES         = 1
) (
  input  logic                   clk_i,
  input  logic [WIDTH-1:0]       key_i,
  input  logic [BANK_COPIES-1:0] bank_i,  // equal copies
  output logic [COPIES-1:0][4:0] index_o,
  // Boundary number 1 to 15 of a bank.
  input  logic                   write_i,
  input  logic                   write_bank_i,
  input  logic [3:0]             write_number_i,
  input  logic [WIDTH-1:0]       write_inverted_i
);

  // Each group of three boundaries has its own copies of key and bank.
  localparam int unsigned KeyCopies = pcl_prim_pkg::copies(5);
  logic [KeyCopies-1:0][WIDTH-1:0] key_q;
  pcl_dup #(.WIDTH(WIDTH), .COPIES(KeyCopies)) u_key (.clk_i, .d_i(key_i), .q_o(key_q));

  logic [15:1] reached;
  for (genvar n = 1; n < 16; n++) begin : g_boundary
    logic [WIDTH-1:0] inverted0_q, inverted1_q, selected_q;
    always_ff @(posedge clk_i) begin
      if (write_i && !write_bank_i && write_number_i == 4'(n)) inverted0_q <= write_inverted_i;
      if (write_i && write_bank_i && write_number_i == 4'(n)) inverted1_q <= write_inverted_i;
      selected_q <= bank_i[((n-1)*BANK_COPIES)/15] ? inverted1_q : inverted0_q;
    end
    pcl_compare #(.WIDTH(WIDTH), .CLOCKS(COMPARE_CLOCKS)) u_compare (
      .clk_i, .key_i(key_q[((n-1)*KeyCopies)/15]), .inverted_i(selected_q), .reached_o(reached[n])
    );
  end

  // Parities of neighbouring codes, kept apart so that no third level of logic arises from sharing.
  logic bank;
  pcl_delay #(.WIDTH(1), .CLOCKS(1 + COMPARE_CLOCKS)) u_bank (.clk_i, .d_i(bank_i[0]), .q_o(bank));
  (* keep *) logic parity_a, parity_b, parity_c, parity_d, parity_odd;
  logic [3:0] index;
  always_comb begin
    parity_a = ^reached[4:1];
    parity_b = ^reached[8:5];
    parity_c = ^reached[12:9];
    parity_d = ^reached[15:13];
    parity_odd = reached[2] ^ reached[4] ^ reached[6] ^ reached[8];
    index[0] = parity_a ^ parity_b ^ parity_c ^ parity_d;
    index[1] = parity_odd ^ reached[10] ^ reached[12] ^ reached[14];
    index[2] = reached[4] ^ reached[8] ^ reached[12];
    index[3] = reached[8];
  end
  pcl_dup #(.WIDTH(5), .COPIES(COPIES)) u_index (.clk_i, .d_i({bank, index}), .q_o(index_o));

endmodule
