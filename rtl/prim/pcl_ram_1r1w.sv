// Memory with one write and one read port on one clock, and an output register. Generic body, for simulation and for tools that infer memory;
// ecp5/pcl_ram_1r1w.sv is the one of ECP5 cells.
// In: columns of a row are written at the clock edge with their bit of write_i; a row is read when read_i is high.
// Out: read_data_o is the row asked for two clocks before, and holds while nothing is read.
// Guaranteed: a row read at least one clock after it was written has the new value. The value read in the same clock as a write to that row, or in the
// clock before it, is not defined (it may be the old or the new one): users forward or keep the two apart.
// Contents are zero when the device is configured; there is no reset.
module pcl_ram_1r1w #(
  parameter  int unsigned WIDTH    = 36,
  parameter  int unsigned DEPTH    = 512,
  parameter  int unsigned COLUMNS  = 1,  // of equal width
  localparam int unsigned ROW_BITS = $clog2(DEPTH)
) (
  input  logic                clk_i,
  input  logic [COLUMNS-1:0]  write_i,
  input  logic [ROW_BITS-1:0] write_row_i,
  input  logic [WIDTH-1:0]    write_data_i,
  input  logic                read_i,
  input  logic [ROW_BITS-1:0] read_row_i,
  output logic [WIDTH-1:0]    read_data_o
);

  if (WIDTH < 1 || DEPTH < 2 || COLUMNS < 1 || WIDTH % COLUMNS != 0) begin : g_check
    $fatal(1, "pcl_ram_1r1w: %0d rows of %0d bits in %0d columns; there must be at least 2 rows, and columns of equal width", DEPTH, WIDTH, COLUMNS);
  end

  localparam int unsigned ColumnBits = WIDTH / COLUMNS;

  logic [WIDTH-1:0]    rows [DEPTH];
  logic                read_q;
  logic [ROW_BITS-1:0] row_q;

  // Blocking, because a non-blocking assignment to a memory costs the simulator a copy of row and data in every clock. Nothing reads what it must not read
  // in this clock anyway, see above.
  // verilator lint_off BLKSEQ
  always_ff @(posedge clk_i) begin
    if (write_i != 0) begin
      for (int c = 0; c < int'(COLUMNS); c++) begin
        if (write_i[c]) rows[write_row_i][c*ColumnBits +: ColumnBits] = write_data_i[c*ColumnBits +: ColumnBits];
      end
    end
  end
  // verilator lint_on BLKSEQ

  always_ff @(posedge clk_i) begin
    read_q <= read_i;
    row_q  <= read_row_i;
    if (read_q) read_data_o <= rows[row_q];
  end

endmodule
