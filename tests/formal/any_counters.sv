// Stands for pcl_counters in proofs about the engine: it answers anything at any time, and clears for as long as it likes, but only what it was told to.
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

  logic [1:0] lingers, clearing_q;
  formal_input #(.WIDTH(1 + 1 + 64 + 64 + 1 + 2 + 2)) u_anything (.Y({ready_o, done_o, packets_o, bytes_o, withhold_o, busy_o, lingers}));
  always_ff @(posedge clk_i) clearing_q <= rst_i ? '0 : clear_i | (clearing_q & lingers);
  assign clearing_o = clearing_q;

  logic unused;
  assign unused = ^{count_i, count_bank_i, count_hit_i, count_rule_i, count_cause_i, count_length_i, valid_i, bank_i, kind_i, index_i};

endmodule
