// Second level of a range table: a row of CHILDREN - 1 sorted boundaries for each of 2 banks x 16 nodes of the first level, in distributed RAM, and which of
// them are <= key, as a thermometer code. Body for synthesis: the rows of both banks are read into registers, and the comparison chooses the bank.
// In: index_i = {bank, node}; key_i a clock later. Boundaries are stored inverted, so that contents of zero mean unused (all ones).
// Out: thermometer_o[n] = boundary n <= key, COPIES times, 1 + COMPARE_CLOCKS clocks after index_i: row, comparison.
// A row read in the clock of a write to it may be the old or the new one.
module pcl_search_row #(
  parameter int unsigned WIDTH          = 128,
  parameter int unsigned CHILDREN       = 4,
  parameter int unsigned COMPARE_CLOCKS = 2,
  parameter int unsigned INDEX_COPIES   = 1,
  parameter int unsigned KEY_COPIES     = 1,
  parameter int unsigned COPIES         = 1,
  parameter int unsigned WRITE_COPIES   = 1
) (
  input  logic                              clk_i,
  input  logic [INDEX_COPIES-1:0][4:0]      index_i,  // equal copies
  input  logic [KEY_COPIES-1:0][WIDTH-1:0]  key_i,    // equal copies
  output logic [COPIES-1:0][CHILDREN-1:1]   thermometer_o,
  // A bit per bank, a bit per boundary.
  input  logic [1:0]                        write_i,
  input  logic [CHILDREN-1:1]               write_number_i,
  input  logic [INDEX_COPIES-1:0][3:0]      write_node_i,  // equal copies
  input  logic [WRITE_COPIES-1:0][WIDTH-1:0] write_inverted_i  // equal copies
);

  localparam int unsigned Pieces = (WIDTH + 31) / 32;

  // What is written, a clock later: a copy for the boundaries that share one of the key or of the node.
  logic [KEY_COPIES-1:0][WIDTH-1:0] write_inverted;
  logic [INDEX_COPIES-1:0][3:0] write_node;
  for (genvar c = 0; c < KEY_COPIES; c++) begin : g_write
    pcl_dup #(.WIDTH(WIDTH), .COPIES(1)) u_write (.clk_i, .d_i(write_inverted_i[(c*WRITE_COPIES)/KEY_COPIES]), .q_o(write_inverted[c]));
  end
  for (genvar c = 0; c < INDEX_COPIES; c++) begin : g_write_node
    pcl_dup #(.WIDTH(4), .COPIES(1)) u_node (.clk_i, .d_i(write_node_i[c]), .q_o(write_node[c]));
  end

  for (genvar n = 1; n < CHILDREN; n++) begin : g_boundary
    localparam int unsigned IndexCopy = ((n - 1) * INDEX_COPIES) / (CHILDREN - 1);
    localparam int unsigned KeyCopy = ((n - 1) * KEY_COPIES) / (CHILDREN - 1);
    (* ram_style = "distributed" *) logic [WIDTH-1:0] rows0 [16];
    (* ram_style = "distributed" *) logic [WIDTH-1:0] rows1 [16];
    logic [WIDTH-1:0] inverted0_q, inverted1_q;
    logic [1:0] write;
    pcl_dup #(.WIDTH(2), .COPIES(1)) u_enable (.clk_i, .d_i(write_number_i[n] ? write_i : 2'b00), .q_o(write));
    always_ff @(posedge clk_i) begin
      if (write[0]) rows0[write_node[IndexCopy]] <= write_inverted[KeyCopy];
      if (write[1]) rows1[write_node[IndexCopy]] <= write_inverted[KeyCopy];
      inverted0_q <= rows0[index_i[IndexCopy][3:0]];
      inverted1_q <= rows1[index_i[IndexCopy][3:0]];
    end
    // A copy of the bank per piece of the comparison.
    logic [Pieces-1:0] bank;
    pcl_dup #(.WIDTH(1), .COPIES(Pieces)) u_bank (.clk_i, .d_i(index_i[IndexCopy][4]), .q_o(bank));
    logic [COPIES-1:0] reached;
    pcl_compare_banks #(.WIDTH(WIDTH), .CLOCKS(COMPARE_CLOCKS), .COPIES(COPIES)) u_compare (
      .clk_i, .key_i(key_i[KeyCopy]), .bank_i(bank), .inverted0_i(inverted0_q), .inverted1_i(inverted1_q), .reached_o(reached)
    );
    for (genvar c = 0; c < COPIES; c++) begin : g_copy
      assign thermometer_o[c][n] = reached[c];
    end
  end

endmodule
