// The mailbox between host and firmware: a buffer each way, doorbell and answer, and the CRC-32C of both directions.
//
// In and out: accesses of the host (registers MAILBOX_...) and of the processor (CORE_MAILBOX_...), answered AccessLatency clocks later; other addresses
// are answered with 0.
// Guarantees
// - The firmware sees a request only when its CRC has been computed from what stands in the buffer, and the buffer does not change until it answers.
// - The host sees an answer only when its CRC has been computed from what it will read.
// - A reset of the processor ends the request that is being worked on: BUSY falls, LOST says why.
module pcl_management_mailbox
  import pcl_management_pkg::*;
  import pcl_management_registers_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_i,
  input  logic        core_rst_i,
  input  logic        running_i,        // the firmware says that it runs
  input  access_t     host_access_i,
  output logic [31:0] host_data_o,
  input  access_t     core_access_i,
  output logic [31:0] core_data_o,
  output logic        pending_o         // a request waits for the firmware's answer
);

  localparam int unsigned Words = BufferBytes / 4;
  localparam int unsigned WordBits = $clog2(Words);
  localparam int unsigned CountBits = $clog2(BufferBytes + 1);

  typedef enum logic [2:0] { Idle, RequestPass, Pending, ResponsePass, Publish } state_e;
  state_e      state_q;
  logic [31:0] request_q, request_crc_q, response_q, response_crc_q, staged_q;
  logic        overrun_q, lost_q, sound_q;

  logic host_write, ring, answer;
  logic [15:0] ring_length, answer_length;
  assign host_write = host_access_i.valid && host_access_i.write && host_access_i.strobe == '1;
  assign ring = host_write && host_access_i.address == MailboxRequest;
  assign answer = core_access_i.valid && core_access_i.write && core_access_i.address == CoreMailboxResponse && state_q == Pending;
  assign pending_o = state_q == Pending;
  assign ring_length = host_access_i.data[MailboxRequestLengthLow +: MailboxRequestLengthWidth];
  assign answer_length = core_access_i.data[MailboxResponseLengthLow +: MailboxResponseLengthWidth];

  // ------------------------------------------------------------------------------------------------------------------
  // Buffers. A pass over one of them reads it from the first word on; otherwise who is to have its contents reads it.
  logic                request_write, response_write, in_request, in_response, core_reads, host_reads;
  logic                pass_read;
  logic [WordBits-1:0] pass_word_q;
  logic [31:0]         request_data, response_data;

  assign in_request = host_access_i.address >= MailboxRequestData && host_access_i.address < MailboxRequestData + 16'(BufferBytes);
  assign in_response = host_access_i.address >= MailboxResponseData && host_access_i.address < MailboxResponseData + 16'(BufferBytes);
  assign request_write = host_write && in_request && state_q == Idle;
  assign host_reads = host_access_i.valid && !host_access_i.write && in_response;
  assign response_write = core_access_i.valid && core_access_i.write && core_access_i.address >= CoreResponseData &&
                          core_access_i.address < CoreResponseData + 16'(BufferBytes) && state_q == Pending;
  assign core_reads = core_access_i.valid && !core_access_i.write && core_access_i.address >= CoreRequestData &&
                      core_access_i.address < CoreRequestData + 16'(BufferBytes);

  pcl_ram_1r1w #(.WIDTH(32), .DEPTH(Words)) u_request (
    .clk_i, .write_i(request_write), .write_row_i(host_access_i.address[2 +: WordBits]), .write_data_i(host_access_i.data),
    .read_i(core_reads || (pass_read && state_q == RequestPass)),
    .read_row_i(state_q == RequestPass ? pass_word_q : core_access_i.address[2 +: WordBits]), .read_data_o(request_data)
  );
  pcl_ram_1r1w #(.WIDTH(32), .DEPTH(Words), .COLUMNS(4)) u_response (
    .clk_i, .write_i(response_write ? core_access_i.strobe : 4'b0), .write_row_i(core_access_i.address[2 +: WordBits]),
    .write_data_i(core_access_i.data),
    .read_i(host_reads || (pass_read && state_q == ResponsePass)),
    .read_row_i(state_q == ResponsePass ? pass_word_q : host_access_i.address[2 +: WordBits]), .read_data_o(response_data)
  );

  // ------------------------------------------------------------------------------------------------------------------
  // A pass: a word a clock is asked for, and two clocks later taken into the CRC. Bytes that are left to be asked for and to be taken.
  logic [CountBits-1:0] ask_q, take_q, length;
  logic [1:0]           asked_q;
  logic [31:0]          crc_q;
  logic [2:0]           take_bytes;
  logic                 begin_pass;

  assign begin_pass = (ring && state_q == Idle && running_i && !core_rst_i) || answer;
  assign length = answer ? CountBits'(answer_length > 16'(BufferBytes) ? 16'(BufferBytes) : answer_length) : CountBits'(ring_length);
  assign pass_read = ask_q != 0;
  assign take_bytes = take_q < 4 ? 3'(take_q) : 3'd4;

  always_ff @(posedge clk_i) begin
    asked_q <= {asked_q[0], pass_read};
    if (begin_pass) begin
      ask_q       <= length;
      take_q      <= length;
      pass_word_q <= '0;
      crc_q       <= crc32c('1, answer ? core_access_i.data : host_access_i.data, 3'd4);
    end else begin
      if (pass_read) begin
        ask_q       <= ask_q < 4 ? '0 : ask_q - CountBits'(4);
        pass_word_q <= pass_word_q + 1'b1;
      end
      if (asked_q[1]) begin
        crc_q  <= crc32c(crc_q, state_q == RequestPass ? request_data : response_data, take_bytes);
        take_q <= take_q - CountBits'(take_bytes);
      end
    end
    if (rst_i || core_rst_i) begin
      ask_q   <= '0;
      take_q  <= '0;
      asked_q <= '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (host_write && host_access_i.address == MailboxState) begin
      if (host_access_i.data[MailboxStateOverrunLow]) overrun_q <= 1'b0;
      if (host_access_i.data[MailboxStateLostLow]) lost_q <= 1'b0;
    end
    if (host_write && host_access_i.address == MailboxRequestCrc && state_q == Idle) request_crc_q <= host_access_i.data;
    if (ring) begin
      if (begin_pass && ring_length <= 16'(BufferBytes)) begin
        request_q <= host_access_i.data;
        overrun_q <= 1'b0;
        lost_q    <= 1'b0;
        state_q   <= RequestPass;
      end else begin
        overrun_q <= 1'b1;
      end
    end
    case (state_q)
      RequestPass: if (take_q == 0) begin
        sound_q <= ~crc_q == request_crc_q;
        state_q <= Pending;
      end
      Pending: if (answer) begin
        staged_q <= {16'(length), core_access_i.data[15:0]};
        state_q  <= ResponsePass;
      end
      ResponsePass: if (take_q == 0) state_q <= Publish;
      Publish: begin
        response_q     <= staged_q;
        response_crc_q <= ~crc_q;
        state_q        <= Idle;
      end
      default: ;
    endcase
    if (rst_i || core_rst_i) begin
      if (state_q != Idle) lost_q <= 1'b1;
      state_q <= Idle;
    end
    if (rst_i) begin
      overrun_q      <= 1'b0;
      lost_q         <= 1'b0;
      request_q      <= '0;
      request_crc_q  <= '0;
      response_q     <= '0;
      response_crc_q <= '0;
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Answers: registers wait as long as the buffers take.
  logic [31:0] host_register_q [AccessLatency-1];
  logic [31:0] core_register_q [AccessLatency-1];
  logic [1:0]  host_buffer_q, core_buffer_q;

  always_ff @(posedge clk_i) begin
    host_register_q[0] <= '0;
    if (host_access_i.valid && !host_access_i.write) begin
      case (host_access_i.address)
        MailboxRequestCrc:  host_register_q[0] <= request_crc_q;
        MailboxRequest:     host_register_q[0] <= request_q;
        MailboxState: begin
          host_register_q[0][MailboxStateBusyLow]    <= state_q != Idle;
          host_register_q[0][MailboxStateOverrunLow] <= overrun_q;
          host_register_q[0][MailboxStateLostLow]    <= lost_q;
        end
        MailboxResponse:    host_register_q[0] <= response_q;
        MailboxResponseCrc: host_register_q[0] <= response_crc_q;
        default: ;
      endcase
    end
    core_register_q[0] <= '0;
    if (core_access_i.valid && !core_access_i.write) begin
      case (core_access_i.address)
        CoreMailboxRequest: core_register_q[0] <= request_q;
        CoreMailboxState: begin
          core_register_q[0][CoreMailboxStatePendingLow] <= state_q == Pending;
          core_register_q[0][CoreMailboxStateSoundLow]   <= state_q == Pending && sound_q;
        end
        CoreMailboxRequestCrc: core_register_q[0] <= request_crc_q;
        default: ;
      endcase
    end
    host_buffer_q <= {host_buffer_q[0], host_reads};
    core_buffer_q <= {core_buffer_q[0], core_reads};
    host_register_q[1] <= host_register_q[0];
    core_register_q[1] <= core_register_q[0];
    host_data_o <= host_buffer_q[1] ? response_data : host_register_q[1];
    core_data_o <= core_buffer_q[1] ? request_data : core_register_q[1];
  end

endmodule
