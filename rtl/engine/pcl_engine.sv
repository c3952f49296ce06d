// Match engine: one lookup a clock against RULES rules, in two banks.
//
// Each field of the key is looked up in a table of its own (five range tables, four tables of 8-bit chunks; docs/design.md, "The key"), each lookup yields a
// bitmap row with a bit per rule, the nine rows are ANDed, and the lowest set bit is the rule that decides. It addresses the action and the counters.
//
// Clocks of a lookup, for 512 rules x 256 intervals x 128 bits (what depends on the geometry is in pcl_engine_pkg):
//    0      slot: a lookup in a clock with lookup_ready_o, a test lookup in one without; the bank is the active one, for a test the other
//    1      the key of the slot, with addresses of more than 32 bits
//    2-14   range search: key registers 2, first level to 5, second level to 8, block RAM level to 12, the interval number, register copies of it; chunks wait
//   15-16   bitmap rows; those of the chunks and their AND a clock earlier
//   17      AND of six
//   18-20   priority encoder, but for its last multiplexer
//   21      that, and a register, with addresses of more than 32 bits; else it addresses the action RAM itself
//   22-23   action RAM, beside it the default action; counters take the rule at 22
//   23      choice of the action, monitor mode
//   24      verdict, from the result buffer's output register
//
// In:  lookups, in order. A lookup with a cause is a malformed packet: it takes its place in the order, meets no rule and is counted by its cause.
// Out: verdicts, in the order of the lookups, LATENCY clocks from the edge that accepts the lookup to the edge that can take the verdict (24 for 512 rules x 256
//      intervals x 128 bits, 16 with 32-bit addresses; pcl_engine_pkg::latency). The pipeline never stalls: lookups hold credits for entries of the result buffer.
// Guaranteed:
//  - one lookup a clock for as long as verdict_ready_i is high, whatever is loaded, read, cleared or flipped meanwhile; only a counter read of a bank that
//    counts, a test lookup, or the scrubber, that found no idle slot for 256 clocks takes the slot of one lookup. A test lookup, or the scrubber, that sees an idle
//    slot takes the one four clocks later, so a lookup that comes just then waits for a clock.
//  - a lookup accepted less than FlipClocks (pcl_engine_pkg) clocks after flip_i sees the old bank, every later one the new bank, which has all that was loaded
//    up to the clock of flip_i. What is loaded has that time for its way through registers to the tables. active_bank_o changes right after flip_i.
//  - rows are written to the shadow bank only; load_ready_o is low while that bank still serves lookups, or its counters are being cleared (busy_o), and while the
//    scrubber mends a row.
//  - with SCRUB, every bitmap row carries check bits, and while scrub_i is high the rows of both banks are read in turn: one with a single wrong bit is written again
//    as it was, one with more is reported (pcl_scrubber, which has the bounds). Boundaries, actions and counters have no check bits. Latency is the same with and without.
//  - counters miss nothing; test lookups count nowhere.
// What a test lookup answers while its bank is being loaded is any mixture of old and new. rst_i, two clocks or more, empties the pipeline and ends a flip that was taken;
// tables, counters, default actions and active_bank_o keep what they hold (zeros after configuration: bank 0, whose default action drops everything). So the policy
// in force is in force behind a reset as well, whatever was being loaded when it came. A write to an index beyond its table does nothing.
`include "pcl_assert.svh"
module pcl_engine
  import pcl_pkg::*;
  import pcl_engine_pkg::*;
#(
  parameter  int unsigned RULES             = 512,  // power of two, 64 to 4096
  parameter  int unsigned ADDRESS_BITS      = 128,  // the low bits of addresses that are looked at, 8 to 128
  parameter  int unsigned ADDRESS_INTERVALS = 256,  // powers of two, 16 to 4096
  parameter  int unsigned PORT_INTERVALS    = 256,
  parameter  int unsigned VLAN_INTERVALS    = 256,
  parameter  int unsigned TAG_BITS          = 8,    // carried unchanged from lookup to verdict
  parameter  int unsigned LENGTH_BITS       = 14,
  parameter  int unsigned SCRUB             = 0,    // 1: rows carry check bits, and a scrubber reads them in the background
  localparam int unsigned ROW_BITS          = maximum(RULES, 128),
  localparam int unsigned RULE_BITS         = $clog2(RULES),
  localparam int unsigned LATENCY           = latency(RULES, ADDRESS_BITS, ADDRESS_INTERVALS, PORT_INTERVALS, VLAN_INTERVALS)
) (
  input  logic                   clk_i,
  input  logic                   rst_i,
  // Lookups.
  input  logic                   lookup_valid_i,
  output logic                   lookup_ready_o,
  input  key_t                   lookup_key_i,
  input  logic [3:0]             lookup_cause_i,
  input  logic [LENGTH_BITS-1:0] lookup_length_i,  // bytes without FCS, counted
  input  logic [TAG_BITS-1:0]    lookup_tag_i,
  // Verdicts. Without a hit the action is the default action, with a cause it is zero.
  output logic                   verdict_valid_o,
  input  logic                   verdict_ready_i,
  output logic                   verdict_permit_o,      // after monitor mode
  output logic                   verdict_would_drop_o,  // monitor mode only
  output logic                   verdict_hit_o,
  output logic [RULE_BITS-1:0]   verdict_rule_o,        // 0 without a hit
  output action_t                verdict_action_o,
  output logic [3:0]             verdict_cause_o,
  output logic                   verdict_bank_o,
  output logic [TAG_BITS-1:0]    verdict_tag_o,
  // Test lookups against the shadow bank, in a clock without a lookup. One at a time; done pulses, and the result holds until the next.
  input  logic                   test_valid_i,
  output logic                   test_ready_o,
  input  key_t                   test_key_i,
  output logic                   test_done_o,
  output logic                   test_hit_o,
  output logic [RULE_BITS-1:0]   test_rule_o,
  output action_t                test_action_o,
  // Rows for the shadow bank, one a clock (docs/design.md, "Loading").
  input  logic                   load_valid_i,
  output logic                   load_ready_o,
  input  logic [5:0]             load_target_i,
  input  logic [15:0]            load_index_i,
  input  logic [ROW_BITS-1:0]    load_data_i,
  // Banks. A pulse exchanges them; while busy_o, or in the clock of counter_clear_i, it does nothing but pulse flip_ignored_o in the next clock.
  input  logic                   flip_i,
  output logic                   flip_ignored_o,
  output logic                   active_bank_o,
  output logic                   busy_o,
  // Counters, one request at a time. Kind 0: of a rule; 1: of a cause (0 the default action, else why malformed). Bank as a number, not as a role.
  input  logic                   counter_valid_i,
  output logic                   counter_ready_o,
  input  logic                   counter_bank_i,
  input  logic                   counter_kind_i,
  input  logic [15:0]            counter_index_i,
  output logic                   counter_done_o,
  output logic [63:0]            counter_packets_o,
  output logic [63:0]            counter_bytes_o,
  // A pulse zeroes all counters of the shadow bank, once it is not busy with lookups.
  input  logic                   counter_clear_i,
  output logic                   counter_clearing_o,
  // Scrubbing: on or off, and what it has found. Without SCRUB zero.
  input  logic                   scrub_i,
  output scrub_status_t          scrub_o
);

  if (RULES < 64 || RULES > 4096 || (RULES & (RULES - 1)) != 0) begin : g_check_rules
    $fatal(1, "pcl_engine: RULES is %0d; it must be a power of two from 64 to 4096", RULES);
  end
  if (ADDRESS_BITS < 8 || ADDRESS_BITS > 128) begin : g_check_address_bits
    $fatal(1, "pcl_engine: ADDRESS_BITS is %0d; it must be 8 to 128", ADDRESS_BITS);
  end
  if (ADDRESS_INTERVALS < 16 || ADDRESS_INTERVALS > 4096 || (ADDRESS_INTERVALS & (ADDRESS_INTERVALS - 1)) != 0) begin : g_check_address_intervals
    $fatal(1, "pcl_engine: ADDRESS_INTERVALS is %0d; it must be a power of two from 16 to 4096", ADDRESS_INTERVALS);
  end
  if (PORT_INTERVALS < 16 || PORT_INTERVALS > 4096 || (PORT_INTERVALS & (PORT_INTERVALS - 1)) != 0) begin : g_check_port_intervals
    $fatal(1, "pcl_engine: PORT_INTERVALS is %0d; it must be a power of two from 16 to 4096", PORT_INTERVALS);
  end
  if (VLAN_INTERVALS < 16 || VLAN_INTERVALS > 4096 || (VLAN_INTERVALS & (VLAN_INTERVALS - 1)) != 0) begin : g_check_vlan_intervals
    $fatal(1, "pcl_engine: VLAN_INTERVALS is %0d; it must be a power of two from 16 to 4096", VLAN_INTERVALS);
  end
  if (TAG_BITS < 1 || LENGTH_BITS < 1 || LENGTH_BITS > 32) begin : g_check_widths
    $fatal(1, "pcl_engine: TAG_BITS %0d must be at least 1, LENGTH_BITS %0d 1 to 32", TAG_BITS, LENGTH_BITS);
  end

  // Stages, by the clocks since a lookup was accepted (0).
  localparam int unsigned InputClocks = input_clocks(ADDRESS_BITS);
  localparam int unsigned SearchClocks = aligned_clocks(ADDRESS_BITS, ADDRESS_INTERVALS, PORT_INTERVALS, VLAN_INTERVALS);
  localparam int unsigned RowAsked = InputClocks + SearchClocks;  // intervals known, bitmap rows are asked for
  localparam int unsigned RowThere = RowAsked + 2;                // rows of the chunks are asked for a clock earlier, and are there a clock earlier
  localparam int unsigned RuleKnown = RowThere + 1 + first_one_clocks(RULES) + rule_clocks(ADDRESS_BITS);  // the action is asked for
  localparam int unsigned ActionThere = RuleKnown + 2;
  localparam int unsigned Entries = result_entries(LATENCY);
  localparam int unsigned CreditBits = $clog2(Entries + 1);
  // Slices of a bitmap row, each with its own copy of the row's number; their borders are those of ECP5 block RAMs.
  localparam int unsigned CheckBits = SCRUB != 0 ? $clog2(RULES) + 2 : 0;  // pcl_secded_sums; up to 1024 rules they fit what the block RAMs have to spare
  localparam int unsigned CodeBits = RULES + CheckBits;
  localparam int unsigned RamsPerRow = (CodeBits + 35) / 36;
  localparam int unsigned RamsPerSlice = (RamsPerRow + pcl_prim_pkg::copies(4) - 1) / pcl_prim_pkg::copies(4);
  localparam int unsigned Copies = (RamsPerRow + RamsPerSlice - 1) / RamsPerSlice;
  localparam int unsigned SliceBits = Copies == 1 ? CodeBits : RamsPerSlice * 36;
  localparam int unsigned LoadCopies = pcl_prim_pkg::copies((Tables + 2) / 3);

  // ---- Reset, a copy for the slots, the results, the counters, and what follows the tables. Only what answers requests at once takes rst_i itself.
  logic [3:0] rst_q;
  pcl_dup #(.WIDTH(1), .COPIES(4)) u_reset (.clk_i, .d_i(rst_i), .q_o(rst_q));

  // ---- Slots: a lookup, else a test lookup, else idle.
  logic accept, test_go, slot_bank;
  logic active_q, active_next_q, test_waiting_q;  // active_q: the bank of lookups; active_next_q: that of the next clock
  logic flip_pending;                      // a flip was taken, and active_q has not changed yet
  logic [Tables:0] ready_q;                // equal copies
  logic [RangeTables:0] active_copies;     // of active_q, for each range table and for the chunks
  key_t slot_key, test_key_q;
  assign accept = lookup_valid_i && ready_q[0];
  assign lookup_ready_o = ready_q[0];
  assign test_go = test_waiting_q && !ready_q[0] && !flip_pending;
  assign slot_bank = ready_q[0] ? active_q : !active_q;
  pcl_dup #(.WIDTH(1), .COPIES(RangeTables + 1)) u_active (.clk_i, .d_i(active_next_q), .q_o(active_copies));
  // The key of the slot, InputClocks later.
  logic [RangeTables:0] key_bank;  // of each range table, and of the chunks
  if (InputClocks == 0) begin : g_input
    // Each table's key is chosen by a copy of ready.
    for (genvar t = 0; t <= RangeTables; t++) begin : g_bank
      assign key_bank[t] = ready_q[t+1] ? active_copies[t] : !active_copies[t];
    end
    assign slot_key.source           = ready_q[1] ? lookup_key_i.source : test_key_q.source;
    assign slot_key.destination      = ready_q[2] ? lookup_key_i.destination : test_key_q.destination;
    assign slot_key.source_port      = ready_q[3] ? lookup_key_i.source_port : test_key_q.source_port;
    assign slot_key.destination_port = ready_q[4] ? lookup_key_i.destination_port : test_key_q.destination_port;
    assign slot_key.vlan             = ready_q[5] ? lookup_key_i.vlan : test_key_q.vlan;
    assign slot_key.protocol         = ready_q[6] ? lookup_key_i.protocol : test_key_q.protocol;
    assign slot_key.tcp_flags        = ready_q[7] ? lookup_key_i.tcp_flags : test_key_q.tcp_flags;
    assign slot_key.dscp_tags        = ready_q[8] ? lookup_key_i.dscp_tags : test_key_q.dscp_tags;
    assign slot_key.context_chunk    = ready_q[9] ? lookup_key_i.context_chunk : test_key_q.context_chunk;
  end else begin : g_input
    // Wide keys are chosen from registers, 32 bits by a copy of the choice each.
    localparam int unsigned Choices = pcl_prim_pkg::copies(($bits(key_t) + 31) / 32);
    key_t lookup_key_q;
    logic [Choices-1:0] chosen;
    logic unused_ready;
    pcl_dup #(.WIDTH(1), .COPIES(Choices)) u_chosen (.clk_i, .d_i(ready_q[0]), .q_o(chosen));
    pcl_dup #(.WIDTH(1), .COPIES(RangeTables + 1)) u_bank (.clk_i, .d_i(slot_bank), .q_o(key_bank));
    always_ff @(posedge clk_i) if (accept || !pcl_prim_pkg::GateIdle) lookup_key_q <= lookup_key_i;
    for (genvar c = 0; c < Choices; c++) begin : g_choice
      localparam int unsigned Low = c * 32;
      localparam int unsigned Bits = c == Choices - 1 ? $bits(key_t) - Low : 32;
      assign slot_key[Low +: Bits] = chosen[c] ? lookup_key_q[Low +: Bits] : test_key_q[Low +: Bits];
    end
    assign unused_ready = ^{ready_q[Tables:1], active_copies};
  end

  // What the scrubber says (g_scrub).
  logic scrub_withhold, scrub_hold;       // a slot is to be free; no row is to be loaded
  logic scrub_range, scrub_chunk;         // the next row of a range table, of a chunk table, is scrub_place
  logic [Tables-1:0] scrub_selected;      // if it is this table's
  scrub_place_t scrub_place;
  logic mend;                             // mend_data is loaded to scrub_place
  logic [RULES-1:0] mend_data;

  logic [ActionThere:1] valid_q, tested_q;  // bit s: stage s holds a lookup; it is a test lookup
  always_ff @(posedge clk_i) begin
    valid_q <= {valid_q[ActionThere-1:1], accept || test_go};
    tested_q <= {tested_q[ActionThere-1:1], test_go};
    if (rst_q[0]) valid_q <= '0;
  end

  // ---- Credits: at most as many lookups under way as the result buffer has entries. Ready is decided three clocks ahead of what the
  // clock before took, so four more may be accepted meanwhile.
  logic [CreditBits-1:0] credits_q;
  logic taken, withhold_q, counters_withhold, test_withhold_q, available_q, ready_next_q;
  logic [1:0] accepted_q, taken_q;  // of bank b, a clock ago
  assign taken = verdict_valid_o && verdict_ready_i;
  always_ff @(posedge clk_i) begin
    for (int b = 0; b < 2; b++) begin
      accepted_q[b] <= accept && active_q == b[0] && !rst_q[0];
      taken_q[b]    <= taken && verdict_bank_o == b[0] && !rst_q[0];
    end
    credits_q <= credits_q + CreditBits'(taken_q != 0) - CreditBits'(accepted_q != 0);
    available_q <= credits_q >= 5;
    withhold_q  <= counters_withhold || test_withhold_q || scrub_withhold;
    ready_next_q <= available_q && !withhold_q && !rst_q[0];
    if (rst_q[0]) credits_q <= CreditBits'(Entries);
  end
  pcl_dup #(.WIDTH(1), .COPIES(Tables + 1)) u_ready (.clk_i, .d_i(ready_next_q), .q_o(ready_q));

  // ---- Loading: register stages for everything (1), for each kind of row or each table (2), and further ones before the memories.
  localparam int unsigned LoadIndexBits = $clog2(maximum(maximum(RULES, ADDRESS_INTERVALS), maximum(maximum(PORT_INTERVALS, VLAN_INTERVALS), 256)));
  logic load;
  logic load1_q = 1'b0;
  logic load_bank1_q;
  logic [5:0] load_target1_q;
  logic [15:0] load_index1_q;
  logic load_default2_q = 1'b0;
  logic load_action2_q, load_bank2_q;
  logic load_rule2_q, load_zero2_q;     // the index is that of a rule; is 0
  logic [Tables-1:0] load_interval2_q;  // the index is within the table
  logic [Tables-1:0] load_bitmap2_q;
  logic [LoadIndexBits-1:0] load_index2_q;
  logic load_default3_q = 1'b0;
  logic load_action3_q, load_any3_q, load_bank3_q;
  logic [RULE_BITS-1:0] load_index3_q;
  logic [ROW_BITS-1:0] load_data1_q;
  logic [RULES-1:0] load_data2_q, load_data3_q;
  logic [LoadCopies-1:0][RULES-1:0] load_data4;
  logic [LoadCopies-1:0][CodeBits-1:0] load_code4;  // with check bits
  assign load = load_valid_i && load_ready_o;
  always_ff @(posedge clk_i) begin
    load1_q <= load || mend;
    if (load || mend || !pcl_prim_pkg::GateIdle) begin
      load_bank1_q   <= mend ? scrub_place.bank : !active_q;
      load_target1_q <= mend ? TargetBitmap + 6'(scrub_place.number) : load_target_i;
      load_index1_q  <= mend ? 16'(scrub_place.row) : load_index_i;
      load_data1_q   <= mend ? ROW_BITS'(mend_data) : load_data_i;
    end
    load_action2_q  <= load1_q && load_target1_q == TargetAction;
    load_default2_q <= load1_q && load_target1_q == TargetDefault;
    if (load1_q || !pcl_prim_pkg::GateIdle) begin
      load_rule2_q  <= 32'(load_index1_q) >> RULE_BITS == 0;
      load_zero2_q  <= load_index1_q == 0;
      load_bank2_q  <= load_bank1_q;
      load_index2_q <= load_index1_q[LoadIndexBits-1:0];
      load_data2_q  <= load_data1_q[RULES-1:0];
    end
    load_action3_q  <= load_action2_q && load_rule2_q;
    load_default3_q <= load_default2_q && load_zero2_q;
    load_any3_q     <= load_bitmap2_q != 0;
    if (load_action2_q || load_default2_q || load_bitmap2_q != 0 || !pcl_prim_pkg::GateIdle) begin
      load_bank3_q  <= load_bank2_q;
      load_index3_q <= load_index2_q[RULE_BITS-1:0];
      load_data3_q  <= load_data2_q;
    end
  end
  // Of a bitmap row, a copy for each three tables.
  if (pcl_prim_pkg::GateIdle) begin : g_load_data
    logic [RULES-1:0] data_q;
    always_ff @(posedge clk_i) if (load_any3_q) data_q <= load_data3_q;
    assign load_data4 = {LoadCopies{data_q}};
  end else begin : g_load_data
    logic unused_any;
    pcl_dup #(.WIDTH(RULES), .COPIES(LoadCopies)) u_copies (.clk_i, .d_i(load_data3_q), .q_o(load_data4));
    assign unused_any = load_any3_q;
  end
  if (ROW_BITS > RULES) begin : g_unused
    logic unused_row_bits;
    assign unused_row_bits = ^load_data1_q[ROW_BITS-1:RULES];
  end
  if (SCRUB != 0) begin : g_load_code
    logic [CheckBits-1:0] check4;
    pcl_secded_sums #(.DATA(RULES)) u_check (.clk_i, .take_i(load_bitmap2_q != 0), .data_i(load_data2_q), .sums_o(check4));
    for (genvar c = 0; c < LoadCopies; c++) begin : g_copy
      assign load_code4[c] = {check4, load_data4[c]};
    end
  end else begin : g_load_code
    assign load_code4 = load_data4;
  end

  // ---- Tables.
  for (genvar t = 0; t < Tables; t++) begin : g_table
    localparam int unsigned KeyWidth = t < 2 ? ADDRESS_BITS : t < 4 ? PortKeyBits : t == 4 ? VlanBits : 8;
    localparam int unsigned Intervals = t < 2 ? ADDRESS_INTERVALS : t < 4 ? PORT_INTERVALS : t == 4 ? VLAN_INTERVALS : 256;
    localparam int unsigned RowBits = 1 + $clog2(Intervals);

    logic [Copies-1:0][RowBits-1:0] row;
    if (t < RangeTables) begin : g_range
      logic [KeyWidth-1:0] key;
      if (t == 0) begin : g_key
        assign key = slot_key.source[KeyWidth-1:0];
      end else if (t == 1) begin : g_key
        assign key = slot_key.destination[KeyWidth-1:0];
      end else if (t == 2) begin : g_key
        assign key = slot_key.source_port;
      end else if (t == 3) begin : g_key
        assign key = slot_key.destination_port;
      end else begin : g_key
        assign key = slot_key.vlan;
      end
      // What is loaded, at the table.
      logic inside1_q;  // the index is that of a boundary
      logic write, write_bank;
      logic [RowBits-2:0] write_index;
      logic [KeyWidth-1:0] write_boundary;
      always_ff @(posedge clk_i) if (load || !pcl_prim_pkg::GateIdle) inside1_q <= 32'(load_index_i) >> (RowBits - 1) == 0;
      pcl_dup #(.WIDTH(1 + 1 + RowBits - 1 + KeyWidth), .COPIES(1)) u_write (
        .clk_i, .d_i({load1_q && inside1_q && load_target1_q == TargetBoundary + 6'(t), load_bank1_q, load_index1_q[RowBits-2:0], load_data1_q[KeyWidth-1:0]}),
        .q_o({write, write_bank, write_index, write_boundary})
      );
      pcl_range_table #(.WIDTH(KeyWidth), .INTERVALS(Intervals), .SECOND(second_level_children(ADDRESS_BITS)), .CLOCKS(SearchClocks), .COPIES(Copies)) u_search (
        .clk_i,
        .bank_i           (key_bank[t]),
        .key_i            (key),
        .row_o            (row),
        .write_i          (write),
        .write_bank_i     (write_bank),
        .write_index_i    (write_index),
        .write_boundary_i (write_boundary),
        .force_i          (scrub_range && scrub_selected[t]),
        .force_row_i      ({scrub_place.bank, scrub_place.row[RowBits-2:0]})
      );
    end else begin : g_chunk
      assign row = g_chunks.row[t];
    end

    logic [Copies-1:0] read;
    pcl_dup #(.WIDTH(1), .COPIES(Copies)) u_read (.clk_i, .d_i(
      valid_q[t < RangeTables ? RowAsked-1 : RowAsked-2] || (t < RangeTables ? scrub_range : scrub_chunk) || !pcl_prim_pkg::GateIdle
    ), .q_o(read));
    logic [CodeBits-1:0] code;
    logic [RULES-1:0] bitmap;
    assign bitmap = code[RULES-1:0];
    logic [Copies-1:0] write;
    logic [Copies-1:0][RowBits-1:0] write_row;
    always_ff @(posedge clk_i) begin
      load_bitmap2_q[t] <= 1'b0;
      if (load1_q || !pcl_prim_pkg::GateIdle) begin
        load_bitmap2_q[t]   <= load1_q && load_target1_q == TargetBitmap + 6'(t);
        load_interval2_q[t] <= 32'(load_index1_q) >> (RowBits - 1) == 0;
      end
    end
    logic load_bitmap3;
    logic [RowBits-1:0] load_row3;
    pcl_dup #(.WIDTH(1 + RowBits), .COPIES(1)) u_load (
      .clk_i, .d_i({load_bitmap2_q[t] && load_interval2_q[t], load_bank2_q, load_index2_q[RowBits-2:0]}), .q_o({load_bitmap3, load_row3})
    );
    pcl_dup #(.WIDTH(1), .COPIES(Copies)) u_write (.clk_i, .d_i(load_bitmap3), .q_o(write));
    pcl_dup #(.WIDTH(RowBits), .COPIES(Copies)) u_write_row (.clk_i, .d_i(load_row3), .q_o(write_row));
    for (genvar s = 0; s < Copies; s++) begin : g_slice
      localparam int unsigned Low = s * SliceBits;
      localparam int unsigned Width = CodeBits - Low < SliceBits ? CodeBits - Low : SliceBits;
      pcl_ram_1r1w #(.WIDTH(Width), .DEPTH(2 * Intervals)) u_ram (
        .clk_i,
        .write_i      (write[s]),
        .write_row_i  (write_row[s]),
        .write_data_i (load_code4[(t*LoadCopies)/Tables][Low +: Width]),
        .read_i       (read[s] || !pcl_prim_pkg::GateIdle),
        .read_row_i   (row[s]),
        .read_data_o  (code[Low +: Width])
      );
    end
  end

  // The chunks wait for the intervals.
  if (1) begin : g_chunks
    logic bank;
    logic [ChunkTables*8-1:0] chunks;
    logic [Copies-1:0][8:0] row [RangeTables:Tables-1];
    pcl_delay #(.WIDTH(1 + ChunkTables * 8), .CLOCKS(SearchClocks - 2)) u_delay (
      .clk_i,
      .d_i ({key_bank[RangeTables], slot_key.context_chunk, slot_key.dscp_tags, slot_key.tcp_flags, slot_key.protocol}),
      .q_o ({bank, chunks})
    );
    for (genvar t = RangeTables; t < Tables; t++) begin : g_row
      pcl_dup #(.WIDTH(9), .COPIES(Copies)) u_row (
        .clk_i, .d_i(scrub_chunk && scrub_selected[t] ? {scrub_place.bank, scrub_place.row[7:0]} : {bank, chunks[(t-RangeTables)*8 +: 8]}), .q_o(row[t])
      );
    end
  end

  // ---- Scrubbing.
  if (SCRUB != 0) begin : g_scrub
    logic [CodeBits-1:0] rows [Tables];
    for (genvar t = 0; t < Tables; t++) begin : g_row
      assign rows[t] = g_table[t].code;
    end
    pcl_scrubber #(
      .RULES(RULES), .ADDRESS_INTERVALS(ADDRESS_INTERVALS), .PORT_INTERVALS(PORT_INTERVALS), .VLAN_INTERVALS(VLAN_INTERVALS), .ROW_ASKED(RowAsked)
    ) u_scrubber (
      .clk_i,
      .rst_i           (rst_q[0]),
      .enable_i        (scrub_i),
      .lookup_valid_i,
      .slot_i          (!ready_q[0] && !test_waiting_q),
      .withhold_o      (scrub_withhold),
      .place_o         (scrub_place),
      .selected_o      (scrub_selected),
      .range_o         (scrub_range),
      .chunk_o         (scrub_chunk),
      .rows_i          (rows),
      .loaded_i        (load1_q),
      .loaded_bank_i   (load_bank1_q),
      .loaded_target_i (load_target1_q),
      .loaded_index_i  (load_index1_q),
      .hold_o          (scrub_hold),
      .mend_o          (mend),
      .mend_data_o     (mend_data),
      .status_o        (scrub_o)
    );
    `PCL_ASSERT(NoLookupInASlotOfTheScrubber, !((scrub_range && valid_q[RowAsked-1]) || (scrub_chunk && valid_q[RowAsked-2])))
  end else begin : g_scrub
    assign scrub_withhold = 1'b0;
    assign scrub_hold = 1'b0;
    assign scrub_range = 1'b0;
    assign scrub_chunk = 1'b0;
    assign scrub_selected = '0;
    assign scrub_place = '0;
    assign mend = 1'b0;
    assign mend_data = '0;
    assign scrub_o = '0;
    logic unused_scrub;
    assign unused_scrub = scrub_i;
  end

  // ---- The rules that match, and the first of them.
  logic [RULES-1:0] chunks_q, match_q;
  always_ff @(posedge clk_i) begin
    chunks_q <= g_table[5].bitmap & g_table[6].bitmap & g_table[7].bitmap & g_table[8].bitmap;
    match_q  <= g_table[0].bitmap & g_table[1].bitmap & g_table[2].bitmap & g_table[3].bitmap & g_table[4].bitmap & chunks_q;
  end
  logic any_found, any_match;
  logic [RULE_BITS-1:0] found_rule, first_rule;
  pcl_first_one #(.WIDTH(RULES)) u_first_rule (.clk_i, .bits_i(match_q), .any_o(any_found), .index_o(found_rule));
  pcl_delay #(.WIDTH(1 + RULE_BITS), .CLOCKS(rule_clocks(ADDRESS_BITS))) u_rule (.clk_i, .d_i({any_found, found_rule}), .q_o({any_match, first_rule}));

  // ---- What travels with a lookup.
  typedef struct packed {
    logic                   bank;
    logic [3:0]             cause;
    logic [TAG_BITS-1:0]    tag;
    logic [LENGTH_BITS-1:0] length;
  } side_t;
  side_t side_before, side;  // a clock before RuleKnown, at RuleKnown
  pcl_delay #(.WIDTH($bits(side_t)), .CLOCKS(RuleKnown - 1)) u_side_before (
    .clk_i, .d_i({slot_bank, ready_q[0] ? lookup_cause_i : CauseNone, lookup_tag_i, lookup_length_i}), .q_o(side_before)
  );
  pcl_delay #(.WIDTH($bits(side_t)), .CLOCKS(1)) u_side (.clk_i, .d_i(side_before), .q_o(side));

  // ---- Actions.
  action_t action;  // at ActionThere
  pcl_ram_1r1w #(.WIDTH(64), .DEPTH(2 * RULES)) u_action (
    .clk_i,
    .write_i      (load_action3_q),
    .write_row_i  ({load_bank3_q, load_index3_q}),
    .write_data_i (load_data3_q[63:0]),
    .read_i       (valid_q[RuleKnown] || !pcl_prim_pkg::GateIdle),
    .read_row_i   ({side.bank, first_rule}),
    .read_data_o  (action)
  );
  action_t [1:0] default_q = '0;
  always_ff @(posedge clk_i) begin
    for (int b = 0; b < 2; b++) if (load_default3_q && load_bank3_q == b[0]) default_q[b] <= load_data3_q[63:0];
  end

  // ---- The verdict.
  localparam int unsigned HitCopies = pcl_prim_pkg::copies(4);
  localparam int unsigned HitBits = 64 / HitCopies;
  logic                 side_well_formed_q, side1_well_formed_q;  // of side, side1_q
  logic                 hit1_q, hit2_q;      // one and two clocks after RuleKnown
  logic [RULE_BITS-1:0] rule1_q, rule2_q;
  side_t                side1_q;
  logic                 bank2_q;
  logic [3:0]           cause2_q;
  logic                 monitor2_q, default_permits2_q, default_would_drop2_q;
  logic                 push_q, tested_there_q;  // at ActionThere: a lookup, a test lookup
  logic [TAG_BITS-1:0]  tag2_q;
  action_t              default1, default2_q;
  logic [HitCopies-1:0] hit2;                // equal copies of hit2_q, each for a part of the action
  logic                 monitor1;
  assign default1 = !side1_well_formed_q ? '0 : side1_q.bank ? default_q[1] : default_q[0];
  assign monitor1 = side1_q.bank ? default_q[1].monitor : default_q[0].monitor;
  pcl_dup #(.WIDTH(1), .COPIES(HitCopies)) u_hit (.clk_i, .d_i(hit1_q), .q_o(hit2));
  always_ff @(posedge clk_i) begin
    side_well_formed_q <= side_before.cause == CauseNone;
    side1_well_formed_q <= side_well_formed_q;
    hit1_q     <= any_match && side_well_formed_q;
    rule1_q    <= first_rule;
    side1_q    <= side;
    hit2_q     <= hit1_q;
    rule2_q    <= hit1_q ? rule1_q : '0;
    bank2_q    <= side1_q.bank;
    cause2_q   <= side1_q.cause;
    monitor2_q <= monitor1;
    push_q         <= valid_q[ActionThere-1] && !tested_q[ActionThere-1] && !rst_q[3];
    tested_there_q <= valid_q[ActionThere-1] && tested_q[ActionThere-1] && !rst_q[3];
    tag2_q     <= side1_q.tag;
    default2_q <= default1;
    default_permits2_q    <= default1.permit || monitor1;
    default_would_drop2_q <= !default1.permit && monitor1;
  end
  typedef struct packed {
    action_t              action;
    logic                 permit;
    logic                 would_drop;
    logic                 hit;
    logic                 bank;
    logic [3:0]           cause;
    logic [RULE_BITS-1:0] rule;
    logic [TAG_BITS-1:0]  tag;
  } verdict_t;
  verdict_t verdict, verdict_out;
  action_t chosen;
  always_comb begin
    for (int c = 0; c < int'(HitCopies); c++) begin
      chosen[c*HitBits +: HitBits] = hit2[c] ? action[c*HitBits +: HitBits] : default2_q[c*HitBits +: HitBits];
    end
    verdict.action = chosen;
    verdict.permit = hit2_q ? action.permit || monitor2_q : default_permits2_q;
    verdict.would_drop = hit2_q ? !action.permit && monitor2_q : default_would_drop2_q;
    verdict.hit = hit2_q;
    verdict.bank = bank2_q;
    verdict.cause = cause2_q;
    verdict.rule = rule2_q;
    verdict.tag = tag2_q;
  end
  pcl_fifo #(.WIDTH($bits(verdict_t)), .DEPTH(Entries)) u_results (
    .clk_i,
    .rst_i   (rst_q[1]),
    .push_i  (push_q),
    .data_i  (verdict),
    .valid_o (verdict_valid_o),
    .ready_i (verdict_ready_i),
    .data_o  (verdict_out)
  );
  assign verdict_permit_o = verdict_out.permit;
  assign verdict_would_drop_o = verdict_out.would_drop;
  assign verdict_hit_o = verdict_out.hit;
  assign verdict_rule_o = verdict_out.rule;
  assign verdict_action_o = verdict_out.action;
  assign verdict_cause_o = verdict_out.cause;
  assign verdict_bank_o = verdict_out.bank;
  assign verdict_tag_o = verdict_out.tag;

  // ---- Test lookups.
  localparam int unsigned PatienceBits = $clog2(PatienceClocks);
  localparam int unsigned KeyParts = pcl_prim_pkg::copies(($bits(key_t) + 31) / 32);
  logic [PatienceBits-1:0] test_patience_q;
  logic test_fresh_q;                // a request was taken
  logic [4:0] test_withheld_q;       // a slot was asked for in the clocks before
  logic [KeyParts-1:0] test_take;    // equal copies
  key_t test_key1_q;
  logic tested_known_q, test_hit_q;  // the answer, a clock after ActionThere
  logic [RULE_BITS-1:0] test_rule_q;
  action_t test_action_q;
  // The key's parts are kept each by a copy of the enable.
  pcl_dup #(.WIDTH(1), .COPIES(KeyParts)) u_test_take (.clk_i, .d_i(test_ready_o && test_valid_i), .q_o(test_take));
  always_ff @(posedge clk_i) begin
    if ((test_ready_o && test_valid_i) || !pcl_prim_pkg::GateIdle) test_key1_q <= test_key_i;
  end
  for (genvar p = 0; p < KeyParts; p++) begin : g_test_key
    localparam int unsigned Low = p * 32;
    localparam int unsigned Bits = p == KeyParts - 1 ? $bits(key_t) - Low : 32;
    always_ff @(posedge clk_i) if (test_take[p]) test_key_q[Low +: Bits] <= test_key1_q[Low +: Bits];
  end
  always_ff @(posedge clk_i) begin
    test_patience_q <= test_waiting_q ? test_patience_q + 1'b1 : '0;
    // Not again before what was asked for has come.
    test_withhold_q <= test_waiting_q && test_withheld_q == 0 && (!lookup_valid_i || (&test_patience_q)) && !rst_i;
    test_withheld_q <= {test_withheld_q[3:0], test_waiting_q && test_withheld_q == 0 && (!lookup_valid_i || (&test_patience_q))};
    test_fresh_q <= test_ready_o && test_valid_i && !rst_i;
    test_waiting_q <= test_fresh_q || (test_waiting_q && !test_go);
    if (test_ready_o && test_valid_i) test_ready_o <= 1'b0;
    else if (tested_known_q) test_ready_o <= 1'b1;
    tested_known_q <= tested_there_q && !rst_i;
    if (tested_there_q || !pcl_prim_pkg::GateIdle) begin
      test_hit_q    <= hit2_q;
      test_rule_q   <= rule2_q;
      test_action_q <= chosen;
    end
    test_done_o <= tested_known_q && !rst_i;
    if (tested_known_q) begin
      test_hit_o    <= test_hit_q;
      test_rule_o   <= test_rule_q;
      test_action_o <= test_action_q;
    end
    if (rst_i) begin
      test_waiting_q <= 1'b0;
      test_ready_o   <= 1'b1;
    end
  end

  // ---- Counters.
  logic [1:0] counters_clear, counters_clearing, counters_busy;
  pcl_counters #(.RULES(RULES), .LENGTH_BITS(LENGTH_BITS)) u_counters (
    .clk_i,
    .rst_i          (rst_q[2]),
    .count_i        (valid_q[RuleKnown+1] && !tested_q[RuleKnown+1]),
    .count_bank_i   (side1_q.bank),
    .count_hit_i    (hit1_q),
    .count_rule_i   (rule1_q),
    .count_cause_i  (side1_q.cause),
    .count_length_i (side1_q.length),
    .valid_i        (counter_valid_i),
    .ready_o        (counter_ready_o),
    .bank_i         (counter_bank_i),
    .kind_i         (counter_kind_i),
    .index_i        (counter_index_i),
    .done_o         (counter_done_o),
    .packets_o      (counter_packets_o),
    .bytes_o        (counter_bytes_o),
    .withhold_o     (counters_withhold),
    .clear_i        (counters_clear),
    .clearing_o     (counters_clearing),
    .busy_o         (counters_busy)
  );

  // ---- Banks. A flip reaches the lookups FlipClocks later. What busy_o and load_ready_o say is kept in registers, a clock ahead; they rise with the flip or the clearing, and may fall a few clocks late.
  logic [1:0][CreditBits-1:0] under_way_q;  // lookups accepted, verdicts not taken
  logic [1:0] serving_q;                    // bank b serves lookups: true up to three clocks late, so a flip counts as serving for as long
  logic [FlipClocks+1:0] flipped_q;         // flips taken in the clocks before; the last three of these the new bank has been serving
  logic shadow_serving, shadow_serving_q, clear_waiting_q, busy_q, flip_taken;
  assign flip_pending = flipped_q[FlipClocks-2:0] != 0;
  assign shadow_serving = flip_taken || flipped_q != 0 || serving_q[!active_q];
  assign flip_taken = flip_i && !busy_q && !counter_clear_i;
  assign counter_clearing_o = clear_waiting_q || counters_clearing != 0;
  assign busy_o = busy_q;
  assign load_ready_o = !busy_q && !scrub_hold;
  always_comb begin
    counters_clear = '0;
    counters_clear[!active_q] = clear_waiting_q && !shadow_serving_q;
  end
  initial active_bank_o = 1'b0;
  always_ff @(posedge clk_i) begin
    for (int b = 0; b < 2; b++) begin
      under_way_q[b] <= rst_q[0] ? '0 : under_way_q[b] + CreditBits'(accepted_q[b]) - CreditBits'(taken_q[b]);
      serving_q[b]   <= under_way_q[b] != 0 || counters_busy[b];
    end
    flipped_q <= {flipped_q[FlipClocks:0], flip_taken};
    flip_ignored_o <= flip_i && (busy_q || counter_clear_i);
    if (flip_taken && !rst_i) active_bank_o <= !active_bank_o;
    if (flipped_q[FlipClocks-3]) active_next_q <= !active_next_q;
    active_q <= active_next_q;
    shadow_serving_q <= shadow_serving;
    busy_q <= shadow_serving || counter_clear_i || counter_clearing_o;
    if (counter_clear_i) clear_waiting_q <= 1'b1;
    else if (!shadow_serving_q) clear_waiting_q <= 1'b0;
    if (rst_i) begin
      active_q         <= active_bank_o;
      active_next_q    <= active_bank_o;
      flip_ignored_o   <= 1'b0;
      clear_waiting_q  <= 1'b0;
      flipped_q        <= '0;
      shadow_serving_q <= 1'b0;
      busy_q           <= 1'b0;
    end
  end

  `PCL_ASSERT(CreditsMatchLookupsUnderWay, 32'(credits_q) + 32'(under_way_q[0]) + 32'(under_way_q[1]) == Entries)
  `PCL_ASSERT(ShadowIsQuietWhileWritten, !(load && under_way_q[!active_q] != 0))
  `PCL_ASSERT(BanksStayWhileCountersAreCleared, !(counter_clearing_o && under_way_q[!active_q] != 0 && counters_clearing != 0))

endmodule
