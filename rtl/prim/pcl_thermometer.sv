// The number of ones in a thermometer code (ones below zeros), without a clock: bit k is the parity of the code at the multiples of 2^k.
module pcl_thermometer #(
  parameter  int unsigned CHILDREN   = 16,  // 2, 4, 8 or 16
  localparam int unsigned INDEX_BITS = $clog2(CHILDREN)
) (
  input  logic [CHILDREN-1:1]   thermometer_i,
  output logic [INDEX_BITS-1:0] index_o
);

  if (CHILDREN == 16) begin : g_sixteen
    // Parities of neighbours, kept apart so that no third level of 4-input logic arises from sharing.
    (* keep *) logic parity_a, parity_b, parity_c, parity_d, parity_even;
    always_comb begin
      parity_a = ^thermometer_i[4:1];
      parity_b = ^thermometer_i[8:5];
      parity_c = ^thermometer_i[12:9];
      parity_d = ^thermometer_i[15:13];
      parity_even = thermometer_i[2] ^ thermometer_i[4] ^ thermometer_i[6] ^ thermometer_i[8];
      index_o[0] = parity_a ^ parity_b ^ parity_c ^ parity_d;
      index_o[1] = parity_even ^ thermometer_i[10] ^ thermometer_i[12] ^ thermometer_i[14];
      index_o[2] = thermometer_i[4] ^ thermometer_i[8] ^ thermometer_i[12];
      index_o[3] = thermometer_i[8];
    end
  end else begin : g_few
    always_comb begin
      index_o = '0;
      for (int k = 0; k < int'(INDEX_BITS); k++) begin
        for (int n = 1 << k; n < int'(CHILDREN); n += 1 << k) index_o[k] = index_o[k] ^ thermometer_i[n];
      end
    end
  end

endmodule
