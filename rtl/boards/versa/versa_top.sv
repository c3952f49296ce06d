// Top of the Versa ECP5-5G board (LFE5UM5G-45F, CABGA381): a filter as a bump in the wire between its two gigabit ports.
//
// Clocks: 100 MHz from the board. The PLL makes 125 MHz, on which both MACs send, and the filter's own 62.5 MHz: at 64 bits 4 Gbit/s per port and direction.
// Each MAC receives on its PHY's clock. Frames cross between these clocks in the MACs' own buffers; nothing else crosses.
// Reset: the board's button or a PLL out of lock holds the filter and the MACs; each clock leaves reset by itself, synchronised.
// Tables are empty after configuration, so nothing passes until a policy is loaded through the serial line (1,000,000 baud, 8N1: 62.5 clocks a bit, 0.8 % off).
// Lamps (lit when low): 0 heartbeat, 1 serial line active, 2 and 3 change with each frame permitted, 4 and 5 with each dropped, of ports 0 and 1; 6 and 7 dark.
module versa_top (
  input  logic            clk100_i,
  input  logic            rst_n_i,

  input  logic [1:0]      rgmii_rx_clk_i,
  input  logic [1:0]      rgmii_rx_ctl_i,
  input  logic [1:0][3:0] rgmii_rx_data_i,
  output logic [1:0]      rgmii_tx_clk_o,
  output logic [1:0]      rgmii_tx_ctl_o,
  output logic [1:0][3:0] rgmii_tx_data_o,
  output logic [1:0]      phy_rst_n_o,

  input  logic            serial_i,
  output logic            serial_o,
  output logic [7:0]      lamp_n_o
);

  localparam int unsigned ClocksPerBit = 62;

  // VCO 625 MHz.
  logic clk125, clk, locked;
  EHXPLLL #(
    .CLKI_DIV(4), .CLKFB_DIV(5), .FEEDBK_PATH("CLKOP"), .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(5), .CLKOP_CPHASE(2), .CLKOP_FPHASE(0),
    .CLKOS_ENABLE("ENABLED"), .CLKOS_DIV(10), .CLKOS_CPHASE(2), .CLKOS_FPHASE(0), .OUTDIVIDER_MUXA("DIVA"), .OUTDIVIDER_MUXB("DIVB"),
    .PLLRST_ENA("ENABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"), .DPHASE_SOURCE("DISABLED")
  ) u_pll (
    .CLKI(clk100_i), .CLKFB(clk125), .CLKOP(clk125), .CLKOS(clk), .LOCK(locked), .RST(!rst_n_i), .STDBY(1'b0),
    .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b0), .PHASESTEP(1'b0), .PHASELOADREG(1'b0), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0), .ENCLKOS(1'b0)
  );

  // Asserted at once, taken back on the clock.
  logic [3:0] reset_q;
  logic rst;
  always_ff @(posedge clk or negedge locked) begin
    if (!locked) reset_q <= '1;
    else reset_q <= {reset_q[2:0], 1'b0};
  end
  assign rst = reset_q[3];

  logic [1:0]       rx_valid, rx_ready, rx_last, tx_valid, tx_ready, tx_last, permitted, dropped;
  logic [1:0][63:0] rx_data, tx_data;
  logic [1:0][7:0]  rx_last_be, rx_error, tx_last_be;
  for (genvar p = 0; p < 2; p++) begin : g_mac
    versa_mac u_mac (
      .sys_clk(clk), .sys_rst(rst), .gtx_clk(clk125),
      .rgmii_clocks_rx(rgmii_rx_clk_i[p]), .rgmii_clocks_tx(rgmii_tx_clk_o[p]), .rgmii_rst_n(phy_rst_n_o[p]),
      .rgmii_rx_ctl(rgmii_rx_ctl_i[p]), .rgmii_rx_data(rgmii_rx_data_i[p]), .rgmii_tx_ctl(rgmii_tx_ctl_o[p]), .rgmii_tx_data(rgmii_tx_data_o[p]),
      .rx_valid(rx_valid[p]), .rx_ready(rx_ready[p]), .rx_last(rx_last[p]), .rx_data(rx_data[p]), .rx_last_be(rx_last_be[p]), .rx_error(rx_error[p]),
      .tx_valid(tx_valid[p]), .tx_ready(tx_ready[p]), .tx_last(tx_last[p]), .tx_data(tx_data[p]), .tx_last_be(tx_last_be[p])
    );
  end

  versa_core #(.CLOCKS_PER_BIT(ClocksPerBit)) u_core (
    .clk_i(clk), .rst_i(rst),
    .rx_valid_i(rx_valid), .rx_ready_o(rx_ready), .rx_last_i(rx_last), .rx_data_i(rx_data), .rx_last_be_i(rx_last_be), .rx_error_i(rx_error),
    .tx_valid_o(tx_valid), .tx_ready_i(tx_ready), .tx_last_o(tx_last), .tx_data_o(tx_data), .tx_last_be_o(tx_last_be),
    .serial_i, .serial_o,
    .permitted_o(permitted), .dropped_o(dropped)
  );

  logic [24:0] heartbeat_q;
  logic [4:0] lamps_q;
  logic [1:0] serial_q;
  always_ff @(posedge clk) begin
    heartbeat_q <= heartbeat_q + 1'b1;
    serial_q    <= {serial_q[0], serial_i};
    lamps_q     <= lamps_q ^ {dropped, permitted, serial_q == 2'b01};
    if (rst) begin
      heartbeat_q <= '0;
      lamps_q     <= '0;
    end
  end
  assign lamp_n_o = ~{2'b00, lamps_q, heartbeat_q[24]};

endmodule
