// One egress of pcl_filter: picks the beat that goes here and holds it until it is taken.
//
// In: per wire port a beat and whether it goes here this clock; at most one does, and only with ready_o.
// Out: AXI4-Stream with metadata, from registers, a clock later. ready_o is a register: it falls when a beat had to be put aside behind one that was not taken.
// Throughput: a beat a clock.
module pcl_filter_egress #(
  parameter int unsigned PORTS = 2,
  parameter int unsigned WIDTH = 512  // of a beat with all that belongs to it
) (
  input  logic                   clk_i,
  input  logic                   rst_i,
  input  logic [PORTS-1:0]       push_i,
  input  logic [PORTS*WIDTH-1:0] beats_i,
  output logic                   ready_o,
  output logic                   valid_o,
  input  logic                   ready_i,
  output logic [WIDTH-1:0]       beat_o
);

  logic             push, aside_q;
  logic [WIDTH-1:0] picked, aside;

  assign push = push_i != '0;
  assign ready_o = !aside_q;

  always_comb begin
    picked = beats_i[WIDTH-1:0];
    for (int unsigned p = 1; p < PORTS; p++) begin
      if (push_i[p]) picked = beats_i[p*WIDTH+:WIDTH];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!valid_o || ready_i) begin
      if (aside_q) beat_o <= aside;
      else if (push) beat_o <= picked;
    end else if (push) begin
      aside <= picked;
    end
    if (rst_i) begin
      valid_o <= 1'b0;
      aside_q <= 1'b0;
    end else if (!valid_o || ready_i) begin
      valid_o <= aside_q || push;
      aside_q <= 1'b0;
    end else if (push) begin
      aside_q <= 1'b1;
    end
  end

endmodule
