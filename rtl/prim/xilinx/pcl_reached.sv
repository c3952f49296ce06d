// Is a boundary <= key? Without a clock; one carry chain, two bits a LUT. Behaves as ../compact/pcl_reached.sv.
// In: key; the boundary, inverted.
module pcl_reached #(
  parameter int unsigned WIDTH = 128
) (
  input  logic [WIDTH-1:0] key_i,
  input  logic [WIDTH-1:0] inverted_i,
  output logic             reached_o
);

  // Two bits a place: where key and boundary are equal the carry goes on; else it becomes "the key is larger". In front of the first: reached.
  localparam int unsigned Places = (WIDTH + 1) / 2;
  // O6 (upper half, I5 = 1): the two bits are equal. O5 (lower half): the key's are larger. Inputs {I3, I2, I1, I0} = {key, inverted boundary}.
  function automatic logic [31:0] truth(logic larger);
    for (int unsigned i = 0; i < 32; i++) begin
      truth[i] = larger ? i[3:2] > ~i[1:0] : i[3:2] == ~i[1:0];
    end
  endfunction
  logic [2*Places-1:0] key, inverted;
  assign key = (2 * Places)'(key_i);
  // An odd width's top bit of padding: 0 in the key and in the boundary.
  if (2 * Places > WIDTH) begin : g_odd
    assign inverted = {1'b1, inverted_i};
  end else begin : g_even
    assign inverted = inverted_i;
  end
  logic [Places-1:0] equal, larger;
  for (genvar p = 0; p < Places; p++) begin : g_place
    LUT6_2 #(.INIT({truth(1'b0), truth(1'b1)})) u_lut (
      .I0(inverted[2*p]), .I1(inverted[2*p+1]), .I2(key[2*p]), .I3(key[2*p+1]), .I4(1'b0), .I5(1'b1), .O5(larger[p]), .O6(equal[p])
    );
  end
  logic [Places-1:0] unused_sum;
  pcl_carry #(.PLACES(Places)) u_carry (.carry_i(1'b1), .pass_i(equal), .data_i(larger), .sum_o(unused_sum), .carry_o(reached_o));

endmodule
