// The SEC-DED code of pcl_secded_sums and pcl_secded_locate, one word a clock: encoded, bits turned over, corrected.
// In: a word, and which bits of its code word (data lowest) are turned over. Out, seven clocks later: what is said of them; corrected: data with the flips are the word again.
module secded_check #(
  parameter  int unsigned DATA = 512,
  localparam int unsigned CODE = DATA + $clog2(DATA) + 2
) (
  input  logic            clk_i,
  input  logic [DATA-1:0] data_i,
  input  logic [CODE-1:0] wrong_i,
  output logic [CODE-1:DATA] check_o,  // two clocks after the word
  output logic            fault_o,
  output logic            single_o,
  output logic            corrected_o
);

  logic [DATA-1:0] data1_q, data2_q, read1_q, read2_q, read3_q, read4_q, word0_q, word1_q, word2_q, word3_q, word4_q, flips;
  logic [CODE-1:0] wrong1_q, wrong2_q, code_q;
  logic [CODE-1:DATA] sums, read_check1_q, read_check2_q, syndrome_q;
  assign corrected_o = (read4_q ^ flips) == word4_q;
  always_ff @(posedge clk_i) begin
    data1_q  <= data_i;
    data2_q  <= data1_q;
    wrong1_q <= wrong_i;
    wrong2_q <= wrong1_q;
    code_q   <= {check_o, data2_q} ^ wrong2_q;
    word0_q  <= data2_q;
    word1_q  <= word0_q;
    read1_q  <= code_q[DATA-1:0];
    word2_q  <= word1_q;
    read2_q  <= read1_q;
    word3_q  <= word2_q;
    read3_q  <= read2_q;
    word4_q  <= word3_q;
    read4_q  <= read3_q;
    read_check1_q <= code_q[CODE-1:DATA];
    read_check2_q <= read_check1_q;
    syndrome_q    <= sums ^ read_check2_q;
  end
  pcl_secded_sums #(.DATA(DATA)) u_encode (.clk_i, .take_i(1'b1), .data_i, .sums_o(check_o));
  pcl_secded_sums #(.DATA(DATA)) u_decode (.clk_i, .take_i(1'b1), .data_i(code_q[DATA-1:0]), .sums_o(sums));
  pcl_secded_locate #(.DATA(DATA)) u_locate (.clk_i, .take_i(1'b1), .syndrome_i(syndrome_q), .fault_o, .single_o, .flips_o(flips));

endmodule
