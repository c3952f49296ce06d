// One wire port's way out: frames that the filter forwards and packets of the host, frame by frame in turn.
//
// In: a stream of the filter; rows of the host's packets, for which room was reserved. Out: an AXI4-Stream from registers.
// Guaranteed: a packet of the host starts only when all of it is here, so host memory never holds up the wire. When both sides have frames they alternate.
`include "pcl_assert.svh"

module pcl_nic_transmit_port
  import pcl_filter_pkg::LengthBits;
#(
  parameter  int unsigned DATA_WIDTH = 512,
  parameter  int unsigned BYTES = 32768,
  localparam int unsigned Bytes = DATA_WIDTH / 8,
  localparam int unsigned LaneBits = $clog2(Bytes)
) (
  input  logic                  clk_i,
  input  logic                  rst_i,

  input  logic                  forward_valid_i,
  output logic                  forward_ready_o,
  input  logic [DATA_WIDTH-1:0] forward_data_i,
  input  logic [Bytes-1:0]      forward_keep_i,
  input  logic                  forward_last_i,

  output logic [LengthBits-1:0] room_o,            // rows neither written nor reserved
  input  logic                  reserve_i,
  input  logic [LengthBits-1:0] reserve_rows_i,
  input  logic                  write_i,
  input  logic [DATA_WIDTH-1:0] write_data_i,
  input  logic                  write_last_i,
  input  logic [LaneBits-1:0]   write_last_lane_i,
  input  logic                  drop_i,
  input  logic [LengthBits-1:0] drop_rows_i,       // whose reservation ends with the packet

  output logic [DATA_WIDTH-1:0] m_axis_tdata_o,
  output logic [Bytes-1:0]      m_axis_tkeep_o,
  output logic                  m_axis_tvalid_o,
  output logic                  m_axis_tlast_o,
  input  logic                  m_axis_tready_i
);

  localparam int unsigned Rows = BYTES / Bytes;

  logic                  host_valid, host_last, host_take, buffer_ready;
  logic [DATA_WIDTH-1:0] host_data;
  logic [LaneBits-1:0]   host_last_lane;

  pcl_frame_buffer #(.DATA_WIDTH(DATA_WIDTH + LaneBits), .ROWS(Rows)) u_packets (
    .clk_i, .rst_i, .write_i, .data_i({write_last_lane_i, write_data_i}), .last_i(write_last_i), .drop_i, .ready_o(buffer_ready),
    .valid_o(host_valid), .data_o({host_last_lane, host_data}), .last_o(host_last), .take_i(host_take)
  );

  always_ff @(posedge clk_i) begin
    if (reserve_i || drop_i || (host_valid && host_take)) begin
      room_o <= room_o - (reserve_i ? reserve_rows_i : '0) + (drop_i ? drop_rows_i : '0) + LengthBits'(host_valid && host_take);
    end
    if (rst_i) room_o <= LengthBits'(Rows);
  end

  // Whose frame is under way, and who had the last one.
  logic inside_q, host_q, host, free, go;
  assign host = inside_q ? host_q : host_valid && (!forward_valid_i || !host_q);
  assign free = !m_axis_tvalid_o || m_axis_tready_i;
  assign forward_ready_o = free && !host;
  assign host_take = free && host;
  assign go = host ? host_valid && host_take : forward_valid_i && forward_ready_o;

  always_ff @(posedge clk_i) begin
    if (free) m_axis_tvalid_o <= go;
    if (go) begin
      host_q         <= host;
      inside_q       <= host ? !host_last : !forward_last_i;
      m_axis_tdata_o <= host ? host_data : forward_data_i;
      m_axis_tkeep_o <= !host ? forward_keep_i : host_last ? ~({{(Bytes - 1){1'b1}}, 1'b0} << host_last_lane) : '1;
      m_axis_tlast_o <= host ? host_last : forward_last_i;
    end
    if (rst_i) begin
      m_axis_tvalid_o <= 1'b0;
      inside_q        <= 1'b0;
      host_q          <= 1'b0;
    end
  end

  `PCL_ASSERT(ReservedRowsAreThere, write_i |-> buffer_ready)
  `PCL_ASSERT(NoMoreRoomThanRows, room_o <= LengthBits'(Rows))

endmodule
