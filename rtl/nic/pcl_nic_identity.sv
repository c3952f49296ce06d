// Registers NIC_...: what this NIC was built with, its clock, and the command that stops all queues.
module pcl_nic_identity
  import pcl_nic_pkg::*;
  import pcl_nic_registers_pkg::*;
#(
  parameter int unsigned QUEUES = 4,
  parameter int unsigned MAX_FRAME = 9728,
  parameter int unsigned CLOCK_HZ = 250_000_000,
  parameter int unsigned DATA_WIDTH = 512,
  parameter int unsigned ROW_SLOT = 64
) (
  input  logic        clk_i,
  input  logic        rst_i,
  input  access_t     access_i,
  output logic [31:0] access_data_o,
  input  logic        active_i,        // some queue
  output logic        stop_o,
  output logic [63:0] time_o           // clocks since reset
);

  always_ff @(posedge clk_i) begin
    access_data_o <= '0;
    if (access_i.valid && !access_i.write) begin
      case (access_i.address)
        NicMagic:    access_data_o <= NicMagicValueReset;
        NicVersion:  access_data_o <= 32'd1 << NicVersionMajorLow;
        NicQueues:   access_data_o <= QUEUES;
        NicMaxFrame: access_data_o <= MAX_FRAME;
        NicClockHz:  access_data_o <= CLOCK_HZ;
        NicDmaWidth: access_data_o <= DATA_WIDTH;
        NicRowSlot:  access_data_o <= ROW_SLOT;
        NicTimeLo:   access_data_o <= time_o[31:0];
        NicTimeHi:   access_data_o <= time_o[63:32];
        NicStatus:   access_data_o <= 32'(active_i) << NicStatusActiveLow;
        default: ;
      endcase
    end
    stop_o <= access_i.valid && access_i.write && access_i.address == NicControl && access_i.data[NicControlStopLow] && !rst_i;
    time_o <= rst_i ? '0 : time_o + 64'd1;
  end

endmodule
