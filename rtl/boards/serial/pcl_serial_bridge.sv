// From a serial line to AXI4-Lite: what a host without PCI Express loads and watches a filter through. host/device/serial_transport.h is the other end.
//
// A request is 8 bytes: 0x57 write or 0x52 read; address, low byte first (2); data, low byte first (4; zeros of a read); CRC-8 of the seven.
// Its reply is 6 bytes: 0x00 done, 0x01 refused by the registers, 0x02 the request is damaged and was not carried out; data (4; of a write: zeros); CRC-8 of the five.
// CRC-8: polynomial 0x07, initial value 0xFF, highest bit first.
// Requests may follow each other without waiting for replies: a reply is shorter than a request, and an access takes less than the 8 bytes of the next one.
// A request that stops in the middle is forgotten after SILENCE bit times without a byte, and so is one with a broken byte, at once.
module pcl_serial_bridge #(
  parameter int unsigned CLOCKS_PER_BIT = 78,
  parameter int unsigned SILENCE        = 1024  // bit times
) (
  input  logic        clk_i,
  input  logic        rst_i,
  input  logic        line_i,
  output logic        line_o,
  output logic        m_axil_awvalid_o,
  input  logic        m_axil_awready_i,
  output logic [15:0] m_axil_awaddr_o,
  output logic [2:0]  m_axil_awprot_o,
  output logic        m_axil_wvalid_o,
  input  logic        m_axil_wready_i,
  output logic [31:0] m_axil_wdata_o,
  output logic [3:0]  m_axil_wstrb_o,
  input  logic        m_axil_bvalid_i,
  output logic        m_axil_bready_o,
  input  logic [1:0]  m_axil_bresp_i,
  output logic        m_axil_arvalid_o,
  input  logic        m_axil_arready_i,
  output logic [15:0] m_axil_araddr_o,
  output logic [2:0]  m_axil_arprot_o,
  input  logic        m_axil_rvalid_i,
  output logic        m_axil_rready_o,
  input  logic [31:0] m_axil_rdata_i,
  input  logic [1:0]  m_axil_rresp_i
);

  localparam logic [7:0] OpWrite = 8'h57;
  localparam logic [7:0] OpRead = 8'h52;
  localparam logic [7:0] Done = 8'h00;
  localparam logic [7:0] Refused = 8'h01;
  localparam logic [7:0] Damaged = 8'h02;

  function automatic logic [7:0] crc8(logic [7:0] crc, logic [7:0] data);
    crc8 = crc ^ data;
    for (int i = 0; i < 8; i++) crc8 = {crc8[6:0], 1'b0} ^ (crc8[7] ? 8'h07 : 8'h00);
  endfunction

  // Requests.
  localparam int unsigned SilenceClocks = SILENCE * CLOCKS_PER_BIT;
  localparam int unsigned SilenceBits = $clog2(SilenceClocks + 1);
  logic byte_valid, byte_error;
  logic [7:0] byte_data;
  pcl_uart_receiver #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) u_receiver (
    .clk_i, .rst_i, .line_i, .valid_o(byte_valid), .error_o(byte_error), .data_o(byte_data)
  );
  logic [SilenceBits-1:0] silence_q;
  logic [2:0] count_q;         // bytes of the request so far
  logic [6:0][7:0] request_q;  // the first byte in the lowest place
  logic [7:0] crc_q;
  logic complete_q, damaged_q;
  always_ff @(posedge clk_i) begin
    complete_q <= 1'b0;
    if (byte_valid) begin
      silence_q <= '0;
      count_q   <= count_q + 1'b1;
      crc_q     <= crc8(count_q == 0 ? 8'hFF : crc_q, byte_data);
      if (count_q == 7) begin
        complete_q <= 1'b1;
        damaged_q  <= byte_data != crc_q || (request_q[0] != OpWrite && request_q[0] != OpRead);
      end else begin
        request_q[count_q] <= byte_data;
      end
    end else if (32'(silence_q) == SilenceClocks) begin
      count_q <= '0;
    end else begin
      silence_q <= silence_q + 1'b1;
    end
    if (byte_error) count_q <= '0;
    if (rst_i) begin
      count_q    <= '0;
      complete_q <= 1'b0;
      silence_q  <= '0;
    end
  end

  // Accesses. The request stays in request_q until the second byte of the next one overwrites its address; it is kept apart from that.
  logic [15:0] address_q;
  logic [31:0] data_q;
  logic reply_q;  // reply_code_q and reply_data_q are a new reply
  logic [7:0] reply_code_q;
  logic [31:0] reply_data_q;
  assign m_axil_awaddr_o = address_q;
  assign m_axil_araddr_o = address_q;
  assign m_axil_awprot_o = '0;
  assign m_axil_arprot_o = '0;
  assign m_axil_wdata_o = data_q;
  assign m_axil_wstrb_o = '1;
  always_ff @(posedge clk_i) begin
    reply_q <= 1'b0;
    if (complete_q) begin
      address_q <= {request_q[2], request_q[1]};
      data_q    <= {request_q[6], request_q[5], request_q[4], request_q[3]};
      if (damaged_q) begin
        reply_q      <= 1'b1;
        reply_code_q <= Damaged;
        reply_data_q <= '0;
      end else begin
        m_axil_awvalid_o <= request_q[0] == OpWrite;
        m_axil_wvalid_o  <= request_q[0] == OpWrite;
        m_axil_bready_o  <= request_q[0] == OpWrite;
        m_axil_arvalid_o <= request_q[0] == OpRead;
        m_axil_rready_o  <= request_q[0] == OpRead;
      end
    end
    if (m_axil_awready_i && m_axil_awvalid_o) m_axil_awvalid_o <= 1'b0;
    if (m_axil_wready_i && m_axil_wvalid_o) m_axil_wvalid_o <= 1'b0;
    if (m_axil_arready_i && m_axil_arvalid_o) m_axil_arvalid_o <= 1'b0;
    if (m_axil_bvalid_i && m_axil_bready_o) begin
      m_axil_bready_o <= 1'b0;
      reply_q         <= 1'b1;
      reply_code_q    <= m_axil_bresp_i == 0 ? Done : Refused;
      reply_data_q    <= '0;
    end
    if (m_axil_rvalid_i && m_axil_rready_o) begin
      m_axil_rready_o <= 1'b0;
      reply_q         <= 1'b1;
      reply_code_q    <= m_axil_rresp_i == 0 ? Done : Refused;
      reply_data_q    <= m_axil_rdata_i;
    end
    if (rst_i) begin
      m_axil_awvalid_o <= 1'b0;
      m_axil_wvalid_o  <= 1'b0;
      m_axil_bready_o  <= 1'b0;
      m_axil_arvalid_o <= 1'b0;
      m_axil_rready_o  <= 1'b0;
      reply_q          <= 1'b0;
    end
  end

  // Replies. The one before is through when the next comes: it is the shorter of the two by two bytes.
  logic [4:0][7:0] send_q;
  logic [2:0] sent_q;  // bytes sent, 6: none to send
  logic [7:0] send_crc_q;
  logic send_valid, send_ready;
  logic [7:0] send_byte;
  assign send_valid = sent_q != 6;
  assign send_byte = sent_q == 5 ? send_crc_q : send_q[0];
  pcl_uart_transmitter #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) u_transmitter (
    .clk_i, .rst_i, .valid_i(send_valid), .ready_o(send_ready), .data_i(send_byte), .line_o
  );
  always_ff @(posedge clk_i) begin
    if (reply_q) begin
      send_q     <= {reply_data_q, reply_code_q};
      sent_q     <= '0;
      send_crc_q <= 8'hFF;
    end else if (send_valid && send_ready) begin
      send_q     <= {8'h00, send_q[4:1]};
      sent_q     <= sent_q + 1'b1;
      send_crc_q <= crc8(send_crc_q, send_byte);
    end
    if (rst_i) sent_q <= 3'd6;
  end

endmodule
