// Number of bytes in a beat: TKEEP, contiguous from bit 0 and not 0, to a count of 1 to BYTES. Combinational.
module pcl_keep_count #(
  parameter int unsigned BYTES = 64
) (
  input  logic [BYTES-1:0]       keep_i,
  output logic [$clog2(BYTES):0] count_o
);

  localparam int unsigned IndexBits = $clog2(BYTES);

  // Bytes whose index has bit `bit_number` set.
  function automatic logic [BYTES-1:0] indices_with(input int unsigned bit_number);
    logic [BYTES-1:0] mask;
    for (int unsigned i = 0; i < BYTES; i++) mask[i] = ((i >> bit_number) & 1) != 0;
    return mask;
  endfunction

  // One-hot last byte, then its index: three LUT levels for 64 bytes where a sum of bits takes many.
  logic [BYTES-1:0]     last;
  logic [IndexBits-1:0] index;
  assign last = keep_i & ~(keep_i >> 1);
  for (genvar b = 0; b < IndexBits; b++) begin : gen_index
    localparam logic [BYTES-1:0] Mask = indices_with(b);
    assign index[b] = |(last & Mask);
  end
  assign count_o = {1'b0, index} + 1'b1;

endmodule
