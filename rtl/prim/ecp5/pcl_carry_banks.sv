// a + (bank ? b1 : b0) + CARRY_IN and its carry, without a clock: an ECP5 carry chain whose 4-input functions choose the operand as well (CCU2C).
//
// A cell adds two bits. Per bit, its function of A, B, C, D says whether the carry passes, and where it does not, the carry is the lower four bits of INIT
// looked up by A and B. INIT 0x665A: A xor (D ? B : C) passes the carry, and A is the carry otherwise. One bit before the lowest makes the carry in, and the
// bit behind the highest brings the carry out to logic.
module pcl_carry_banks #(
  parameter int unsigned WIDTH    = 32,
  parameter bit          CARRY_IN = 1'b1
) (
  input  logic [WIDTH-1:0] a_i,
  input  logic             bank_i,
  input  logic [WIDTH-1:0] b0_i,
  input  logic [WIDTH-1:0] b1_i,
  output logic [WIDTH-1:0] sum_o,
  output logic             carry_o
);

  localparam int unsigned Cells = (WIDTH + 3) / 2;
  localparam logic [15:0] Choose = 16'h665A;
  localparam logic [15:0] Begin = {15'd0, CARRY_IN};

  logic [2*Cells-1:0] a, b0, b1, sum;
  logic [Cells:0] carry;
  assign a = (2 * Cells)'({a_i, 1'b0});
  assign b0 = (2 * Cells)'({b0_i, 1'b0});
  assign b1 = (2 * Cells)'({b1_i, 1'b0});
  assign carry[0] = 1'b0;
  for (genvar c = 0; c < Cells; c++) begin : g_cell
    localparam bit First = c == 0;
    localparam bit Adds0 = !First && 2 * c <= WIDTH;
    localparam bit Adds1 = 2 * c + 1 <= WIDTH;
    CCU2C #(
      .INIT0(First ? Begin : Adds0 ? Choose : 16'h0000), .INIT1(Adds1 ? Choose : 16'h0000), .INJECT1_0("NO"), .INJECT1_1("NO")
    ) u_cell (
      .CIN(carry[c]), .COUT(carry[c+1]), .S0(sum[2*c]), .S1(sum[2*c+1]),
      .A0(a[2*c]), .B0(b1[2*c]), .C0(First ? 1'b1 : b0[2*c]), .D0(First ? 1'b1 : bank_i),
      .A1(a[2*c+1]), .B1(b1[2*c+1]), .C1(b0[2*c+1]), .D1(bank_i)
    );
  end
  assign sum_o = sum[WIDTH:1];
  assign carry_o = sum[WIDTH+1];
  logic unused;
  assign unused = ^{sum, carry[Cells]};

endmodule
