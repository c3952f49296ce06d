// Sends bytes on an asynchronous serial line: 1 start bit, 8 data bits, lowest first, 1 stop bit.
// In: data_i with valid_i, taken with ready_o. Out: line_o, from a register; a bit lasts CLOCKS_PER_BIT clocks.
module pcl_uart_transmitter #(
  parameter int unsigned CLOCKS_PER_BIT = 78  // at least 8
) (
  input  logic       clk_i,
  input  logic       rst_i,
  input  logic       valid_i,
  output logic       ready_o,
  input  logic [7:0] data_i,
  output logic       line_o
);

  if (CLOCKS_PER_BIT < 8) begin : g_check
    $fatal(1, "pcl_uart_transmitter: CLOCKS_PER_BIT is %0d; it must be at least 8", CLOCKS_PER_BIT);
  end

  localparam int unsigned CountBits = $clog2(CLOCKS_PER_BIT);
  logic [CountBits-1:0] wait_q;
  logic [9:0] bits_q;  // to be sent, lowest first; ones behind the stop bit
  logic [3:0] left_q;
  assign ready_o = left_q == 0;
  assign line_o = bits_q[0];
  always_ff @(posedge clk_i) begin
    if (left_q == 0) begin
      if (valid_i) begin
        bits_q <= {1'b1, data_i, 1'b0};
        left_q <= 4'd10;
        wait_q <= CountBits'(CLOCKS_PER_BIT - 1);
      end
    end else if (wait_q != 0) begin
      wait_q <= wait_q - 1'b1;
    end else begin
      wait_q <= CountBits'(CLOCKS_PER_BIT - 1);
      bits_q <= {1'b1, bits_q[9:1]};
      left_q <= left_q - 1'b1;
    end
    if (rst_i) begin
      bits_q <= '1;
      left_q <= '0;
    end
  end

endmodule
