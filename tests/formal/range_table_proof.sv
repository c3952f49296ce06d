// pcl_range_table, whatever its primitives: the interval number of every key under every sorted set of boundaries, while the other bank is rewritten.
//
// Clocks 1 to INTERVALS - 1 write one boundary each into one of the banks. A clock later keys begin to enter, one in each clock, to either bank, and the other
// bank is written at will. Of any boundary n it is shown that the number found is at least n exactly if the boundary is <= the key; for all n together that is the
// number of boundaries <= key.
module range_table_proof #(
  parameter int unsigned WIDTH     = 8,
  parameter int unsigned INTERVALS = 16,
  parameter int unsigned SECOND    = 4,  // children of a node of the second level
  parameter bit          SORTED    = 1   // 0: nothing is asked of boundaries but how they compare with boundary n, which is enough for a binary search
) (
  input logic             clk_i,
  input logic             bank_i,
  input logic [WIDTH-1:0] key_i,
  input logic             write_i,
  input logic [$clog2(INTERVALS)-1:0] write_index_i,
  input logic [WIDTH-1:0] write_boundary_i
);

  localparam int unsigned Clocks = pcl_engine_pkg::range_clocks(WIDTH, INTERVALS, SECOND);
  localparam int unsigned IntervalBits = $clog2(INTERVALS);

  logic loaded_bank;
  logic [15:0] number;  // n
  formal_constant #(.WIDTH(1)) u_bank (.Y(loaded_bank));
  formal_constant #(.WIDTH(16)) u_number (.Y(number));
  logic [WIDTH-1:0] boundary;  // boundary n
  formal_constant #(.WIDTH(WIDTH)) u_boundary (.Y(boundary));

  // Loading, then rewriting the other bank.
  logic [15:0] clock_q = 16'd1;
  logic loading;
  assign loading = 32'(clock_q) < INTERVALS;
  logic settled_q = 1'b0;  // a clock after the last boundary
  always_ff @(posedge clk_i) begin
    if (loading) clock_q <= clock_q + 1'b1;
    settled_q <= !loading;
  end

  logic [IntervalBits:0] row;
  pcl_range_table #(.WIDTH(WIDTH), .INTERVALS(INTERVALS), .SECOND(SECOND), .CLOCKS(Clocks), .COPIES(1)) u_dut (
    .clk_i, .bank_i, .key_i, .row_o(row),
    .write_i          (loading || write_i),
    .write_bank_i     (loading ? loaded_bank : !loaded_bank),
    .write_index_i    (loading ? clock_q[IntervalBits-1:0] : write_index_i),
    .write_boundary_i,
    .force_i          (1'b0),
    .force_row_i      ('0)
  );

  logic [WIDTH-1:0] last_q = '0;
  always_ff @(posedge clk_i) if (loading) last_q <= write_boundary_i;
  always_comb begin
    if (loading) begin
      Sorted: assume (!SORTED || write_boundary_i >= last_q);
      BoundaryN: assume (clock_q != number || write_boundary_i == boundary);
      // How the others compare with it. Where all are sorted it follows, and is said for the solver's sake.
      SortedBefore: assume (clock_q > number || write_boundary_i <= boundary);
      SortedBehind: assume (clock_q < number || write_boundary_i >= boundary);
    end
    Number: assume (number != 0 && 32'(number) < INTERVALS);
  end

  // The keys under way.
  logic [Clocks-1:0] asked_q = '0, reached_q, key_bank_q;
  always_ff @(posedge clk_i) begin
    asked_q    <= Clocks'({asked_q, settled_q});
    reached_q  <= Clocks'({reached_q, boundary <= key_i});
    key_bank_q <= Clocks'({key_bank_q, bank_i});
  end
  logic known, at_least;
  assign known = asked_q[Clocks-1] && key_bank_q[Clocks-1] == loaded_bank;
  assign at_least = 32'(row[IntervalBits-1:0]) >= 32'(number);
  always_comb begin
    if (known) NumberOfBoundariesUpToTheKey: assert (at_least == reached_q[Clocks-1]);
    if (asked_q[Clocks-1]) BankTravelsWithTheKey: assert (row[IntervalBits] == key_bank_q[Clocks-1]);
    HighestNumber: cover (known && row[IntervalBits-1:0] == '1 && number == 16'd1);
    MiddleNumber: cover (known && 32'(row[IntervalBits-1:0]) == INTERVALS / 2 + 1 && 32'(number) > INTERVALS / 2 + 1);
  end

endmodule
