// Stands for pcl_ram_1r1w in proofs about what surrounds it: of one row, any one, it keeps what was written; of all others a read gives anything, and so does
// a read that is too close to a write of the row. Whatever a body of pcl_ram_1r1w may do by its contract (ram_proof.sv), this may do too.
module pcl_ram_1r1w #(
  parameter  int unsigned WIDTH    = 36,
  parameter  int unsigned DEPTH    = 512,
  parameter  int unsigned COLUMNS  = 1,
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

  localparam int unsigned ColumnBits = WIDTH / COLUMNS;

  logic [ROW_BITS-1:0] watched_row;
  logic [WIDTH-1:0] anything, content_q;
  formal_constant #(.WIDTH(ROW_BITS)) u_row (.Y(watched_row));
  formal_input #(.WIDTH(WIDTH)) u_anything (.Y(anything));

  logic write, read_q, sound_q;
  assign write = write_i != '0 && write_row_i == watched_row;
  always_ff @(posedge clk_i) begin
    for (int c = 0; c < int'(COLUMNS); c++) begin
      if (write && write_i[c]) content_q[c*ColumnBits +: ColumnBits] <= write_data_i[c*ColumnBits +: ColumnBits];
    end
    read_q  <= read_i;
    sound_q <= read_row_i == watched_row && !write;
    if (read_q) read_data_o <= sound_q && !write ? content_q : anything;
  end

endmodule
