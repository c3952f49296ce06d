// pcl_nic_access: the AXI4-Lite port of the NIC's registers, and the one behind it to the filter: valids and their payloads hold until taken, every access has one
// answer and none comes without, an access to the NIC itself within Patience clocks, and the filter is asked for exactly what is its own.
// (AMBA AXI and ACE protocol specification, A3.2, A3.3, B1.1.)
module nic_access_proof
  import pcl_nic_pkg::*;
(
  input logic        clk_i,
  input logic        awvalid_i,
  input logic [15:0] awaddr_i,
  input logic        wvalid_i,
  input logic [31:0] wdata_i,
  input logic [3:0]  wstrb_i,
  input logic        bready_i,
  input logic        arvalid_i,
  input logic [15:0] araddr_i,
  input logic        rready_i,
  input logic        filter_awready_i,
  input logic        filter_wready_i,
  input logic        filter_bvalid_i,
  input logic        filter_arready_i,
  input logic        filter_rvalid_i,
  input logic [31:0] filter_rdata_i,
  input logic [31:0] access_data_i
);

  localparam int unsigned Patience = 3;  // clocks from the one that takes an access to the NIC to its answer

  logic rst_q = 1'b1, before_q = 1'b0;
  always_ff @(posedge clk_i) begin
    rst_q    <= 1'b0;
    before_q <= !rst_q;
  end

  logic awready, wready, bvalid, arready, rvalid, filter_awvalid, filter_wvalid, filter_bready, filter_arvalid, filter_rready;
  logic [31:0] rdata, filter_wdata;
  logic [15:0] filter_awaddr, filter_araddr;
  logic [3:0] filter_wstrb;
  logic [1:0] bresp, rresp;
  access_t access;
  pcl_nic_access u_dut (
    .clk_i, .rst_i(rst_q),
    .s_axil_awvalid_i(awvalid_i), .s_axil_awready_o(awready), .s_axil_awaddr_i(awaddr_i), .s_axil_wvalid_i(wvalid_i), .s_axil_wready_o(wready),
    .s_axil_wdata_i(wdata_i), .s_axil_wstrb_i(wstrb_i), .s_axil_bvalid_o(bvalid), .s_axil_bready_i(bready_i), .s_axil_bresp_o(bresp),
    .s_axil_arvalid_i(arvalid_i), .s_axil_arready_o(arready), .s_axil_araddr_i(araddr_i), .s_axil_rvalid_o(rvalid), .s_axil_rready_i(rready_i),
    .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp),
    .m_axil_awvalid_o(filter_awvalid), .m_axil_awready_i(filter_awready_i), .m_axil_awaddr_o(filter_awaddr), .m_axil_wvalid_o(filter_wvalid),
    .m_axil_wready_i(filter_wready_i), .m_axil_wdata_o(filter_wdata), .m_axil_wstrb_o(filter_wstrb), .m_axil_bvalid_i(filter_bvalid_i),
    .m_axil_bready_o(filter_bready), .m_axil_arvalid_o(filter_arvalid), .m_axil_arready_i(filter_arready_i), .m_axil_araddr_o(filter_araddr),
    .m_axil_rvalid_i(filter_rvalid_i), .m_axil_rready_o(filter_rready), .m_axil_rdata_i(filter_rdata_i),
    .access_o(access), .access_data_i
  );

  // The access under way, as it was taken: a write takes its address and its data in one clock.
  logic take_write, take_read, answered;
  assign take_write = awvalid_i && awready;
  assign take_read = arvalid_i && arready;
  assign answered = (bvalid && bready_i) || (rvalid && rready_i);
  logic open_q = 1'b0, write_q, asked_q;  // asked_q: access_o has been valid
  logic [15:0] address_q;
  logic [31:0] data_q;
  logic [3:0] strobe_q;
  logic [2:0] waited_q;
  logic local_access, whole;
  assign local_access = address_q[15:12] != '0;
  assign whole = !write_q || strobe_q == '1;
  always_ff @(posedge clk_i) begin
    if (take_write || take_read) begin
      open_q    <= 1'b1;
      write_q   <= take_write;
      address_q <= take_write ? awaddr_i : araddr_i;
      data_q    <= wdata_i;
      strobe_q  <= wstrb_i;
      asked_q   <= 1'b0;
      waited_q  <= 3'd1;
    end else begin
      if (answered) open_q <= 1'b0;
      if (access.valid) asked_q <= 1'b1;
      if (waited_q != '1) waited_q <= waited_q + 1'b1;
    end
    if (rst_q) open_q <= 1'b0;
  end

  // What the filter promises: an answer to a write whose address and data it has, or to a read whose address it has; one.
  logic address_taken_q, data_taken_q, read_taken_q;
  always_ff @(posedge clk_i) begin
    if (filter_awvalid && filter_awready_i) address_taken_q <= 1'b1;
    if (filter_wvalid && filter_wready_i) data_taken_q <= 1'b1;
    if (filter_arvalid && filter_arready_i) read_taken_q <= 1'b1;
    if (filter_bvalid_i && filter_bready) {address_taken_q, data_taken_q} <= '0;
    if (filter_rvalid_i && filter_rready) read_taken_q <= 1'b0;
    if (rst_q) {address_taken_q, data_taken_q, read_taken_q} <= '0;
  end
  always_comb begin
    WriteAnswersOnly: assume (!filter_bvalid_i || (address_taken_q && data_taken_q));
    ReadAnswersOnly: assume (!filter_rvalid_i || read_taken_q);
  end

  logic write_stalled_q = 1'b0, read_stalled_q = 1'b0, aw_stalled_q = 1'b0, w_stalled_q = 1'b0, ar_stalled_q = 1'b0;
  logic [31:0] rdata_q;
  logic [15:0] awaddr_q, araddr_q;
  logic [35:0] wdata_q;
  always_ff @(posedge clk_i) begin
    write_stalled_q <= bvalid && !bready_i && !rst_q;
    read_stalled_q  <= rvalid && !rready_i && !rst_q;
    aw_stalled_q    <= filter_awvalid && !filter_awready_i && !rst_q;
    w_stalled_q     <= filter_wvalid && !filter_wready_i && !rst_q;
    ar_stalled_q    <= filter_arvalid && !filter_arready_i && !rst_q;
    rdata_q         <= rdata;
    awaddr_q        <= filter_awaddr;
    araddr_q        <= filter_araddr;
    wdata_q         <= {filter_wdata, filter_wstrb};
  end
  always_comb begin
    if (before_q) begin
      OneAccessAtATime: assert (!(take_write && take_read) && !(open_q && (take_write || take_read)) && take_write == (wvalid_i && wready));
      AnswerOfTheAccess: assert (!(bvalid || rvalid) || (open_q && bvalid == write_q && rvalid == !write_q && bresp == '0 && rresp == '0));
      WriteAnswerHolds: assert (!write_stalled_q || bvalid);
      ReadAnswerHolds: assert (!read_stalled_q || (rvalid && rdata == rdata_q));
      FilterAddressHolds: assert ((!aw_stalled_q || (filter_awvalid && filter_awaddr == awaddr_q)) && (!ar_stalled_q || (filter_arvalid && filter_araddr == araddr_q)));
      FilterDataHolds: assert (!w_stalled_q || (filter_wvalid && {filter_wdata, filter_wstrb} == wdata_q));
      FilterIsAskedForItsOwn: assert (!(filter_awvalid || filter_wvalid || filter_arvalid) || (open_q && !local_access));
      FilterIsAskedUnchanged: assert ((!filter_awvalid || (write_q && filter_awaddr == address_q)) && (!filter_arvalid || (!write_q && filter_araddr == address_q)) &&
                                      (!filter_wvalid || {filter_wdata, filter_wstrb} == {data_q, strobe_q}));
      NicIsAskedOnceForItsOwn: assert (!access.valid || (open_q && local_access && whole && !asked_q && access.write == write_q &&
                                       access.address == {address_q[15:2], 2'b00} && (!write_q || access.data == data_q)));
      NicAnswersSoon: assert (!(open_q && local_access && 32'(waited_q) >= Patience) || ((bvalid || rvalid) && asked_q == whole));
    end
    FilterRead: cover (before_q && rvalid && !local_access && rdata == 32'h12345678);
    NicWrite: cover (before_q && bvalid && local_access && asked_q);
    BrokenWrite: cover (before_q && bvalid && local_access && !asked_q);
  end

endmodule
