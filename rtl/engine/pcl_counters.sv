// Counters of both banks: packets and bytes per rule, and per cause for what no rule counts (0 the default action, else why a packet is malformed).
//
// In: one count a clock. A read request by the host: bank, kind (0 rule, 1 cause), index; it waits for a clock in which its counters are not counting, which
// for a bank without lookups is the next. After PatienceClocks without one, withhold_o pulses: the engine then lets one slot pass without a lookup.
// clear_i[b], a pulse: zeroes all counters of bank b, which must not be counting.
// Out: done_o pulses with packets_o and bytes_o; they hold until the next. An index beyond the table reads zero. busy_o[b], two clocks after count_i: a count of bank b is not written yet.
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

  // The request: waiting for a slot, then for its answer. To each set of counters it goes through a register of its own.
  logic waiting_q, asked_q, bank_q, kind_q, outside_q;
  logic [3:0] read_q;
  logic [RULE_BITS-1:0] index_q;
  logic [PatienceBits-1:0] patience_q;
  logic [3:0] taken, done;
  assign ready_o = !waiting_q && !asked_q;

  // The count, a clock later: which set of counters, and its row.
  logic [1:0] count_rule_q, count_cause_q;  // a bit per bank
  logic [RULE_BITS-1:0] count_row_q;
  logic [3:0] count_cause_row_q;
  logic [LENGTH_BITS-1:0] count_length_q;
  always_ff @(posedge clk_i) begin
    for (int b = 0; b < 2; b++) begin
      count_rule_q[b]  <= count_i && count_hit_i && count_bank_i == b[0] && !rst_i;
      count_cause_q[b] <= count_i && !count_hit_i && count_bank_i == b[0] && !rst_i;
    end
    if (count_i || !pcl_prim_pkg::GateIdle) begin
      count_row_q       <= count_rule_i;
      count_cause_row_q <= count_cause_i;
      count_length_q    <= count_length_i;
    end
  end

  // Four sets of counters: bank x kind.
  logic [3:0][63:0] packets, bytes;
  logic [1:0][63:0] packets_pair_q, bytes_pair_q;
  logic [1:0] done_pair_q;
  logic [3:0] set_busy, set_clearing;
  for (genvar b = 0; b < 2; b++) begin : g_bank
    pcl_counter_bank #(.ROWS(RULES), .LENGTH_BITS(LENGTH_BITS)) u_rules (
      .clk_i, .rst_i,
      .count_i        (count_rule_q[b]),
      .count_row_i    (count_row_q),
      .count_length_i (count_length_q),
      .read_i         (read_q[2*b]),
      .read_row_i     (index_q),
      .read_taken_o   (taken[2*b]),
      .read_done_o    (done[2*b]),
      .read_packets_o (packets[2*b]),
      .read_bytes_o   (bytes[2*b]),
      .clear_i        (clear_i[b]),
      .clearing_o     (set_clearing[2*b]),
      .busy_o         (set_busy[2*b])
    );
    pcl_counter_bank #(.ROWS(16), .LENGTH_BITS(LENGTH_BITS)) u_causes (
      .clk_i, .rst_i,
      .count_i        (count_cause_q[b]),
      .count_row_i    (count_cause_row_q),
      .count_length_i (count_length_q),
      .read_i         (read_q[2*b+1]),
      .read_row_i     (index_q[3:0]),
      .read_taken_o   (taken[2*b+1]),
      .read_done_o    (done[2*b+1]),
      .read_packets_o (packets[2*b+1]),
      .read_bytes_o   (bytes[2*b+1]),
      .clear_i        (clear_i[b]),
      .clearing_o     (set_clearing[2*b+1]),
      .busy_o         (set_busy[2*b+1])
    );
    assign busy_o[b] = |set_busy[2*b +: 2];
    assign clearing_o[b] = |set_clearing[2*b +: 2];
  end

  always_ff @(posedge clk_i) begin
    withhold_o <= 1'b0;
    done_o <= 1'b0;
    if (valid_i && ready_o) begin
      waiting_q  <= 1'b1;
      bank_q     <= bank_i;
      kind_q     <= kind_i;
      index_q    <= index_i[RULE_BITS-1:0];
      outside_q  <= 32'(index_i) >= (kind_i ? 32'd16 : RULES);
      patience_q <= '0;
    end else if (waiting_q) begin
      if (taken != 0) begin
        waiting_q <= 1'b0;
        asked_q   <= 1'b1;
      end
      patience_q <= patience_q + 1'b1;
      withhold_o <= &patience_q;
    end
    for (int s = 0; s < 4; s++) read_q[s] <= waiting_q && taken == 0 && {bank_q, kind_q} == s[1:0] && !rst_i;
    // The answer: first of the two kinds of a bank, then of the two banks.
    done_pair_q[0] <= (done[0] || done[1]) && !rst_i;
    done_pair_q[1] <= (done[2] || done[3]) && !rst_i;
    for (int b = 0; b < 2; b++) begin
      if (done[2*b] || done[2*b+1] || !pcl_prim_pkg::GateIdle) begin
        packets_pair_q[b] <= kind_q ? packets[2*b+1] : packets[2*b];
        bytes_pair_q[b]   <= kind_q ? bytes[2*b+1] : bytes[2*b];
      end
    end
    if (done_pair_q != 0) begin
      asked_q   <= 1'b0;
      done_o    <= 1'b1;
      packets_o <= outside_q ? '0 : packets_pair_q[bank_q];
      bytes_o   <= outside_q ? '0 : bytes_pair_q[bank_q];
    end
    if (rst_i) begin
      waiting_q  <= 1'b0;
      asked_q    <= 1'b0;
      withhold_o <= 1'b0;
      done_o     <= 1'b0;
    end
  end

endmodule
