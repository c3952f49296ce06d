// What the parts of pcl_management share (docs/firmware.md).
// Not every design uses every constant of a package.
/* verilator lint_off UNUSEDPARAM */
package pcl_management_pkg;

  localparam int unsigned MemoryBytes = 32768;   // of the processor's RAM; the boot ROM counts on it
  localparam int unsigned BufferBytes = 1024;    // of a request's and of a response's data

  // A register access, one clock long. The block that owns the address answers a read AccessLatency clocks later, all others say 0.
  typedef struct packed {
    logic        valid;
    logic        write;
    logic [15:0] address;   // a multiple of 4
    logic [31:0] data;
    logic [3:0]  strobe;    // bytes to be written
  } access_t;
  localparam int unsigned AccessLatency = 3;

  // What MANAGEMENT_STATUS.BOOT says; the boot ROM writes the last two, the firmware the first.
  localparam logic [3:0] BootRunning = 4'd1;

  typedef enum logic [1:0] { ResetPowerUp = 2'd0, ResetWatchdog = 2'd1, ResetHold = 2'd2 } reset_e;

  // CRC-32C (RFC 3720, 12.1), reflected: the remainder behind the lowest `bytes` (0 to 4) bytes of data.
  function automatic logic [31:0] crc32c(input logic [31:0] remainder, input logic [31:0] data, input logic [2:0] bytes);
    crc32c = remainder;
    for (int unsigned b = 0; b < 4; b++) begin
      if (3'(b) < bytes) begin
        crc32c ^= {24'b0, data[8*b +: 8]};
        for (int unsigned i = 0; i < 8; i++) crc32c = {1'b0, crc32c[31:1]} ^ (crc32c[0] ? 32'h82F63B78 : 32'h0);
      end
    end
  endfunction

endpackage
/* verilator lint_on UNUSEDPARAM */
