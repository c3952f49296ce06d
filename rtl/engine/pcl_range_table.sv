// Range table: the number of boundaries <= key, for two banks of INTERVALS - 1 sorted boundaries b[1] <= b[2] <= ...
//
// A search in levels: sixteen-way over b[j * INTERVALS / 16] in registers; a second level of up to SECOND children, a row of boundaries per node and bank in
// distributed RAM; then levels of four children (the last one four or two) in block RAM.
// In: key_i, bank_i, one a clock; nothing stalls. Boundaries one per clock through write_*; index 0 is ignored. Unused boundaries must
// be all ones. With force_i, row_o of the next clock is force_row_i.
// Out: row_o = {bank, interval number}, COPIES times, CLOCKS clocks later: at least range_clocks(WIDTH, INTERVALS, SECOND), more to align it with other tables.
// A boundary written at a clock edge is seen by keys that enter from the second one behind on. Rewriting a bank while its keys are under way gives them any number.
module pcl_range_table
  import pcl_engine_pkg::*;
#(
  parameter  int unsigned WIDTH     = 128,
  parameter  int unsigned INTERVALS = 256,
  parameter  int unsigned SECOND    = 4,   // 4 or 16
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

  localparam int unsigned CompareClocks = compare_clocks(WIDTH);
  localparam int unsigned IntervalBits = $clog2(INTERVALS);
  localparam int unsigned SecondBits = IntervalBits - 4 < $clog2(SECOND) ? IntervalBits - 4 : $clog2(SECOND);  // 0: there is no second level
  localparam int unsigned SecondChildren = 1 << SecondBits;
  localparam int unsigned Blocks = block_levels(INTERVALS, SECOND);
  localparam int unsigned BlockClocks = 2 + CompareClocks;
  localparam int unsigned OwnClocks = range_clocks(WIDTH, INTERVALS, SECOND);
  // Copies of registers: of the key and bank of the first level, a group of boundaries each; of the second level's node and key; of the code that addresses the
  // memories of a block RAM level.
  localparam int unsigned KeyCopies = pcl_prim_pkg::copies(WIDTH > 16 ? 5 : 3);
  localparam int unsigned NodeCopies = pcl_prim_pkg::copies(SecondChildren > 4 ? (WIDTH > 18 ? 15 : 5) : WIDTH > 32 ? 3 : 1);
  localparam int unsigned BankCopies = pcl_prim_pkg::copies(15 * ((WIDTH + 31) / 32));   // of the first level's bank, one a comparison
  localparam int unsigned EnableCopies = pcl_prim_pkg::copies((WIDTH + 31) / 32);         // of what is to be written in the first level
  localparam int unsigned WriteCopies = pcl_prim_pkg::copies(WIDTH > 18 ? 3 : 1);  // of boundaries to be written
  localparam int unsigned SecondKeyCopies = pcl_prim_pkg::copies(SecondChildren > 4 ? 5 : WIDTH > 32 ? 3 : 1);
  localparam int unsigned CodeCopies = Blocks == 0 || WIDTH <= 32 ? 1 : pcl_prim_pkg::copies(3);

  if (INTERVALS < 16 || INTERVALS > 4096 || (INTERVALS & (INTERVALS - 1)) != 0) begin : g_check_intervals
    $fatal(1, "pcl_range_table: INTERVALS is %0d; it must be a power of two from 16 to 4096", INTERVALS);
  end
  if (WIDTH < 2 || WIDTH > 128) begin : g_check_width
    $fatal(1, "pcl_range_table: WIDTH is %0d; it must be 2 to 128", WIDTH);
  end
  if (SECOND != 4 && SECOND != 16) begin : g_check_second
    $fatal(1, "pcl_range_table: SECOND is %0d; it must be 4 or 16", SECOND);
  end
  if (CLOCKS < OwnClocks) begin : g_check_clocks
    $fatal(1, "pcl_range_table: CLOCKS is %0d; %0d intervals of %0d bits need %0d", CLOCKS, INTERVALS, WIDTH, OwnClocks);
  end

  // Write port: a register stage, with what is to be written in the first level already decoded, and a second one before the RAMs. Boundaries are stored
  // inverted, so that memory full of zeros is a table without boundaries.
  localparam int unsigned FirstStride = INTERVALS / 16;
  logic [1:0]              write;                   // a bit per bank
  logic [15:1]             write_number;
  logic [EnableCopies-1:0][1:0]  write_first_q;
  logic [EnableCopies-1:0]       write_here_q;  // the boundary is one of the first level
  logic [EnableCopies-1:0][15:1] write_number_q;
  logic [1:0]              write_q;
  logic [IntervalBits-1:0] write_index_q;
  logic [WriteCopies-1:0][WIDTH-1:0] write_inverted;
  always_comb begin
    for (int b = 0; b < 2; b++) write[b] = write_i && write_bank_i == b[0];
    write_number = '0;
    if (write_i || !pcl_prim_pkg::GateIdle) begin
      for (int n = 1; n < 16; n++) write_number[n] = write_index_i[IntervalBits-1 -: 4] == n[3:0];
    end
  end
  pcl_dup #(.WIDTH(2), .COPIES(EnableCopies)) u_write_first (.clk_i, .d_i(write), .q_o(write_first_q));
  pcl_dup #(.WIDTH(1), .COPIES(EnableCopies)) u_write_here (.clk_i, .d_i((32'(write_index_i) & (FirstStride - 1)) == 0), .q_o(write_here_q));
  pcl_dup #(.WIDTH(15), .COPIES(EnableCopies)) u_write_number (.clk_i, .d_i(write_number), .q_o(write_number_q));
  always_ff @(posedge clk_i) begin
    write_q <= write;
    if (write_i || !pcl_prim_pkg::GateIdle) write_index_q <= write_index_i;
  end
  pcl_dup #(.WIDTH(WIDTH), .COPIES(WriteCopies)) u_write (.clk_i, .d_i(~write_boundary_i), .q_o(write_inverted));

  // Input register.
  logic [KeyCopies-1:0][WIDTH-1:0] key_q;
  logic [BankCopies-1:0] bank_q;
  pcl_dup #(.WIDTH(WIDTH), .COPIES(KeyCopies)) u_key (.clk_i, .d_i(key_i), .q_o(key_q));
  pcl_dup #(.WIDTH(1), .COPIES(BankCopies)) u_bank (.clk_i, .d_i(bank_i), .q_o(bank_q));

  // First level.
  logic [NodeCopies-1:0][4:0] node;  // with the bank
  pcl_search16 #(
    .WIDTH(WIDTH), .COMPARE_CLOCKS(CompareClocks), .KEY_COPIES(KeyCopies), .BANK_COPIES(BankCopies), .COPIES(NodeCopies), .WRITE_COPIES(WriteCopies),
    .ENABLE_COPIES(EnableCopies)
  ) u_first (
    .clk_i,
    .key_i            (key_q),
    .bank_i           (bank_q),
    .index_o          (node),
    .write_i          (write_first_q),
    .write_here_i     (write_here_q),
    .write_number_i   (write_number_q),
    .write_inverted_i (write_inverted)
  );

  // Second level.
  logic [CodeCopies-1:0][maximum(SecondChildren, 2)-1:1] second_code;
  logic second_bank;
  logic [3:0] second_node;
  logic [WIDTH-1:0] second_key;
  logic [4+SecondBits-1:0] second_index;
  if (SecondBits > 0) begin : g_second
    localparam int unsigned Span = INTERVALS / 16;
    localparam int unsigned Stride = Span / SecondChildren;
    logic [1:0]                 write2_q;
    logic [SecondChildren-1:1]  write_number2_q;
    logic [NodeCopies-1:0][3:0] write_node2_q;
    logic [WriteCopies-1:0][WIDTH-1:0] write_inverted2;
    always_ff @(posedge clk_i) begin
      write2_q <= write_q;
      if (write_q != 0 || !pcl_prim_pkg::GateIdle) begin
        for (int n = 1; n < int'(SecondChildren); n++) write_number2_q[n] <= (32'(write_index_q) & (Span - 1)) == n * Stride;
      end
    end
    pcl_dup #(.WIDTH(WIDTH), .COPIES(WriteCopies)) u_write_second (.clk_i, .d_i(write_inverted[0]), .q_o(write_inverted2));
    pcl_dup #(.WIDTH(4), .COPIES(NodeCopies)) u_write_node (.clk_i, .d_i(write_index_q[IntervalBits-1 -: 4]), .q_o(write_node2_q));

    logic [SecondKeyCopies-1:0][WIDTH-1:0] key;
    pcl_delay #(.WIDTH(WIDTH), .CLOCKS(CompareClocks + 1)) u_key (.clk_i, .d_i(key_q[0]), .q_o(second_key));
    pcl_dup #(.WIDTH(WIDTH), .COPIES(SecondKeyCopies)) u_key_copies (.clk_i, .d_i(second_key), .q_o(key));
    pcl_search_row #(
      .WIDTH(WIDTH), .CHILDREN(SecondChildren), .COMPARE_CLOCKS(CompareClocks), .INDEX_COPIES(NodeCopies), .KEY_COPIES(SecondKeyCopies),
      .COPIES(CodeCopies), .WRITE_COPIES(WriteCopies)
    ) u_search (
      .clk_i,
      .index_i          (node),
      .key_i            (key),
      .thermometer_o    (second_code),
      .write_i          (write2_q),
      .write_number_i   (write_number2_q),
      .write_node_i     (write_node2_q),
      .write_inverted_i (write_inverted2)
    );
    pcl_delay #(.WIDTH(5), .CLOCKS(1 + CompareClocks)) u_node (.clk_i, .d_i(node[0]), .q_o({second_bank, second_node}));
    logic [SecondBits-1:0] place;
    pcl_thermometer #(.CHILDREN(SecondChildren)) u_encode (.thermometer_i(second_code[0]), .index_o(place));
    assign second_index = {second_node, place};
  end else begin : g_second
    assign {second_bank, second_node} = node[0];
    assign second_index = node[0][3:0];
    assign second_code = '0;
    assign second_key = '0;
    logic unused;
    assign unused = ^{write_q, write_index_q, node, second_node, second_key, second_code};
  end

  // Block RAM levels. A level begins with the interval known so far and ends with as many more bits as its children need.
  for (genvar l = 0; l < Blocks; l++) begin : g_level
    localparam int unsigned KnownBits = 4 + SecondBits + 2 * l;
    localparam int unsigned Children = KnownBits + 1 == IntervalBits ? 2 : 4;
    localparam int unsigned Span = INTERVALS >> KnownBits;
    localparam int unsigned Stride = Span / Children;
    // Rows are addressed by the thermometer code of the level before as it leaves the comparison, without an encoder between, where the RAM stays within
    // 512 rows in spite of the bit more.
    localparam bit Thermometer = (l > 0 || SecondChildren == 4) && KnownBits + 2 <= 9;
    localparam int unsigned RowBits = 1 + KnownBits + (Thermometer ? 1 : 0);

    // What is known when the row is asked for.
    logic bank;
    logic [KnownBits-1:0] index;
    logic [CodeCopies-1:0][RowBits-1:0] row;
    if (l == 0) begin : g_known
      assign bank = second_bank;
      assign index = second_index;
      for (genvar c = 0; c < CodeCopies; c++) begin : g_copy
        if (Thermometer) begin : g_row
          assign row[c] = {bank, second_node, second_code[c]};
        end else begin : g_row
          logic [SecondBits-1:0] place;
          pcl_thermometer #(.CHILDREN(SecondChildren)) u_encode (.thermometer_i(second_code[c]), .index_o(place));
          assign row[c] = {bank, second_node, place};
        end
      end
    end else begin : g_known
      logic [KnownBits-3:0] parent;
      logic [CodeCopies-1:0][2:0] code;
      assign bank = g_level[l-1].bank_after;
      assign parent = g_level[l-1].index_after;
      assign code = g_level[l-1].thermometer;
      assign index = {parent, code[0][1], ^code[0]};
      for (genvar c = 0; c < CodeCopies; c++) begin : g_copy
        if (Thermometer) begin : g_row
          assign row[c] = {bank, parent, code[c]};
        end else begin : g_row
          assign row[c] = {bank, parent, code[c][1], ^code[c]};
        end
      end
    end

    // Its boundaries: wide ones in memories of their own, narrow ones side by side in one.
    localparam int unsigned Rams = WIDTH > 32 ? Children - 1 : 1;
    localparam int unsigned Columns = (Children - 1) / Rams;
    logic [Rams-1:0][Columns-1:0][WIDTH-1:0] inverted;
    logic [Children-2:0] write2_q;
    logic [RowBits-1:0] write_row, write_row2_q;
    logic [WIDTH-1:0] write_inverted2;
    if (Thermometer) begin : g_write
      logic [1:0] child;
      assign child = write_index_q[IntervalBits - KnownBits +: 2];
      assign write_row = {write_q[1], write_index_q[IntervalBits-1 -: KnownBits-2], child == 2'd3, child >= 2'd2, child >= 2'd1};
    end else begin : g_write
      assign write_row = {write_q[1], write_index_q[IntervalBits-1 -: KnownBits]};
    end
    always_ff @(posedge clk_i) begin
      write2_q <= '0;
      if (write_q != 0 || !pcl_prim_pkg::GateIdle) begin
        for (int c = 1; c < int'(Children); c++) write2_q[c-1] <= write_q != 0 && (32'(write_index_q) & (Span - 1)) == c * Stride;
        write_row2_q <= write_row;
      end
    end
    pcl_dup #(.WIDTH(WIDTH), .COPIES(1)) u_write_data (.clk_i, .d_i(write_inverted[WriteCopies-1]), .q_o(write_inverted2));
    for (genvar r = 0; r < Rams; r++) begin : g_ram
      pcl_ram_1r1w #(.WIDTH(Columns * WIDTH), .DEPTH(1 << RowBits), .COLUMNS(Columns)) u_ram (
        .clk_i,
        .write_i      (write2_q[r*Columns +: Columns]),
        .write_row_i  (write_row2_q),
        .write_data_i ({Columns{write_inverted2}}),
        .read_i       (1'b1),
        .read_row_i   (row[(r*CodeCopies)/Rams]),
        .read_data_o  (inverted[r])
      );
    end

    // The key, when they are there.
    logic [WIDTH-1:0] key_before, key;
    if (l == 0) begin : g_key
      assign key_before = second_key;
    end else begin : g_key
      assign key_before = g_level[l-1].key;
    end
    pcl_delay #(.WIDTH(WIDTH), .CLOCKS(BlockClocks + (l == 0 ? 1 : 0))) u_key (.clk_i, .d_i(key_before), .q_o(key));

    // Comparison.
    localparam int unsigned NextCopies = l == Blocks - 1 ? 1 : CodeCopies;
    logic [NextCopies-1:0][2:0] thermometer;
    if (Children == 4) begin : g_compare
      pcl_search4 #(.WIDTH(WIDTH), .COMPARE_CLOCKS(CompareClocks), .COPIES(NextCopies)) u_search (
        .clk_i, .key_i(key), .inverted1_i(inverted[0][0]), .inverted2_i(inverted[Rams/2][Columns/2]), .inverted3_i(inverted[Rams-1][Columns-1]),
        .thermometer_o(thermometer)
      );
    end else begin : g_compare
      logic reached;
      pcl_search2 #(.WIDTH(WIDTH), .COMPARE_CLOCKS(CompareClocks)) u_search (
        .clk_i, .key_i(key), .inverted_i(inverted[0][0]), .reached_o(reached)
      );
      assign thermometer = 3'(reached);
    end
    logic bank_after;
    logic [KnownBits-1:0] index_after;
    pcl_delay #(.WIDTH(1 + KnownBits), .CLOCKS(BlockClocks)) u_index (.clk_i, .d_i({bank, index}), .q_o({bank_after, index_after}));
  end

  // The interval, aligned with other tables.
  logic [ROW_BITS-1:0] row, row_aligned;
  if (Blocks == 0) begin : g_interval
    assign row = {second_bank, second_index};
  end else if (((IntervalBits - 4 - SecondBits) & 1) != 0) begin : g_interval
    assign row = {g_level[Blocks-1].bank_after, g_level[Blocks-1].index_after, g_level[Blocks-1].thermometer[0][0]};
  end else begin : g_interval
    assign row = {g_level[Blocks-1].bank_after, g_level[Blocks-1].index_after, g_level[Blocks-1].thermometer[0][1], ^g_level[Blocks-1].thermometer[0]};
  end
  pcl_delay #(.WIDTH(ROW_BITS), .CLOCKS(CLOCKS - OwnClocks + 1)) u_align (.clk_i, .d_i(row), .q_o(row_aligned));
  pcl_dup #(.WIDTH(ROW_BITS), .COPIES(COPIES)) u_row (.clk_i, .d_i(force_i ? force_row_i : row_aligned), .q_o(row_o));

endmodule
