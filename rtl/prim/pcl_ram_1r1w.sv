// Memory with one write and one read port on one clock, and an output register. Generic body, for simulation and for tools that infer memory;
// ecp5/pcl_ram_1r1w.sv is the one of ECP5 cells.
// In: a row is written at the clock edge with write_i; a row is read when read_i is high.
// Out: read_data_o is the row asked for two clocks before, and holds while nothing is read.
// Guaranteed: a row read at least one clock after it was written has the new value. The value read in the same clock as a write to that row, or in the
// clock before it, is not defined (it may be the old or the new one): users forward or keep the two apart.
// Contents are zero when the device is configured; there is no reset.
module pcl_ram_1r1w #(
  parameter  int unsigned WIDTH    = 36,
  parameter  int unsigned DEPTH    = 512,
  localparam int unsigned ROW_BITS = $clog2(DEPTH)
) (
  input  logic                clk_i,
  input  logic                write_i,
  input  logic [ROW_BITS-1:0] write_row_i,
  input  logic [WIDTH-1:0]    write_data_i,
  input  logic                read_i,
  input  logic [ROW_BITS-1:0] read_row_i,
  output logic [WIDTH-1:0]    read_data_o
);

  if (WIDTH < 1 || DEPTH < 2) begin : g_check
    $fatal(1, "pcl_ram_1r1w: %0d rows of %0d bits; there must be at least 2 rows of 1 bit", DEPTH, WIDTH);
  end

  logic [WIDTH-1:0]    rows [DEPTH];
  logic                read_q;
  logic [ROW_BITS-1:0] row_q;

  always_ff @(posedge clk_i) begin
    if (write_i) rows[write_row_i] <= write_data_i;
    read_q <= read_i;
    row_q  <= read_row_i;
    if (read_q) read_data_o <= rows[row_q];
  end

endmodule
