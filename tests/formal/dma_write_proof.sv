// pcl_dma_write: the write channels of the NIC's AXI4 master keep their promises: addresses and beats hold until taken, a burst has the beats that its address
// announces and WLAST with the last, its address comes not later than its first beat, no more bursts are under way than are counted, and each answer goes to
// the writer whose burst it ends. (AMBA AXI and ACE protocol specification, A3.2.1, A3.3.1, A3.4.1.)
module dma_write_proof #(
  parameter int unsigned WRITERS     = 2,
  parameter int unsigned DATA_WIDTH  = 8,
  parameter int unsigned OUTSTANDING = 4
) (
  input logic                          clk_i,
  input logic [WRITERS-1:0]            beat_valid_i,
  input logic [WRITERS*64-1:0]         beat_address_i,
  input logic [WRITERS*9-1:0]          beat_beats_i,
  input logic [WRITERS*DATA_WIDTH-1:0] beat_data_i,
  input logic                          awready_i,
  input logic                          wready_i,
  input logic [1:0]                    bresp_i,
  input logic                          bvalid_i
);

  localparam int unsigned BeatBytes = DATA_WIDTH / 8;
  localparam int unsigned CountBits = $clog2(OUTSTANDING) + 1;

  logic rst_q = 1'b1, before_q = 1'b0;
  always_ff @(posedge clk_i) begin
    rst_q    <= 1'b0;
    before_q <= !rst_q;
  end

  // What writers promise: whole bursts within 4 KiB; the number of beats stays, and the last one is marked.
  logic [WRITERS-1:0] beat_ready, beat_last, done, begun;
  for (genvar w = 0; w < WRITERS; w++) begin : g_writer
    logic [63:0] address;
    logic [8:0] beats, burst_q, sent_q;
    logic inside_q = 1'b0;
    assign begun[w] = inside_q;
    assign address = beat_address_i[w*64 +: 64];
    assign beats = beat_beats_i[w*9 +: 9];
    assign beat_last[w] = sent_q + 9'd1 == beats;
    always_ff @(posedge clk_i) begin
      if (beat_valid_i[w] && beat_ready[w]) begin
        burst_q  <= beats;
        inside_q <= !beat_last[w];
        sent_q   <= beat_last[w] ? '0 : sent_q + 1'b1;
      end
      if (rst_q) begin
        inside_q <= 1'b0;
        sent_q   <= '0;
      end
    end
    always_comb begin
      WholeBeats: assume (!beat_valid_i[w] || (beats != '0 && beats <= 9'd256 && 32'(address[11:0]) % BeatBytes == 0));
      WithinFourKibibytes: assume (!beat_valid_i[w] || 32'(address[11:0]) + 32'(beats) * BeatBytes <= 4096);
      BeatsStay: assume (!inside_q || beats == burst_q);
      // What the induction must know of the beats sent: they belong to the burst under way.
      if (before_q) SentOfTheBurst: assert (inside_q ? sent_q != '0 && sent_q < burst_q : sent_q == '0);
    end
  end

  logic [63:0] awaddr;
  logic [7:0] awlen;
  logic awvalid, wvalid, wlast, bready, done_error;
  logic [DATA_WIDTH-1:0] wdata;
  logic [BeatBytes-1:0] wstrb;
  pcl_dma_write #(.WRITERS(WRITERS), .DATA_WIDTH(DATA_WIDTH), .OUTSTANDING(OUTSTANDING)) u_dut (
    .clk_i, .rst_i(rst_q), .beat_valid_i, .beat_ready_o(beat_ready), .beat_address_i, .beat_beats_i, .beat_data_i, .beat_strobe_i('1), .beat_last_i(beat_last),
    .done_o(done), .done_error_o(done_error), .m_axi_awaddr_o(awaddr), .m_axi_awlen_o(awlen), .m_axi_awvalid_o(awvalid), .m_axi_awready_i(awready_i),
    .m_axi_wdata_o(wdata), .m_axi_wstrb_o(wstrb), .m_axi_wlast_o(wlast), .m_axi_wvalid_o(wvalid), .m_axi_wready_i(wready_i), .m_axi_bresp_i(bresp_i),
    .m_axi_bvalid_i(bvalid_i), .m_axi_bready_o(bready)
  );

  // Beats of the burst that have been taken; addresses taken, bursts whose last beat was taken, answers, as differences.
  logic [7:0] beats_q;
  logic [CountBits-1:0] open_q, addressed_q, written_q;  // begun and not answered; of these, address taken; last beat taken
  logic start, last_taken, address_taken;
  assign address_taken = awvalid && awready_i;
  assign last_taken = wvalid && wready_i && wlast;
  assign start = (beat_valid_i & beat_ready) != '0 && !u_dut.inside_q;
  always_ff @(posedge clk_i) begin
    if (wvalid && wready_i) beats_q <= wlast ? '0 : beats_q + 1'b1;
    open_q      <= open_q + CountBits'(start) - CountBits'(bvalid_i);
    addressed_q <= addressed_q + CountBits'(address_taken) - CountBits'(bvalid_i);
    written_q   <= written_q + CountBits'(last_taken) - CountBits'(bvalid_i);
    if (rst_q) begin
      beats_q     <= '0;
      open_q      <= '0;
      addressed_q <= '0;
      written_q   <= '0;
    end
  end
  // What the memory promises: an answer for a burst that it has whole.
  always_comb AnswersOnlyWholeBursts: assume (!bvalid_i || (addressed_q != '0 && written_q != '0 && !rst_q));

  // The writers of open bursts, the oldest lowest.
  logic [OUTSTANDING-1:0][WRITERS-1:0] owners_q, owners;
  logic [CountBits-1:0] left;
  always_comb begin
    owners = bvalid_i ? owners_q >> WRITERS : owners_q;
    left = open_q - CountBits'(bvalid_i);
    for (int unsigned i = 0; i < OUTSTANDING; i++) if (start && 32'(left) == i) owners[i] = beat_valid_i & beat_ready;
  end
  always_ff @(posedge clk_i) owners_q <= owners;

`ifdef INDUCTION
  // What the module knows of the bursts that are under way is what has been counted here.
  always_comb begin
    if (before_q) begin
      AsManyAsOpen: assert (u_dut.outstanding_q == open_q && 32'(u_dut.u_order.count_q) == 32'(open_q));
      OnlyOfOpenBursts: assert (addressed_q <= open_q && written_q <= open_q);
      AddressesOfOpenBursts: assert (open_q == addressed_q + CountBits'(awvalid));
      BeatsOfOpenBursts: assert (open_q == written_q + CountBits'(u_dut.inside_q || wvalid));
      LastEndsTheBurst: assert (!wvalid || wlast == !u_dut.inside_q);
      BeatsBetweenBursts: assert (u_dut.inside_q || (wvalid ? beats_q == awlen : beats_q == '0));
      OwnerIsInside: assert (!u_dut.inside_q || $onehot(u_dut.owner_q));
    end
  end
  for (genvar i = 0; i < OUTSTANDING; i++) begin : g_order
    always_comb if (before_q && i < 32'(open_q)) OrderOfOwners: assert (owners_q[i] == WRITERS'(1) << u_dut.u_order.queue_q[i]);
  end
  for (genvar w = 0; w < WRITERS; w++) begin : g_owner
    always_comb if (before_q) begin
      OwnersBurst: assert (begun[w] == (u_dut.inside_q && u_dut.owner_q[w]));
      OwnersBeats: assert (!begun[w] || (g_writer[w].sent_q == 9'(beats_q) + 9'(wvalid) && g_writer[w].burst_q == 9'(awlen) + 9'd1));
    end
  end
`endif

  logic address_stalled_q = 1'b0, data_stalled_q = 1'b0;
  logic [71:0] address_q;
  logic [DATA_WIDTH+BeatBytes:0] data_q;
  always_ff @(posedge clk_i) begin
    address_stalled_q <= awvalid && !awready_i && !rst_q;
    data_stalled_q    <= wvalid && !wready_i && !rst_q;
    address_q         <= {awaddr, awlen};
    data_q            <= {wdata, wstrb, wlast};
  end
  always_comb begin
    if (before_q) begin
      OneWriterAtATime: assert ($onehot0(beat_valid_i & beat_ready));
      AddressHolds: assert (!address_stalled_q || (awvalid && {awaddr, awlen} == address_q));
      BeatHolds: assert (!data_stalled_q || (wvalid && {wdata, wstrb, wlast} == data_q));
      LastExactlyWithTheLast: assert (!wvalid || wlast == (beats_q == awlen));
      AddressNotAfterItsBeats: assert (!(wvalid && beats_q == '0) || awvalid || addressed_q > written_q);
      NotTooManyBursts: assert (32'(open_q) <= OUTSTANDING);
      BurstWithinFourKibibytes: assert (!awvalid || 32'(awaddr[11:0]) + (32'(awlen) + 1) * BeatBytes <= 4096);
      AnswerToItsWriter: assert (done == (bvalid_i ? owners_q[0] : '0) && (!bvalid_i || done_error == bresp_i[1]) && bready);
    end
    Crowded: cover (before_q && 32'(open_q) == OUTSTANDING && bvalid_i && owners_q[0] != owners_q[1]);
    DataFirst: cover (before_q && awvalid && written_q > addressed_q);
  end

endmodule
