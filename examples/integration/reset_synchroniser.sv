// A reset for one clock from an asynchronous one: asserted at once, and from configuration on; released two edges later.
module reset_synchroniser (
  input  logic clk_i,
  input  logic async_rst_i,
  output logic rst_o
);

  (* async_reg = "true" *) logic [1:0] stages_q;

  initial stages_q = '1;
  always_ff @(posedge clk_i or posedge async_rst_i) begin
    if (async_rst_i) stages_q <= '1;
    else stages_q <= {stages_q[0], 1'b0};
  end
  assign rst_o = stages_q[1];

endmodule
