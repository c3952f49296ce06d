// A reset that is asserted at once and taken back on the clock, STAGES clocks later.
// In: rst_n_i, of any clock. Out: rst_o, active high, synchronous to clk_i when it falls.
module pcl_reset_synchroniser #(
  parameter int unsigned STAGES = 4  // 2 or more
) (
  input  logic clk_i,
  input  logic rst_n_i,
  output logic rst_o
);

  if (STAGES < 2) begin : g_check
    $fatal(1, "pcl_reset_synchroniser: STAGES is %0d; it must be at least 2", STAGES);
  end

  (* ASYNC_REG = "TRUE" *) logic [STAGES-1:0] stages_q;
  always_ff @(posedge clk_i or negedge rst_n_i) begin
    if (!rst_n_i) stages_q <= '1;
    else stages_q <= {stages_q[STAGES-2:0], 1'b0};
  end
  assign rst_o = stages_q[STAGES-1];

endmodule
