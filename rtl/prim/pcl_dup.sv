// COPIES copies of one register. This body keeps one register and lets the tool copy it; ecp5/pcl_dup.sv keeps copies that synthesis cannot merge.
// Latency: 1 clock.
module pcl_dup #(
  parameter int unsigned WIDTH  = 1,
  parameter int unsigned COPIES = 1
) (
  input  logic                         clk_i,
  input  logic [WIDTH-1:0]             d_i,
  output logic [COPIES-1:0][WIDTH-1:0] q_o
);

  logic [WIDTH-1:0] q;
  always_ff @(posedge clk_i) q <= d_i;
  assign q_o = {COPIES{q}};

endmodule
