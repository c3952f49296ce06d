// Behaviour of the ECP5 cells in the one mode in which rtl/prim/ecp5 uses them, after Lattice FPGA-TN-02204: block RAM of 512 x 36, port A writes with an
// enable per 9 bits, port B reads through its output register. A row read in the clock of a write to it is spoilt on purpose.
// verilator lint_off DECLFILENAME
// verilator lint_off UNUSEDSIGNAL
// verilator lint_off UNUSEDPARAM
module DP16KD #(
  parameter DATA_WIDTH_A = 18,
  parameter DATA_WIDTH_B = 18,
  parameter REGMODE_A = "NOREG",
  parameter REGMODE_B = "NOREG",
  parameter RESETMODE = "SYNC",
  parameter ASYNC_RESET_RELEASE = "SYNC",
  parameter CSDECODE_A = "0b000",
  parameter CSDECODE_B = "0b000",
  parameter CLKAMUX = "CLKA",
  parameter CLKBMUX = "CLKB",
  parameter GSR = "ENABLED"
) (
  input logic CLKA, CLKB, WEA, WEB, CEA, CEB, OCEA, OCEB, RSTA, RSTB, CSA0, CSA1, CSA2, CSB0, CSB1, CSB2,
  input logic ADA0, ADA1, ADA2, ADA3, ADA4, ADA5, ADA6, ADA7, ADA8, ADA9, ADA10, ADA11, ADA12, ADA13,
  input logic ADB0, ADB1, ADB2, ADB3, ADB4, ADB5, ADB6, ADB7, ADB8, ADB9, ADB10, ADB11, ADB12, ADB13,
  input logic DIA0, DIA1, DIA2, DIA3, DIA4, DIA5, DIA6, DIA7, DIA8, DIA9, DIA10, DIA11, DIA12, DIA13, DIA14, DIA15, DIA16, DIA17,
  input logic DIB0, DIB1, DIB2, DIB3, DIB4, DIB5, DIB6, DIB7, DIB8, DIB9, DIB10, DIB11, DIB12, DIB13, DIB14, DIB15, DIB16, DIB17,
  output logic DOA0, DOA1, DOA2, DOA3, DOA4, DOA5, DOA6, DOA7, DOA8, DOA9, DOA10, DOA11, DOA12, DOA13, DOA14, DOA15, DOA16, DOA17,
  output logic DOB0, DOB1, DOB2, DOB3, DOB4, DOB5, DOB6, DOB7, DOB8, DOB9, DOB10, DOB11, DOB12, DOB13, DOB14, DOB15, DOB16, DOB17
);

  if (DATA_WIDTH_A != 36 || DATA_WIDTH_B != 36 || REGMODE_B != "OUTREG") begin : g_check
    $fatal(1, "DP16KD: only 512 x 36 with output register is modelled");
  end

  logic [35:0] rows [512];
  logic [8:0] write_row, read_row;
  logic [35:0] data_in, array_q, output_q;
  assign write_row = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5};
  assign read_row = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5};
  assign data_in = {
    DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
    DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0
  };
  always_ff @(posedge CLKA) begin
    if (CEA && WEA) begin
      if (ADA0) rows[write_row][8:0] <= data_in[8:0];
      if (ADA1) rows[write_row][17:9] <= data_in[17:9];
      if (ADA2) rows[write_row][26:18] <= data_in[26:18];
      if (ADA3) rows[write_row][35:27] <= data_in[35:27];
    end
    if (CEB && !WEB) array_q <= CEA && WEA && write_row == read_row ? ~rows[read_row] : rows[read_row];
    if (OCEB) output_q <= array_q;
  end
  assign {
    DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0,
    DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0
  } = output_q;

endmodule

module TRELLIS_FF #(
  parameter GSR = "ENABLED",
  parameter CEMUX = "1",
  parameter CLKMUX = "CLK",
  parameter LSRMUX = "LSR",
  parameter REGSET = "RESET"
) (
  input logic CLK, LSR, CE, DI,
  output logic Q
);

  always_ff @(posedge CLK) Q <= DI;

endmodule

// Two bits of a carry chain. A bit's function of four inputs says whether the carry passes, else the carry is that function's lower four bits at A and B.
module CCU2C #(
  parameter [15:0] INIT0 = 16'h0000,
  parameter [15:0] INIT1 = 16'h0000,
  parameter INJECT1_0 = "YES",
  parameter INJECT1_1 = "YES"
) (
  input logic CIN, A0, B0, C0, D0, A1, B1, C1, D1,
  output logic S0, S1, COUT
);

  if (INJECT1_0 != "NO" || INJECT1_1 != "NO") begin : g_check
    $fatal(1, "CCU2C: only the mode without injection is modelled");
  end

  logic pass0, pass1, carry;
  assign pass0 = INIT0[{D0, C0, B0, A0}];
  assign pass1 = INIT1[{D1, C1, B1, A1}];
  assign carry = pass0 ? CIN : INIT0[{2'b00, B0, A0}];
  assign COUT = pass1 ? carry : INIT1[{2'b00, B1, A1}];
  assign S0 = pass0 ^ CIN;
  assign S1 = pass1 ^ carry;

endmodule
