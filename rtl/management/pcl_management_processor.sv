// The management processor: PicoRV32 (rv32imc) with its RAM and boot ROM. docs/firmware.md has the memory map.
//
// In: core_rst_i holds the processor in reset; while it does, memory_write_i writes a word of RAM.
// Out: accesses to its registers (core_access_o, one clock long, answered by core_data_i AccessLatency clocks later) and to those of the filter or NIC
// (bus_valid_o until bus_ready_i, which comes with the answer). trapped_o: it met something that it cannot carry out, and does nothing any more.
//
// RAM: 0x00000 - 0x07FFF; ROM: 0x10000 - 0x103FF, where a reset begins; own registers: 0x20000 - 0x20FFF; registers of the filter or NIC:
// 0x40000 - 0x4FFFF. An access to anything else is never answered: the watchdog ends it.
module pcl_management_processor
  import pcl_management_pkg::*;
#(
  parameter FIRMWARE = ""   // of pcl_management_memory
) (
  input  logic        clk_i,
  input  logic        core_rst_i,

  input  logic        memory_write_i,
  input  logic [31:0] memory_address_i,
  input  logic [31:0] memory_data_i,

  output access_t     core_access_o,
  input  logic [31:0] core_data_i,

  output logic        bus_valid_o,
  input  logic        bus_ready_i,
  output logic        bus_write_o,
  output logic [15:0] bus_address_o,
  output logic [31:0] bus_data_o,
  output logic [3:0]  bus_strobe_o,
  input  logic [31:0] bus_data_i,

  output logic        trapped_o
);

  localparam int unsigned Words = MemoryBytes / 4;
  localparam int unsigned WordBits = $clog2(Words);
  localparam logic [31:0] RomBase = 32'h0001_0000;

  logic        valid, ready, look_read;
  logic [31:0] address, write_data, read_data, look_address;
  logic [3:0]  strobe;

  // What the processor offers and nobody here asks for.
  logic        unused_instruction, unused_look_write, unused_pcpi_valid, unused_trace_valid;
  logic [31:0] unused_look_data, unused_pcpi_instruction, unused_pcpi_rs1, unused_pcpi_rs2, unused_interrupts_ended;
  logic [3:0]  unused_look_strobe;
  logic [35:0] unused_trace_data;

  picorv32 #(
    .ENABLE_COUNTERS64(1'b1), .BARREL_SHIFTER(1'b1), .COMPRESSED_ISA(1'b1), .ENABLE_FAST_MUL(1'b1), .ENABLE_DIV(1'b1), .REGS_INIT_ZERO(1'b1),
    .PROGADDR_RESET(RomBase)
  ) u_core (
    .clk(clk_i), .resetn(!core_rst_i), .trap(trapped_o),
    .mem_valid(valid), .mem_instr(unused_instruction), .mem_ready(ready), .mem_addr(address), .mem_wdata(write_data), .mem_wstrb(strobe),
    .mem_rdata(read_data),
    .mem_la_read(look_read), .mem_la_write(unused_look_write), .mem_la_addr(look_address), .mem_la_wdata(unused_look_data),
    .mem_la_wstrb(unused_look_strobe),
    .pcpi_valid(unused_pcpi_valid), .pcpi_insn(unused_pcpi_instruction), .pcpi_rs1(unused_pcpi_rs1), .pcpi_rs2(unused_pcpi_rs2),
    .pcpi_wr(1'b0), .pcpi_rd(32'b0), .pcpi_wait(1'b0), .pcpi_ready(1'b0), .irq(32'b0), .eoi(unused_interrupts_ended),
    .trace_valid(unused_trace_valid), .trace_data(unused_trace_data)
  );

  // ------------------------------------------------------------------------------------------------------------------
  // RAM. The processor says a clock ahead what it will read, and the RAM has it two clocks after it was asked: one clock of waiting.
  logic        in_ram, look_ram, ram_write;
  logic [1:0]  ram_read_q;
  logic [31:0] ram_data;
  assign in_ram = address < MemoryBytes;
  assign look_ram = look_read && look_address < MemoryBytes;
  assign ram_write = valid && in_ram && strobe != '0;

  pcl_management_memory #(.FIRMWARE(FIRMWARE)) u_ram (
    .clk_i,
    .write_i(core_rst_i ? {4{memory_write_i && memory_address_i < MemoryBytes}} : ram_write ? strobe : 4'b0),
    .write_row_i(core_rst_i ? memory_address_i[2 +: WordBits] : address[2 +: WordBits]),
    .write_data_i(core_rst_i ? memory_data_i : write_data),
    .read_i(look_ram), .read_row_i(look_address[2 +: WordBits]), .read_data_o(ram_data)
  );

  // ------------------------------------------------------------------------------------------------------------------
  // Boot ROM and registers: asked once, answered after a fixed time.
  logic        in_rom, in_core, in_bus;
  logic [2:0]  wait_q;
  logic [31:0] rom_data;
  assign in_rom = address[31:10] == RomBase[31:10];
  assign in_core = address[31:12] == 20'h00020;
  assign in_bus = address[31:16] == 16'h0004;

  pcl_boot_rom u_rom (.clk_i, .word_i(address[9:2]), .data_o(rom_data));

  assign core_access_o.valid = valid && in_core && wait_q == 0;
  assign core_access_o.write = strobe != '0;
  assign core_access_o.address = {4'h0, address[11:2], 2'b00};
  assign core_access_o.data = write_data;
  assign core_access_o.strobe = strobe;

  assign bus_valid_o = valid && in_bus;
  assign bus_write_o = strobe != '0;
  assign bus_address_o = address[15:0];
  assign bus_data_o = write_data;
  assign bus_strobe_o = strobe;

  always_ff @(posedge clk_i) begin
    ram_read_q <= {ram_read_q[0], look_ram};
    wait_q <= valid && (in_rom || in_core) && !ready ? wait_q + 3'd1 : '0;
    if (core_rst_i) begin
      ram_read_q <= '0;
      wait_q     <= '0;
    end
  end

  always_comb begin
    ready = 1'b0;
    read_data = ram_data;
    if (in_ram) begin
      ready = valid && (strobe != '0 || ram_read_q[1]);
    end else if (in_rom) begin
      ready = valid && wait_q == 3'd1;
      read_data = rom_data;
    end else if (in_core) begin
      ready = valid && wait_q == 3'(AccessLatency);
      read_data = core_data_i;
    end else if (in_bus) begin
      ready = bus_ready_i;
      read_data = bus_data_i;
    end
  end

  logic unused;
  assign unused = ^{unused_instruction, unused_look_write, unused_look_data, unused_look_strobe, unused_pcpi_valid, unused_pcpi_instruction, unused_pcpi_rs1,
                    unused_pcpi_rs2, unused_interrupts_ended, unused_trace_valid, unused_trace_data};

endmodule
