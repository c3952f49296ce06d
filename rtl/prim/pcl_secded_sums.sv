// Sums of a code that corrects one wrong bit and detects two (SEC-DED): stored beside the data they are its check bits; exclusive-or what was stored, they are
// the syndrome of what was read, which pcl_secded_locate takes.
//
// Each bit of a code word has a column of CHECK bits; the columns differ, and each has an odd number of ones, so two wrong bits never look like one (M. Y. Hsiao, 1970). Check bit c has
// column 1 << c. Data bit i > 0 has 1 in bit INDEX, i below it, and in the topmost bit what makes the number of ones odd; data bit 0, whose place there is check bit
// INDEX's, has 3 instead. A word of zeros has check bits of zeros.
// In: data_i with take_i. Out: sums_o two clocks later, until the clock behind the next one's.
module pcl_secded_sums #(
  parameter  int unsigned DATA  = 512,  // bits of data, a power of two from 32 on
  localparam int unsigned INDEX = $clog2(DATA),
  localparam int unsigned CHECK = INDEX + 2
) (
  input  logic             clk_i,
  input  logic             take_i,
  input  logic [DATA-1:0]  data_i,
  output logic [CHECK-1:0] sums_o
);

  if (DATA < 32 || (DATA & (DATA - 1)) != 0) begin : g_check
    $fatal(1, "pcl_secded_sums: DATA is %0d; it must be a power of two, at least 32", DATA);
  end

  localparam int unsigned Parts = DATA / 32;

  function automatic logic [CHECK-1:0] column(int unsigned place);
    logic [INDEX:0] index;
    index = place == 0 ? (INDEX + 1)'(3) : (INDEX + 1)'(DATA + place);
    return {~^index, index};
  endfunction

  // Which of the 32 bits from `first` on a sum is over.
  function automatic logic [31:0] members(int unsigned sum, int unsigned first);
    for (int unsigned b = 0; b < 32; b++) members[b] = 1'(column(first + b) >> sum);
  endfunction

  // A part of 32 bits a sum, then the parts.
  logic take_q;
  logic [CHECK-1:0][Parts-1:0] parts_q;
  always_ff @(posedge clk_i) take_q <= take_i;
  for (genvar c = 0; c < CHECK; c++) begin : g_sum
    for (genvar p = 0; p < Parts; p++) begin : g_part
      localparam logic [31:0] Members = members(c, p * 32);
      always_ff @(posedge clk_i) if (take_i || !pcl_prim_pkg::GateIdle) parts_q[c][p] <= ^(data_i[p*32 +: 32] & Members);
    end
    always_ff @(posedge clk_i) if (take_q || !pcl_prim_pkg::GateIdle) sums_o[c] <= ^parts_q[c];
  end

endmodule
