// The management processor before the registers of a filter or of a NIC: firmware that loads policies and tests them, whatever becomes of the host
// (docs/firmware.md, docs/mailbox.md).
//
// In: the host's AXI4-Lite port. Out: an AXI4-Lite master for the registers of pcl_filter or pcl_nic; console characters, each until it is taken.
// Addresses 0x2000 - 0x2FFF are answered here, all others go on. Both ports take one access at a time.
//
// Guarantees
// - The processor shares nothing with the packets' way but the register block: stuck, in reset or without firmware, it holds up no packet and no access of the host.
// - Unless its firmware writes the watchdog in time, the processor is reset and begins at the boot ROM, which starts firmware only with a right CRC.
module pcl_management
  import pcl_management_pkg::*;
  import pcl_management_registers_pkg::*;
#(
  parameter int unsigned CLOCK_HZ = 250_000_000,
  parameter int unsigned WATCHDOG_CLOCKS = 67_108_864,   // longest time between two writes of the watchdog
  parameter int unsigned LOCK_UNIT = 65_536,             // clocks; leases are counted in it
  parameter              FIRMWARE = ""                   // file with the image that is in RAM from the first clock on (pcl_management_memory); "": none
) (
  input  logic        clk_i,
  input  logic        rst_i,

  input  logic        s_axil_awvalid_i,
  output logic        s_axil_awready_o,
  input  logic [15:0] s_axil_awaddr_i,
  input  logic [2:0]  s_axil_awprot_i,
  input  logic        s_axil_wvalid_i,
  output logic        s_axil_wready_o,
  input  logic [31:0] s_axil_wdata_i,
  input  logic [3:0]  s_axil_wstrb_i,
  output logic        s_axil_bvalid_o,
  input  logic        s_axil_bready_i,
  output logic [1:0]  s_axil_bresp_o,
  input  logic        s_axil_arvalid_i,
  output logic        s_axil_arready_o,
  input  logic [15:0] s_axil_araddr_i,
  input  logic [2:0]  s_axil_arprot_i,
  output logic        s_axil_rvalid_o,
  input  logic        s_axil_rready_i,
  output logic [31:0] s_axil_rdata_o,
  output logic [1:0]  s_axil_rresp_o,

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
  input  logic [1:0]  m_axil_rresp_i,

  output logic        console_valid_o,
  input  logic        console_ready_i,
  output logic [7:0]  console_data_o
);

  localparam int unsigned WatchdogBits = $clog2(WATCHDOG_CLOCKS + 1);
  localparam int unsigned UnitBits = $clog2(LOCK_UNIT);
  localparam int unsigned ResetClocks = 16;   // of the processor

  if (WATCHDOG_CLOCKS < 4096) begin : gen_check_watchdog
    $fatal(1, "pcl_management: WATCHDOG_CLOCKS is %0d; it must be at least 4096, or the boot ROM has no time to begin", WATCHDOG_CLOCKS);
  end
  if (LOCK_UNIT < 2) begin : gen_check_unit
    $fatal(1, "pcl_management: LOCK_UNIT is %0d; it must be at least 2", LOCK_UNIT);
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Masters.
  access_t     host_access, core_access;
  logic [31:0] host_data, core_data, host_mailbox_data, core_mailbox_data;
  logic        bus_valid, bus_ready, bus_write;
  logic [15:0] bus_address;
  logic [31:0] bus_write_data, bus_read_data;
  logic [3:0]  bus_strobe;
  logic [15:0] owner, left;
  logic        core_owns, expired, refused, touched, trapped;

  pcl_management_access u_access (
    .clk_i, .rst_i,
    .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_awaddr_i, .s_axil_wvalid_i, .s_axil_wready_o, .s_axil_wdata_i, .s_axil_wstrb_i,
    .s_axil_bvalid_o, .s_axil_bready_i, .s_axil_bresp_o, .s_axil_arvalid_i, .s_axil_arready_o, .s_axil_araddr_i,
    .s_axil_rvalid_o, .s_axil_rready_i, .s_axil_rdata_o, .s_axil_rresp_o,
    .core_valid_i(bus_valid), .core_ready_o(bus_ready), .core_write_i(bus_write), .core_address_i(bus_address), .core_data_i(bus_write_data),
    .core_strobe_i(bus_strobe), .core_data_o(bus_read_data),
    .host_access_o(host_access), .host_data_i(host_data),
    .owned_i(owner != 0), .owned_by_core_i(core_owns), .refused_o(refused), .touched_o(touched),
    .m_axil_awvalid_o, .m_axil_awready_i, .m_axil_awaddr_o, .m_axil_wvalid_o, .m_axil_wready_i, .m_axil_wdata_o, .m_axil_wstrb_o,
    .m_axil_bvalid_i, .m_axil_bready_o, .m_axil_arvalid_o, .m_axil_arready_i, .m_axil_araddr_o, .m_axil_rvalid_i, .m_axil_rready_o, .m_axil_rdata_i
  );
  assign m_axil_awprot_o = 3'b000;
  assign m_axil_arprot_o = 3'b000;

  // ------------------------------------------------------------------------------------------------------------------
  // Reset of the processor, watchdog.
  logic                           hold_q, core_rst_q, bitten;
  logic [WatchdogBits-1:0]        watchdog_q;
  logic [$clog2(ResetClocks)-1:0] resetting_q;
  logic [7:0]                     bites_q;
  reset_e                         cause_q;
  logic                           core_write, feed, host_write;

  assign host_write = host_access.valid && host_access.write && host_access.strobe == '1;
  assign core_write = core_access.valid && core_access.write;
  assign feed = core_write && core_access.address == CoreWatchdog;
  assign bitten = watchdog_q == 0;

  always_ff @(posedge clk_i) begin
    watchdog_q <= core_rst_q || feed ? WatchdogBits'(WATCHDOG_CLOCKS) : watchdog_q - WatchdogBits'(!bitten);
    if (host_write && host_access.address == ManagementControl) hold_q <= host_access.data[ManagementControlHoldLow];
    if (resetting_q != 0) resetting_q <= resetting_q - 1'b1;
    if (hold_q) begin
      resetting_q <= '1;
      cause_q     <= ResetHold;
    end else if (bitten && !core_rst_q) begin
      resetting_q <= '1;
      cause_q     <= ResetWatchdog;
      if (bites_q != '1) bites_q <= bites_q + 8'd1;
    end
    core_rst_q <= hold_q || resetting_q != 0 || bitten;
    if (rst_i) begin
      watchdog_q  <= WatchdogBits'(WATCHDOG_CLOCKS);
      hold_q      <= 1'b0;
      resetting_q <= '1;
      core_rst_q  <= 1'b1;
      bites_q     <= '0;
      cause_q     <= ResetPowerUp;
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Processor.
  logic        memory_write;
  logic [31:0] memory_address_q;
  assign memory_write = host_write && host_access.address == ManagementMemoryData && hold_q;

  pcl_management_processor #(.FIRMWARE(FIRMWARE)) u_processor (
    .clk_i, .core_rst_i(core_rst_q), .memory_write_i(memory_write), .memory_address_i(memory_address_q), .memory_data_i(host_access.data),
    .core_access_o(core_access), .core_data_i(core_data),
    .bus_valid_o(bus_valid), .bus_ready_i(bus_ready), .bus_write_o(bus_write), .bus_address_o(bus_address), .bus_data_o(bus_write_data),
    .bus_strobe_o(bus_strobe), .bus_data_i(bus_read_data), .trapped_o(trapped)
  );

  // ------------------------------------------------------------------------------------------------------------------
  // Lock and mailbox.
  logic [UnitBits-1:0] unit_q;
  always_ff @(posedge clk_i) unit_q <= rst_i || unit_q == 0 ? UnitBits'(LOCK_UNIT - 1) : unit_q - 1'b1;

  pcl_management_lock u_lock (
    .clk_i, .rst_i, .core_rst_i(core_rst_q), .unit_i(unit_q == 0),
    .host_claim_i(host_write && host_access.address == LockClaim), .core_claim_i(core_write && core_access.address == CoreLockClaim),
    .host_id_i(host_access.data[LockClaimIdLow +: LockClaimIdWidth]), .host_lease_i(host_access.data[LockClaimLeaseLow +: LockClaimLeaseWidth]),
    .core_id_i(core_access.data[CoreLockClaimIdLow +: CoreLockClaimIdWidth]),
    .core_lease_i(core_access.data[CoreLockClaimLeaseLow +: CoreLockClaimLeaseWidth]),
    .owner_o(owner), .core_owns_o(core_owns), .left_o(left), .expired_o(expired)
  );

  logic [3:0] boot_q;
  logic       pending;
  pcl_management_mailbox u_mailbox (
    .clk_i, .rst_i, .core_rst_i(core_rst_q), .running_i(boot_q == BootRunning),
    .host_access_i(host_access), .host_data_o(host_mailbox_data), .core_access_i(core_access), .core_data_o(core_mailbox_data), .pending_o(pending)
  );

  // ------------------------------------------------------------------------------------------------------------------
  // Registers of both sides, and the CRC unit.
  logic [31:0] heartbeat_q, crc_q, clocks_q, busy_q;
  logic        events_refused_q, events_expired_q;
  logic        touched_q = 1'b0;  // outlives a reset, as the tables do
  logic [31:0] host_register_q [AccessLatency];
  logic [31:0] core_register_q [AccessLatency];

  assign host_data = host_register_q[AccessLatency-1] | host_mailbox_data;
  assign core_data = core_register_q[AccessLatency-1] | core_mailbox_data;

  always_ff @(posedge clk_i) begin
    if (host_write && host_access.address == ManagementMemoryAddress) memory_address_q <= {host_access.data[31:2], 2'b00};
    else if (memory_write) memory_address_q <= memory_address_q + 32'd4;

    if (host_write && host_access.address == LockEvents) begin
      if (host_access.data[LockEventsRefusedLow]) events_refused_q <= 1'b0;
      if (host_access.data[LockEventsExpiredLow]) events_expired_q <= 1'b0;
    end
    if (refused) events_refused_q <= 1'b1;
    if (expired) events_expired_q <= 1'b1;

    if (console_ready_i) console_valid_o <= 1'b0;
    if (core_write) begin
      case (core_access.address)
        CoreBoot:      boot_q <= core_access.data[CoreBootValueLow +: CoreBootValueWidth];
        CoreHeartbeat: heartbeat_q <= core_access.data;
        CoreConsole: begin
          console_valid_o <= 1'b1;
          console_data_o  <= core_access.data[CoreConsoleCharacterLow +: CoreConsoleCharacterWidth];
        end
        CoreCrcState:  crc_q <= core_access.data;
        CoreCrcWord:   crc_q <= crc32c(crc_q, core_access.data, 3'd4);
        CoreCrcByte:   crc_q <= crc32c(crc_q, core_access.data, 3'd1);
        CoreEvents:    if (core_access.data[CoreEventsTouchedLow]) touched_q <= 1'b0;
        default: ;
      endcase
    end
    if (touched) touched_q <= 1'b1;

    clocks_q <= rst_i ? '0 : clocks_q + 32'd1;
    busy_q   <= rst_i ? '0 : busy_q + 32'(!core_rst_q && (boot_q == 0 || pending));

    if (rst_i || core_rst_q) begin
      boot_q      <= '0;
      heartbeat_q <= '0;
    end
    if (rst_i) begin
      memory_address_q <= '0;
      events_refused_q <= 1'b0;
      events_expired_q <= 1'b0;
      console_valid_o  <= 1'b0;
      crc_q            <= '0;
    end
  end

  always_ff @(posedge clk_i) begin
    host_register_q[0] <= '0;
    if (host_access.valid && !host_access.write) begin
      case (host_access.address)
        ManagementMagic:         host_register_q[0] <= ManagementMagicValueReset;
        ManagementVersion:       host_register_q[0] <= 32'd1 << ManagementVersionMajorLow;
        ManagementBufferBytes:   host_register_q[0] <= BufferBytes;
        ManagementMemoryBytes:   host_register_q[0] <= MemoryBytes;
        ManagementControl:       host_register_q[0] <= 32'(hold_q) << ManagementControlHoldLow;
        ManagementStatus:        host_register_q[0] <= 32'(boot_q) << ManagementStatusBootLow | 32'(hold_q) << ManagementStatusHeldLow |
                                                       32'(trapped) << ManagementStatusTrappedLow | 32'(bites_q) << ManagementStatusWatchdogResetsLow;
        ManagementHeartbeat:     host_register_q[0] <= heartbeat_q;
        ManagementMemoryAddress: host_register_q[0] <= memory_address_q;
        ManagementClocks:        host_register_q[0] <= clocks_q;
        ManagementBusy:          host_register_q[0] <= busy_q;
        LockOwner:               host_register_q[0] <= 32'(owner) << LockOwnerIdLow | 32'(core_owns) << LockOwnerFirmwareLow;
        LockLeft:                host_register_q[0] <= 32'(left);
        LockUnit:                host_register_q[0] <= LOCK_UNIT;
        LockEvents:              host_register_q[0] <= 32'(events_refused_q) << LockEventsRefusedLow | 32'(events_expired_q) << LockEventsExpiredLow;
        default: ;
      endcase
    end
    core_register_q[0] <= '0;
    if (core_access.valid && !core_access.write) begin
      case (core_access.address)
        CoreBoot:      core_register_q[0] <= 32'(boot_q);
        CoreHeartbeat: core_register_q[0] <= heartbeat_q;
        CoreWatchdog:  core_register_q[0] <= WATCHDOG_CLOCKS;
        CoreConsole:   core_register_q[0] <= 32'(console_valid_o) << CoreConsoleFullLow;
        CoreCrcState:  core_register_q[0] <= crc_q;
        CoreEvents:    core_register_q[0] <= 32'(touched_q) << CoreEventsTouchedLow;
        CoreReset:     core_register_q[0] <= 32'(cause_q) << CoreResetCauseLow | 32'(bites_q) << CoreResetWatchdogResetsLow;
        CoreClockHz:   core_register_q[0] <= CLOCK_HZ;
        CoreLockOwner: core_register_q[0] <= 32'(owner) << CoreLockOwnerIdLow | 32'(core_owns) << CoreLockOwnerFirmwareLow;
        default: ;
      endcase
    end
    for (int unsigned i = 1; i < AccessLatency; i++) begin
      host_register_q[i] <= host_register_q[i-1];
      core_register_q[i] <= core_register_q[i-1];
    end
  end

  logic unused;
  assign unused = ^{s_axil_awprot_i, s_axil_arprot_i, m_axil_bresp_i, m_axil_rresp_i};

endmodule
