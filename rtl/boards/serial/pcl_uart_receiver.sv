// Receives bytes from an asynchronous serial line: 1 start bit, 8 data bits, lowest first, 1 stop bit.
// In: line_i, not synchronised; a bit lasts CLOCKS_PER_BIT clocks, give or take 3 %.
// Out: valid_o pulses with data_o in the middle of the stop bit; error_o pulses instead where there was no stop bit.
module pcl_uart_receiver #(
  parameter int unsigned CLOCKS_PER_BIT = 78  // at least 8
) (
  input  logic       clk_i,
  input  logic       rst_i,
  input  logic       line_i,
  output logic       valid_o,
  output logic       error_o,
  output logic [7:0] data_o
);

  if (CLOCKS_PER_BIT < 8) begin : g_check
    $fatal(1, "pcl_uart_receiver: CLOCKS_PER_BIT is %0d; it must be at least 8", CLOCKS_PER_BIT);
  end

  localparam int unsigned CountBits = $clog2(CLOCKS_PER_BIT);
  logic [2:0] line_q;  // the line, synchronised
  logic busy_q;
  logic [CountBits-1:0] wait_q;  // clocks to the middle of the next bit
  logic [3:0] bit_q;             // 0: start, 1 to 8: data, 9: stop
  always_ff @(posedge clk_i) begin
    line_q  <= {line_q[1:0], line_i};
    valid_o <= 1'b0;
    error_o <= 1'b0;
    if (!busy_q) begin
      busy_q <= line_q[2] && !line_q[1];
      bit_q  <= '0;
      wait_q <= CountBits'(CLOCKS_PER_BIT / 2 - 1);
    end else if (wait_q != 0) begin
      wait_q <= wait_q - 1'b1;
    end else begin
      wait_q <= CountBits'(CLOCKS_PER_BIT - 1);
      bit_q  <= bit_q + 1'b1;
      if (bit_q == 0) begin
        busy_q <= !line_q[1];  // a short pulse is no start bit
      end else if (bit_q < 9) begin
        data_o <= {line_q[1], data_o[7:1]};
      end else begin
        busy_q  <= 1'b0;
        valid_o <= line_q[1];
        error_o <= !line_q[1];
      end
    end
    if (rst_i) begin
      line_q  <= '1;
      busy_q  <= 1'b0;
      valid_o <= 1'b0;
      error_o <= 1'b0;
    end
  end

endmodule
