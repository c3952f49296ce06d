// Write channels of the AXI4 master: several writers share them, a burst each at a time, all with one ID, so that responses come in the order of the bursts.
//
// In: per writer beats; address and number of beats hold with the burst's first one. Out: done_o of the writer, once per burst, in order, when the memory has
// answered: then the data can be seen by everybody. done_error_o: SLVERR or DECERR. Lower numbers go first.
// Guaranteed: AWVALID, WVALID and their payloads hold until taken; a burst's address is given out not later than its first beat; WLAST is right.
`include "pcl_assert.svh"

module pcl_dma_write #(
  parameter int unsigned WRITERS = 4,
  parameter int unsigned DATA_WIDTH = 512,
  parameter int unsigned OUTSTANDING = 32    // bursts; a power of two
) (
  input  logic                            clk_i,
  input  logic                            rst_i,

  input  logic [WRITERS-1:0]              beat_valid_i,
  output logic [WRITERS-1:0]              beat_ready_o,
  input  logic [WRITERS*64-1:0]           beat_address_i,   // of the burst, a multiple of a beat
  input  logic [WRITERS*9-1:0]            beat_beats_i,     // 1 to 256
  input  logic [WRITERS*DATA_WIDTH-1:0]   beat_data_i,
  input  logic [WRITERS*DATA_WIDTH/8-1:0] beat_strobe_i,
  input  logic [WRITERS-1:0]              beat_last_i,
  output logic [WRITERS-1:0]              done_o,
  output logic                            done_error_o,

  output logic [63:0]                     m_axi_awaddr_o,
  output logic [7:0]                      m_axi_awlen_o,
  output logic                            m_axi_awvalid_o,
  input  logic                            m_axi_awready_i,
  output logic [DATA_WIDTH-1:0]           m_axi_wdata_o,
  output logic [DATA_WIDTH/8-1:0]         m_axi_wstrb_o,
  output logic                            m_axi_wlast_o,
  output logic                            m_axi_wvalid_o,
  input  logic                            m_axi_wready_i,
  input  logic [1:0]                      m_axi_bresp_i,
  input  logic                            m_axi_bvalid_i,
  output logic                            m_axi_bready_o
);

  localparam int unsigned WriterBits = WRITERS > 1 ? $clog2(WRITERS) : 1;
  localparam int unsigned CountBits = $clog2(OUTSTANDING) + 1;

  logic                  inside_q;             // a burst of owner_q is under way
  logic [WRITERS-1:0]    owner_q, first, chosen;
  logic                  address_free, data_free, room, go, start;
  logic [CountBits-1:0]  outstanding_q;
  logic [WriterBits-1:0] chosen_number, order_writer;
  logic                  order_valid;

  assign first = beat_valid_i & (~beat_valid_i + 1'b1);
  assign chosen = inside_q ? owner_q : first;
  assign address_free = !m_axi_awvalid_o || m_axi_awready_i;
  assign data_free = !m_axi_wvalid_o || m_axi_wready_i;
  assign room = outstanding_q != CountBits'(OUTSTANDING);
  assign go = (chosen & beat_valid_i) != '0 && data_free && (inside_q || (address_free && room));
  assign start = go && !inside_q;
  assign beat_ready_o = go ? chosen : '0;

  always_comb begin
    chosen_number = '0;
    for (int unsigned w = 0; w < WRITERS; w++) if (chosen[w]) chosen_number = chosen_number | WriterBits'(w);
  end

  always_ff @(posedge clk_i) begin
    if (m_axi_awready_i) m_axi_awvalid_o <= 1'b0;
    if (m_axi_wready_i) m_axi_wvalid_o <= 1'b0;
    if (go) begin
      m_axi_wvalid_o <= 1'b1;
      owner_q        <= chosen;
      m_axi_wdata_o  <= beat_data_i[32'(chosen_number)*DATA_WIDTH+:DATA_WIDTH];
      m_axi_wstrb_o  <= beat_strobe_i[32'(chosen_number)*(DATA_WIDTH/8)+:DATA_WIDTH/8];
      m_axi_wlast_o  <= beat_last_i[chosen_number];
      inside_q       <= !beat_last_i[chosen_number];
    end
    if (start) begin
      m_axi_awvalid_o <= 1'b1;
      m_axi_awaddr_o  <= beat_address_i[32'(chosen_number)*64+:64];
      m_axi_awlen_o   <= 8'(beat_beats_i[32'(chosen_number)*9+:9] - 9'd1);
    end
    if (start != m_axi_bvalid_i) outstanding_q <= start ? outstanding_q + 1'b1 : outstanding_q - 1'b1;
    if (rst_i) begin
      m_axi_awvalid_o <= 1'b0;
      m_axi_wvalid_o  <= 1'b0;
      inside_q        <= 1'b0;
      outstanding_q   <= '0;
    end
  end

  pcl_fifo #(.WIDTH(WriterBits), .DEPTH(OUTSTANDING)) u_order (
    .clk_i, .rst_i, .push_i(start), .data_i(chosen_number), .valid_o(order_valid), .ready_i(m_axi_bvalid_i), .data_o(order_writer)
  );

  assign m_axi_bready_o = 1'b1;
  assign done_error_o = m_axi_bresp_i[1];
  for (genvar w = 0; w < WRITERS; w++) begin : gen_done
    assign done_o[w] = m_axi_bvalid_i && order_writer == WriterBits'(w);
  end

  `PCL_ASSERT(AddressHolds, $past(!rst_i && m_axi_awvalid_o && !m_axi_awready_i) -> m_axi_awvalid_o &&
    {m_axi_awaddr_o, m_axi_awlen_o} == $past({m_axi_awaddr_o, m_axi_awlen_o}))
  `PCL_ASSERT(DataHolds, $past(!rst_i && m_axi_wvalid_o && !m_axi_wready_i) -> m_axi_wvalid_o &&
    {m_axi_wdata_o, m_axi_wstrb_o, m_axi_wlast_o} == $past({m_axi_wdata_o, m_axi_wstrb_o, m_axi_wlast_o}))
  `PCL_ASSERT(WithinFourKibibytes, m_axi_awvalid_o -> 13'(m_axi_awaddr_o[11:0]) + (13'(m_axi_awlen_o) + 13'd1) * 13'(DATA_WIDTH / 8) <= 13'd4096)
  `PCL_ASSUME(AnswerOnlyToBursts, m_axi_bvalid_i -> order_valid)
  logic unused;
  assign unused = m_axi_bresp_i[0];

endmodule
