// Testbench of pcl_filter in plain SystemVerilog, for any simulator: a policy is loaded through the registers (UDP passes, nothing else),
// frames are sent into port 0, and what leaves and what is counted is compared. Ends with "PASSED" or $fatal.
module filter_testbench;

  localparam int unsigned Width = 64;
  localparam int unsigned Bytes = Width / 8;
  localparam int unsigned Intervals = 16;
  localparam int unsigned Frames = 40;      // every third one is TCP, the others UDP
  localparam int unsigned Patience = 1000;  // clocks that any step may take
  // docs/registers.md
  localparam logic [15:0] Magic = 16'h0000, Control = 16'h00C0, Status = 16'h00C4, Errors = 16'h00C8, LoadTarget = 16'h0100, LoadIndex = 16'h0104,
    LoadCount = 16'h0108, LoadCommit = 16'h010C, LoadData = 16'h0200, CounterRequest = 16'h0480, CounterResult = 16'h0484, CounterPackets = 16'h0488;

  logic clk = 1'b0;
  always #2 clk = !clk;

  logic                 rst = 1'b1;
  logic [2*Width-1:0]   s_data = '0;
  logic [2*Bytes-1:0]   s_keep = '0;
  logic [1:0]           s_valid = '0, s_last = '0, s_ready;
  logic [3*Width-1:0]   m_data;
  logic [3*Bytes-1:0]   m_keep;
  logic [2:0]           m_valid, m_last;
  logic                 awvalid = 1'b0, awready, wvalid = 1'b0, wready, bvalid, arvalid = 1'b0, arready, rvalid;
  logic [15:0]          awaddr, araddr;
  logic [31:0]          wdata, rdata;
  logic [1:0]           bresp, rresp;

  /* verilator lint_off PINCONNECTEMPTY */
  pcl_filter #(
    .PORTS(2), .DATA_WIDTH(Width), .RULES(64), .ADDRESS_INTERVALS(Intervals), .PORT_INTERVALS(Intervals), .VLAN_INTERVALS(Intervals),
    .FIFO_BYTES(16384)
  ) u_filter (
    .clk_i(clk), .rst_i(rst),
    .s_axis_tdata_i(s_data), .s_axis_tkeep_i(s_keep), .s_axis_tvalid_i(s_valid), .s_axis_tlast_i(s_last), .s_axis_tuser_i(2'b00),
    .s_axis_tready_o(s_ready),
    .m_axis_tdata_o(m_data), .m_axis_tkeep_o(m_keep), .m_axis_tvalid_o(m_valid), .m_axis_tlast_o(m_last), .m_axis_tuser_o(),
    .m_axis_tready_i(3'b111),
    .s_axil_awvalid_i(awvalid), .s_axil_awready_o(awready), .s_axil_awaddr_i(awaddr), .s_axil_awprot_i(3'd0),
    .s_axil_wvalid_i(wvalid), .s_axil_wready_o(wready), .s_axil_wdata_i(wdata), .s_axil_wstrb_i(4'hF),
    .s_axil_bvalid_o(bvalid), .s_axil_bready_i(1'b1), .s_axil_bresp_o(bresp),
    .s_axil_arvalid_i(arvalid), .s_axil_arready_o(arready), .s_axil_araddr_i(araddr), .s_axil_arprot_i(3'd0),
    .s_axil_rvalid_o(rvalid), .s_axil_rready_i(1'b1), .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp),
    .load_valid_i(1'b0), .load_ready_o(), .load_target_i(6'd0), .load_index_i(16'd0), .load_data_i(128'd0),
    .report_valid_o(), .report_o()
  );
  /* verilator lint_on PINCONNECTEMPTY */

  // Inputs change at the rising edge, as registers do; what answers is looked at in the same edge.
  task automatic write(logic [15:0] address, logic [31:0] value);
    bit address_taken = 1'b0, data_taken = 1'b0, answered = 1'b0;
    awvalid <= 1'b1;
    awaddr <= address;
    wvalid <= 1'b1;
    wdata <= value;
    for (int i = 0; !answered; i++) begin
      if (i == int'(Patience)) $fatal(1, "writing 0x%04x was not answered", address);
      @(posedge clk);
      address_taken = address_taken || awready;
      data_taken = data_taken || wready;
      answered = bvalid;
      if (bvalid && bresp != 2'b00) $fatal(1, "writing 0x%04x: response %0d", address, bresp);
      if (address_taken) awvalid <= 1'b0;
      if (data_taken) wvalid <= 1'b0;
    end
  endtask

  task automatic read(logic [15:0] address, output logic [31:0] value);
    bit answered = 1'b0;
    arvalid <= 1'b1;
    araddr <= address;
    for (int i = 0; !answered; i++) begin
      if (i == int'(Patience)) $fatal(1, "reading 0x%04x was not answered", address);
      @(posedge clk);
      if (arready) arvalid <= 1'b0;
      answered = rvalid;
      value = rdata;
      if (rvalid && rresp != 2'b00) $fatal(1, "reading 0x%04x: response %0d", address, rresp);
    end
  endtask

  task automatic wait_while(logic [31:0] mask);
    logic [31:0] value;
    read(Status, value);
    for (int i = 0; (value & mask) != 0; i++) begin
      if (i == int'(Patience)) $fatal(1, "STATUS stays 0x%08x", value);
      read(Status, value);
    end
  endtask

  // `count` rows from `index` on, all of them `low`, bits 31:0, and above them `high` in every word.
  task automatic load(int target, int index, int count, logic [31:0] low, logic [31:0] high);
    for (int word = 0; word < 4; word++) write(LoadData + 16'(4 * word), word == 0 ? low : high);
    write(LoadTarget, 32'(target));
    write(LoadIndex, 32'(index));
    write(LoadCount, 32'(count));
    write(LoadCommit, 32'd1);
    wait_while(32'd4);  // LOAD_BUSY
  endtask

  task automatic expect_counter(bit kind, logic [31:0] packets);
    logic [31:0] value;
    write(CounterRequest, {14'd0, 1'b1, kind, 16'd0});  // bank 1, index 0
    wait_while(32'd16);  // COUNTER_BUSY
    read(CounterResult, value);
    if (value != 32'd1) $fatal(1, "the counter of kind %0d was not read", kind);
    read(CounterPackets, value);
    if (value != packets) $fatal(1, "the counter of kind %0d has %0d packets instead of %0d", kind, value, packets);
  endtask

  // Byte `offset` of frame n: Ethernet II, IPv4 of 20 bytes, then TCP or UDP and a payload that tells the frames apart.
  function automatic bit is_udp(int n);
    return n % 3 != 2;
  endfunction
  function automatic int frame_bytes(int n);
    return 60 + n;
  endfunction
  function automatic logic [7:0] frame_byte(int n, int offset);
    int ip_length = frame_bytes(n) - 14;
    case (offset)
      12: return 8'h08;
      14: return 8'h45;
      16: return 8'(ip_length >> 8);
      17: return 8'(ip_length);
      22: return 8'd64;
      23: return is_udp(n) ? 8'd17 : 8'd6;
      26, 30: return 8'd192;
      28, 32: return 8'd2;
      38: return is_udp(n) ? 8'((ip_length - 20) >> 8) : 8'd0;
      39: return is_udp(n) ? 8'(ip_length - 20) : 8'd0;
      46: return is_udp(n) ? 8'd1 : 8'h50;  // TCP: data offset 5
      default: return offset < 42 ? 8'd0 : 8'(n + offset);
    endcase
  endfunction

  // What leaves by port 1: the UDP frames in order, every byte. Nothing leaves anywhere else.
  int frame = 0, offset = 0, left = 0;
  always @(posedge clk) begin
    if (!rst && (m_valid[0] || m_valid[2])) $fatal(1, "a frame leaves where none should: TVALID is %b", m_valid);
    if (!rst && m_valid[1]) begin
      for (int i = 0; i < int'(Bytes); i++) begin
        if (m_keep[Bytes+i] != (offset + i < frame_bytes(frame))) $fatal(1, "frame %0d, byte %0d: TKEEP is %b", frame, offset + i, m_keep[Bytes+i]);
        if (m_keep[Bytes+i] && m_data[Width+8*i+:8] != frame_byte(frame, offset + i)) begin
          $fatal(1, "frame %0d, byte %0d: 0x%02x instead of 0x%02x", frame, offset + i, m_data[Width+8*i+:8], frame_byte(frame, offset + i));
        end
      end
      if (m_last[1] != (offset + int'(Bytes) >= frame_bytes(frame))) $fatal(1, "frame %0d, byte %0d: TLAST is %b", frame, offset, m_last[1]);
      if (m_last[1]) begin
        left <= left + 1;
        offset <= 0;
        frame <= is_udp(frame + 1) ? frame + 1 : frame + 2;
      end else begin
        offset <= offset + int'(Bytes);
      end
    end
  end

  task automatic send(int n);
    logic [Width-1:0] data;
    logic [Bytes-1:0] keep;
    bit taken = 1'b0;
    for (int start = 0; start < frame_bytes(n); start += int'(Bytes)) begin
      for (int i = 0; i < int'(Bytes); i++) begin
        data[8*i+:8] = frame_byte(n, start + i);
        keep[i] = start + i < frame_bytes(n);
      end
      s_data <= {Width'(0), data};
      s_keep <= {Bytes'(0), keep};
      s_valid <= 2'b01;
      s_last <= {1'b0, start + int'(Bytes) >= frame_bytes(n)};
      taken = 1'b0;
      for (int i = 0; !taken; i++) begin
        if (i == int'(Patience)) $fatal(1, "frame %0d was not taken", n);
        @(posedge clk);
        taken = s_ready[0] && s_valid[0];
      end
    end
    s_valid <= 2'b00;
  endtask

  initial begin
    int passing = 0;
    logic [31:0] value;
    repeat (8) @(posedge clk);
    rst <= 1'b0;
    @(posedge clk);
    read(Magic, value);
    if (value != 32'h50434C53) $fatal(1, "MAGIC is 0x%08x", value);
    for (int field = 0; field < 5; field++) begin
      load(field, 1, int'(Intervals) - 1, '1, '1);            // no boundary in use: one interval, and its copy
      load(8 + field, 0, int'(Intervals), 32'd1, '0);
    end
    for (int field = 5; field < 9; field++) load(8 + field, 0, 256, field == 5 ? 32'd0 : 32'd1, '0);
    load(8 + 5, 17, 1, 32'd1, '0);                            // protocol: UDP
    for (int word = 0; word < 4; word++) write(LoadData + 16'(4 * word), word == 1 ? 32'd1 : 32'd0);  // bit 32: permit
    write(LoadTarget, 32'h18);
    write(LoadIndex, 32'd0);
    write(LoadCount, 32'd1);
    write(LoadCommit, 32'd1);
    wait_while(32'd4);
    load(32'h19, 0, 1, '0, '0);                               // default: drop
    write(Control, 32'd1);                                    // FLIP
    read(Errors, value);
    if (value != 32'd0) $fatal(1, "ERRORS is 0x%08x after loading", value);
    read(Status, value);
    if (!value[0]) $fatal(1, "the banks were not exchanged");
    for (int n = 0; n < int'(Frames); n++) begin
      send(n);
      if (is_udp(n)) passing++;
    end
    repeat (200) @(posedge clk);
    if (left != passing) $fatal(1, "%0d frames left instead of %0d", left, passing);
    expect_counter(1'b0, 32'(passing));
    expect_counter(1'b1, 32'(int'(Frames) - passing));
    $display("filter_testbench: PASSED, %0d frames of %0d left, the others were dropped and counted", left, Frames);
    $finish;
  end

endmodule
