// Packet and byte counters, 64 bits each, of ROWS rows of one bank.
//
// One access a clock enters the pipeline: a count (always taken), else a read, else a step of clearing. An access reads its row from RAM, adds and writes
// back six clocks later; what is still under way to the RAM is forwarded, so that counts of one row in consecutive clocks are all kept, and a read is
// exact. The sums are made in two halves of 32 bits, a clock apart; the carry chain itself chooses between the row and the sum right before it.
// In: count_i with row and length. read_i with row, held until read_taken_o. clear_i, a pulse: all rows become zero, in as many clocks as there are rows
// and counts between; nobody counts here meanwhile.
// Out: read_done_o pulses with read_packets_o and read_bytes_o, six clocks after read_taken_o. busy_o, two clocks late: an access is under way, or its row not
// long enough written for the next to find it in the RAM.
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
  localparam int unsigned Apart = 7;

  typedef enum logic [1:0] {Idle, Count, Read, Clear} access_e;

  // Clearing.
  logic clearing_q, clear_last_q;  // clear_last_q: clear_row_q is the last one
  logic [ROW_BITS-1:0] clear_row_q;
  logic clear_step;
  assign clear_step = clearing_q && !count_i && !read_i;
  assign clearing_o = clearing_q;
  always_ff @(posedge clk_i) begin
    if (clear_i) clearing_q <= 1'b1;
    else if (clear_step && clear_last_q) clearing_q <= 1'b0;
    if (clear_i) begin
      clear_row_q  <= '0;
      clear_last_q <= 1'b0;
    end else if (clear_step) begin
      clear_row_q  <= clear_row_q + 1'b1;
      clear_last_q <= 32'(clear_row_q) == ROWS - 2;
    end
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
  access_e [Apart-1:1] access_q;
  logic [Apart:1][ROW_BITS-1:0] row_q;
  logic [Apart:1] valid_q;
  logic [3:1][LENGTH_BITS-1:0] length_q;
  logic [LENGTH_BITS-1:0] length4_q;
  logic count4_q, write_q;
  assign near = near_q != 0 || access != Idle || !pcl_prim_pkg::GateIdle;
  always_ff @(posedge clk_i) begin
    if (near) begin
      near_q <= {near_q[Apart+1:0], access != Idle};
      access_q <= {access_q[Apart-2:1], access};
      row_q <= {row_q[Apart-1:1], row};
      valid_q <= {valid_q[Apart-1:1], access != Idle};
      length_q <= {length_q[2:1], count_length_i};
      length4_q <= access_q[3] == Count ? length_q[3] : '0;
      count4_q <= access_q[3] == Count;
      write_q <= access_q[Apart-2] == Count || access_q[Apart-2] == Clear;
    end
    if (rst_i) begin
      near_q   <= '0;
      access_q <= {(Apart-1){Idle}};
      write_q  <= 1'b0;
      valid_q  <= '0;
    end
  end
  always_ff @(posedge clk_i) busy_o <= near_q != 0;

  logic [1:0][63:0] sum, stored;  // packets, bytes
  pcl_ram_1r1w #(.WIDTH(64), .DEPTH(ROWS)) u_packets (
    .clk_i, .write_i(write_q), .write_row_i(row_q[Apart-1]), .write_data_i(sum[0]), .read_i(access != Idle || !pcl_prim_pkg::GateIdle), .read_row_i(row),
    .read_data_o(stored[0])
  );
  pcl_ram_1r1w #(.WIDTH(64), .DEPTH(ROWS)) u_bytes (
    .clk_i, .write_i(write_q), .write_row_i(row_q[Apart-1]), .write_data_i(sum[1]), .read_i(access != Idle || !pcl_prim_pkg::GateIdle), .read_row_i(row),
    .read_data_o(stored[1])
  );

  // Is the access d clocks before to the same row? At stage 2, in two halves of the row's number.
  localparam int unsigned LowBits = ROW_BITS / 2;
  logic [Apart-1:1] same_low_q, same_high_q, same;
  assign same = same_low_q & same_high_q;
  always_ff @(posedge clk_i) begin
    if (near) begin
      for (int d = 1; d < int'(Apart); d++) begin
        same_low_q[d]  <= row_q[1][LowBits-1:0] == row_q[d+1][LowBits-1:0];
        same_high_q[d] <= valid_q[d+1] && row_q[1][ROW_BITS-1:LowBits] == row_q[d+1][ROW_BITS-1:LowBits];
      end
    end
  end

  // Where an access adds to, at stage 3: the sum of the access right before it, else of the youngest one to its row (d clocks before), else the RAM's row; a
  // step of clearing to none. A copy for packets, one for bytes.
  typedef struct packed {
    logic             latest;
    logic [Apart-1:2] younger;
    logic             stored;
  } from_t;
  from_t from;
  from_t [1:0] from3;
  always_comb begin
    from.latest = same[1] && access_q[2] != Clear;
    from.stored = same[Apart-1:2] == 0 && access_q[2] != Clear;
    for (int d = 2; d < int'(Apart); d++) begin
      from.younger[d] = same[d] && access_q[2] != Clear;
      for (int k = 2; k < d; k++) if (same[k]) from.younger[d] = 1'b0;
    end
  end
  pcl_dup #(.WIDTH($bits(from_t)), .COPIES(2)) u_from (.clk_i, .d_i(from), .q_o(from3));

  // Low halves: base at stage 4, sum at stage 5, kept for accesses behind. High halves: a clock later.
  for (genvar k = 0; k < 2; k++) begin : g_kind
    logic [63:0] stored3_q;
    logic [31:0] stored4_q, low_base, high_base, low_base4_q, high_base5_q, low_sum, high_sum;
    logic [Apart+2:5][31:0] low_q;
    logic [Apart+3:6][31:0] high_q;
    from_t from4_q;
    logic before4_q, before5_q, carry, carry5_q, unused_carry;
    always_comb begin
      low_base = from3[k].stored ? stored3_q[31:0] : '0;
      high_base = from4_q.stored ? stored4_q : '0;
      for (int d = 2; d < int'(Apart); d++) begin
        if (from3[k].younger[d]) low_base |= low_q[d+3];
        if (from4_q.younger[d]) high_base |= high_q[d+4];
      end
    end
    pcl_carry_banks #(.WIDTH(32), .CARRY_IN(1'b0)) u_low (
      .a_i(k == 0 ? 32'(count4_q) : 32'(length4_q)), .bank_i(before4_q), .b0_i(low_base4_q), .b1_i(low_q[5]), .sum_o(low_sum), .carry_o(carry)
    );
    pcl_carry_banks #(.WIDTH(32), .CARRY_IN(1'b0)) u_high (
      .a_i(32'(carry5_q)), .bank_i(before5_q), .b0_i(high_base5_q), .b1_i(high_q[6]), .sum_o(high_sum), .carry_o(unused_carry)
    );
    always_ff @(posedge clk_i) begin
      if (near) begin
        stored3_q    <= stored[k];
        stored4_q    <= stored3_q[63:32];
        from4_q      <= from3[k];
        before4_q    <= from3[k].latest;
        before5_q    <= before4_q;
        low_base4_q  <= low_base;
        high_base5_q <= high_base;
        carry5_q     <= carry;
        low_q        <= {low_q[Apart+1:5], low_sum};
        high_q       <= {high_q[Apart+2:6], high_sum};
      end
    end
    assign sum[k] = {high_q[6], low_q[6]};
    logic unused;
    assign unused = ^{unused_carry, from4_q.latest};
  end

  assign read_done_o = access_q[Apart-1] == Read;
  assign read_packets_o = sum[0];
  assign read_bytes_o = sum[1];

  `PCL_ASSUME(NobodyCountsWhileClearing, !(count_i && clearing_q))

endmodule
