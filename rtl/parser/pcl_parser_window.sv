// The first bytes of each frame, and its length: stage C of the parser (pcl_parser).
// In: beats as they are accepted; DATA_WIDTH, TKEEP and TUSER as pcl_parser has them. Out: a clock after a frame's last beat, end_o and its length,
// which stops at 2^LENGTH_BITS - 1; of a good frame also valid_o, and its window stands in slots_o from then on until the next beat is accepted.
module pcl_parser_window
  import pcl_parser_pkg::*;
#(
  parameter  int unsigned DATA_WIDTH  = 512,
  parameter  int unsigned LENGTH_BITS = 14,
  localparam int unsigned Beats       = window_beats(DATA_WIDTH)
) (
  input  logic                    clk_i,
  input  logic                    rst_i,

  input  logic                    accept_i,
  input  logic [DATA_WIDTH-1:0]   data_i,
  input  logic [DATA_WIDTH/8-1:0] keep_i,
  input  logic                    last_i,
  input  logic                    bad_i,         // with last_i

  output logic                    end_o,
  output logic                    valid_o,
  output logic [LENGTH_BITS-1:0]  length_o,
  output logic [Beats-1:0][DATA_WIDTH-1:0] slots_o
);

  localparam int unsigned Bytes = DATA_WIDTH / 8;
  localparam int unsigned CountBits = $clog2(Bytes) + 1;
  localparam int unsigned BeatBits = $clog2(Beats + 1);

  logic [BeatBits-1:0]  beat_q;     // stops at Beats
  logic [LENGTH_BITS:0] before_q;   // bytes of the frame's earlier beats; the top bit says that they are too many to count

  // Per bit of a byte's index, the bytes that have it set.
  function automatic logic [CountBits-2:0][Bytes-1:0] indices_with();
    logic [CountBits-2:0][Bytes-1:0] masks;
    for (int unsigned b = 0; b < CountBits - 1; b++) begin
      for (int unsigned i = 0; i < Bytes; i++) masks[b][i] = ((i >> b) & 1) != 0;
    end
    return masks;
  endfunction
  localparam logic [CountBits-2:0][Bytes-1:0] IndicesWith = indices_with();

  // Bytes in a beat by its TKEEP, contiguous from bit 0 and not 0. One-hot last byte, then its index: three LUT levels for 64 bytes where a sum of
  // bits takes many. A function, so that a simulator works it out for accepted beats alone.
  function automatic logic [CountBits-1:0] count_of(input logic [Bytes-1:0] keep);
    logic [Bytes-1:0]     last;
    logic [CountBits-2:0] index;
    last = keep & ~(keep >> 1);
    for (int unsigned b = 0; b < CountBits - 1; b++) index[b] = |(last & IndicesWith[b]);
    return {1'b0, index} + 1'b1;
  endfunction

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      beat_q   <= '0;
      before_q <= '0;
      valid_o  <= 1'b0;
      end_o    <= 1'b0;
    end else begin
      valid_o <= accept_i && last_i && !bad_i;
      end_o   <= accept_i && last_i;
      if (accept_i) begin
        if (last_i) begin
          beat_q   <= '0;
          before_q <= '0;
        end else begin
          if (beat_q != BeatBits'(Beats)) beat_q <= beat_q + 1'b1;
          if (!before_q[LENGTH_BITS]) before_q <= before_q + (LENGTH_BITS + 1)'(Bytes);
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin : sum_up
    logic [LENGTH_BITS:0] sum;
    if (accept_i) begin
      sum = before_q + (LENGTH_BITS + 1)'(count_of(keep_i));
      length_o <= sum[LENGTH_BITS] || before_q[LENGTH_BITS] ? '1 : sum[LENGTH_BITS-1:0];
    end
  end

  // Beats of the window, each with a register of its own.
  for (genvar b = 0; b < Beats; b++) begin : gen_slot
    logic [DATA_WIDTH-1:0] slot_q;
    always_ff @(posedge clk_i) if (accept_i && beat_q == BeatBits'(b)) slot_q <= data_i;
    assign slots_o[b] = slot_q;
  end

endmodule
