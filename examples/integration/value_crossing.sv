// Carries a value from one clock to another, whole: what arrives was there at one moment, and the latest value arrives in the end. Values in between
// may be left out. A request toggles over, its answer toggles back, and the value stands still meanwhile (about three clocks of each side).
// Both resets must have been asserted together. Constraint: held_q to value_o as a maximum delay of one period of the destination.
module value_crossing #(
  parameter int unsigned WIDTH = 8
) (
  input  logic             source_clk_i,
  input  logic             source_rst_i,
  input  logic [WIDTH-1:0] value_i,

  input  logic             destination_clk_i,
  input  logic             destination_rst_i,
  output logic [WIDTH-1:0] value_o            // 0 after reset
);

  logic                                request_q;
  logic [WIDTH-1:0]                    held_q;
  (* async_reg = "true" *) logic [1:0] answered_q;
  (* async_reg = "true" *) logic [1:0] requested_q;
  logic                                answer_q;

  always_ff @(posedge source_clk_i) begin
    answered_q <= {answered_q[0], answer_q};
    if (request_q == answered_q[1]) begin
      held_q    <= value_i;
      request_q <= !request_q;
    end
    if (source_rst_i) begin
      answered_q <= '0;
      request_q  <= 1'b0;
      held_q     <= '0;
    end
  end

  always_ff @(posedge destination_clk_i) begin
    requested_q <= {requested_q[0], request_q};
    if (requested_q[1] != answer_q) begin
      value_o  <= held_q;
      answer_q <= requested_q[1];
    end
    if (destination_rst_i) begin
      requested_q <= '0;
      answer_q    <= 1'b0;
      value_o     <= '0;
    end
  end

endmodule
