// Two MACs of constraints/versa/generate_mac.py, the transmitter of one on the receiver of the other, and models of the ECP5 cells in them.
// verilator lint_off DECLFILENAME
// verilator lint_off UNUSEDSIGNAL
// verilator lint_off UNUSEDPARAM
// verilator lint_off PINMISSING
module mac_loop (
  input  logic        sys_clk,
  input  logic        sys_rst,
  input  logic        gtx_clk,
  input  logic        rx_clk,     // the same clock a quarter later, as RGMII with delayed clocks has it
  input  logic        corrupt_i,  // the lowest data wire is turned over
  input  logic        tx_valid,
  output logic        tx_ready,
  input  logic        tx_last,
  input  logic [63:0] tx_data,
  input  logic [7:0]  tx_last_be,
  output logic        rx_valid,
  output logic        rx_last,
  output logic [63:0] rx_data,
  output logic [7:0]  rx_last_be,
  output logic [7:0]  rx_error
);
  logic ctl;
  logic [3:0] data;
  versa_mac u_from (
    .sys_clk, .sys_rst, .gtx_clk, .rgmii_clocks_rx(rx_clk), .rgmii_clocks_tx(), .rgmii_rst_n(), .rgmii_rx_ctl(1'b0), .rgmii_rx_data(4'd0),
    .rgmii_tx_ctl(ctl), .rgmii_tx_data(data), .rx_ready(1'b1), .tx_valid, .tx_ready, .tx_last, .tx_data, .tx_last_be
  );
  versa_mac u_to (
    .sys_clk, .sys_rst, .gtx_clk, .rgmii_clocks_rx(rx_clk), .rgmii_clocks_tx(), .rgmii_rst_n(), .rgmii_rx_ctl(ctl), .rgmii_rx_data(data ^ {3'd0, corrupt_i}),
    .rx_ready(1'b1), .rx_valid, .rx_last, .rx_data, .rx_last_be, .rx_error, .tx_valid(1'b0), .tx_last(1'b0), .tx_data(64'd0), .tx_last_be(8'd0)
  );
endmodule

module DELAYG #(
  parameter DEL_MODE = "USER_DEFINED",
  parameter DEL_VALUE = 0
) (
  input  logic A,
  output logic Z
);
  assign Z = A;
endmodule

// Q0 is the value at the rising edge, Q1 that at the falling edge behind it; both change at the next rising edge.
module IDDRX1F (
  input  logic D, SCLK, RST,
  output logic Q0, Q1
);
  logic rising_q, falling_q;
  always_ff @(negedge SCLK) falling_q <= D;
  always_ff @(posedge SCLK) begin
    rising_q <= D;
    Q0 <= rising_q;
    Q1 <= falling_q;
  end
endmodule

module ODDRX1F (
  input  logic D0, D1, SCLK, RST,
  output logic Q
);
  logic d0_q, d1_q;
  always_ff @(posedge SCLK) begin
    d0_q <= D0;
    d1_q <= D1;
  end
  assign Q = SCLK ? d0_q : d1_q;
endmodule

module FD1S3BX (
  input  logic D, CK, PD,
  output logic Q
);
  always_ff @(posedge CK or posedge PD) begin
    if (PD) Q <= 1'b1;
    else Q <= D;
  end
endmodule
