// A value CLOCKS clocks later (0: a wire). For data: nothing is reset.
module pcl_delay #(
  parameter int unsigned WIDTH  = 1,
  parameter int unsigned CLOCKS = 1
) (
  input  logic             clk_i,
  input  logic [WIDTH-1:0] d_i,
  output logic [WIDTH-1:0] q_o
);

  if (CLOCKS == 0) begin : g_wire
    logic unused_clk;
    assign unused_clk = clk_i;
    assign q_o = d_i;
  end else begin : g_registers
    for (genvar i = 0; i < CLOCKS; i++) begin : g_stage
      logic [WIDTH-1:0] q;
      if (i == 0) begin : g_first
        always_ff @(posedge clk_i) q <= d_i;
      end else begin : g_next
        always_ff @(posedge clk_i) q <= g_stage[i-1].q;
      end
    end
    assign q_o = g_stage[CLOCKS-1].q;
  end

endmodule
