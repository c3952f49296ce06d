// A memory of prim/pcl_ram_1r1w.sv beside what its header promises, whatever body the manifest brings.
// In: random bits, new ones in each clock. They write and read rows, a quarter of the reads at the row written now, and rest.
// Out: wrong_o pulses when the output is not what it must be; compared_o pulses when it was compared with a row's contents.
module ram_check #(
  parameter int unsigned WIDTH   = 36,
  parameter int unsigned DEPTH   = 512,
  parameter int unsigned COLUMNS = 1
) (
  input  logic         clk_i,
  input  logic [255:0] random_i,
  output logic         wrong_o,
  output logic         compared_o
);

  localparam int unsigned RowBits = $clog2(DEPTH);
  localparam int unsigned ColumnBits = WIDTH / COLUMNS;

  logic [COLUMNS-1:0] write;
  logic [RowBits-1:0] write_row, read_row;
  logic [WIDTH-1:0] write_data, data;
  logic read;
  assign write = random_i[0] ? random_i[8 +: COLUMNS] : '0;
  assign write_row = random_i[32 +: RowBits];
  assign read = random_i[3:1] != 0;
  assign read_row = random_i[5:4] == 0 ? write_row : random_i[64 +: RowBits];
  assign write_data = random_i[96 +: WIDTH];
  pcl_ram_1r1w #(.WIDTH(WIDTH), .DEPTH(DEPTH), .COLUMNS(COLUMNS)) u_ram (
    .clk_i, .write_i(write), .write_row_i(write_row), .write_data_i(write_data), .read_i(read), .read_row_i(read_row), .read_data_o(data)
  );

  // What is expected two clocks after a read; a row that was written in the clock of the read, or in the next one, is not known.
  logic [WIDTH-1:0] rows [DEPTH];
  logic [WIDTH-1:0] touched, expected_q, expected_qq, data_q;
  logic [RowBits-1:0] read_row_q;
  logic read_q, read_qq, known_q, known_qq, begun_q;
  for (genvar c = 0; c < COLUMNS; c++) begin : g_touched
    assign touched[c*ColumnBits +: ColumnBits] = {ColumnBits{write[c]}};
  end
  always_ff @(posedge clk_i) begin
    rows[write_row] <= (rows[write_row] & ~touched) | (write_data & touched);
    read_q     <= read;
    read_row_q <= read_row;
    expected_q <= rows[read_row];
    known_q    <= write == 0 || write_row != read_row;
    read_qq     <= read_q;
    expected_qq <= expected_q;
    known_qq    <= known_q && (write == 0 || write_row != read_row_q);
    data_q      <= data;
    begun_q     <= begun_q || read_qq;
  end
  logic unused;
  assign unused = ^random_i;
  assign compared_o = read_qq && known_qq;
  assign wrong_o = read_qq ? known_qq && data != expected_qq : begun_q && data != data_q;

endmodule
