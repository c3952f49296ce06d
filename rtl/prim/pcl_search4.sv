// A level of a range table with four children: which of three sorted boundaries are <= key, as a thermometer code.
// This body looks at two of them, which suffices because they are sorted; hardware/pcl_search4.sv compares with all three at once.
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

  logic [WIDTH-1:0] not_key;
  logic [2:0] code;
  always_comb begin
    not_key = ~key_i;
    if (inverted2_i >= not_key) code = {inverted3_i >= not_key, 2'b11};
    else                        code = {2'b00, inverted1_i >= not_key};
  end

  logic [2:0] code_delayed;
  pcl_delay #(.WIDTH(3), .CLOCKS(COMPARE_CLOCKS)) u_delay (.clk_i, .d_i(code), .q_o(code_delayed));
  assign thermometer_o = {COPIES{code_delayed}};

endmodule
