// pcl_ram_1r1w, whatever its body: of any row and column, a read that keeps its distance from writes to the row gives what was last written, two clocks later,
// and holds while nothing is read.
module ram_proof #(
  parameter  int unsigned WIDTH    = 8,
  parameter  int unsigned DEPTH    = 16,
  parameter  int unsigned COLUMNS  = 2,
  localparam int unsigned ROW_BITS = $clog2(DEPTH),
  localparam int unsigned BITS     = WIDTH / COLUMNS
) (
  input logic                clk_i,
  input logic [COLUMNS-1:0]  write_i,
  input logic [ROW_BITS-1:0] write_row_i,
  input logic [WIDTH-1:0]    write_data_i,
  input logic                read_i,
  input logic [ROW_BITS-1:0] read_row_i
);

  logic [WIDTH-1:0] data;
  pcl_ram_1r1w #(.WIDTH(WIDTH), .DEPTH(DEPTH), .COLUMNS(COLUMNS)) u_dut (
    .clk_i, .write_i, .write_row_i, .write_data_i, .read_i, .read_row_i, .read_data_o(data)
  );

  logic [ROW_BITS-1:0] row;
  logic [15:0] column;
  logic [COLUMNS-1:0] column_mask;
  assign column_mask = COLUMNS'(1) << column;
  formal_constant #(.WIDTH(ROW_BITS)) u_row (.Y(row));
  formal_constant #(.WIDTH(16)) u_column (.Y(column));
  always_comb Column: assume (32'(column) < COLUMNS);

  // What the row's column holds, once it has been written.
  logic written_q = 1'b0;
  logic [BITS-1:0] content_q;
  logic write;
  assign write = (write_i & column_mask) != '0 && write_row_i == row;
  always_ff @(posedge clk_i) begin
    if (write) begin
      written_q <= 1'b1;
      content_q <= BITS'(write_data_i >> (32'(column) * BITS));
    end
  end

  // A read is in the memory for two clocks; a write of the row in either makes it worth nothing. A read that is not of the row says nothing either.
  typedef enum logic [1:0] {Nothing, Good} state_e;
  state_e pending_q = Nothing, shown_q = Nothing;
  logic asked_q = 1'b0;
  logic [BITS-1:0] expected_q, shown_data_q;
  always_ff @(posedge clk_i) begin
    asked_q    <= read_i;
    pending_q  <= read_i && read_row_i == row && written_q && !write ? Good : Nothing;
    expected_q <= content_q;
    if (asked_q) begin
      shown_q      <= pending_q == Good && !write ? Good : Nothing;
      shown_data_q <= expected_q;
    end
  end
  always_comb begin
    if (shown_q == Good) ReadsWhatWasLastWritten: assert (BITS'(data >> (32'(column) * BITS)) == shown_data_q);
    Read: cover (shown_q == Good && shown_data_q == '1 && row == '1);
  end

endmodule
