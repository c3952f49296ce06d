// Loads rows from host memory into the filter's shadow bank, descriptor by descriptor (docs/nic.md, Table-load descriptor).
//
// In: descriptors of one ring. Out: bursts, none across a 4 KiB border; rows, one a clock at best; the head behind a descriptor whose last row was taken.
// Guaranteed: rows come in the order of the descriptors; after a read error no row of that burst or behind it is loaded.
`include "pcl_assert.svh"

module pcl_nic_table_load
  import pcl_nic_pkg::*;
#(
  parameter  int unsigned DATA_WIDTH = 512,
  parameter  int unsigned ROW_BITS = 512,
  localparam int unsigned SlotBytes = ROW_BITS <= 512 ? 64 : 2 ** $clog2(ROW_BITS / 8)
) (
  input  logic                  clk_i,
  input  logic                  rst_i,

  input  logic                  enabled_i,
  input  logic                  available_i,
  input  logic [127:0]          descriptor_i,
  input  logic [15:0]           behind_i,
  output logic                  pop_o,
  output logic                  busy_o,
  output logic [Errors-1:0]     errors_o,
  output logic                  head_o,
  output logic [15:0]           head_index_o,

  output logic                  ask_valid_o,
  input  logic                  ask_ready_i,
  output logic [63:0]           ask_address_o,
  output logic [8:0]            ask_beats_o,
  input  logic                  data_valid_i,
  input  logic [DATA_WIDTH-1:0] data_i,
  input  logic                  data_error_i,

  output logic                  load_valid_o,
  input  logic                  load_ready_i,
  output logic [5:0]            load_target_o,
  output logic [15:0]           load_index_o,
  output logic [ROW_BITS-1:0]   load_data_o
);

  localparam int unsigned SlotBits = $clog2(SlotBytes);
  localparam int unsigned Beats = SlotBytes * 8 / DATA_WIDTH;    // of a slot
  localparam int unsigned BeatBits = Beats > 1 ? $clog2(Beats) : 1;
  localparam int unsigned Rows = 32;                             // read and not loaded
  localparam int unsigned RowsOfBurst = 8;
  localparam int unsigned CountBits = $clog2(Rows) + 1;

  if (ROW_BITS < 128 || ROW_BITS > 4096) begin : gen_check_row
    $fatal(1, "pcl_nic: rows have %0d bits; they must have 128 to 4096", ROW_BITS);
  end

  typedef enum logic [1:0] { Idle, Run, Drain } state_e;
  state_e               state_q;
  logic [63:SlotBits]   address_q;      // in slots
  logic [15:0]          ask_left_q, left_q, index_q, head_q;
  logic [5:0]           target_q;
  logic                 repeat_q, failed_q;
  logic [CountBits-1:0] under_way_q;

  // Asking.
  logic [15:0]          to_border;
  logic [3:0]           rows;
  logic                 ask;
  assign to_border = 16'(4096 / SlotBytes) - 16'(address_q[11:SlotBits]);
  always_comb begin
    rows = 4'(RowsOfBurst);
    if (to_border < 16'(rows)) rows = to_border[3:0];
    if (ask_left_q < 16'(rows)) rows = ask_left_q[3:0];
  end
  assign ask_valid_o = state_q == Run && enabled_i && ask_left_q != '0 && under_way_q <= CountBits'(Rows - RowsOfBurst);
  assign ask_address_o = {address_q, SlotBits'(0)};
  assign ask_beats_o = 9'(32'(rows) * Beats);
  assign ask = ask_valid_o && ask_ready_i;

  // Rows come together from beats.
  logic                       row_done, row_bad_q, row_valid, row_bad, row_take;
  logic [BeatBits-1:0]        beat_q;
  logic [SlotBytes*8-1:0]     slot;
  logic [ROW_BITS-1:0]        row;

  assign row_done = data_valid_i && (Beats == 1 || beat_q == BeatBits'(Beats - 1));
  if (Beats == 1) begin : gen_whole
    assign slot = data_i;
  end else begin : gen_parts
    logic [(Beats-1)*DATA_WIDTH-1:0] parts_q;
    always_ff @(posedge clk_i) begin
      if (data_valid_i && !row_done) parts_q[32'(beat_q)*DATA_WIDTH+:DATA_WIDTH] <= data_i;
    end
    assign slot = {data_i, parts_q};
  end
  if (SlotBytes * 8 != ROW_BITS) begin : gen_rest
    logic unused;
    assign unused = ^slot[SlotBytes*8-1:ROW_BITS];
  end

  pcl_fifo #(.WIDTH(ROW_BITS + 1), .DEPTH(Rows)) u_rows (
    .clk_i, .rst_i, .push_i(row_done), .data_i({data_error_i || row_bad_q, slot[ROW_BITS-1:0]}), .valid_o(row_valid), .ready_i(row_take),
    .data_o({row_bad, row})
  );

  // Loading.
  logic last, loaded;
  assign last = left_q == 16'd1;
  assign load_valid_o = state_q == Run && row_valid && !row_bad;
  assign load_target_o = target_q;
  assign load_index_o = index_q;
  assign load_data_o = row;
  assign loaded = load_valid_o && load_ready_i;
  assign row_take = (loaded && (!repeat_q || last)) || (state_q == Drain && row_valid);
  assign pop_o = state_q == Idle && available_i;
  assign busy_o = state_q != Idle;

  always_ff @(posedge clk_i) begin
    errors_o <= '0;
    head_o <= 1'b0;
    if (data_valid_i) begin
      beat_q    <= row_done ? '0 : beat_q + 1'b1;
      row_bad_q <= !row_done && (row_bad_q || data_error_i);
    end
    if (ask || row_take) under_way_q <= under_way_q + (ask ? CountBits'(rows) : '0) - CountBits'(row_take);
    case (state_q)
      Idle: begin
        failed_q <= 1'b0;
        if (available_i) begin
          address_q  <= (64-SlotBits)'(descriptor_i[63:6] >> (SlotBits - 6));
          index_q    <= descriptor_i[79:64];
          left_q     <= descriptor_i[95:80];
          ask_left_q <= descriptor_i[104] ? 16'd1 : descriptor_i[95:80];
          target_q   <= descriptor_i[101:96];
          repeat_q   <= descriptor_i[104];
          head_q     <= behind_i;
          if (descriptor_i[95:80] == '0) errors_o[ErrorLength] <= 1'b1;
          else state_q <= Run;
        end
      end
      Run: begin
        if (ask) begin
          address_q  <= address_q + (64-SlotBits)'(rows);
          ask_left_q <= ask_left_q - 16'(rows);
        end
        if (loaded) begin
          index_q <= index_q + 16'd1;
          left_q  <= left_q - 16'd1;
          if (last) begin
            state_q      <= Idle;
            head_o       <= 1'b1;
            head_index_o <= head_q;
          end
        end
        // A row that waits at the filter stays until it is taken: only then is the rest given up.
        if (row_valid && row_bad) begin
          state_q  <= Drain;
          failed_q <= 1'b1;
        end else if (!enabled_i && !ask_valid_o && (!load_valid_o || (loaded && !last))) begin
          state_q <= Drain;
        end
      end
      default: begin
        if (under_way_q == '0) begin
          state_q <= Idle;
          errors_o[ErrorData] <= failed_q;
        end
      end
    endcase
    if (rst_i) begin
      state_q     <= Idle;
      under_way_q <= '0;
      beat_q      <= '0;
      row_bad_q   <= 1'b0;
      errors_o    <= '0;
      head_o      <= 1'b0;
    end
  end

  logic unused;
  assign unused = ^{descriptor_i[127:105], descriptor_i[103:102], descriptor_i[5:0]};

  `PCL_ASSERT(RowsOnlyWhenAskedFor, row_done |-> under_way_q != '0)

endmodule
