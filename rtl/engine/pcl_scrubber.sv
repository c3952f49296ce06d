// Reads the bitmap rows of both banks in turn, through slots without a lookup, mends single faults and reports worse ones.
//
// Place by place (bank, table, row) it wants a slot, which the engine gives it in a clock without a lookup; the row comes out of the table as it does for a lookup, and its
// SEC-DED syndrome is computed beside the lookups' way. A row with one wrong bit is written again, through the load port, at a slot of its own: so no lookup reads it in the
// clock of the write. A row with more wrong bits is left as it is. A row that was loaded since it was read is read again: what is loaded is never undone.
//
// In: enable_i; slot_i, this clock has no lookup and no test lookup; lookup_valid_i, someone waits for a slot; rows of all tables as their memories give them; loads, one a clock, a
// clock after they were taken: those that are written to the place's row make it be read again.
// Out: withhold_o: a pulse, an idle slot four clocks later is asked for: at once when there is no lookup, else after PatienceClocks.
// Clocks of a slot taken in clock 0, by ROW_ASKED (pcl_engine): range_o in ROW_ASKED - 1 and chunk_o a clock before it put the place's row in the place of what was searched for.
// mend_o, for a clock: mend_data_o is to be loaded to the place as if by the load port; hold_o, from some clocks before: nothing else may be loaded.
// A row takes at most PatienceClocks + ROW_ASKED + 13 clocks, and one that is mended PatienceClocks + ROW_ASKED + 9 more; 6 more for each test lookup that takes the slot away.
// A fault is found within that for each row of scrub_rows() (pcl_engine_pkg), and one row more.
`include "pcl_assert.svh"
module pcl_scrubber
  import pcl_pkg::*;
  import pcl_engine_pkg::*;
#(
  parameter  int unsigned RULES             = 512,
  parameter  int unsigned ADDRESS_INTERVALS = 256,
  parameter  int unsigned PORT_INTERVALS    = 256,
  parameter  int unsigned VLAN_INTERVALS    = 256,
  parameter  int unsigned ROW_ASKED         = 15,
  localparam int unsigned CHECK             = $clog2(RULES) + 2,
  localparam int unsigned CODE              = RULES + CHECK
) (
  input  logic              clk_i,
  input  logic              rst_i,
  input  logic              enable_i,
  // Slots.
  input  logic              lookup_valid_i,
  input  logic              slot_i,
  output logic              withhold_o,
  // The row that is read.
  output scrub_place_t      place_o,
  output logic [Tables-1:0] selected_o,  // the place's table
  output logic              range_o,
  output logic              chunk_o,
  input  logic [CODE-1:0]   rows_i [Tables],
  // Loads.
  input  logic              loaded_i,
  input  logic              loaded_bank_i,
  input  logic [5:0]        loaded_target_i,
  input  logic [15:0]       loaded_index_i,
  output logic              hold_o,
  output logic              mend_o,
  output logic [RULES-1:0]  mend_data_o,
  output scrub_status_t     status_o
);

  // Clocks of a slot.
  localparam int unsigned There = ROW_ASKED + 2;     // rows of range tables; those of the chunks a clock before
  localparam int unsigned Chosen = There + 2;        // the row in row_q
  localparam int unsigned Summed = Chosen + 2;
  localparam int unsigned Located = Summed + 2;      // what is wrong is known
  localparam int unsigned Settled = Located + 3;     // all loads that were taken before hold_o have been seen
  localparam int unsigned RangeMend = ROW_ASKED - 4; // a row loaded now is written when the slot's lookup would ask for one of a range table
  localparam int unsigned ChunkMend = ROW_ASKED - 5;
  localparam int unsigned Mended = ROW_ASKED + 1;

  if (ROW_ASKED < 5) begin : g_check
    $fatal(1, "pcl_scrubber: ROW_ASKED is %0d; it must be at least 5", ROW_ASKED);
  end

  typedef enum logic [2:0] {Rest, WantRead, Read, Hold, WantMend, Mend} state_e;
  state_e state_q;
  logic wants, go, touched_q, urgent_q, last_row_q, last_table_q;
  logic [$clog2(PatienceClocks)-1:0] patience_q;
  logic [4:0] withheld_q;  // a slot was asked for in the clocks before
  logic [Settled:1] at_q;  // bit c: c clocks since the slot
  logic [Settled-1:0] at;
  scrub_place_t place_q;
  logic [Tables-1:0] selected_q;
  scrub_status_t status_q;
  assign at = {at_q[Settled-1:1], go};
  assign wants = state_q == WantRead || state_q == WantMend;
  assign go = wants && slot_i;
  assign place_o = place_q;
  assign selected_o = selected_q;
  assign range_o = state_q == Read && at_q[ROW_ASKED-1];
  assign chunk_o = state_q == Read && at_q[ROW_ASKED-2];
  assign status_o = status_q;

  // ---- Slots: asked for where no lookup comes, or after a while; not again before what was asked for has come.
  logic ask;
  assign ask = wants && withheld_q == 0 && (!lookup_valid_i || urgent_q) && !go;
  always_ff @(posedge clk_i) begin
    patience_q <= wants ? patience_q + 1'b1 : '0;
    urgent_q   <= wants && !go && (urgent_q || (&patience_q));
    withhold_o <= ask && !rst_i;
    withheld_q <= {withheld_q[3:0], ask};
  end

  // ---- The row: the tables' in two steps, then its syndrome.
  logic [CODE-1:0] low_q, middle_q, high_q, row_q;  // of tables 0 to 3, 4, 5 to 8; the place's
  logic [CHECK-1:0] sums, syndrome_q;
  logic fault, single;
  logic [RULES-1:0] flips;
  always_ff @(posedge clk_i) begin
    if (at_q[There] || !pcl_prim_pkg::GateIdle) begin
      low_q    <= place_q.number[1] ? (place_q.number[0] ? rows_i[3] : rows_i[2]) : (place_q.number[0] ? rows_i[1] : rows_i[0]);
      middle_q <= rows_i[4];
    end
    if (at_q[There-1]) begin  // 5 to 8 end on 1, 2, 3, 0
      high_q <= place_q.number[1] ? (place_q.number[0] ? rows_i[7] : rows_i[6]) : (place_q.number[0] ? rows_i[5] : rows_i[8]);
    end
    if (at_q[There+1]) row_q <= selected_q[3:0] != 0 ? low_q : selected_q[4] ? middle_q : high_q;
    else if (at_q[Located] && single && state_q == Read) row_q[RULES-1:0] <= row_q[RULES-1:0] ^ flips;
    if (at_q[Summed] || !pcl_prim_pkg::GateIdle) syndrome_q <= sums ^ row_q[CODE-1:RULES];
  end
  pcl_secded_sums #(.DATA(RULES)) u_sums (.clk_i, .take_i(at_q[Chosen]), .data_i(row_q[RULES-1:0]), .sums_o(sums));
  pcl_secded_locate #(.DATA(RULES)) u_locate (.clk_i, .take_i(at_q[Summed+1]), .syndrome_i(syndrome_q), .fault_o(fault), .single_o(single), .flips_o(flips));

  // ---- Loads of the row since it was read.
  logic place_loaded;
  assign place_loaded = loaded_i && loaded_bank_i == place_q.bank && loaded_target_i == TargetBitmap + 6'(place_q.number)
    && loaded_index_i == 16'(place_q.row);

  // ---- The walk.
  function automatic logic [11:0] last_row(logic [3:0] number);
    return 12'((number < 4'd2 ? ADDRESS_INTERVALS : number < 4'd4 ? PORT_INTERVALS : number == 4'd4 ? VLAN_INTERVALS : 256) - 1);
  endfunction
  logic next;          // the place is done with
  logic pass_done;
  logic [31:0] clocks_q;  // of this pass
  assign next = (state_q == Read && at_q[Located] && !touched_q && !(fault && single)) || (state_q == Mend && at_q[Mended]);
  assign pass_done = next && last_row_q && last_table_q && place_q.bank;
  assign mend_data_o = row_q[RULES-1:0];
  assign mend_o = (state_q == WantMend || state_q == Mend) && (place_q.number < 4'(RangeTables) ? at[RangeMend] : at[ChunkMend]);
  always_ff @(posedge clk_i) begin
    at_q <= at;
    touched_q <= place_loaded || (touched_q && !(go && state_q == WantRead));
    last_row_q <= place_q.row == last_row(place_q.number);
    last_table_q <= selected_q[Tables-1];
    case (state_q)
      Rest: if (enable_i) state_q <= WantRead;
      WantRead: if (go) state_q <= Read;
      Read: begin
        if (at_q[Located]) begin
          if (touched_q) begin
            state_q <= WantRead;
          end else if (fault && single) begin
            state_q <= Hold;
            hold_o  <= 1'b1;
          end else begin
            state_q <= WantRead;
          end
        end
      end
      Hold: begin
        if (at_q[Settled]) begin
          state_q <= touched_q ? WantRead : WantMend;
          hold_o  <= !touched_q;
        end
      end
      WantMend: if (go) state_q <= Mend;
      default: begin
        if (at_q[Mended]) begin
          state_q <= WantRead;
          hold_o  <= 1'b0;
          at_q    <= '0;
        end
      end
    endcase
    if (next) begin
      place_q.row <= last_row_q ? '0 : place_q.row + 1'b1;
      if (last_row_q) begin
        place_q.number <= last_table_q ? '0 : place_q.number + 1'b1;
        selected_q     <= {selected_q[Tables-2:0], selected_q[Tables-1]};
        if (last_table_q) place_q.bank <= !place_q.bank;
      end
      if (!enable_i) state_q <= Rest;
    end
    clocks_q <= clocks_q + 1'b1;
    if (next && state_q == Read && fault) begin
      status_q.damaged       <= status_q.damaged + 1'b1;
      status_q.damaged_place <= place_q;
    end
    if (next && state_q == Mend) begin
      status_q.mended       <= status_q.mended + 1'b1;
      status_q.mended_place <= place_q;
    end
    if (pass_done) begin
      status_q.passes      <= status_q.passes + 1'b1;
      status_q.pass_clocks <= clocks_q;
      clocks_q             <= 32'd1;
    end
    if (rst_i || (state_q == Rest && !enable_i)) begin
      place_q    <= '0;
      selected_q <= Tables'(1);
      clocks_q   <= 32'd1;
    end
    if (rst_i) begin
      state_q  <= Rest;
      hold_o   <= 1'b0;
      at_q     <= '0;
      status_q <= '0;
    end
  end

  `PCL_ASSERT(OnlyAHeldRowIsMended, !mend_o || hold_o)
  `PCL_ASSERT(TheRowIsTheOneThatWasRead, !(mend_o && touched_q))

endmodule
