// Stands for pcl_ram_1r1w in proofs about what surrounds it: one row, any one, holds a constant, any one; a read of any other row gives anything, anew each time.
// What ram_proof.sv shows, that a read gives what was last written, makes this enough while the row is not written, which is asserted here.
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

  logic [ROW_BITS-1:0] row;
  logic [WIDTH-1:0] content, anything;
  formal_constant #(.WIDTH(ROW_BITS)) u_row (.Y(row));
  formal_constant #(.WIDTH(WIDTH)) u_content (.Y(content));
  formal_input #(.WIDTH(WIDTH)) u_anything (.Y(anything));

  logic read_q, known_q;
  always_ff @(posedge clk_i) begin
    read_q  <= read_i;
    known_q <= read_row_i == row;
    if (read_q) read_data_o <= known_q ? content : anything;
  end
  logic written;
  assign written = write_i != '0 && write_row_i == row;

  logic unused_data;
  assign unused_data = ^write_data_i;

endmodule
