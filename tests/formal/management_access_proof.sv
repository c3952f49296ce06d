// pcl_management_access: the registers' two masters, host and processor. The host's AXI4-Lite port and the one behind: valids and their payloads hold until taken,
// every access has one answer and none comes without; the processor's access has its answer once; an access to the management registers comes out once and is
// answered within Patience clocks; and while one side holds the owner lock, the other one's writes to what belongs to banks and loads reach nothing.
// (AMBA AXI and ACE protocol specification, A3.2, A3.3, B1.1.)
module management_access_proof
  import pcl_management_pkg::*;
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
  input logic        core_valid_i,
  input logic        core_write_i,
  input logic [15:0] core_address_i,
  input logic [31:0] core_data_i,
  input logic [3:0]  core_strobe_i,
  input logic [31:0] host_data_i,
  input logic        owned_i,
  input logic        owned_by_core_i,
  input logic        next_awready_i,
  input logic        next_wready_i,
  input logic        next_bvalid_i,
  input logic        next_arready_i,
  input logic        next_rvalid_i,
  input logic [31:0] next_rdata_i
);

  localparam int unsigned Patience = 2 + AccessLatency;  // clocks from the one that takes an access to the management registers to its answer

  logic rst_q = 1'b1, before_q = 1'b0;
  always_ff @(posedge clk_i) begin
    rst_q    <= 1'b0;
    before_q <= !rst_q;
  end

  logic awready, wready, bvalid, arready, rvalid, core_ready, refused, touched;
  logic next_awvalid, next_wvalid, next_bready, next_arvalid, next_rready;
  logic [31:0] rdata, core_data, next_wdata;
  logic [15:0] next_awaddr, next_araddr;
  logic [3:0] next_wstrb;
  logic [1:0] bresp, rresp;
  access_t host_access;
  pcl_management_access u_dut (
    .clk_i, .rst_i(rst_q),
    .s_axil_awvalid_i(awvalid_i), .s_axil_awready_o(awready), .s_axil_awaddr_i(awaddr_i), .s_axil_wvalid_i(wvalid_i), .s_axil_wready_o(wready),
    .s_axil_wdata_i(wdata_i), .s_axil_wstrb_i(wstrb_i), .s_axil_bvalid_o(bvalid), .s_axil_bready_i(bready_i), .s_axil_bresp_o(bresp),
    .s_axil_arvalid_i(arvalid_i), .s_axil_arready_o(arready), .s_axil_araddr_i(araddr_i), .s_axil_rvalid_o(rvalid), .s_axil_rready_i(rready_i),
    .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp),
    .core_valid_i, .core_ready_o(core_ready), .core_write_i, .core_address_i, .core_data_i, .core_strobe_i, .core_data_o(core_data),
    .host_access_o(host_access), .host_data_i, .owned_i, .owned_by_core_i, .refused_o(refused), .touched_o(touched),
    .m_axil_awvalid_o(next_awvalid), .m_axil_awready_i(next_awready_i), .m_axil_awaddr_o(next_awaddr), .m_axil_wvalid_o(next_wvalid),
    .m_axil_wready_i(next_wready_i), .m_axil_wdata_o(next_wdata), .m_axil_wstrb_o(next_wstrb), .m_axil_bvalid_i(next_bvalid_i),
    .m_axil_bready_o(next_bready), .m_axil_arvalid_o(next_arvalid), .m_axil_arready_i(next_arready_i), .m_axil_araddr_o(next_araddr),
    .m_axil_rvalid_i(next_rvalid_i), .m_axil_rready_o(next_rready), .m_axil_rdata_i(next_rdata_i)
  );

  // A processor (picorv32's native memory interface) holds what it asks until it has the answer, or is reset; then it asks nothing for a clock.
  logic core_waits_q = 1'b0;
  logic [52:0] core_asks_q;
  always_ff @(posedge clk_i) begin
    core_waits_q <= core_valid_i && !core_ready && !rst_q;
    core_asks_q  <= {core_write_i, core_address_i, core_data_i, core_strobe_i};
  end
  always_comb begin
    CoreHolds: assume (!core_waits_q || !core_valid_i || {core_write_i, core_address_i, core_data_i, core_strobe_i} == core_asks_q);
  end

  // The access of the host under way, as it was taken.
  logic take_write, take_read, answered, open_q = 1'b0, write_q, allowed_q, asked_q;
  logic [15:0] taken, address_q;
  logic [31:0] data_q;
  logic [3:0] strobe_q;
  logic [2:0] waited_q;
  assign take_write = awvalid_i && awready;
  assign take_read = arvalid_i && arready;
  assign taken = take_write ? awaddr_i : araddr_i;
  assign answered = (bvalid && bready_i) || (rvalid && rready_i);
  // The registers of loads and banks, by docs/registers.md.
  function automatic logic guarded(input logic [15:0] address);
    logic [15:0] word;
    word = {address[15:2], 2'b00};
    return word == 16'h00C0 || word == 16'h00C8 || (word >= 16'h0100 && word <= 16'h047C) || (word >= 16'h1080 && word <= 16'h10BC);
  endfunction
  always_ff @(posedge clk_i) begin
    if (take_write || take_read) begin
      open_q    <= 1'b1;
      write_q   <= take_write;
      address_q <= taken;
      data_q    <= wdata_i;
      strobe_q  <= wstrb_i;
      allowed_q <= !(take_write && guarded(taken) && owned_i && owned_by_core_i);
      asked_q   <= 1'b0;
      waited_q  <= 3'd1;
    end else begin
      if (answered) open_q <= 1'b0;
      if (host_access.valid) asked_q <= 1'b1;
      if (waited_q != '1) waited_q <= waited_q + 1'b1;
    end
    if (rst_q) open_q <= 1'b0;
  end
  logic local_access;
  assign local_access = address_q[15:12] == 4'h2;

  // What is behind promises: an answer to a write whose address and data it has, or to a read whose address it has; one.
  logic address_taken_q, data_taken_q, read_taken_q;
  always_ff @(posedge clk_i) begin
    if (next_awvalid && next_awready_i) address_taken_q <= 1'b1;
    if (next_wvalid && next_wready_i) data_taken_q <= 1'b1;
    if (next_arvalid && next_arready_i) read_taken_q <= 1'b1;
    if (next_bvalid_i && next_bready) {address_taken_q, data_taken_q} <= '0;
    if (next_rvalid_i && next_rready) read_taken_q <= 1'b0;
    if (rst_q) {address_taken_q, data_taken_q, read_taken_q} <= '0;
  end
  always_comb begin
    WriteAnswersOnly: assume (!next_bvalid_i || (address_taken_q && data_taken_q));
    ReadAnswersOnly: assume (!next_rvalid_i || read_taken_q);
  end

  // Who asks what is behind: with no access of the host under way it is the processor, with the lock as it was when its access began.
  logic began_owned_q, began_by_core_q;
  logic [31:0] rdata_q;
  logic [15:0] awaddr_q, araddr_q;
  logic [35:0] wdata_q;
  logic write_stalled_q = 1'b0, read_stalled_q = 1'b0, aw_stalled_q = 1'b0, w_stalled_q = 1'b0, ar_stalled_q = 1'b0, aw_before_q = 1'b0;
  always_ff @(posedge clk_i) begin
    began_owned_q   <= owned_i;
    began_by_core_q <= owned_by_core_i;
    write_stalled_q <= bvalid && !bready_i && !rst_q;
    read_stalled_q  <= rvalid && !rready_i && !rst_q;
    aw_stalled_q    <= next_awvalid && !next_awready_i && !rst_q;
    w_stalled_q     <= next_wvalid && !next_wready_i && !rst_q;
    ar_stalled_q    <= next_arvalid && !next_arready_i && !rst_q;
    aw_before_q     <= next_awvalid && !rst_q;
    rdata_q         <= rdata;
    awaddr_q        <= next_awaddr;
    araddr_q        <= next_araddr;
    wdata_q         <= {next_wdata, next_wstrb};
  end
  logic core_wrote_q = 1'b0, core_read_q = 1'b0;  // since the processor's last answer
  always_ff @(posedge clk_i) begin
    core_wrote_q <= !core_ready && (core_wrote_q || (next_awvalid && next_awready_i && !open_q));
    core_read_q  <= !core_ready && (core_read_q || (next_arvalid && next_arready_i && !open_q));
  end
  logic aw_begins;  // the first clock of a write's address
  assign aw_begins = next_awvalid && !aw_before_q;
  always_comb begin
    if (before_q) begin
      OneAccessAtATime: assert (!(take_write && take_read) && !(open_q && (take_write || take_read || core_ready)) && take_write == (wvalid_i && wready));
      AnswerOfTheAccess: assert (!(bvalid || rvalid) || (open_q && bvalid == write_q && rvalid == !write_q && bresp == '0 && rresp == '0));
      WriteAnswerHolds: assert (!write_stalled_q || bvalid);
      ReadAnswerHolds: assert (!read_stalled_q || (rvalid && rdata == rdata_q));
      AddressHolds: assert ((!aw_stalled_q || (next_awvalid && next_awaddr == awaddr_q)) && (!ar_stalled_q || (next_arvalid && next_araddr == araddr_q)));
      DataHolds: assert (!w_stalled_q || (next_wvalid && {next_wdata, next_wstrb} == wdata_q));
      HostIsForwardedUnchanged: assert (!open_q || ((!next_awvalid || (write_q && next_awaddr == address_q)) && (!next_arvalid || (!write_q && next_araddr == address_q)) &&
                                        (!next_wvalid || {next_wdata, next_wstrb} == {data_q, strobe_q})));
      OwnRegistersStayHere: assert (!(open_q && local_access) || !(next_awvalid || next_wvalid || next_arvalid));
      OwnRegistersAskedOnce: assert (!host_access.valid || (open_q && local_access && !asked_q && host_access.write == write_q &&
                                     host_access.address == {address_q[15:2], 2'b00} && (!write_q || {host_access.data, host_access.strobe} == {data_q, strobe_q})));
      OwnRegistersAnswerSoon: assert (!(open_q && local_access && 32'(waited_q) >= Patience) || ((bvalid || rvalid) && asked_q));
      // The owner lock, of both sides.
      HostIsKeptOut: assert (!(open_q && !allowed_q) || !(next_awvalid || next_wvalid));
      ProcessorIsKeptOut: assert (!(aw_begins && !open_q && guarded(next_awaddr)) || !began_owned_q || began_by_core_q);
      RefusedIsTold: assert (!refused || (open_q && write_q && !allowed_q));
    end
    HostRead: cover (before_q && rvalid && !local_access && rdata == 32'h12345678);
    HostRefused: cover (before_q && bvalid && refused);
    ProcessorWrites: cover (before_q && core_ready && core_wrote_q);
    ProcessorReads: cover (before_q && core_ready && core_read_q && core_data == 32'h87654321);
  end

  logic unused;
  assign unused = touched;

endmodule
