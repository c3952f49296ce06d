// Packet and byte counters, 64 bits each, of ROWS rows of one bank.
//
// One access a clock enters the pipeline: a count (always taken), else a read, else a step of clearing. An access reads its row from RAM, adds and writes
// back eight clocks later; what is still under way to the RAM is forwarded, so that counts of one row in consecutive clocks are all kept, and a read is
// exact. The sums are made in two halves of 32 bits, a clock apart; the carry chain itself chooses between the row and the sum right before it. Registers
// right before the RAMs' inputs belong to no one else, so that they can stand where the RAMs are.
// In: count_i with row and length. read_i with row, held until read_taken_o. clear_i, a pulse: all rows become zero, in as many clocks as there are rows
// and counts between; nobody counts here meanwhile.
// Out: read_done_o pulses with read_packets_o and read_bytes_o, seven clocks after read_taken_o. busy_o, two clocks late: an access is under way, or its row not
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

  // Stages, by the clocks since an access entered: it asks for its row in stage 1, has its sum in Sum, and writes it from Write.
  localparam int unsigned Sum = 7;
  localparam int unsigned Write = 8;
  // Clocks between two accesses of a row from which on the later one finds the sum of the earlier one in the RAM.
  localparam int unsigned Apart = Write;

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
  access_e [Sum:1] access_q;
  logic [Apart:1][ROW_BITS-1:0] row_q;
  logic [Apart:1] valid_q;
  logic [4:1][LENGTH_BITS-1:0] length_q;
  logic [LENGTH_BITS-1:0] length5_q;
  logic count5_q;
  assign near = near_q != 0 || access != Idle || !pcl_prim_pkg::GateIdle;
  always_ff @(posedge clk_i) begin
    if (near) begin
      near_q <= {near_q[Apart+1:0], access != Idle};
      access_q <= {access_q[Sum-1:1], access};
      row_q <= {row_q[Apart-1:1], row};
      valid_q <= {valid_q[Apart-1:1], access != Idle};
      length_q <= {length_q[3:1], count_length_i};
      length5_q <= access_q[4] == Count ? length_q[4] : '0;
      count5_q <= access_q[4] == Count;
    end
    if (rst_i) begin
      near_q   <= '0;
      access_q <= {Sum{Idle}};
      valid_q  <= '0;
    end
  end
  always_ff @(posedge clk_i) busy_o <= near_q != 0;

  // The memories, with registers of their own before them: the row asked for in stage 1, what is written in stage Write.
  logic [1:0][63:0] sum, stored;  // packets, bytes
  for (genvar k = 0; k < 2; k++) begin : g_memory
    logic [ROW_BITS-1:0] read_row, write_row;
    logic                write;
    logic [63:0]         write_data;
    pcl_dup #(.WIDTH(ROW_BITS), .COPIES(1)) u_read_row (.clk_i, .d_i(row), .q_o(read_row));
    pcl_dup #(.WIDTH(1 + ROW_BITS), .COPIES(1)) u_write_row (
      .clk_i, .d_i({!rst_i && (access_q[Sum] == Count || access_q[Sum] == Clear), row_q[Sum]}), .q_o({write, write_row})
    );
    pcl_dup #(.WIDTH(64), .COPIES(1)) u_write_data (.clk_i, .d_i(sum[k]), .q_o(write_data));
    pcl_ram_1r1w #(.WIDTH(64), .DEPTH(ROWS)) u_ram (
      .clk_i, .write_i(write), .write_row_i(write_row), .write_data_i(write_data), .read_i(access_q[1] != Idle || !pcl_prim_pkg::GateIdle),
      .read_row_i(read_row), .read_data_o(stored[k])
    );
  end

  // Is the access d clocks before to the same row? At stage 3; at stage 2 in two halves of the row's number.
  localparam int unsigned LowBits = ROW_BITS / 2;
  logic [Apart-1:1] same_low_q, same_high_q, same_q;
  always_ff @(posedge clk_i) begin
    if (near) begin
      same_q <= same_low_q & same_high_q;
      for (int d = 1; d < int'(Apart); d++) begin
        same_low_q[d]  <= row_q[1][LowBits-1:0] == row_q[d+1][LowBits-1:0];
        same_high_q[d] <= valid_q[d+1] && row_q[1][ROW_BITS-1:LowBits] == row_q[d+1][ROW_BITS-1:LowBits];
      end
    end
  end

  // Where an access adds to, at stage 4: the sum of the access right before it, else of the youngest one to its row (d clocks before), else the RAM's row; a
  // step of clearing to none. A copy for packets, one for bytes.
  typedef struct packed {
    logic             latest;
    logic [Apart-1:2] younger;
    logic             stored;
  } from_t;
  from_t from;
  from_t [1:0] from4;
  always_comb begin
    from.latest = same_q[1] && access_q[3] != Clear;
    from.stored = same_q[Apart-1:2] == 0 && access_q[3] != Clear;
    for (int d = 2; d < int'(Apart); d++) begin
      from.younger[d] = same_q[d] && access_q[3] != Clear;
      for (int k = 2; k < d; k++) if (same_q[k]) from.younger[d] = 1'b0;
    end
  end
  pcl_dup #(.WIDTH($bits(from_t)), .COPIES(2)) u_from (.clk_i, .d_i(from), .q_o(from4));

  // Low halves: base at stage 5, sum at stage 6, kept for accesses behind. High halves: a clock later.
  for (genvar k = 0; k < 2; k++) begin : g_kind
    logic [63:0] stored4_q;
    logic [31:0] stored5_q, low_base, high_base, low_base5_q, high_base6_q, low_sum, high_sum;
    logic [Apart+3:6][31:0] low_q;
    logic [Apart+4:7][31:0] high_q;
    from_t from5_q;
    logic before5_q, before6_q, carry, carry6_q, unused_carry;
    always_comb begin
      low_base = from4[k].stored ? stored4_q[31:0] : '0;
      high_base = from5_q.stored ? stored5_q : '0;
      if (near_q != 0 || !pcl_prim_pkg::GateIdle) begin
        for (int d = 2; d < int'(Apart); d++) begin
          if (from4[k].younger[d]) low_base |= low_q[d+4];
          if (from5_q.younger[d]) high_base |= high_q[d+5];
        end
      end
    end
    pcl_carry_banks #(.WIDTH(32), .CARRY_IN(1'b0)) u_low (
      .a_i(k == 0 ? 32'(count5_q) : 32'(length5_q)), .bank_i(before5_q), .b0_i(low_base5_q), .b1_i(low_q[6]), .sum_o(low_sum), .carry_o(carry)
    );
    pcl_carry_banks #(.WIDTH(32), .CARRY_IN(1'b0)) u_high (
      .a_i(32'(carry6_q)), .bank_i(before6_q), .b0_i(high_base6_q), .b1_i(high_q[7]), .sum_o(high_sum), .carry_o(unused_carry)
    );
    always_ff @(posedge clk_i) begin
      if (near) begin
        stored4_q    <= stored[k];
        stored5_q    <= stored4_q[63:32];
        from5_q      <= from4[k];
        before5_q    <= from4[k].latest;
        before6_q    <= before5_q;
        low_base5_q  <= low_base;
        high_base6_q <= high_base;
        carry6_q     <= carry;
        low_q        <= {low_q[Apart+2:6], low_sum};
        high_q       <= {high_q[Apart+3:7], high_sum};
      end
    end
    assign sum[k] = {high_q[Sum], low_q[Sum]};
    logic unused;
    assign unused = ^{unused_carry, from5_q.latest};
  end

  assign read_done_o = access_q[Sum] == Read;
  assign read_packets_o = sum[0];
  assign read_bytes_o = sum[1];

  `PCL_ASSUME(NobodyCountsWhileClearing, !(count_i && clearing_q))

endmodule
