// pcl_counter_bank: of any row, what a read gives is the number of counts of the row and the sum of their lengths up to then, whatever is counted and read
// around it, in consecutive clocks too. Clearing zeroes every row once, before it ends; nobody counts meanwhile (the engine does not, in a bank that it clears).
module counter_bank_proof #(
  parameter  int unsigned ROWS        = 4,
  parameter  int unsigned LENGTH_BITS = 14,
  localparam int unsigned ROW_BITS    = $clog2(ROWS)
) (
  input logic                   clk_i,
  input logic                   count_i,
  input logic [ROW_BITS-1:0]    count_row_i,
  input logic [LENGTH_BITS-1:0] count_length_i,
  input logic                   read_i,
  input logic [ROW_BITS-1:0]    read_row_i,
  input logic                   clear_i
);

  localparam int unsigned ResetClocks = 2;
  localparam int unsigned ReadClocks = 7;  // from read_taken_o to read_done_o

  logic [1:0] reset_q = '0;
  logic rst;
  assign rst = 32'(reset_q) < ResetClocks;
  always_ff @(posedge clk_i) if (rst) reset_q <= reset_q + 1'b1;

  logic read_taken, read_done, clearing;
  logic [63:0] packets, bytes;
  pcl_counter_bank #(.ROWS(ROWS), .LENGTH_BITS(LENGTH_BITS)) u_dut (
    .clk_i, .rst_i(rst), .count_i, .count_row_i, .count_length_i, .read_i, .read_row_i, .read_taken_o(read_taken), .read_done_o(read_done),
    .read_packets_o(packets), .read_bytes_o(bytes), .clear_i(clear_i), .clearing_o(clearing), .busy_o()
  );
  always_comb if (rst) QuietInReset: assume (!count_i && !read_i && !clear_i);
  always_comb NobodyCountsInAClearedBank: assume (!(count_i && (clearing || clear_i)));

  // The row that is watched, what has been counted in it, and what the memories hold of that: the counts of up to Behind clocks before.
  localparam int unsigned Behind = 9;
  logic [ROW_BITS-1:0] row;
  formal_constant #(.WIDTH(ROW_BITS)) u_row (.Y(row));
  always_comb Watched: assume (u_dut.g_memory[0].u_ram.watched_row == row && u_dut.g_memory[1].u_ram.watched_row == row);
  logic [Behind:0][63:0] packets_q, bytes_q;  // at 0 now
  logic mine, zeroed;  // counted in this clock; a step of clearing in it
  assign mine = count_i && count_row_i == row && !rst;
  assign zeroed = u_dut.clear_step && u_dut.clear_row_q == row && !rst;
  always_ff @(posedge clk_i) begin
    packets_q[0] <= zeroed ? '0 : packets_q[0] + 64'(mine);
    bytes_q[0]   <= zeroed ? '0 : bytes_q[0] + (mine ? 64'(count_length_i) : 64'd0);
    packets_q[Behind:1] <= packets_q[Behind-1:0];
    bytes_q[Behind:1] <= bytes_q[Behind-1:0];
  end

  // Reads under way.
  logic [ReadClocks-1:0] asked_q = '0, asked_mine_q;
  always_ff @(posedge clk_i) begin
    asked_q <= {asked_q[ReadClocks-2:0], read_taken && !rst};
    asked_mine_q <= {asked_mine_q[ReadClocks-2:0], read_row_i == row};
  end

  // Clearing: has the row been zeroed since it began?
  logic zeroed_q = 1'b0, clearing_before_q = 1'b0;
  always_ff @(posedge clk_i) begin
    clearing_before_q <= clearing && !clear_i && !rst;
    if (clear_i) zeroed_q <= 1'b0;
    else if (zeroed) zeroed_q <= 1'b1;
  end

  for (genvar i = 0; i < Behind; i++) begin : g_configured
    always_comb if (rst) OneHistory: assume (packets_q[i] == packets_q[i+1] && bytes_q[i] == bytes_q[i+1]);
  end
  always_comb begin
    if (rst && 32'(reset_q) == ResetClocks - 1) Configured: assume (u_dut.g_memory[0].u_ram.content_q == packets_q[0] && u_dut.g_memory[1].u_ram.content_q == bytes_q[0]);
    if (!rst) begin
      MemoryHoldsAllCountsBefore: assert (u_dut.g_memory[0].u_ram.content_q == packets_q[Behind-1] && u_dut.g_memory[1].u_ram.content_q == bytes_q[Behind-1]);
      EveryRowIsCleared: assert (!(clearing_before_q && !clearing) || zeroed_q);
      RowsAreClearedInTurn: assert (!clearing || (zeroed_q == (u_dut.clear_row_q > row) && u_dut.clear_last_q == (32'(u_dut.clear_row_q) == ROWS - 1)));
      AnswerInTime: assert (read_done == asked_q[ReadClocks-1]);
      if (read_done && asked_mine_q[ReadClocks-1]) begin
        NoPacketIsLost: assert (packets == packets_q[ReadClocks-1]);
        NoByteIsLost: assert (bytes == bytes_q[ReadClocks-1]);
      end
    end
    CountedAfterClearing: cover (read_done && asked_mine_q[ReadClocks-1] && zeroed_q && packets == 64'd2);
    BackToBack: cover (read_done && asked_mine_q[ReadClocks-1] && packets == packets_q[Behind] + 64'd2 && packets[31:0] == '0 && bytes[31:0] < 32'd2);
  end

endmodule
