// Three pins for a module with any number of ports, for timing: every input comes from a bit of a shift register of its own, every output goes to a register and
// from there into an exclusive-or shift register, so that all of the module is kept and none of its paths ends at a pin.
module pcl_timing_pins #(
  parameter int unsigned INPUTS  = 1,  // bits
  parameter int unsigned OUTPUTS = 1
) (
  input  logic               clk_i,
  input  logic               serial_i,
  output logic               serial_o,
  output logic [INPUTS-1:0]  inputs_o,
  input  logic [OUTPUTS-1:0] outputs_i
);

  logic [OUTPUTS-1:0] outputs_q, chain_q;
  always_ff @(posedge clk_i) begin
    inputs_o  <= ~{inputs_o[INPUTS-2:0], serial_i};  // inverted, so that no register behind an input is the next one of the shift register
    outputs_q <= outputs_i;
    chain_q   <= {chain_q[OUTPUTS-2:0], 1'b0} ^ outputs_q;
  end
  assign serial_o = chain_q[OUTPUTS-1];

endmodule
