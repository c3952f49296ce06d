// pcl_dma_read: the read address channel of the NIC's AXI4 master keeps its promises, every burst that was taken from a reader is asked for once and unchanged, and
// every beat goes to the reader whose it is. (AMBA AXI and ACE protocol specification, A3.2.1, A3.4.1.)
module dma_read_proof #(
  parameter int unsigned READERS    = 3,
  parameter int unsigned DATA_WIDTH = 64,
  parameter int unsigned ID_BITS    = 2
) (
  input logic                  clk_i,
  input logic [READERS-1:0]    ask_valid_i,
  input logic [READERS*64-1:0] ask_address_i,
  input logic [READERS*9-1:0]  ask_beats_i,
  input logic [READERS-1:0]    read_ready_i,
  input logic                  arready_i,
  input logic [ID_BITS-1:0]    rid_i,
  input logic [1:0]            rresp_i,
  input logic                  rvalid_i
);

  logic rst_q = 1'b1, before_q = 1'b0;
  always_ff @(posedge clk_i) begin
    rst_q    <= 1'b0;
    before_q <= !rst_q;
  end

  logic [READERS-1:0] ask_ready, read_valid;
  logic [ID_BITS-1:0] arid;
  logic [63:0] araddr;
  logic [7:0] arlen;
  logic arvalid, rready, read_error;
  pcl_dma_read #(.READERS(READERS), .DATA_WIDTH(DATA_WIDTH), .ID_BITS(ID_BITS)) u_dut (
    .clk_i, .rst_i(rst_q), .ask_valid_i, .ask_ready_o(ask_ready), .ask_address_i, .ask_beats_i, .read_valid_o(read_valid), .read_ready_i,
    .read_data_o(), .read_error_o(read_error), .m_axi_arid_o(arid), .m_axi_araddr_o(araddr), .m_axi_arlen_o(arlen), .m_axi_arvalid_o(arvalid),
    .m_axi_arready_i(arready_i), .m_axi_rid_i(rid_i), .m_axi_rdata_i('0), .m_axi_rresp_i(rresp_i), .m_axi_rvalid_i(rvalid_i), .m_axi_rready_o(rready)
  );

  // What readers promise: bursts of 1 to 256 whole beats within 4 KiB. What the memory promises: beats of readers that there are.
  localparam int unsigned BeatBytes = DATA_WIDTH / 8;
  for (genvar r = 0; r < READERS; r++) begin : g_reader
    logic [63:0] address;
    logic [8:0] beats;
    assign address = ask_address_i[r*64 +: 64];
    assign beats = ask_beats_i[r*9 +: 9];
    always_comb begin
      WholeBeats: assume (!ask_valid_i[r] || (beats != '0 && beats <= 9'd256 && 32'(address[11:0]) % BeatBytes == 0));
      WithinFourKibibytes: assume (!ask_valid_i[r] || 32'(address[11:0]) + 32'(beats) * BeatBytes <= 4096);
    end
  end
  always_comb KnownId: assume (!rvalid_i || 32'(rid_i) < READERS);

  logic asked_q = 1'b0, stalled_q = 1'b0;
  logic [ID_BITS+71:0] burst_q, shown_q;
  always_ff @(posedge clk_i) begin
    asked_q   <= (ask_valid_i & ask_ready) != '0 && !rst_q;
    stalled_q <= arvalid && !arready_i && !rst_q;
    shown_q   <= {arid, araddr, arlen};
    for (int r = 0; r < int'(READERS); r++) begin
      if (ask_valid_i[r] && ask_ready[r]) burst_q <= {ID_BITS'(r), ask_address_i[r*64 +: 64], 8'(ask_beats_i[r*9 +: 9] - 9'd1)};
    end
  end
  always_comb begin
    if (before_q) begin
      OneReaderAtATime: assert ($onehot0(ask_valid_i & ask_ready));
      EveryBurstOnce: assert (arvalid == (asked_q || stalled_q) && !(asked_q && stalled_q));
      BurstUnchanged: assert (!asked_q || {arid, araddr, arlen} == burst_q);
      HoldsUntilTaken: assert (!stalled_q || (arvalid && {arid, araddr, arlen} == shown_q));
      BurstWithinFourKibibytes: assert (!arvalid || 32'(araddr[11:0]) + (32'(arlen) + 1) * BeatBytes <= 4096);
      BeatToItsReader: assert (read_valid == (rvalid_i ? READERS'(1) << rid_i : '0) && (!rvalid_i || rready == read_ready_i[rid_i]));
      ErrorIsSeen: assert (read_error == rresp_i[1]);
    end
    LongestBurst: cover (before_q && arvalid && arlen == 8'hff && 32'(arid) == READERS - 1);
  end

endmodule
