// COPIES copies of one register, as ECP5 flip-flops that synthesis may neither merge nor move.
// Latency: 1 clock.
module pcl_dup #(
  parameter int unsigned WIDTH  = 1,
  parameter int unsigned COPIES = 1
) (
  input  logic                         clk_i,
  input  logic [WIDTH-1:0]             d_i,
  output logic [COPIES-1:0][WIDTH-1:0] q_o
);

  for (genvar c = 0; c < COPIES; c++) begin : g_copy
    for (genvar b = 0; b < WIDTH; b++) begin : g_bit
      (* keep *)
      TRELLIS_FF #(
        .GSR("DISABLED"), .CEMUX("1"), .CLKMUX("CLK"), .LSRMUX("LSR"), .REGSET("RESET")
      ) u_ff (
        .CLK(clk_i), .LSR(1'b0), .CE(1'b1), .DI(d_i[b]), .Q(q_o[c][b])
      );
    end
  end

endmodule
