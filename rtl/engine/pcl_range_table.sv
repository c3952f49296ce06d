// Range table: the number of boundaries <= key, for two banks of INTERVALS - 1 sorted boundaries b[1] <= b[2] <= ...
//
// A search in levels: sixteen-way over b[j * INTERVALS / 16] in registers, then levels of four children (the last one four or two), each with a RAM row of
// boundaries per node and bank. A new key enters every clock; nothing stalls.
// In: key_i, bank_i. Boundaries one per clock through write_*; index 0 and indices >= INTERVALS are ignored. Unused boundaries must be all ones.
// Out: row_o = {bank, interval number}, COPIES times, range_clocks(LEVELS, COMPARE_CLOCKS) clocks later; LEVELS and COMPARE_CLOCKS may be larger than this
// table needs, to align it with others.
// A boundary written at a clock edge is seen by keys that enter from the next one on. Rewriting a bank while its keys are under way gives them any number.
module pcl_range_table
  import pcl_engine_pkg::*;
#(
  parameter  int unsigned WIDTH          = 128,
  parameter  int unsigned INTERVALS      = 256,
  parameter  int unsigned LEVELS         = 2,
  parameter  int unsigned COMPARE_CLOCKS = 2,
  parameter  int unsigned COPIES         = 1,
  localparam int unsigned ROW_BITS       = 1 + $clog2(INTERVALS)
) (
  input  logic                            clk_i,
  input  logic                            bank_i,
  input  logic [WIDTH-1:0]                key_i,
  output logic [COPIES-1:0][ROW_BITS-1:0] row_o,
  input  logic                            write_i,
  input  logic                            write_bank_i,
  input  logic [15:0]                     write_index_i,
  input  logic [WIDTH-1:0]                write_boundary_i
);

  localparam int unsigned Own = ram_levels(INTERVALS);
  localparam int unsigned LevelClocks = 2 + COMPARE_CLOCKS;
  localparam int unsigned BankCopies = pcl_prim_pkg::copies(WIDTH > 32 ? 5 : 3);
  localparam int unsigned AddressCopies = Own == 0 || WIDTH <= 32 ? 1 : pcl_prim_pkg::copies(3);  // one per memory of a level
  localparam int unsigned IntervalBits = $clog2(INTERVALS);

  if (INTERVALS < 16 || INTERVALS > 4096 || (INTERVALS & (INTERVALS - 1)) != 0) begin : g_check_intervals
    $fatal(1, "pcl_range_table: INTERVALS is %0d; it must be a power of two from 16 to 4096", INTERVALS);
  end
  if (WIDTH < 2 || WIDTH > 128) begin : g_check_width
    $fatal(1, "pcl_range_table: WIDTH is %0d; it must be 2 to 128", WIDTH);
  end
  if (LEVELS < Own || COMPARE_CLOCKS < compare_clocks(WIDTH)) begin : g_check_alignment
    $fatal(1, "pcl_range_table: LEVELS %0d and COMPARE_CLOCKS %0d are too few for %0d intervals of %0d bits", LEVELS, COMPARE_CLOCKS, INTERVALS, WIDTH);
  end

  // Write port: a register stage, with what is to be written where already decoded. Boundaries are stored inverted, so that memory full of zeros is a
  // table without boundaries.
  localparam int unsigned FirstStride = INTERVALS / 16;
  logic             in_table;
  logic             write_first_q, write_bank_q;
  logic [3:0]       write_number_q;
  logic [WIDTH-1:0] write_inverted_q;
  assign in_table = 32'(write_index_i) < INTERVALS;
  always_ff @(posedge clk_i) begin
    write_first_q <= write_i && in_table && (32'(write_index_i) & (FirstStride - 1)) == 0;
    if (write_i) begin
      write_bank_q     <= write_bank_i;
      write_number_q   <= write_index_i[IntervalBits-1 -: 4];
      write_inverted_q <= ~write_boundary_i;
    end
  end

  // Input register.
  logic [WIDTH-1:0] key_q;
  logic [BankCopies-1:0] bank_q;
  always_ff @(posedge clk_i) key_q <= key_i;
  pcl_dup #(.WIDTH(1), .COPIES(BankCopies)) u_bank (.clk_i, .d_i(bank_i), .q_o(bank_q));

  // First level.
  logic [AddressCopies-1:0][4:0] first_index;  // with the bank
  pcl_search16 #(.WIDTH(WIDTH), .COMPARE_CLOCKS(COMPARE_CLOCKS), .BANK_COPIES(BankCopies), .COPIES(AddressCopies)) u_first (
    .clk_i,
    .key_i            (key_q),
    .bank_i           (bank_q),
    .index_o          (first_index),
    .write_i          (write_first_q),
    .write_bank_i     (write_bank_q),
    .write_number_i   (write_number_q),
    .write_inverted_i (write_inverted_q)
  );

  // RAM levels. A level begins with the interval known so far, {bank, index}, and ends with as many more bits as its children need.
  for (genvar l = 0; l < Own; l++) begin : g_level
    localparam int unsigned Children = (l == Own - 1 && ((IntervalBits - 4) & 1) != 0) ? 2 : 4;
    localparam int unsigned KnownBits = 4 + 2 * l;
    localparam int unsigned Span = INTERVALS >> KnownBits;
    localparam int unsigned Stride = Span / Children;
    // Rows are addressed by the thermometer code of the level before as it leaves the comparison, without an encoder between, where the RAM stays within
    // 512 rows in spite of the bit more.
    localparam bit Thermometer = l > 0 && KnownBits + 2 <= 9;
    localparam int unsigned RowBits = 1 + KnownBits + (Thermometer ? 1 : 0);

    // What is known when the row is asked for.
    logic bank;
    logic [KnownBits-1:0] index;
    logic [AddressCopies-1:0][RowBits-1:0] row;
    logic [RowBits-1:0] write_row;
    if (l == 0) begin : g_known
      assign {bank, index} = first_index[0];
      for (genvar c = 0; c < AddressCopies; c++) begin : g_copy
        assign row[c] = first_index[c];
      end
      assign write_row = {write_bank_i, write_index_i[IntervalBits-1 -: KnownBits]};
    end else begin : g_known
      logic [KnownBits-3:0] parent;
      logic [AddressCopies-1:0][2:0] code;
      assign bank = g_level[l-1].bank_after;
      assign parent = g_level[l-1].index_after;
      assign code = g_level[l-1].thermometer;
      assign index = {parent, code[0][1], ^code[0]};
      for (genvar c = 0; c < AddressCopies; c++) begin : g_copy
        if (Thermometer) begin : g_row
          assign row[c] = {bank, parent, code[c]};
        end else begin : g_row
          assign row[c] = {bank, parent, code[c][1], ^code[c]};
        end
      end
      if (Thermometer) begin : g_write
        logic [1:0] child;
        assign child = write_index_i[IntervalBits - KnownBits +: 2];
        assign write_row = {write_bank_i, write_index_i[IntervalBits-1 -: KnownBits-2], child == 2'd3, child >= 2'd2, child >= 2'd1};
      end else begin : g_write
        assign write_row = {write_bank_i, write_index_i[IntervalBits-1 -: KnownBits]};
      end
    end

    // Its boundaries: wide ones in memories of their own, narrow ones side by side in one.
    localparam int unsigned Rams = WIDTH > 32 ? Children - 1 : 1;
    localparam int unsigned Columns = (Children - 1) / Rams;
    logic [Rams-1:0][Columns-1:0][WIDTH-1:0] inverted;
    logic [Children-2:0] write_q;
    logic [RowBits-1:0] write_row_q;
    always_ff @(posedge clk_i) begin
      write_q <= '0;
      if (write_i) begin
        for (int c = 1; c < int'(Children); c++) begin
          write_q[c-1] <= in_table && (32'(write_index_i) & (Span - 1)) == c * Stride;
        end
        write_row_q <= write_row;
      end
    end
    for (genvar r = 0; r < Rams; r++) begin : g_ram
      pcl_ram_1r1w #(.WIDTH(Columns * WIDTH), .DEPTH(1 << RowBits), .COLUMNS(Columns)) u_ram (
        .clk_i,
        .write_i      (write_q[r*Columns +: Columns]),
        .write_row_i  (write_row_q),
        .write_data_i ({Columns{write_inverted_q}}),
        .read_i       (1'b1),
        .read_row_i   (row[(r*AddressCopies)/Rams]),
        .read_data_o  (inverted[r])
      );
    end

    // The key, when they are there.
    logic [WIDTH-1:0] key;
    if (l == 0) begin : g_key
      pcl_delay #(.WIDTH(WIDTH), .CLOCKS(2 + COMPARE_CLOCKS + 2)) u_delay (.clk_i, .d_i(key_q), .q_o(key));
    end else begin : g_key
      pcl_delay #(.WIDTH(WIDTH), .CLOCKS(LevelClocks)) u_delay (.clk_i, .d_i(g_level[l-1].key), .q_o(key));
    end

    // Comparison.
    localparam int unsigned CodeCopies = l == Own - 1 ? 1 : AddressCopies;
    logic [CodeCopies-1:0][2:0] thermometer;
    if (Children == 4) begin : g_compare
      pcl_search4 #(.WIDTH(WIDTH), .COMPARE_CLOCKS(COMPARE_CLOCKS), .COPIES(CodeCopies)) u_search (
        .clk_i, .key_i(key), .inverted1_i(inverted[0][0]), .inverted2_i(inverted[Rams/2][Columns/2]), .inverted3_i(inverted[Rams-1][Columns-1]), .thermometer_o(thermometer)
      );
    end else begin : g_compare
      logic reached;
      pcl_search2 #(.WIDTH(WIDTH), .COMPARE_CLOCKS(COMPARE_CLOCKS)) u_search (
        .clk_i, .key_i(key), .inverted_i(inverted[0][0]), .reached_o(reached)
      );
      assign thermometer = 3'(reached);
    end
    logic bank_after;
    logic [KnownBits-1:0] index_after;
    pcl_delay #(.WIDTH(1 + KnownBits), .CLOCKS(LevelClocks)) u_index (.clk_i, .d_i({bank, index}), .q_o({bank_after, index_after}));
  end

  // The interval, aligned with other tables.
  logic [ROW_BITS-1:0] row, row_aligned;
  if (Own == 0) begin : g_interval
    assign row = first_index[0];
  end else if (((IntervalBits - 4) & 1) != 0) begin : g_interval
    assign row = {g_level[Own-1].bank_after, g_level[Own-1].index_after, g_level[Own-1].thermometer[0][0]};
  end else begin : g_interval
    assign row = {g_level[Own-1].bank_after, g_level[Own-1].index_after, g_level[Own-1].thermometer[0][1], ^g_level[Own-1].thermometer[0]};
  end
  pcl_delay #(.WIDTH(ROW_BITS), .CLOCKS((LEVELS - Own) * LevelClocks)) u_align (.clk_i, .d_i(row), .q_o(row_aligned));
  pcl_dup #(.WIDTH(ROW_BITS), .COPIES(COPIES)) u_row (.clk_i, .d_i(row_aligned), .q_o(row_o));

endmodule
