// First level of a range table: 15 boundaries for each of 2 banks, and the number of boundaries <= key. Body that is small: two steps of four children, six
// compares instead of fifteen, within the clocks that ../hardware/pcl_search16.sv takes for one of sixteen; its clock is the slower one.
//
// First step: boundaries 4, 8 and 12 in registers. Second step: the three boundaries between, of a LUT RAM with a row per bank and child.
// In: key and bank, straight from registers. Boundaries are stored inverted, so that contents of zero mean unused (all ones).
// Out: index_o = {bank, number of boundaries <= key (0 to 15)}, COPIES times, COMPARE_CLOCKS + 1 clocks later.
module pcl_search16 #(
  parameter int unsigned WIDTH          = 128,
  parameter int unsigned COMPARE_CLOCKS = 2,
  parameter int unsigned KEY_COPIES     = 1,
  parameter int unsigned BANK_COPIES    = 1,
  parameter int unsigned COPIES         = 1,
  parameter int unsigned WRITE_COPIES   = 1,
  parameter int unsigned ENABLE_COPIES  = 1
) (
  input  logic                               clk_i,
  input  logic [KEY_COPIES-1:0][WIDTH-1:0]   key_i,   // equal copies
  input  logic [BANK_COPIES-1:0]             bank_i,  // equal copies
  output logic [COPIES-1:0][4:0]             index_o,
  // A bit per bank, whether the boundary is one of this level, a bit per boundary; equal copies.
  input  logic [ENABLE_COPIES-1:0][1:0]      write_i,
  input  logic [ENABLE_COPIES-1:0]           write_here_i,
  input  logic [ENABLE_COPIES-1:0][15:1]     write_number_i,
  input  logic [WRITE_COPIES-1:0][WIDTH-1:0] write_inverted_i  // equal copies
);

  if (COMPARE_CLOCKS < 1 || COMPARE_CLOCKS > 2) begin : g_check
    $fatal(1, "pcl_search16: COMPARE_CLOCKS is %0d; it must be one or two", COMPARE_CLOCKS);
  end

  logic [1:0] write_bank;
  logic [15:1] write_number;
  assign write_bank = write_here_i[0] ? write_i[0] : '0;
  assign write_number = write_number_i[0];

  // Clock 1: which of boundaries 4, 8 and 12 are reached.
  logic [3:1] reached, reached_q;
  for (genvar n = 1; n < 4; n++) begin : g_quarter
    logic [WIDTH-1:0] inverted0_q, inverted1_q;
    always_ff @(posedge clk_i) begin
      if (write_bank[0] && write_number[4*n]) inverted0_q <= write_inverted_i[0];
      if (write_bank[1] && write_number[4*n]) inverted1_q <= write_inverted_i[0];
    end
    logic [WIDTH-1:0] unused_sum;
    pcl_carry_banks #(.WIDTH(WIDTH)) u_compare (
      .a_i(key_i[((n-1)*KEY_COPIES)/3]), .bank_i(bank_i[((n-1)*BANK_COPIES)/3]), .sum_o(unused_sum), .b0_i(inverted0_q), .b1_i(inverted1_q), .carry_o(reached[n])
    );
  end
  logic [WIDTH-1:0] key_q;
  logic bank_q;
  logic [1:0] quarter, write_quarter;
  always_ff @(posedge clk_i) begin
    reached_q <= reached;
    key_q     <= key_i[0];
    bank_q    <= bank_i[0];
  end
  pcl_thermometer #(.CHILDREN(4)) u_quarter (.thermometer_i(reached_q), .index_o(quarter));
  assign write_quarter = {write_number[15:8] != 0, write_number[15:12] != 0 || write_number[7:4] != 0};

  // Clock 2: which of the three in that quarter.
  logic [3:1] inner;
  for (genvar n = 1; n < 4; n++) begin : g_inner
    (* ram_style = "distributed" *) logic [WIDTH-1:0] rows [8];
    logic [WIDTH-1:0] row;
    logic write;
    assign write = write_bank != 0 && (write_number[n] || write_number[4+n] || write_number[8+n] || write_number[12+n]);
    always_ff @(posedge clk_i) begin
      if (write) rows[{write_bank[1], write_quarter}] <= write_inverted_i[0];
    end
    assign row = rows[{bank_q, quarter}];
    pcl_reached #(.WIDTH(WIDTH)) u_compare (.key_i(key_q), .inverted_i(row), .reached_o(inner[n]));
  end

  // The number, in that clock or the next.
  logic bank;
  logic [1:0] quarter_then, place;
  logic [3:1] inner_then;
  pcl_delay #(.WIDTH(6), .CLOCKS(COMPARE_CLOCKS - 1)) u_then (.clk_i, .d_i({bank_q, quarter, inner}), .q_o({bank, quarter_then, inner_then}));
  pcl_thermometer #(.CHILDREN(4)) u_place (.thermometer_i(inner_then), .index_o(place));
  pcl_dup #(.WIDTH(5), .COPIES(COPIES)) u_index (.clk_i, .d_i({bank, quarter_then, place}), .q_o(index_o));

  logic unused_banks;
  assign unused_banks = ^bank_i;
  if (ENABLE_COPIES > 1) begin : g_unused_enables
    logic unused_enables;
    assign unused_enables = ^{write_i[ENABLE_COPIES-1:1], write_here_i[ENABLE_COPIES-1:1], write_number_i[ENABLE_COPIES-1:1]};
  end
  if (WRITE_COPIES > 1) begin : g_unused
    logic unused_copies;
    assign unused_copies = ^write_inverted_i[WRITE_COPIES-1:1];
  end

endmodule
