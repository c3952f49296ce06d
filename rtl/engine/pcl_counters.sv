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

  // The request: waiting for a slot, then for its answer. To each bank it goes through a register of its own.
  logic waiting_q, asked_q, bank_q, kind_q, outside_q;
  logic [1:0] read_q;
  logic [1:0][63:0] packets_q, bytes_q;
  logic done_q;
  logic [RULE_BITS-1:0] index_q;
  logic [PatienceBits-1:0] patience_q;
  logic [1:0] taken, done;
  assign ready_o = !waiting_q && !asked_q && !rst_i;

  // A bank's rows: its rules, behind them its causes.
  localparam int unsigned Rows = RULES + 16;
  localparam int unsigned RowBits = $clog2(Rows);

  // The count, a clock later.
  logic [1:0] count_q;  // a bit per bank
  logic [RowBits-1:0] count_row_q, read_row_q;
  logic [LENGTH_BITS-1:0] count_length_q;
  always_ff @(posedge clk_i) begin
    for (int b = 0; b < 2; b++) count_q[b] <= count_i && count_bank_i == b[0] && !rst_i;
    if (count_i || !pcl_prim_pkg::GateIdle) begin
      count_row_q    <= count_hit_i ? RowBits'(count_rule_i) : RowBits'(RULES) | RowBits'(count_cause_i);
      count_length_q <= count_length_i;
    end
  end

  logic [1:0][63:0] packets, bytes;
  for (genvar b = 0; b < 2; b++) begin : g_bank
    pcl_counter_bank #(.ROWS(Rows), .LENGTH_BITS(LENGTH_BITS)) u_counters (
      .clk_i, .rst_i,
      .count_i        (count_q[b]),
      .count_row_i    (count_row_q),
      .count_length_i (count_length_q),
      .read_i         (read_q[b]),
      .read_row_i     (read_row_q),
      .read_taken_o   (taken[b]),
      .read_done_o    (done[b]),
      .read_packets_o (packets[b]),
      .read_bytes_o   (bytes[b]),
      .clear_i        (clear_i[b]),
      .clearing_o     (clearing_o[b]),
      .busy_o         (busy_o[b])
    );
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
    for (int b = 0; b < 2; b++) read_q[b] <= waiting_q && taken == 0 && bank_q == b[0] && !rst_i;
    read_row_q <= kind_q ? RowBits'(RULES) | RowBits'(index_q[3:0]) : RowBits'(index_q);
    // The answer of each bank, then the one that was asked for.
    done_q <= done != 0 && !rst_i;
    for (int b = 0; b < 2; b++) begin
      if (done[b] || !pcl_prim_pkg::GateIdle) begin
        packets_q[b] <= packets[b];
        bytes_q[b]   <= bytes[b];
      end
    end
    if (done_q) begin
      asked_q   <= 1'b0;
      done_o    <= 1'b1;
      packets_o <= outside_q ? '0 : packets_q[bank_q];
      bytes_o   <= outside_q ? '0 : bytes_q[bank_q];
    end
    if (rst_i) begin
      waiting_q  <= 1'b0;
      asked_q    <= 1'b0;
      withhold_o <= 1'b0;
      done_o     <= 1'b0;
    end
  end

endmodule
