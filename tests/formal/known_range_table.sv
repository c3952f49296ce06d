// Stands for pcl_range_table in proofs about the engine: one key in one bank, any, has one interval number, any; all others have anything, anew each time.
// What range_table_proof.sv shows, that a key's number depends on nothing but the bank's boundaries, makes this enough while they are not written.
module pcl_range_table #(
  parameter  int unsigned WIDTH     = 128,
  parameter  int unsigned INTERVALS = 256,
  parameter  int unsigned SECOND    = 4,
  parameter  int unsigned CLOCKS    = 12,
  parameter  int unsigned COPIES    = 1,
  localparam int unsigned ROW_BITS  = 1 + $clog2(INTERVALS)
) (
  input  logic                            clk_i,
  input  logic                            bank_i,
  input  logic [WIDTH-1:0]                key_i,
  output logic [COPIES-1:0][ROW_BITS-1:0] row_o,
  input  logic                            write_i,
  input  logic                            write_bank_i,
  input  logic [ROW_BITS-2:0]             write_index_i,
  input  logic [WIDTH-1:0]                write_boundary_i,
  input  logic                            force_i,
  input  logic [ROW_BITS-1:0]             force_row_i
);

  logic known_bank;
  logic [WIDTH-1:0] known_key;
  logic [ROW_BITS-2:0] number, anything;
  formal_constant #(.WIDTH(1)) u_bank (.Y(known_bank));
  formal_constant #(.WIDTH(WIDTH)) u_key (.Y(known_key));
  formal_constant #(.WIDTH(ROW_BITS - 1)) u_number (.Y(number));
  formal_input #(.WIDTH(ROW_BITS - 1)) u_anything (.Y(anything));

  logic bank, known;
  pcl_delay #(.WIDTH(2), .CLOCKS(CLOCKS)) u_delay (.clk_i, .d_i({bank_i, bank_i == known_bank && key_i == known_key}), .q_o({bank, known}));
  assign row_o = {COPIES{bank, known ? number : anything}};

  logic unused_writes;
  assign unused_writes = ^{write_i, write_bank_i, write_index_i, write_boundary_i, force_i, force_row_i};

endmodule
