// One ECP5 block RAM as 512 rows of 36 bits: a write port with an enable per 9 bits, a read port with output register (DP16KD, Lattice FPGA-TN-02204).
// In: a row is written at the clock edge with the enabled lanes; a row is read with read_i.
// Out: read_data_o is the row asked for two clocks before, and holds while nothing is read.
module pcl_ecp5_block_ram (
  input  logic        clk_i,
  input  logic [3:0]  write_i,
  input  logic [8:0]  write_row_i,
  input  logic [35:0] write_data_i,
  input  logic        read_i,
  input  logic [8:0]  read_row_i,
  output logic [35:0] read_data_o
);

  // The output register is loaded one clock after the array was read.
  logic read_q;
  always_ff @(posedge clk_i) read_q <= read_i;

  // Port A writes, port B reads; 36 bits wide, a port takes its row number at address bits 13:5 and its lane enables at 3:0, data in go through both
  // ports' pins, and so do data out.
  DP16KD #(
    .DATA_WIDTH_A(36), .DATA_WIDTH_B(36), .REGMODE_A("OUTREG"), .REGMODE_B("OUTREG"), .RESETMODE("SYNC"), .ASYNC_RESET_RELEASE("SYNC"),
    .CSDECODE_A("0b000"), .CSDECODE_B("0b000"), .CLKAMUX("CLKA"), .CLKBMUX("CLKB"), .GSR("DISABLED")
  ) u_ram (
    .CLKA(clk_i), .CLKB(clk_i), .WEA(1'b1), .WEB(1'b0), .CEA(write_i != 0), .CEB(read_i), .OCEA(read_q), .OCEB(read_q), .RSTA(1'b0), .RSTB(1'b0),
    .CSA0(1'b0), .CSA1(1'b0), .CSA2(1'b0), .CSB0(1'b0), .CSB1(1'b0), .CSB2(1'b0),
    .ADA0(write_i[0]), .ADA1(write_i[1]), .ADA2(write_i[2]), .ADA3(write_i[3]), .ADA4(1'b0), .ADA5(write_row_i[0]), .ADA6(write_row_i[1]),
    .ADA7(write_row_i[2]), .ADA8(write_row_i[3]), .ADA9(write_row_i[4]), .ADA10(write_row_i[5]), .ADA11(write_row_i[6]), .ADA12(write_row_i[7]),
    .ADA13(write_row_i[8]),
    .ADB0(1'b0), .ADB1(1'b0), .ADB2(1'b0), .ADB3(1'b0), .ADB4(1'b0), .ADB5(read_row_i[0]), .ADB6(read_row_i[1]), .ADB7(read_row_i[2]),
    .ADB8(read_row_i[3]), .ADB9(read_row_i[4]), .ADB10(read_row_i[5]), .ADB11(read_row_i[6]), .ADB12(read_row_i[7]), .ADB13(read_row_i[8]),
    .DIA0(write_data_i[0]), .DIA1(write_data_i[1]), .DIA2(write_data_i[2]), .DIA3(write_data_i[3]), .DIA4(write_data_i[4]), .DIA5(write_data_i[5]),
    .DIA6(write_data_i[6]), .DIA7(write_data_i[7]), .DIA8(write_data_i[8]), .DIA9(write_data_i[9]), .DIA10(write_data_i[10]),
    .DIA11(write_data_i[11]), .DIA12(write_data_i[12]), .DIA13(write_data_i[13]), .DIA14(write_data_i[14]), .DIA15(write_data_i[15]),
    .DIA16(write_data_i[16]), .DIA17(write_data_i[17]),
    .DIB0(write_data_i[18]), .DIB1(write_data_i[19]), .DIB2(write_data_i[20]), .DIB3(write_data_i[21]), .DIB4(write_data_i[22]),
    .DIB5(write_data_i[23]), .DIB6(write_data_i[24]), .DIB7(write_data_i[25]), .DIB8(write_data_i[26]), .DIB9(write_data_i[27]),
    .DIB10(write_data_i[28]), .DIB11(write_data_i[29]), .DIB12(write_data_i[30]), .DIB13(write_data_i[31]), .DIB14(write_data_i[32]),
    .DIB15(write_data_i[33]), .DIB16(write_data_i[34]), .DIB17(write_data_i[35]),
    .DOA0(read_data_o[0]), .DOA1(read_data_o[1]), .DOA2(read_data_o[2]), .DOA3(read_data_o[3]), .DOA4(read_data_o[4]), .DOA5(read_data_o[5]),
    .DOA6(read_data_o[6]), .DOA7(read_data_o[7]), .DOA8(read_data_o[8]), .DOA9(read_data_o[9]), .DOA10(read_data_o[10]), .DOA11(read_data_o[11]),
    .DOA12(read_data_o[12]), .DOA13(read_data_o[13]), .DOA14(read_data_o[14]), .DOA15(read_data_o[15]), .DOA16(read_data_o[16]),
    .DOA17(read_data_o[17]),
    .DOB0(read_data_o[18]), .DOB1(read_data_o[19]), .DOB2(read_data_o[20]), .DOB3(read_data_o[21]), .DOB4(read_data_o[22]), .DOB5(read_data_o[23]),
    .DOB6(read_data_o[24]), .DOB7(read_data_o[25]), .DOB8(read_data_o[26]), .DOB9(read_data_o[27]), .DOB10(read_data_o[28]), .DOB11(read_data_o[29]),
    .DOB12(read_data_o[30]), .DOB13(read_data_o[31]), .DOB14(read_data_o[32]), .DOB15(read_data_o[33]), .DOB16(read_data_o[34]),
    .DOB17(read_data_o[35])
  );

endmodule
