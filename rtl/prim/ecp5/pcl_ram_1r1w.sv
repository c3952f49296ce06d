// Memory with one write and one read port on one clock, and an output register: of ECP5 block RAMs, side by side and one behind the other as needed; up to
// 32 rows of distributed RAM. Behaves as ../pcl_ram_1r1w.sv, which says what users may rely on.
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

  if (DEPTH <= 32) begin : g_distributed
    for (genvar c = 0; c < COLUMNS; c++) begin : g_column
      (* ram_style = "distributed" *) logic [ColumnBits-1:0] rows [DEPTH];
      logic                  read_q;
      logic [ColumnBits-1:0] row_q, data_q;
      always_ff @(posedge clk_i) begin
        if (write_i[c]) rows[write_row_i] <= write_data_i[c*ColumnBits +: ColumnBits];
        read_q <= read_i;
        row_q  <= rows[read_row_i];
        if (read_q) data_q <= row_q;
      end
      assign read_data_o[c*ColumnBits +: ColumnBits] = data_q;
    end
  end else begin : g_block
    // Columns are made of lanes of 9 bits, four to a block.
    localparam int unsigned LanesPerColumn = (ColumnBits + 8) / 9;
    localparam int unsigned Lanes = COLUMNS * LanesPerColumn;
    localparam int unsigned Blocks = (Lanes + 3) / 4;
    localparam int unsigned Deep = (DEPTH + 511) / 512;
    localparam int unsigned DeepBits = Deep > 1 ? $clog2(Deep) : 1;

    logic [8:0] write_row, read_row;
    logic [DeepBits-1:0] write_deep, read_deep, read_deep_q;
    logic [Blocks-1:0][DeepBits-1:0] read_deep_qq;  // a copy for each block of 36 bits
    logic read_q;
    assign write_row = 9'(write_row_i);
    assign read_row = 9'(read_row_i);
    if (Deep > 1) begin : g_deep
      assign write_deep = write_row_i[ROW_BITS-1:9];
      assign read_deep = read_row_i[ROW_BITS-1:9];
    end else begin : g_deep
      assign write_deep = '0;
      assign read_deep = '0;
    end
    always_ff @(posedge clk_i) begin
      read_q <= read_i;
      read_deep_q <= read_deep;
    end
    pcl_dup #(.WIDTH(DeepBits), .COPIES(Blocks)) u_read_deep (.clk_i, .d_i(read_q ? read_deep_q : read_deep_qq[0]), .q_o(read_deep_qq));

    logic [4*Blocks-1:0] write_lanes;
    logic [4*Blocks-1:0][8:0] write_data;
    logic [Deep-1:0][4*Blocks-1:0][8:0] read_data;
    for (genvar l = 0; l < 4 * Blocks; l++) begin : g_lane
      localparam int unsigned Column = l / LanesPerColumn;
      localparam int unsigned Low = Column * ColumnBits + (l % LanesPerColumn) * 9;
      localparam int unsigned Bits = l >= Lanes ? 0 : ColumnBits - (l % LanesPerColumn) * 9 < 9 ? ColumnBits - (l % LanesPerColumn) * 9 : 9;
      if (Bits == 0) begin : g_unused
        assign write_lanes[l] = 1'b0;
        assign write_data[l] = '0;
      end else begin : g_used
        assign write_lanes[l] = write_i[Column];
        assign write_data[l] = 9'(write_data_i[Low +: Bits]);
        assign read_data_o[Low +: Bits] = read_data[read_deep_qq[l/4]][l][Bits-1:0];
      end
    end
    for (genvar d = 0; d < Deep; d++) begin : g_row
      for (genvar b = 0; b < Blocks; b++) begin : g_ram
        pcl_ecp5_block_ram u_ram (
          .clk_i,
          .write_i      (write_deep == DeepBits'(d) ? write_lanes[4*b +: 4] : '0),
          .write_row_i  (write_row),
          .write_data_i (write_data[4*b +: 4]),
          .read_i,
          .read_row_i   (read_row),
          .read_data_o  (read_data[d][4*b +: 4])
        );
      end
    end
  end

endmodule
