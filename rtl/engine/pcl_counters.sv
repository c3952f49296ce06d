// Counters of both banks: packets and bytes per rule, and per cause for what no rule counts (0 the default action, else why a packet is malformed).
//
// In: one count a clock. A read request by the host: bank, kind (0 rule, 1 cause), index; it waits for a clock in which its counters are not counting, which
// for a bank without lookups is the next. After PatienceClocks without one, withhold_o pulses: the engine then lets one slot pass without a lookup.
// clear_i[b], a pulse: zeroes all counters of bank b, which must not be counting.
// Out: done_o pulses with packets_o and bytes_o; they hold until the next. An index beyond the table reads zero. busy_o[b], two clocks after count_i: a count of bank b is not written yet.
// Between here and each bank stand registers, both ways: the banks may lie far apart.
module pcl_counters #(
  parameter  int unsigned RULES       = 512,
  parameter  int unsigned LENGTH_BITS = 14,
  localparam int unsigned RULE_BITS   = $clog2(RULES)
) (
  input  logic                   clk_i,
  input  logic                   rst_i,
  input  logic                   count_i,
  input  logic                   count_bank_i,
  input  logic                   count_hit_i,
  input  logic [RULE_BITS-1:0]   count_rule_i,
  input  logic [3:0]             count_cause_i,
  input  logic [LENGTH_BITS-1:0] count_length_i,
  input  logic                   valid_i,
  output logic                   ready_o,
  input  logic                   bank_i,
  input  logic                   kind_i,
  input  logic [15:0]            index_i,
  output logic                   done_o,
  output logic [63:0]            packets_o,
  output logic [63:0]            bytes_o,
  output logic                   withhold_o,
  input  logic [1:0]             clear_i,
  output logic [1:0]             clearing_o,
  output logic [1:0]             busy_o
);

  localparam int unsigned PatienceBits = $clog2(pcl_engine_pkg::PatienceClocks);
  localparam int unsigned AnswerCopies = pcl_prim_pkg::copies(4);

  // The request: waiting for a slot, then for its answer. Each bank keeps it in registers of its own.
  logic waiting_q, asked_q, fresh_q, bank_q, kind_q, outside_q;  // fresh_q: the first clock of the request
  logic [1:0] taken_q;
  logic done_q, done2_q;
  logic [AnswerCopies-1:0] done3;        // a copy for each part of the answer
  logic [1:0][AnswerCopies-1:0] answer;  // a copy of whether bank b's is the answer, likewise
  logic [1:0][127:0] answer1_q, answer2_q;
  logic [127:0] answer3_q;
  logic [RULE_BITS-1:0] index_q;
  logic [PatienceBits-1:0] patience_q;
  logic [1:0] taken, done;
  assign ready_o = !waiting_q && !asked_q && !rst_i;

  // A bank's rows: its rules, behind them its causes.
  localparam int unsigned Rows = RULES + 16;
  localparam int unsigned RowBits = $clog2(Rows);

  // The count, a clock later, and then at each bank.
  logic [1:0] count_q;  // a bit per bank
  logic [RowBits-1:0] count_row_q;
  logic [LENGTH_BITS-1:0] count_length_q;
  always_ff @(posedge clk_i) begin
    for (int b = 0; b < 2; b++) count_q[b] <= count_i && count_bank_i == b[0] && !rst_i;
    if (count_i || !pcl_prim_pkg::GateIdle) begin
      count_row_q    <= count_hit_i ? RowBits'(count_rule_i) : RowBits'(RULES) | RowBits'(count_cause_i);
      count_length_q <= count_length_i;
    end
  end
  logic [RowBits-1:0] asked_row;
  assign asked_row = kind_q ? RowBits'(RULES) | RowBits'(index_q[3:0]) : RowBits'(index_q);

  logic [1:0][63:0] packets, bytes;
  for (genvar b = 0; b < 2; b++) begin : g_bank
    logic                   count, clear_q, clearing, busy, read_q;
    logic [RowBits-1:0]     count_row, read_row;
    logic [LENGTH_BITS-1:0] count_length;
    pcl_dup #(.WIDTH(1 + RowBits + LENGTH_BITS), .COPIES(1)) u_count (
      .clk_i, .d_i({count_q[b] && !rst_i, count_row_q, count_length_q}), .q_o({count, count_row, count_length})
    );
    pcl_dup #(.WIDTH(RowBits), .COPIES(1)) u_read_row (.clk_i, .d_i(asked_row), .q_o(read_row));
    always_ff @(posedge clk_i) begin
      clear_q    <= clear_i[b] && !rst_i;
      busy_o[b]  <= count_q[b] || count || busy;
      taken_q[b] <= taken[b] && !rst_i;
      if (fresh_q && bank_q == b[0]) read_q <= 1'b1;
      else if (taken[b]) read_q <= 1'b0;
      if (rst_i) read_q <= 1'b0;
    end
    assign clearing_o[b] = clear_q || clearing;
    pcl_counter_bank #(.ROWS(Rows), .LENGTH_BITS(LENGTH_BITS)) u_counters (
      .clk_i, .rst_i,
      .count_i        (count),
      .count_row_i    (count_row),
      .count_length_i (count_length),
      .read_i         (read_q),
      .read_row_i     (read_row),
      .read_taken_o   (taken[b]),
      .read_done_o    (done[b]),
      .read_packets_o (packets[b]),
      .read_bytes_o   (bytes[b]),
      .clear_i        (clear_q),
      .clearing_o     (clearing),
      .busy_o         (busy)
    );
  end

  always_ff @(posedge clk_i) begin
    withhold_o <= 1'b0;
    done_o <= 1'b0;
    fresh_q <= valid_i && ready_o;
    if (valid_i && ready_o) begin
      waiting_q  <= 1'b1;
      bank_q     <= bank_i;
      kind_q     <= kind_i;
      index_q    <= index_i[RULE_BITS-1:0];
      outside_q  <= 32'(index_i) >= (kind_i ? 32'd16 : RULES);
      patience_q <= '0;
    end else if (waiting_q) begin
      if (taken_q != 0) begin
        waiting_q <= 1'b0;
        asked_q   <= 1'b1;
      end
      patience_q <= patience_q + 1'b1;
      withhold_o <= &patience_q;
    end
    done_q  <= done != 0 && !rst_i;
    done2_q <= done_q && !rst_i;
    if (done2_q) begin
      asked_q <= 1'b0;
      done_o  <= 1'b1;
    end
    if (rst_i) begin
      waiting_q  <= 1'b0;
      asked_q    <= 1'b0;
      withhold_o <= 1'b0;
      done_o     <= 1'b0;
    end
  end

  // The answer: of each bank, zeros if it was not asked for, both together.
  localparam int unsigned AnswerBits = 128 / AnswerCopies;
  assign {bytes_o, packets_o} = answer3_q;
  pcl_dup #(.WIDTH(1), .COPIES(AnswerCopies)) u_done (.clk_i, .d_i(done_q && !rst_i), .q_o(done3));
  for (genvar b = 0; b < 2; b++) begin : g_answer
    pcl_dup #(.WIDTH(1), .COPIES(AnswerCopies)) u_answer (.clk_i, .d_i(done[b] && !outside_q), .q_o(answer[b]));
  end
  always_ff @(posedge clk_i) begin
    for (int b = 0; b < 2; b++) begin
      if (done[b] || !pcl_prim_pkg::GateIdle) answer1_q[b] <= {bytes[b], packets[b]};
      for (int c = 0; c < int'(AnswerCopies); c++) begin
        if (done_q || !pcl_prim_pkg::GateIdle) begin
          answer2_q[b][c*int'(AnswerBits) +: AnswerBits] <= answer[b][c] ? answer1_q[b][c*int'(AnswerBits) +: AnswerBits] : '0;
        end
      end
    end
    for (int c = 0; c < int'(AnswerCopies); c++) begin
      if (done3[c]) answer3_q[c*int'(AnswerBits) +: AnswerBits] <= answer2_q[0][c*int'(AnswerBits) +: AnswerBits] | answer2_q[1][c*int'(AnswerBits) +: AnswerBits];
    end
  end

endmodule
