// A level of a range table with four children: which of three sorted boundaries are <= key, as a thermometer code.
// This body compares in one clock and waits in the others; hardware/pcl_search4.sv has pieces of 32 bits.
// In: key; boundaries 1 to 3, inverted (as they are stored).
// Out: thermometer_o[i] = boundary i+1 <= key, COPIES times, COMPARE_CLOCKS clocks later.
module pcl_search4 #(
  parameter int unsigned WIDTH          = 128,
  parameter int unsigned COMPARE_CLOCKS = 2,
  parameter int unsigned COPIES         = 1
) (
  input  logic                   clk_i,
  input  logic [WIDTH-1:0]       key_i,
  input  logic [WIDTH-1:0]       inverted1_i,
  input  logic [WIDTH-1:0]       inverted2_i,
  input  logic [WIDTH-1:0]       inverted3_i,
  output logic [COPIES-1:0][2:0] thermometer_o
);

  // inverted >= ~key is boundary <= key; in halves of up to 64 bits, which the simulator compares in one step each.
  logic reached1, reached2, reached3;
  if (WIDTH > 64) begin : g_compare
    logic [63:0] low_key;
    logic [WIDTH-65:0] high_key;
    assign low_key = ~key_i[63:0];
    assign high_key = ~key_i[WIDTH-1:64];
    assign reached1 = inverted1_i[WIDTH-1:64] > high_key || (inverted1_i[WIDTH-1:64] == high_key && inverted1_i[63:0] >= low_key);
    assign reached2 = inverted2_i[WIDTH-1:64] > high_key || (inverted2_i[WIDTH-1:64] == high_key && inverted2_i[63:0] >= low_key);
    assign reached3 = inverted3_i[WIDTH-1:64] > high_key || (inverted3_i[WIDTH-1:64] == high_key && inverted3_i[63:0] >= low_key);
  end else begin : g_compare
    logic [WIDTH-1:0] not_key;
    assign not_key = ~key_i;
    assign reached1 = inverted1_i >= not_key;
    assign reached2 = inverted2_i >= not_key;
    assign reached3 = inverted3_i >= not_key;
  end
  logic [2:0] code;
  assign code = {reached3, reached2, reached1};

  logic [2:0] code_delayed;
  pcl_delay #(.WIDTH(3), .CLOCKS(COMPARE_CLOCKS)) u_delay (.clk_i, .d_i(code), .q_o(code_delayed));
  assign thermometer_o = {COPIES{code_delayed}};

endmodule
