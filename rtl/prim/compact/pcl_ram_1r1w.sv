// Memory with one write and one read port on one clock, and an output register, as tools infer it: block RAM, and LUT RAM for up to 64 narrow rows. On AMD
// parts the output register is the block RAM's own; Yosys leaves it in flip-flops. Behaves as ../pcl_ram_1r1w.sv, which says what users may rely on.
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

  logic read_q;
  always_ff @(posedge clk_i) read_q <= read_i;

  for (genvar c = 0; c < COLUMNS; c++) begin : g_column
    (* no_rw_check, ram_style = DEPTH > 64 || ColumnBits > 64 ? "block" : "distributed" *) logic [ColumnBits-1:0] rows [DEPTH];
    logic [ColumnBits-1:0] row_q, data_q;
    always_ff @(posedge clk_i) begin
      if (write_i[c]) rows[write_row_i] <= write_data_i[c*ColumnBits +: ColumnBits];
    end
    always_ff @(posedge clk_i) begin
      if (read_i) row_q <= rows[read_row_i];
      if (read_q) data_q <= row_q;
    end
    assign read_data_o[c*ColumnBits +: ColumnBits] = data_q;
  end

endmodule
