// Stands for pcl_ram_1r1w in proofs about what reads it: every row holds a constant, any one. What ram_proof.sv shows, that a read gives what was last written, and holds,
// makes this enough while nobody writes rows that are read; writes do nothing here.
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

  logic [DEPTH-1:0][WIDTH-1:0] rows;
  formal_constant #(.WIDTH(DEPTH * WIDTH)) u_rows (.Y(rows));

  logic read_q;
  logic [ROW_BITS-1:0] row_q;
  always_ff @(posedge clk_i) begin
    read_q <= read_i;
    row_q  <= read_row_i;
    if (read_q) read_data_o <= rows[row_q];
  end

  logic unused;
  assign unused = ^{write_i, write_row_i, write_data_i};

endmodule
