// Packet and byte counters, 64 bits each, of ROWS rows of one bank.
//
// One access a clock enters the pipeline: a count (always taken), else a read, else a step of clearing. An access reads its row from RAM, adds and writes
// back five clocks later; what is still under way to the RAM is forwarded, so that counts of one row in consecutive clocks are all kept, and a read is
// exact. The sums are made in two halves of 32 bits, a clock apart.
// In: count_i with row and length. read_i with row, held until read_taken_o. clear_i, a pulse: all rows become zero, in as many clocks as there are rows
// and counts between; nobody counts here meanwhile.
// Out: read_done_o pulses with read_packets_o and read_bytes_o, five clocks after read_taken_o. busy_o, a clock late: an access is under way, or its row not long enough written for the next to
// find it in the RAM.
`include "pcl_assert.svh"
module pcl_counter_bank #(
  parameter  int unsigned ROWS        = 512,
  parameter  int unsigned LENGTH_BITS = 14,
  localparam int unsigned ROW_BITS    = $clog2(ROWS)
) (
  input  logic                   clk_i,
  input  logic                   rst_i,
  input  logic                   count_i,
  input  logic [ROW_BITS-1:0]    count_row_i,
  input  logic [LENGTH_BITS-1:0] count_length_i,
  input  logic                   read_i,
  input  logic [ROW_BITS-1:0]    read_row_i,
  output logic                   read_taken_o,
  output logic                   read_done_o,
  output logic [63:0]            read_packets_o,
  output logic [63:0]            read_bytes_o,
  input  logic                   clear_i,
  output logic                   clearing_o,
  output logic                   busy_o
);

  // Clocks between two accesses of a row from which on the later one finds the sum of the earlier one in the RAM.
  localparam int unsigned Apart = 6;

  typedef enum logic [1:0] {Idle, Count, Read, Clear} access_e;

  // Clearing.
  logic clearing_q;
  logic [ROW_BITS-1:0] clear_row_q;
  logic clear_step;
  assign clear_step = clearing_q && !count_i && !read_i;
  assign clearing_o = clearing_q;
  always_ff @(posedge clk_i) begin
    if (clear_i) clearing_q <= 1'b1;
    else if (clear_step && 32'(clear_row_q) == ROWS - 1) clearing_q <= 1'b0;
    if (clear_i) clear_row_q <= '0;
    else if (clear_step) clear_row_q <= clear_row_q + 1'b1;
    if (rst_i) clearing_q <= 1'b0;
  end

  // The access of this clock.
  access_e access;
  logic [ROW_BITS-1:0] row;
  assign read_taken_o = read_i && !count_i;
  always_comb begin
    if (count_i) begin
      access = Count;
      row = count_row_i;
    end else if (read_i) begin
      access = Read;
      row = read_row_i;
    end else begin
      access = clearing_q ? Clear : Idle;
      row = clear_row_q;
    end
  end

  // Stage s holds the access that entered s clocks before. Nothing moves while no access is near, where that spares the
  // simulator work.
  logic [Apart+2:0] near_q;
  logic near;
  access_e access1_q, access2_q, access3_q, access4_q, access5_q;
  logic [ROW_BITS-1:0] row1_q, row2_q, row3_q, row4_q, row5_q, row6_q;
  logic [LENGTH_BITS-1:0] length1_q, length2_q, length3_q;
  logic count3_q, clear3_q, clear4_q, write_q;
  logic valid2_q, valid3_q, valid4_q, valid5_q, valid6_q;
  assign near = near_q != 0 || access != Idle || !pcl_prim_pkg::GateIdle;
  always_ff @(posedge clk_i) begin
    if (near) begin
      near_q <= {near_q[Apart+1:0], access != Idle};
      access1_q <= access;
      access2_q <= access1_q;
      access3_q <= access2_q;
      access4_q <= access3_q;
      access5_q <= access4_q;
      write_q <= access4_q == Count || access4_q == Clear;
      row1_q <= row;
      row2_q <= row1_q;
      row3_q <= row2_q;
      row4_q <= row3_q;
      row5_q <= row4_q;
      row6_q <= row5_q;
      length1_q <= count_length_i;
      length2_q <= length1_q;
      length3_q <= access2_q == Count ? length2_q : '0;
      count3_q <= access2_q == Count;
      clear3_q <= access2_q == Clear;
      clear4_q <= clear3_q;
      valid2_q <= access1_q != Idle;
      valid3_q <= valid2_q;
      valid4_q <= valid3_q;
      valid5_q <= valid4_q;
      valid6_q <= valid5_q;
    end
    if (rst_i) begin
      near_q    <= '0;
      access1_q <= Idle;
      access2_q <= Idle;
      access3_q <= Idle;
      access4_q <= Idle;
      access5_q <= Idle;
      write_q   <= 1'b0;
      valid2_q  <= 1'b0;
      valid3_q  <= 1'b0;
      valid4_q  <= 1'b0;
      valid5_q  <= 1'b0;
      valid6_q  <= 1'b0;
    end
  end
  always_ff @(posedge clk_i) busy_o <= near_q != 0 || access != Idle;

  logic [63:0] packets_sum, bytes_sum, packets_row, bytes_row;
  pcl_ram_1r1w #(.WIDTH(64), .DEPTH(ROWS)) u_packets (
    .clk_i, .write_i(write_q), .write_row_i(row5_q), .write_data_i(packets_sum), .read_i(access != Idle || !pcl_prim_pkg::GateIdle), .read_row_i(row), .read_data_o(packets_row)
  );
  pcl_ram_1r1w #(.WIDTH(64), .DEPTH(ROWS)) u_bytes (
    .clk_i, .write_i(write_q), .write_row_i(row5_q), .write_data_i(bytes_sum), .read_i(access != Idle || !pcl_prim_pkg::GateIdle), .read_row_i(row), .read_data_o(bytes_row)
  );

  // same_q[d], at stage 2: the access d clocks before was to the same row.
  logic [Apart-1:1] same_q;
  logic same1_3_q, same1_4_q;
  logic [Apart-1:2] same_3_q;
  always_ff @(posedge clk_i) begin
    if (near) begin
      same_q[1] <= valid2_q && row1_q == row2_q;
      same_q[2] <= valid3_q && row1_q == row3_q;
      same_q[3] <= valid4_q && row1_q == row4_q;
      same_q[4] <= valid5_q && row1_q == row5_q;
      same_q[5] <= valid6_q && row1_q == row6_q;
      same1_3_q <= same_q[1];
      same_3_q  <= same_q[Apart-1:2];
      same1_4_q <= same1_3_q;
    end
  end

  // Low halves: base at stage 2, sum at stage 3; kept to stage 7 for accesses behind.
  // High halves: a clock later.
  logic [31:0] packets_base3_q, packets_low4_q, packets_low5_q, packets_low6_q, packets_low7_q;
  logic [31:0] bytes_base3_q, bytes_low4_q, bytes_low5_q, bytes_low6_q, bytes_low7_q;
  logic [31:0] packets_row3_q, packets_base4_q, packets_high5_q, packets_high6_q, packets_high7_q, packets_high8_q;
  logic [31:0] bytes_row3_q, bytes_base4_q, bytes_high5_q, bytes_high6_q, bytes_high7_q, bytes_high8_q;
  logic packets_carry4_q, bytes_carry4_q;
  logic [32:0] packets_low, bytes_low;
  assign packets_low = {1'b0, same1_3_q ? packets_low4_q : packets_base3_q} + 33'(count3_q);
  assign bytes_low = {1'b0, same1_3_q ? bytes_low4_q : bytes_base3_q} + 33'(length3_q);
  always_ff @(posedge clk_i) begin
    if (near) begin
      packets_base3_q <= same_q[2] ? packets_low4_q : same_q[3] ? packets_low5_q : same_q[4] ? packets_low6_q : same_q[5] ? packets_low7_q
        : packets_row[31:0];
      bytes_base3_q <= same_q[2] ? bytes_low4_q : same_q[3] ? bytes_low5_q : same_q[4] ? bytes_low6_q : same_q[5] ? bytes_low7_q : bytes_row[31:0];
      {packets_carry4_q, packets_low4_q} <= clear3_q ? '0 : packets_low;
      {bytes_carry4_q, bytes_low4_q} <= clear3_q ? '0 : bytes_low;
      packets_low5_q <= packets_low4_q;
      packets_low6_q <= packets_low5_q;
      packets_low7_q <= packets_low6_q;
      bytes_low5_q <= bytes_low4_q;
      bytes_low6_q <= bytes_low5_q;
      bytes_low7_q <= bytes_low6_q;

      packets_row3_q <= packets_row[63:32];
      bytes_row3_q <= bytes_row[63:32];
      packets_base4_q <= same_3_q[2] ? packets_high5_q : same_3_q[3] ? packets_high6_q : same_3_q[4] ? packets_high7_q : same_3_q[5] ? packets_high8_q
        : packets_row3_q;
      bytes_base4_q <= same_3_q[2] ? bytes_high5_q : same_3_q[3] ? bytes_high6_q : same_3_q[4] ? bytes_high7_q : same_3_q[5] ? bytes_high8_q
        : bytes_row3_q;
      packets_high5_q <= clear4_q ? '0 : (same1_4_q ? packets_high5_q : packets_base4_q) + 32'(packets_carry4_q);
      bytes_high5_q <= clear4_q ? '0 : (same1_4_q ? bytes_high5_q : bytes_base4_q) + 32'(bytes_carry4_q);
      packets_high6_q <= packets_high5_q;
      packets_high7_q <= packets_high6_q;
      packets_high8_q <= packets_high7_q;
      bytes_high6_q <= bytes_high5_q;
      bytes_high7_q <= bytes_high6_q;
      bytes_high8_q <= bytes_high7_q;
    end
  end
  assign packets_sum = {packets_high5_q, packets_low5_q};
  assign bytes_sum = {bytes_high5_q, bytes_low5_q};

  assign read_done_o = access5_q == Read;
  assign read_packets_o = packets_sum;
  assign read_bytes_o = bytes_sum;

  `PCL_ASSUME(NobodyCountsWhileClearing, !(count_i && clearing_q))

endmodule
