// A register in the way of `ready` of a stream, none in the way of what it carries: valid and data pass in the same clock, what is not taken waits here.
// In and out: valid, ready, data. ready_o is a register. Latency 0, throughput one a clock.
module pcl_ready_register #(
  parameter int unsigned WIDTH = 8
) (
  input  logic             clk_i,
  input  logic             rst_i,
  input  logic             valid_i,
  output logic             ready_o,
  input  logic [WIDTH-1:0] data_i,
  output logic             valid_o,
  input  logic             ready_i,
  output logic [WIDTH-1:0] data_o
);

  logic             waiting_q;
  logic [WIDTH-1:0] data_q;

  assign ready_o = !waiting_q;
  assign valid_o = waiting_q || valid_i;
  assign data_o = waiting_q ? data_q : data_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) waiting_q <= 1'b0;
    else waiting_q <= valid_o && !ready_i;
    if (!waiting_q) data_q <= data_i;
  end

endmodule
