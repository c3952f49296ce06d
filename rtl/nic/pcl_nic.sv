// A NIC with the packet filter: wire ports, queue pairs with rings in host memory, interrupts. docs/nic.md is its specification.
//
// In and out: PORTS AXI4-Streams from and to MACs (conventions of pcl_filter); AXI4-Lite registers (docs/registers.md); an AXI4 master to host memory, 64-bit
// addresses, DATA_WIDTH bits of data (128 to 512), increasing bursts within 4 KiB, one write ID and a read ID per kind of access; QUEUES + 1 interrupt lines (levels).
// link_i and speed_i are what the MACs say. report_o is pcl_filter's. With MANAGEMENT = 1 a management processor stands before the registers (pcl_management,
// docs/firmware.md; nic/managed_nic.f, and picorv32.v beside it), and its console comes out as characters.
//
// Guarantees
// - What host memory does, or software writes, never holds up a wire: frames for the host that find no room are dropped and counted, packets of the host start when
//   they are here as a whole.
// - An error stops the queue that met it, and no other.
module pcl_nic
  import pcl_nic_pkg::*;
  import pcl_filter_pkg::*;
#(
  parameter  int unsigned PORTS = 2,                 // wire ports, 1 to 8
  parameter  int unsigned QUEUES = 4,                // queue pairs, 1 to 16
  parameter  int unsigned DATA_WIDTH = 512,          // of the streams and of host memory's bus: 128, 256 or 512
  parameter  int unsigned RULES = 512,
  parameter  int unsigned ADDRESS_BITS = 128,
  parameter  int unsigned ADDRESS_INTERVALS = 256,
  parameter  int unsigned PORT_INTERVALS = 256,
  parameter  int unsigned VLAN_INTERVALS = 256,
  parameter  int unsigned FIFO_BYTES = 32768,        // of the filter, per port
  parameter  int unsigned MAX_FRAME = 9728,
  parameter  int unsigned RECEIVE_BYTES = 32768,     // frames for the host wait here: a power of two
  parameter  int unsigned RECEIVE_FRAMES = 64,       // as many at most: a power of two
  parameter  int unsigned TRANSMIT_BYTES = 32768,    // packets of the host for a port wait here: a power of two
  parameter  int unsigned CLOCK_HZ = 250_000_000,
  parameter  int unsigned MANAGEMENT = 0,            // 1: there is a management processor
  parameter               FIRMWARE = "",             // of pcl_management
  parameter  int unsigned SCRUB = 0,                 // 1: the tables' bitmap rows are scrubbed (pcl_engine)
  // Of the match engine, as pcl_filter has them: above 0 there are trees, and RULES and the intervals are those of their slice.
  parameter  int unsigned TREES = 0,
  parameter  int unsigned TREE_RULES = 10240,
  parameter  int unsigned LEAF = 8,
  parameter  int unsigned TREE_ADDRESS_BITS = 32,
  parameter  int unsigned PREDICATE_BITS = 4,
  parameter  logic [7:0][16:0] TREE_ENTRIES = {68'd0, 17'd256, 17'd768, 17'd3072, 17'd7168},
  parameter  logic [7:0][3:0]  TREE_LEVELS = {16'd0, 4'd7, 4'd9, 4'd12, 4'd14},
  parameter  logic [7:0][12:0] TREE_ROWS = {52'd0, 13'd64, 13'd128, 13'd512, 13'd1024},
  localparam int unsigned Bytes = DATA_WIDTH / 8,
  localparam int unsigned IdBits = 3
) (
  input  logic                        clk_i,
  input  logic                        rst_i,

  input  logic [PORTS*DATA_WIDTH-1:0] s_axis_tdata_i,
  input  logic [PORTS*Bytes-1:0]      s_axis_tkeep_i,
  input  logic [PORTS-1:0]            s_axis_tvalid_i,
  input  logic [PORTS-1:0]            s_axis_tlast_i,
  input  logic [PORTS-1:0]            s_axis_tuser_i,
  output logic [PORTS-1:0]            s_axis_tready_o,
  output logic [PORTS*DATA_WIDTH-1:0] m_axis_tdata_o,
  output logic [PORTS*Bytes-1:0]      m_axis_tkeep_o,
  output logic [PORTS-1:0]            m_axis_tvalid_o,
  output logic [PORTS-1:0]            m_axis_tlast_o,
  input  logic [PORTS-1:0]            m_axis_tready_i,
  input  logic [PORTS-1:0]            link_i,
  input  logic [PORTS*32-1:0]         speed_i,       // Mbit/s

  input  logic                        s_axil_awvalid_i,
  output logic                        s_axil_awready_o,
  input  logic [15:0]                 s_axil_awaddr_i,
  input  logic [2:0]                  s_axil_awprot_i,
  input  logic                        s_axil_wvalid_i,
  output logic                        s_axil_wready_o,
  input  logic [31:0]                 s_axil_wdata_i,
  input  logic [3:0]                  s_axil_wstrb_i,
  output logic                        s_axil_bvalid_o,
  input  logic                        s_axil_bready_i,
  output logic [1:0]                  s_axil_bresp_o,
  input  logic                        s_axil_arvalid_i,
  output logic                        s_axil_arready_o,
  input  logic [15:0]                 s_axil_araddr_i,
  input  logic [2:0]                  s_axil_arprot_i,
  output logic                        s_axil_rvalid_o,
  input  logic                        s_axil_rready_i,
  output logic [31:0]                 s_axil_rdata_o,
  output logic [1:0]                  s_axil_rresp_o,

  output logic [IdBits-1:0]           m_axi_awid_o,
  output logic [63:0]                 m_axi_awaddr_o,
  output logic [7:0]                  m_axi_awlen_o,
  output logic [2:0]                  m_axi_awsize_o,
  output logic [1:0]                  m_axi_awburst_o,
  output logic                        m_axi_awlock_o,
  output logic [3:0]                  m_axi_awcache_o,
  output logic [2:0]                  m_axi_awprot_o,
  output logic                        m_axi_awvalid_o,
  input  logic                        m_axi_awready_i,
  output logic [DATA_WIDTH-1:0]       m_axi_wdata_o,
  output logic [Bytes-1:0]            m_axi_wstrb_o,
  output logic                        m_axi_wlast_o,
  output logic                        m_axi_wvalid_o,
  input  logic                        m_axi_wready_i,
  input  logic [IdBits-1:0]           m_axi_bid_i,
  input  logic [1:0]                  m_axi_bresp_i,
  input  logic                        m_axi_bvalid_i,
  output logic                        m_axi_bready_o,
  output logic [IdBits-1:0]           m_axi_arid_o,
  output logic [63:0]                 m_axi_araddr_o,
  output logic [7:0]                  m_axi_arlen_o,
  output logic [2:0]                  m_axi_arsize_o,
  output logic [1:0]                  m_axi_arburst_o,
  output logic                        m_axi_arlock_o,
  output logic [3:0]                  m_axi_arcache_o,
  output logic [2:0]                  m_axi_arprot_o,
  output logic                        m_axi_arvalid_o,
  input  logic                        m_axi_arready_i,
  input  logic [IdBits-1:0]           m_axi_rid_i,
  input  logic [DATA_WIDTH-1:0]       m_axi_rdata_i,
  input  logic [1:0]                  m_axi_rresp_i,
  input  logic                        m_axi_rlast_i,
  input  logic                        m_axi_rvalid_i,
  output logic                        m_axi_rready_o,

  output logic [QUEUES:0]             interrupt_o,

  output logic                        report_valid_o,
  output filter_report_t              report_o,

  output logic                        console_valid_o,
  input  logic                        console_ready_i,
  output logic [7:0]                  console_data_o
);

  localparam int unsigned RowBits = TREES == 0 ? pcl_engine_pkg::maximum(RULES, 128)
    : pcl_tree_pkg::row_bits(RULES, TREE_ADDRESS_BITS, $clog2(TREE_RULES + RULES), PREDICATE_BITS);
  localparam int unsigned RowSlot = RowBits <= 512 ? 64 : 2 ** $clog2(RowBits / 8);
  localparam int unsigned RingBits = QUEUES > 1 ? $clog2(QUEUES) : 1;
  localparam int unsigned LaneBits = $clog2(Bytes);
  localparam int unsigned Egresses = PORTS + 1;
  localparam int unsigned Segments = 64;
  localparam int unsigned Bursts = 32;
  // Masters of the two directions, and their IDs.
  localparam int unsigned Writers = 4;
  localparam int unsigned WriteCompletion = 0, WriteHead = 1, WriteTableHead = 2, WriteData = 3;
  localparam int unsigned Readers = 5;
  localparam int unsigned ReadReceive = 0, ReadTransmit = 1, ReadTable = 2, ReadData = 3, ReadRows = 4;

  for (genvar w = 0; w < 1; w++) begin : gen_check
    if (RECEIVE_BYTES < MAX_FRAME || 2 ** $clog2(RECEIVE_BYTES) != RECEIVE_BYTES || TRANSMIT_BYTES < MAX_FRAME || 2 ** $clog2(TRANSMIT_BYTES) != TRANSMIT_BYTES) begin : gen_bytes
      $fatal(1, "pcl_nic: RECEIVE_BYTES and TRANSMIT_BYTES are %0d and %0d; they must be powers of two and hold a frame of MAX_FRAME (%0d) bytes",
             RECEIVE_BYTES, TRANSMIT_BYTES, MAX_FRAME);
    end
    if (RECEIVE_FRAMES < 2 || 2 ** $clog2(RECEIVE_FRAMES) != RECEIVE_FRAMES) begin : gen_frames
      $fatal(1, "pcl_nic: RECEIVE_FRAMES is %0d; it must be a power of two of at least 2", RECEIVE_FRAMES);
    end
  end

  // What some rings tell and nobody asks.
  logic [QUEUES-1:0] unused_receive_available;
  logic [QUEUES*64-1:0] unused_receive_place_all;
  logic [15:0] unused_transmit_index;
  logic unused_transmit_phase;
  logic [63:0] unused_transmit_place;
  logic [13:0] unused_transmit_buffer_size;
  logic unused_table_cached;
  logic [15:0] unused_table_remaining;
  logic [15:0] unused_table_index;
  logic unused_table_phase;
  logic [63:0] unused_table_place;
  logic [13:0] unused_table_buffer_size;

  // ------------------------------------------------------------------------------------------------------------------
  // Registers.
  access_t     access;
  logic [31:0] data_identity, data_ports, data_counters, data_interrupts, data_receive, data_transmit, data_table;
  logic        f_awvalid, f_awready, f_wvalid, f_wready, f_bvalid, f_bready, f_arvalid, f_arready, f_rvalid, f_rready;
  logic [15:0] f_awaddr, f_araddr;
  logic [31:0] f_wdata, f_rdata;
  logic [3:0]  f_wstrb;
  logic [1:0]  f_bresp, f_rresp;

  // What comes in: the host's accesses, or those of host and management processor.
  logic        r_awvalid, r_awready, r_wvalid, r_wready, r_bvalid, r_bready, r_arvalid, r_arready, r_rvalid, r_rready;
  logic [15:0] r_awaddr, r_araddr;
  logic [2:0]  r_awprot, r_arprot;
  logic [31:0] r_wdata, r_rdata;
  logic [3:0]  r_wstrb;
  logic [1:0]  r_bresp, r_rresp;

  if (MANAGEMENT != 0) begin : gen_management
    pcl_management #(.CLOCK_HZ(CLOCK_HZ), .FIRMWARE(FIRMWARE)) u_management (
      .clk_i, .rst_i,
      .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_awaddr_i, .s_axil_awprot_i, .s_axil_wvalid_i, .s_axil_wready_o, .s_axil_wdata_i, .s_axil_wstrb_i,
      .s_axil_bvalid_o, .s_axil_bready_i, .s_axil_bresp_o, .s_axil_arvalid_i, .s_axil_arready_o, .s_axil_araddr_i, .s_axil_arprot_i,
      .s_axil_rvalid_o, .s_axil_rready_i, .s_axil_rdata_o, .s_axil_rresp_o,
      .m_axil_awvalid_o(r_awvalid), .m_axil_awready_i(r_awready), .m_axil_awaddr_o(r_awaddr), .m_axil_awprot_o(r_awprot), .m_axil_wvalid_o(r_wvalid),
      .m_axil_wready_i(r_wready), .m_axil_wdata_o(r_wdata), .m_axil_wstrb_o(r_wstrb), .m_axil_bvalid_i(r_bvalid), .m_axil_bready_o(r_bready),
      .m_axil_bresp_i(r_bresp), .m_axil_arvalid_o(r_arvalid), .m_axil_arready_i(r_arready), .m_axil_araddr_o(r_araddr), .m_axil_arprot_o(r_arprot),
      .m_axil_rvalid_i(r_rvalid), .m_axil_rready_o(r_rready), .m_axil_rdata_i(r_rdata), .m_axil_rresp_i(r_rresp),
      .console_valid_o, .console_ready_i, .console_data_o
    );
  end else begin : gen_no_management
    assign r_awvalid = s_axil_awvalid_i;
    assign r_awaddr = s_axil_awaddr_i;
    assign r_awprot = s_axil_awprot_i;
    assign r_wvalid = s_axil_wvalid_i;
    assign r_wdata = s_axil_wdata_i;
    assign r_wstrb = s_axil_wstrb_i;
    assign r_bready = s_axil_bready_i;
    assign r_arvalid = s_axil_arvalid_i;
    assign r_araddr = s_axil_araddr_i;
    assign r_arprot = s_axil_arprot_i;
    assign r_rready = s_axil_rready_i;
    assign s_axil_awready_o = r_awready;
    assign s_axil_wready_o = r_wready;
    assign s_axil_bvalid_o = r_bvalid;
    assign s_axil_bresp_o = r_bresp;
    assign s_axil_arready_o = r_arready;
    assign s_axil_rvalid_o = r_rvalid;
    assign s_axil_rdata_o = r_rdata;
    assign s_axil_rresp_o = r_rresp;
    assign console_valid_o = 1'b0;
    assign console_data_o = '0;
    logic unused_console;
    assign unused_console = console_ready_i;
  end

  pcl_nic_access u_access (
    .clk_i, .rst_i,
    .s_axil_awvalid_i(r_awvalid), .s_axil_awready_o(r_awready), .s_axil_awaddr_i(r_awaddr), .s_axil_wvalid_i(r_wvalid), .s_axil_wready_o(r_wready),
    .s_axil_wdata_i(r_wdata), .s_axil_wstrb_i(r_wstrb), .s_axil_bvalid_o(r_bvalid), .s_axil_bready_i(r_bready), .s_axil_bresp_o(r_bresp),
    .s_axil_arvalid_i(r_arvalid), .s_axil_arready_o(r_arready), .s_axil_araddr_i(r_araddr),
    .s_axil_rvalid_o(r_rvalid), .s_axil_rready_i(r_rready), .s_axil_rdata_o(r_rdata), .s_axil_rresp_o(r_rresp),
    .m_axil_awvalid_o(f_awvalid), .m_axil_awready_i(f_awready), .m_axil_awaddr_o(f_awaddr), .m_axil_wvalid_o(f_wvalid), .m_axil_wready_i(f_wready),
    .m_axil_wdata_o(f_wdata), .m_axil_wstrb_o(f_wstrb), .m_axil_bvalid_i(f_bvalid), .m_axil_bready_o(f_bready),
    .m_axil_arvalid_o(f_arvalid), .m_axil_arready_i(f_arready), .m_axil_araddr_o(f_araddr), .m_axil_rvalid_i(f_rvalid), .m_axil_rready_o(f_rready),
    .m_axil_rdata_i(f_rdata),
    .access_o(access),
    .access_data_i(data_identity | data_ports | data_counters | data_interrupts | data_receive | data_transmit | data_table)
  );

  logic              stop, table_active;
  logic [QUEUES-1:0] receive_enabled, receive_active, receive_failed, transmit_enabled, transmit_active, transmit_failed;
  logic [63:0]       now;
  pcl_nic_identity #(
    .QUEUES(QUEUES), .MAX_FRAME(MAX_FRAME), .CLOCK_HZ(CLOCK_HZ), .DATA_WIDTH(DATA_WIDTH), .ROW_SLOT(RowSlot)
  ) u_identity (
    .clk_i, .rst_i, .access_i(access), .access_data_o(data_identity), .active_i(receive_active != '0 || transmit_active != '0 || table_active),
    .stop_o(stop), .time_o(now)
  );

  logic [PORTS-1:0]     link_changed;
  port_config_t         port_config [PORTS];
  logic                 steer;
  logic [2:0]           steer_port;
  logic [6:0]           steer_entry;
  logic [QueueBits-1:0] steer_queue;
  pcl_nic_ports #(.PORTS(PORTS), .MAX_FRAME(MAX_FRAME)) u_ports (
    .clk_i, .rst_i, .access_i(access), .access_data_o(data_ports), .link_i, .speed_i, .link_changed_o(link_changed), .config_o(port_config),
    .steer_i(steer), .steer_port_i(steer_port), .steer_entry_i(steer_entry), .steer_queue_o(steer_queue)
  );

  // ------------------------------------------------------------------------------------------------------------------
  // The filter.
  logic [Egresses*DATA_WIDTH-1:0] egress_data;
  logic [Egresses*Bytes-1:0]      egress_keep;
  logic [Egresses-1:0]            egress_valid, egress_last, egress_ready;
  logic [Egresses*UserBits-1:0]   egress_user;
  logic                           load_valid, load_ready;
  logic [5:0]                     load_target;
  logic [15:0]                    load_index;
  logic [RowBits-1:0]             load_data;

  pcl_filter #(
    .PORTS(PORTS), .DATA_WIDTH(DATA_WIDTH), .RULES(RULES), .ADDRESS_BITS(ADDRESS_BITS), .ADDRESS_INTERVALS(ADDRESS_INTERVALS),
    .PORT_INTERVALS(PORT_INTERVALS), .VLAN_INTERVALS(VLAN_INTERVALS), .FIFO_BYTES(FIFO_BYTES), .MAX_FRAME(MAX_FRAME), .SCRUB(SCRUB),
    .TREES(TREES), .TREE_RULES(TREE_RULES), .LEAF(LEAF), .TREE_ADDRESS_BITS(TREE_ADDRESS_BITS), .PREDICATE_BITS(PREDICATE_BITS),
    .TREE_ENTRIES(TREE_ENTRIES), .TREE_LEVELS(TREE_LEVELS), .TREE_ROWS(TREE_ROWS)
  ) u_filter (
    .clk_i, .rst_i,
    .s_axis_tdata_i, .s_axis_tkeep_i, .s_axis_tvalid_i, .s_axis_tlast_i, .s_axis_tuser_i, .s_axis_tready_o,
    .m_axis_tdata_o(egress_data), .m_axis_tkeep_o(egress_keep), .m_axis_tvalid_o(egress_valid), .m_axis_tlast_o(egress_last),
    .m_axis_tuser_o(egress_user), .m_axis_tready_i(egress_ready),
    .s_axil_awvalid_i(f_awvalid), .s_axil_awready_o(f_awready), .s_axil_awaddr_i(f_awaddr), .s_axil_awprot_i(r_awprot),
    .s_axil_wvalid_i(f_wvalid), .s_axil_wready_o(f_wready), .s_axil_wdata_i(f_wdata), .s_axil_wstrb_i(f_wstrb),
    .s_axil_bvalid_o(f_bvalid), .s_axil_bready_i(f_bready), .s_axil_bresp_o(f_bresp),
    .s_axil_arvalid_i(f_arvalid), .s_axil_arready_o(f_arready), .s_axil_araddr_i(f_araddr), .s_axil_arprot_i(r_arprot),
    .s_axil_rvalid_o(f_rvalid), .s_axil_rready_i(f_rready), .s_axil_rdata_o(f_rdata), .s_axil_rresp_o(f_rresp),
    .load_valid_i(load_valid), .load_ready_o(load_ready), .load_target_i(load_target), .load_index_i(load_index), .load_data_i(load_data),
    .report_valid_o, .report_o
  );
  assign egress_ready[PORTS] = 1'b1;   // the host's way never holds up the filter

  // ------------------------------------------------------------------------------------------------------------------
  // Host memory.
  logic [Writers-1:0]            write_valid, write_ready, write_last, write_done;
  logic [Writers*64-1:0]         write_address;
  logic [Writers*9-1:0]          write_beats;
  logic [Writers*DATA_WIDTH-1:0] write_data;
  logic [Writers*Bytes-1:0]      write_strobe;
  logic                          write_error;
  logic [Readers-1:0]            ask_valid, ask_ready, read_valid, read_ready;
  logic [Readers*64-1:0]         ask_address;
  logic [Readers*9-1:0]          ask_beats;
  logic [DATA_WIDTH-1:0]         read_data;
  logic                          read_error;

  pcl_dma_write #(.WRITERS(Writers), .DATA_WIDTH(DATA_WIDTH)) u_write (
    .clk_i, .rst_i,
    .beat_valid_i(write_valid), .beat_ready_o(write_ready), .beat_address_i(write_address), .beat_beats_i(write_beats), .beat_data_i(write_data),
    .beat_strobe_i(write_strobe), .beat_last_i(write_last), .done_o(write_done), .done_error_o(write_error),
    .m_axi_awaddr_o, .m_axi_awlen_o, .m_axi_awvalid_o, .m_axi_awready_i, .m_axi_wdata_o, .m_axi_wstrb_o, .m_axi_wlast_o, .m_axi_wvalid_o, .m_axi_wready_i,
    .m_axi_bresp_i, .m_axi_bvalid_i, .m_axi_bready_o
  );
  pcl_dma_read #(.READERS(Readers), .DATA_WIDTH(DATA_WIDTH), .ID_BITS(IdBits)) u_read (
    .clk_i, .rst_i,
    .ask_valid_i(ask_valid), .ask_ready_o(ask_ready), .ask_address_i(ask_address), .ask_beats_i(ask_beats), .read_valid_o(read_valid),
    .read_ready_i(read_ready), .read_data_o(read_data), .read_error_o(read_error),
    .m_axi_arid_o, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_arvalid_o, .m_axi_arready_i, .m_axi_rid_i, .m_axi_rdata_i, .m_axi_rresp_i, .m_axi_rvalid_i, .m_axi_rready_o
  );
  assign m_axi_awid_o = '0;
  assign m_axi_awsize_o = 3'(LaneBits);
  assign m_axi_awburst_o = 2'b01;      // increasing
  assign m_axi_awlock_o = 1'b0;
  assign m_axi_awcache_o = 4'b0011;    // normal memory, not cacheable, bufferable
  assign m_axi_awprot_o = 3'b000;
  assign m_axi_arsize_o = 3'(LaneBits);
  assign m_axi_arburst_o = 2'b01;
  assign m_axi_arlock_o = 1'b0;
  assign m_axi_arcache_o = 4'b0011;
  assign m_axi_arprot_o = 3'b000;

  // ------------------------------------------------------------------------------------------------------------------
  // Receive.
  logic [QUEUES*Errors-1:0] receive_errors;
  logic [QUEUES-1:0]        receive_busy, received;
  logic                     receive_failure, receive_cached, receive_pop, receive_phase;
  logic [RingBits-1:0]      receive_select;
  logic [127:0]             receive_descriptor;
  logic [15:0]              receive_remaining, receive_index, receive_behind;
  logic [63:0]              receive_place;
  logic [13:0]              receive_buffer;

  pcl_nic_rings #(
    .RINGS(QUEUES), .DATA_WIDTH(DATA_WIDTH), .BASE(pcl_nic_registers_pkg::Receive), .STRIDE(pcl_nic_registers_pkg::ReceiveStride), .BUFFERS(1'b1)
  ) u_receive_rings (
    .clk_i, .rst_i, .access_i(access), .access_data_o(data_receive), .stop_i(stop),
    .enabled_o(receive_enabled), .active_o(receive_active), .failed_o(receive_failed), .failure_o(receive_failure), .busy_i(receive_busy),
    .errors_i(receive_errors), .head_write_i(receive_pop), .head_ring_i(receive_select), .head_i(receive_behind),
    .available_o(unused_receive_available), .select_i(receive_select), .cached_o(receive_cached), .descriptor_o(receive_descriptor), .remaining_o(receive_remaining),
    .index_o(receive_index), .behind_o(receive_behind), .phase_o(receive_phase), .place_o(receive_place), .buffer_size_o(receive_buffer),
    .pop_i(receive_pop),
    .fetch_valid_o(ask_valid[ReadReceive]), .fetch_ready_i(ask_ready[ReadReceive]), .fetch_address_o(ask_address[ReadReceive*64+:64]),
    .data_valid_i(read_valid[ReadReceive]), .data_i(read_data), .data_error_i(read_error), .place_all_o(unused_receive_place_all)
  );
  assign ask_beats[ReadReceive*9+:9] = 9'(512 / DATA_WIDTH);
  assign read_ready[ReadReceive] = 1'b1;

  logic                  frame_ended, frame_lost, frame_valid, frame_take, frame_beat_valid, frame_beat_take, frame_beat_last;
  logic [2:0]            frame_port;
  receive_frame_t        frame;
  logic [DATA_WIDTH-1:0] frame_beat_data;
  pcl_nic_receive_buffer #(
    .DATA_WIDTH(DATA_WIDTH), .PORTS(PORTS), .QUEUES(QUEUES), .BYTES(RECEIVE_BYTES), .FRAMES(RECEIVE_FRAMES)
  ) u_receive_buffer (
    .clk_i, .rst_i, .time_i(now), .valid_i(egress_valid[PORTS]), .last_i(egress_last[PORTS]), .data_i(egress_data[PORTS*DATA_WIDTH+:DATA_WIDTH]),
    .user_i(egress_user[PORTS*UserBits+:UserBits]), .frame_ended_o(frame_ended), .frame_port_o(frame_port), .frame_lost_o(frame_lost),
    .config_i(port_config), .steer_o(steer), .steer_port_o(steer_port), .steer_entry_o(steer_entry), .steer_queue_i(steer_queue),
    .frame_valid_o(frame_valid), .frame_take_i(frame_take), .frame_o(frame),
    .beat_valid_o(frame_beat_valid), .beat_take_i(frame_beat_take), .beat_data_o(frame_beat_data), .beat_last_o(frame_beat_last)
  );

  logic                segment_valid, segment_ready, retired;
  logic [RingBits-1:0] retired_queue;
  receive_segment_t    segment;
  pcl_nic_receive_schedule #(.QUEUES(QUEUES), .SEGMENTS(Segments)) u_receive_schedule (
    .clk_i, .rst_i, .frame_valid_i(frame_valid), .frame_take_o(frame_take), .frame_i(frame), .enabled_i(receive_enabled), .select_o(receive_select),
    .cached_i(receive_cached), .address_i(receive_descriptor[63:0]), .remaining_i(receive_remaining), .index_i(receive_index),
    .phase_i(receive_phase), .completion_base_i(receive_place), .buffer_size_i(receive_buffer), .pop_o(receive_pop), .busy_o(receive_busy),
    .segment_valid_o(segment_valid), .segment_ready_i(segment_ready), .segment_o(segment), .retired_i(retired), .retired_queue_i(retired_queue)
  );

  logic           discard_valid, discard_ready, record_valid, acknowledged, acknowledged_error;
  receive_frame_t discard, record;
  logic [63:0]    record_address;
  pcl_nic_receive_write #(.DATA_WIDTH(DATA_WIDTH), .SEGMENTS(Segments)) u_receive_write (
    .clk_i, .rst_i, .segment_valid_i(segment_valid), .segment_ready_o(segment_ready), .segment_i(segment),
    .beat_valid_i(frame_beat_valid), .beat_take_o(frame_beat_take), .beat_data_i(frame_beat_data), .beat_last_i(frame_beat_last),
    .fate_valid_o(discard_valid), .fate_ready_i(discard_ready), .fate_frame_o(discard),
    .record_valid_o(record_valid), .record_o(record), .record_address_o(record_address),
    .write_valid_o(write_valid[WriteData]), .write_ready_i(write_ready[WriteData]), .write_address_o(write_address[WriteData*64+:64]),
    .write_beats_o(write_beats[WriteData*9+:9]), .write_data_o(write_data[WriteData*DATA_WIDTH+:DATA_WIDTH]),
    .write_strobe_o(write_strobe[WriteData*Bytes+:Bytes]), .write_last_o(write_last[WriteData]),
    .done_i(write_done[WriteData]), .done_error_i(write_error), .acknowledged_o(acknowledged), .acknowledged_error_o(acknowledged_error)
  );

  logic                  fate_valid, fate_of_queue;
  fate_e                 fate;
  logic [2:0]            fate_port;
  logic [QueueBits-1:0]  fate_queue;
  logic [LengthBits-1:0] fate_length;
  pcl_nic_receive_complete #(.DATA_WIDTH(DATA_WIDTH), .QUEUES(QUEUES), .SEGMENTS(Segments)) u_receive_complete (
    .clk_i, .rst_i, .record_valid_i(record_valid), .record_i(record), .record_address_i(record_address),
    .acknowledged_i(acknowledged), .acknowledged_error_i(acknowledged_error), .failed_i(receive_failed), .active_i(receive_active),
    .errors_o(receive_errors), .retired_o(retired), .retired_queue_o(retired_queue), .received_o(received),
    .discard_valid_i(discard_valid), .discard_ready_o(discard_ready), .discard_i(discard),
    .fate_valid_o(fate_valid), .fate_o(fate), .fate_port_o(fate_port), .fate_of_queue_o(fate_of_queue), .fate_queue_o(fate_queue), .fate_length_o(fate_length),
    .write_valid_o(write_valid[WriteCompletion]), .write_ready_i(write_ready[WriteCompletion]), .write_address_o(write_address[WriteCompletion*64+:64]),
    .write_beats_o(write_beats[WriteCompletion*9+:9]), .write_data_o(write_data[WriteCompletion*DATA_WIDTH+:DATA_WIDTH]),
    .write_strobe_o(write_strobe[WriteCompletion*Bytes+:Bytes]), .write_last_o(write_last[WriteCompletion]),
    .done_i(write_done[WriteCompletion]), .done_error_i(write_error)
  );

  // ------------------------------------------------------------------------------------------------------------------
  // Transmit.
  logic [QUEUES*Errors-1:0]    pack_errors, transmit_errors;
  logic [QUEUES-1:0]           packets_busy, heads_busy, head_written, head_error, transmit_available;
  logic [QUEUES*64-1:0]        transmit_places;
  logic                        transmit_failure, transmit_cached, transmit_pop;
  logic [RingBits-1:0]         transmit_select;
  logic [127:0]                transmit_descriptor;
  logic [15:0]                 transmit_remaining, transmit_behind;
  logic                        sent;
  logic [2:0]                  sent_port;
  logic [QueueBits-1:0]        sent_queue;
  logic [LengthBits-1:0]       sent_length;
  logic [15:0]                 sent_head;

  for (genvar q = 0; q < QUEUES; q++) begin : gen_transmit_errors
    assign transmit_errors[q*Errors+:Errors] = pack_errors[q*Errors+:Errors] | Errors'(32'(head_error[q]) << ErrorReport);
  end

  pcl_nic_rings #(
    .RINGS(QUEUES), .DATA_WIDTH(DATA_WIDTH), .BASE(pcl_nic_registers_pkg::Transmit), .STRIDE(pcl_nic_registers_pkg::TransmitStride), .BUFFERS(1'b0)
  ) u_transmit_rings (
    .clk_i, .rst_i, .access_i(access), .access_data_o(data_transmit), .stop_i(stop),
    .enabled_o(transmit_enabled), .active_o(transmit_active), .failed_o(transmit_failed), .failure_o(transmit_failure), .busy_i(packets_busy | heads_busy),
    .errors_i(transmit_errors), .head_write_i(sent), .head_ring_i(RingBits'(sent_queue)), .head_i(sent_head),
    .available_o(transmit_available), .select_i(transmit_select), .cached_o(transmit_cached), .descriptor_o(transmit_descriptor),
    .remaining_o(transmit_remaining), .index_o(unused_transmit_index), .behind_o(transmit_behind), .phase_o(unused_transmit_phase), .place_o(unused_transmit_place), .buffer_size_o(unused_transmit_buffer_size), .pop_i(transmit_pop),
    .fetch_valid_o(ask_valid[ReadTransmit]), .fetch_ready_i(ask_ready[ReadTransmit]), .fetch_address_o(ask_address[ReadTransmit*64+:64]),
    .data_valid_i(read_valid[ReadTransmit]), .data_i(read_data), .data_error_i(read_error), .place_all_o(transmit_places)
  );
  assign ask_beats[ReadTransmit*9+:9] = 9'(512 / DATA_WIDTH);
  assign read_ready[ReadTransmit] = 1'b1;

  logic [PORTS*LengthBits-1:0] room;
  logic [PORTS-1:0]            reserve, row_write, packet_drop;
  logic [LengthBits-1:0]       reserve_rows, packet_drop_rows;
  logic                        burst_valid, burst_done, packet_done;
  logic [RingBits-1:0]         packet_queue;
  transmit_burst_t             burst;
  logic [DATA_WIDTH-1:0]       row_data;
  logic                        row_last;
  logic [LaneBits-1:0]         row_last_lane;

  pcl_nic_transmit_schedule #(
    .QUEUES(QUEUES), .PORTS(PORTS), .DATA_WIDTH(DATA_WIDTH), .MAX_FRAME(MAX_FRAME), .BURSTS(Bursts)
  ) u_transmit_schedule (
    .clk_i, .rst_i, .enabled_i(transmit_enabled), .active_i(transmit_active), .available_i(transmit_available), .select_o(transmit_select),
    .cached_i(transmit_cached), .descriptor_i(transmit_descriptor), .remaining_i(transmit_remaining), .behind_i(transmit_behind), .pop_o(transmit_pop),
    .busy_o(packets_busy), .room_i(room), .reserve_o(reserve), .reserve_rows_o(reserve_rows),
    .ask_valid_o(ask_valid[ReadData]), .ask_ready_i(ask_ready[ReadData]), .ask_address_o(ask_address[ReadData*64+:64]), .ask_beats_o(ask_beats[ReadData*9+:9]),
    .burst_valid_o(burst_valid), .burst_o(burst), .burst_done_i(burst_done), .packet_done_i(packet_done), .packet_queue_i(packet_queue)
  );
  pcl_nic_transmit_pack #(.QUEUES(QUEUES), .PORTS(PORTS), .DATA_WIDTH(DATA_WIDTH), .BURSTS(Bursts)) u_transmit_pack (
    .clk_i, .rst_i, .burst_valid_i(burst_valid), .burst_i(burst), .burst_done_o(burst_done), .packet_done_o(packet_done), .packet_queue_o(packet_queue),
    .data_valid_i(read_valid[ReadData]), .data_ready_o(read_ready[ReadData]), .data_i(read_data), .data_error_i(read_error),
    .failed_i(transmit_failed), .active_i(transmit_active), .errors_o(pack_errors),
    .write_o(row_write), .write_data_o(row_data), .write_last_o(row_last), .write_last_lane_o(row_last_lane), .drop_o(packet_drop), .drop_rows_o(packet_drop_rows),
    .sent_o(sent), .sent_port_o(sent_port), .sent_queue_o(sent_queue), .sent_length_o(sent_length), .sent_head_o(sent_head)
  );

  for (genvar p = 0; p < PORTS; p++) begin : gen_port
    pcl_nic_transmit_port #(.DATA_WIDTH(DATA_WIDTH), .BYTES(TRANSMIT_BYTES)) u_out (
      .clk_i, .rst_i, .forward_valid_i(egress_valid[p]), .forward_ready_o(egress_ready[p]), .forward_data_i(egress_data[p*DATA_WIDTH+:DATA_WIDTH]),
      .forward_keep_i(egress_keep[p*Bytes+:Bytes]), .forward_last_i(egress_last[p]), .room_o(room[p*LengthBits+:LengthBits]),
      .reserve_i(reserve[p]), .reserve_rows_i(reserve_rows), .write_i(row_write[p]), .write_data_i(row_data), .write_last_i(row_last), .write_last_lane_i(row_last_lane),
      .drop_i(packet_drop[p]), .drop_rows_i(packet_drop_rows),
      .m_axis_tdata_o(m_axis_tdata_o[p*DATA_WIDTH+:DATA_WIDTH]), .m_axis_tkeep_o(m_axis_tkeep_o[p*Bytes+:Bytes]), .m_axis_tvalid_o(m_axis_tvalid_o[p]),
      .m_axis_tlast_o(m_axis_tlast_o[p]), .m_axis_tready_i(m_axis_tready_i[p])
    );
  end

  pcl_nic_heads #(.RINGS(QUEUES), .DATA_WIDTH(DATA_WIDTH)) u_heads (
    .clk_i, .rst_i, .set_i(sent), .set_ring_i(RingBits'(sent_queue)), .set_head_i(sent_head), .failed_i(transmit_failed), .place_i(transmit_places),
    .busy_o(heads_busy), .written_o(head_written), .error_o(head_error),
    .beat_valid_o(write_valid[WriteHead]), .beat_ready_i(write_ready[WriteHead]), .beat_address_o(write_address[WriteHead*64+:64]),
    .beat_data_o(write_data[WriteHead*DATA_WIDTH+:DATA_WIDTH]), .beat_strobe_o(write_strobe[WriteHead*Bytes+:Bytes]),
    .done_i(write_done[WriteHead]), .done_error_i(write_error)
  );
  assign write_beats[WriteHead*9+:9] = 9'd1;
  assign write_last[WriteHead] = 1'b1;

  // ------------------------------------------------------------------------------------------------------------------
  // Table load.
  logic              table_enabled, table_available, table_busy, table_head_busy, table_failed, table_failure, table_pop, table_head, table_written, table_head_error;
  logic [Errors-1:0] table_errors;
  logic [127:0]      table_descriptor;
  logic [15:0]       table_behind, table_head_index;
  logic [63:0]       table_place;

  pcl_nic_rings #(
    .RINGS(1), .DATA_WIDTH(DATA_WIDTH), .BASE(pcl_nic_registers_pkg::TableQueue), .STRIDE(64), .AHEAD(8), .BUFFERS(1'b0)
  ) u_table_ring (
    .clk_i, .rst_i, .access_i(access), .access_data_o(data_table), .stop_i(stop),
    .enabled_o(table_enabled), .active_o(table_active), .failed_o(table_failed), .failure_o(table_failure), .busy_i(table_busy || table_head_busy),
    .errors_i(table_errors | Errors'(32'(table_head_error) << ErrorReport)), .head_write_i(table_head), .head_ring_i(1'b0), .head_i(table_head_index),
    .available_o(table_available), .select_i(1'b0), .cached_o(unused_table_cached), .descriptor_o(table_descriptor), .remaining_o(unused_table_remaining), .index_o(unused_table_index), .behind_o(table_behind),
    .phase_o(unused_table_phase), .place_o(unused_table_place), .buffer_size_o(unused_table_buffer_size), .pop_i(table_pop),
    .fetch_valid_o(ask_valid[ReadTable]), .fetch_ready_i(ask_ready[ReadTable]), .fetch_address_o(ask_address[ReadTable*64+:64]),
    .data_valid_i(read_valid[ReadTable]), .data_i(read_data), .data_error_i(read_error), .place_all_o(table_place)
  );
  assign ask_beats[ReadTable*9+:9] = 9'(512 / DATA_WIDTH);
  assign read_ready[ReadTable] = 1'b1;

  pcl_nic_table_load #(.DATA_WIDTH(DATA_WIDTH), .ROW_BITS(RowBits)) u_table_load (
    .clk_i, .rst_i, .enabled_i(table_enabled), .available_i(table_available), .descriptor_i(table_descriptor), .behind_i(table_behind), .pop_o(table_pop),
    .busy_o(table_busy), .errors_o(table_errors), .head_o(table_head), .head_index_o(table_head_index),
    .ask_valid_o(ask_valid[ReadRows]), .ask_ready_i(ask_ready[ReadRows]), .ask_address_o(ask_address[ReadRows*64+:64]), .ask_beats_o(ask_beats[ReadRows*9+:9]),
    .data_valid_i(read_valid[ReadRows]), .data_i(read_data), .data_error_i(read_error),
    .load_valid_o(load_valid), .load_ready_i(load_ready), .load_target_o(load_target), .load_index_o(load_index), .load_data_o(load_data)
  );
  assign read_ready[ReadRows] = 1'b1;

  pcl_nic_heads #(.RINGS(1), .DATA_WIDTH(DATA_WIDTH)) u_table_head (
    .clk_i, .rst_i, .set_i(table_head), .set_ring_i(1'b0), .set_head_i(table_head_index), .failed_i(table_failed), .place_i(table_place),
    .busy_o(table_head_busy), .written_o(table_written), .error_o(table_head_error),
    .beat_valid_o(write_valid[WriteTableHead]), .beat_ready_i(write_ready[WriteTableHead]), .beat_address_o(write_address[WriteTableHead*64+:64]),
    .beat_data_o(write_data[WriteTableHead*DATA_WIDTH+:DATA_WIDTH]), .beat_strobe_o(write_strobe[WriteTableHead*Bytes+:Bytes]),
    .done_i(write_done[WriteTableHead]), .done_error_i(write_error)
  );
  assign write_beats[WriteTableHead*9+:9] = 9'd1;
  assign write_last[WriteTableHead] = 1'b1;

  // ------------------------------------------------------------------------------------------------------------------
  // Counters and interrupts.
  pcl_nic_counters #(.PORTS(PORTS), .QUEUES(QUEUES)) u_counters (
    .clk_i, .access_i(access), .access_data_o(data_counters), .frame_i(frame_ended), .frame_port_i(frame_port), .frame_lost_i(frame_lost),
    .fate_valid_i(fate_valid), .fate_i(fate), .fate_port_i(fate_port), .fate_of_queue_i(fate_of_queue), .fate_queue_i(fate_queue), .fate_length_i(fate_length),
    .sent_i(sent), .sent_port_i(sent_port), .sent_queue_i(sent_queue), .sent_length_i(sent_length)
  );
  pcl_nic_interrupts #(.QUEUES(QUEUES)) u_interrupts (
    .clk_i, .rst_i, .access_i(access), .access_data_o(data_interrupts), .received_i(received), .transmitted_i(head_written),
    .event_i({table_written, table_failure, transmit_failure, receive_failure, 8'(link_changed)}), .interrupt_o
  );

  logic unused;
  assign unused = ^{f_bresp, f_rresp, egress_keep[PORTS*Bytes+:Bytes], egress_user[PORTS*UserBits-1:0], m_axi_bid_i, m_axi_rlast_i,
                    receive_descriptor[127:64]};

endmodule
