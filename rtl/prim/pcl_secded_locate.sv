// What a syndrome of pcl_secded_sums says: nothing is wrong, one bit is and which, or more are.
//
// In: the syndrome, with take_i. Out, a clock later, until the next: fault_o, something is wrong; single_o, it is one bit, and flips_o has it if it is one of the data (a check bit
// otherwise). Two wrong bits are always a fault that is not single. More than two are either, as chance has it.
module pcl_secded_locate #(
  parameter  int unsigned DATA  = 512,  // as pcl_secded_sums
  localparam int unsigned INDEX = $clog2(DATA),
  localparam int unsigned CHECK = INDEX + 2
) (
  input  logic             clk_i,
  input  logic             take_i,
  input  logic [CHECK-1:0] syndrome_i,
  output logic             fault_o,
  output logic             single_o,
  output logic [DATA-1:0]  flips_o
);

  localparam int unsigned Parts = DATA / 32;

  // With an odd number of ones: a data bit's column, a check bit's, or none. The topmost bit follows from the others.
  logic [INDEX:0] index;
  logic data_above, data_0, check_bit;
  assign index = syndrome_i[INDEX:0];
  assign data_above = index[INDEX] && index[INDEX-1:0] != 0;
  assign data_0 = index == (INDEX + 1)'(3);
  assign check_bit = (index & (index - 1'b1)) == 0;

  // The bit within its 32, and which 32.
  logic [31:0] low_q;
  logic [Parts-1:0] high_q;
  always_ff @(posedge clk_i) begin
    if (take_i || !pcl_prim_pkg::GateIdle) begin
      fault_o  <= syndrome_i != 0;
      single_o <= ^syndrome_i && (data_above || data_0 || check_bit);
      low_q    <= 32'd1 << (data_above ? index[4:0] : 5'd0);
      high_q   <= !data_above ? Parts'(data_0) : Parts'(1) << (index[INDEX-1:0] >> 5);
    end
  end
  for (genvar p = 0; p < Parts; p++) begin : g_part
    assign flips_o[p*32 +: 32] = high_q[p] ? low_q : '0;
  end

endmodule
