// The primitives that have bodies for several targets, in the shapes that the project uses, beside what they stand for. With CARRY carry chains as well.
// In: random bits; a counter, for the shapes that are tried exhaustively (operands of up to 5 bits each and the bank).
// Out: a bit per shape.
module prim_check (
  input  logic         clk_i,
  input  logic [255:0] random_i,
  input  logic [15:0]  counter_i,
  output logic [7:0]   ram_wrong_o,
  output logic [7:0]   ram_compared_o,
  output logic [19:0]  carry_wrong_o
);

  // Distributed RAM, one block, lanes that no byte enable divides evenly, columns, rows behind rows, more rows than are used.
  ram_check #(.WIDTH(1), .DEPTH(2), .COLUMNS(1)) u_ram0 (.clk_i, .random_i, .wrong_o(ram_wrong_o[0]), .compared_o(ram_compared_o[0]));
  ram_check #(.WIDTH(20), .DEPTH(16), .COLUMNS(2)) u_ram1 (.clk_i, .random_i, .wrong_o(ram_wrong_o[1]), .compared_o(ram_compared_o[1]));
  ram_check #(.WIDTH(128), .DEPTH(32), .COLUMNS(1)) u_ram2 (.clk_i, .random_i, .wrong_o(ram_wrong_o[2]), .compared_o(ram_compared_o[2]));
  ram_check #(.WIDTH(36), .DEPTH(512), .COLUMNS(1)) u_ram3 (.clk_i, .random_i, .wrong_o(ram_wrong_o[3]), .compared_o(ram_compared_o[3]));
  ram_check #(.WIDTH(100), .DEPTH(128), .COLUMNS(1)) u_ram4 (.clk_i, .random_i, .wrong_o(ram_wrong_o[4]), .compared_o(ram_compared_o[4]));
  ram_check #(.WIDTH(51), .DEPTH(256), .COLUMNS(3)) u_ram5 (.clk_i, .random_i, .wrong_o(ram_wrong_o[5]), .compared_o(ram_compared_o[5]));
  ram_check #(.WIDTH(64), .DEPTH(2048), .COLUMNS(8)) u_ram6 (.clk_i, .random_i, .wrong_o(ram_wrong_o[6]), .compared_o(ram_compared_o[6]));
  ram_check #(.WIDTH(7), .DEPTH(64), .COLUMNS(1)) u_ram7 (.clk_i, .random_i, .wrong_o(ram_wrong_o[7]), .compared_o(ram_compared_o[7]));

`ifdef CARRY
  for (genvar w = 1; w <= 5; w++) begin : g_all
    for (genvar c = 0; c < 2; c++) begin : g_in
      carry_check #(.WIDTH(w), .CARRY_IN(c == 1)) u_check (
        .a_i(counter_i[w-1:0]), .b0_i(counter_i[5 +: w]), .b1_i(counter_i[10 +: w]), .bank_i(counter_i[15]), .wrong_o(carry_wrong_o[2*(w-1)+c])
      );
    end
  end
  // Wide ones: operands that are each other's complement but for a stretch of bits, so that carries come from far.
  localparam int unsigned Widths [5] = '{12, 17, 31, 32, 128};
  logic [127:0] a, near;
  assign a = random_i[127:0];
  assign near = ~a ^ ((random_i[255:128] & {128{random_i[0]}}) >> random_i[7:1]) ^ (128'(random_i[9:8] == 0) << random_i[16:10]);
  for (genvar n = 0; n < 5; n++) begin : g_wide
    for (genvar c = 0; c < 2; c++) begin : g_in
      carry_check #(.WIDTH(Widths[n]), .CARRY_IN(c == 1)) u_check (
        .a_i(a[Widths[n]-1:0]), .b0_i(near[Widths[n]-1:0]), .b1_i(random_i[255 -: Widths[n]]), .bank_i(random_i[17]), .wrong_o(carry_wrong_o[10+2*n+c])
      );
    end
  end
`else
  assign carry_wrong_o = '0;
  logic unused;
  assign unused = ^counter_i;
`endif

endmodule
