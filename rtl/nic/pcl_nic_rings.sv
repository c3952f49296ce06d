// Descriptor rings of queues of one kind: their registers, their doorbells, and descriptors of each read ahead from host memory.
//
// In: register accesses to BASE + STRIDE * ring + ring_register_e; errors and heads from the queues' engine.
// Out: for the ring select_i names, in the same clock: the next descriptor, if it is here (cached_o), how many software has handed over, and the
// set-up. pop_i uses up the descriptor of that ring. Reads of 64 bytes, four descriptors, as many under way per ring as AHEAD descriptors are: so long a
// way to host memory is hidden as AHEAD packets take (docs/platform.md has figures).
//
// Guarantees
// - Only descriptors between the head and the doorbell are used.
// - An error clears ENABLE of its ring and touches no other. A ring starts only from rest: not enabled, no read under way, its engine not busy.
// - Set-up registers do not change while a ring is active.
`include "pcl_assert.svh"

module pcl_nic_rings
  import pcl_nic_pkg::*;
#(
  parameter  int unsigned RINGS = 4,
  parameter  int unsigned DATA_WIDTH = 512,          // of host memory's bus: 128 to 512
  parameter  logic [15:0] BASE = 16'h1400,
  parameter  int unsigned STRIDE = 64,
  parameter  int unsigned AHEAD = 64,                // descriptors of a ring that are here or on their way: a power of two, 8 to 256
  parameter  bit          BUFFERS = 1'b1,            // there is a BUFFER_SIZE, and two addresses aligned to 64 bytes; else one to 8
  localparam int unsigned RingBits = RINGS > 1 ? $clog2(RINGS) : 1
) (
  input  logic                    clk_i,
  input  logic                    rst_i,

  input  access_t                 access_i,
  output logic [31:0]             access_data_o,
  input  logic                    stop_i,            // all of them

  output logic [RINGS-1:0]        enabled_o,
  output logic [RINGS-1:0]        active_o,
  output logic [RINGS-1:0]        failed_o,          // ERROR is not 0
  output logic                    failure_o,         // a pulse when an error has stopped a ring
  input  logic [RINGS-1:0]        busy_i,            // the engine has work of this ring under way
  input  logic [RINGS*Errors-1:0] errors_i,          // to be added to ERROR
  input  logic                    head_write_i,
  input  logic [RingBits-1:0]     head_ring_i,
  input  logic [15:0]             head_i,

  // Descriptors for the engine.
  output logic [RINGS-1:0]        available_o,       // enabled, and the next descriptor is here
  input  logic [RingBits-1:0]     select_i,
  output logic                    cached_o,
  output logic [127:0]            descriptor_o,
  output logic [15:0]             remaining_o,       // descriptors that software has handed over
  output logic [15:0]             index_o,           // of the next descriptor
  output logic [15:0]             behind_o,          // index of the one behind it
  output logic                    phase_o,
  output logic [63:0]             place_o,           // COMPLETION_BASE or HEAD_ADDRESS
  output logic [13:0]             buffer_size_o,
  input  logic                    pop_i,

  // Reads of 64 bytes.
  output logic                    fetch_valid_o,
  input  logic                    fetch_ready_i,
  output logic [63:0]             fetch_address_o,
  input  logic                    data_valid_i,
  input  logic [DATA_WIDTH-1:0]   data_i,
  input  logic                    data_error_i,

  output logic [RINGS*64-1:0]     place_all_o
);

  localparam int unsigned Beats = 512 / DATA_WIDTH;           // of a fetch
  localparam int unsigned PerBeat = DATA_WIDTH / 128;         // descriptors
  localparam int unsigned BeatBits = Beats > 1 ? $clog2(Beats) : 1;
  localparam int unsigned Groups = AHEAD / 4;                 // fetches of a ring under way at most, and rows of them here
  localparam int unsigned GroupBits = $clog2(Groups);
  localparam int unsigned OrderDepth = 2 ** $clog2(RINGS) * Groups;

  if (RINGS < 1 || RINGS > MaxQueues) begin : gen_check_rings
    $fatal(1, "pcl_nic: QUEUES is %0d; it must be 1 to %0d", RINGS, MaxQueues);
  end
  if (AHEAD < 8 || AHEAD > 256 || 2 ** $clog2(AHEAD) != AHEAD) begin : gen_check_ahead
    $fatal(1, "pcl_nic: descriptors read ahead are %0d; they must be a power of two from 8 to 256", AHEAD);
  end
  if (DATA_WIDTH != 128 && DATA_WIDTH != 256 && DATA_WIDTH != 512) begin : gen_check_width
    $fatal(1, "pcl_nic: DATA_WIDTH is %0d; it must be 128, 256 or 512", DATA_WIDTH);
  end

  // ------------------------------------------------------------------------------------------------------------------
  // State. Pointers count on over the end of the ring; their low bits are indices, and the bit above them tells odd laps.
  logic [RINGS-1:0]  enable_q, fetching;
  logic [Errors-1:0] error_q [RINGS];
  logic [3:0]        size_q [RINGS];
  logic [63:0]       base_q [RINGS];
  logic [63:0]       place_q [RINGS];
  logic [13:0]       buffer_q [RINGS];
  logic [15:0]       tail_q [RINGS];
  logic [15:0]       head_q [RINGS];
  logic [15:0]       mask_q [RINGS];
  logic [15:0]       used_q [RINGS];      // pointer to the next descriptor
  logic [15:0]       fetched_q [RINGS];   // behind the last that is here
  logic [15:0]       asked_q [RINGS];     // behind the last that has been asked for
  logic [GroupBits:0] under_way_q [RINGS];  // fetches

  logic [RINGS-1:0]  want, busy_or_fetching;
  logic [RingBits-1:0] order_ring;
  logic [15:0]       order_target;
  logic              order_valid, fetch_done, fetch_failed, fetch_error_q;
  logic              ask;
  logic [RingBits-1:0] ask_ring;
  logic [15:0]       ask_target;

  for (genvar r = 0; r < RINGS; r++) begin : gen_status
    assign failed_o[r] = error_q[r] != '0;
    assign available_o[r] = enable_q[r] && used_q[r] != fetched_q[r];
    assign place_all_o[r*64+:64] = place_q[r];
    assign fetching[r] = under_way_q[r] != '0;
  end
  assign enabled_o = enable_q;
  assign busy_or_fetching = busy_i | fetching;
  assign active_o = enable_q | busy_or_fetching;

  assign cached_o = available_o[select_i];
  assign index_o = used_q[select_i] & mask_q[select_i];
  assign behind_o = (used_q[select_i] + 16'd1) & mask_q[select_i];
  assign remaining_o = (tail_q[select_i] - used_q[select_i]) & mask_q[select_i];
  assign phase_o = !((used_q[select_i] & (mask_q[select_i] + 16'd1)) != '0);
  assign place_o = place_q[select_i];
  assign buffer_size_o = buffer_q[select_i];

  // ------------------------------------------------------------------------------------------------------------------
  // Registers.
  logic                in_range;
  logic [15:0]         offset;
  logic [RingBits-1:0] access_ring;
  ring_register_e      access_register;
  logic                rest, size_ok, tail_ok;

  assign offset = access_i.address - BASE;
  assign in_range = access_i.valid && access_i.address >= BASE && offset < 16'(RINGS * STRIDE);
  assign access_ring = RingBits'(offset / 16'(STRIDE));
  assign access_register = ring_register_e'(6'(offset % 16'(STRIDE)));
  assign rest = !enable_q[access_ring] && !busy_or_fetching[access_ring];
  assign size_ok = size_q[access_ring] >= 4'd3 && (!BUFFERS || buffer_q[access_ring] >= 14'd64);
  assign tail_ok = access_i.data <= 32'(mask_q[access_ring]);

  always_ff @(posedge clk_i) begin : registers
    failure_o <= 1'b0;
    access_data_o <= '0;
    if (head_write_i) head_q[head_ring_i] <= head_i;
    if (pop_i) used_q[select_i] <= used_q[select_i] + 16'd1;
    if (fetch_done && !fetch_failed) fetched_q[order_ring] <= order_target;
    if (ask) asked_q[ask_ring] <= ask_target;
    if (in_range && !access_i.write) begin
      case (access_register)
        RingControl: access_data_o <= 32'(enable_q[access_ring]);
        RingStatus:  access_data_o <= 32'(active_o[access_ring]);
        RingError:   access_data_o <= 32'(error_q[access_ring]);
        RingSize:    access_data_o <= 32'(size_q[access_ring]);
        RingBaseLo:  access_data_o <= base_q[access_ring][31:0];
        RingBaseHi:  access_data_o <= base_q[access_ring][63:32];
        RingPlaceLo: access_data_o <= place_q[access_ring][31:0];
        RingPlaceHi: access_data_o <= place_q[access_ring][63:32];
        RingBuffer:  access_data_o <= BUFFERS ? 32'(buffer_q[access_ring]) : '0;
        RingTail:    access_data_o <= 32'(tail_q[access_ring]);
        RingHead:    access_data_o <= 32'(head_q[access_ring]);
        default:     access_data_o <= '0;
      endcase
    end
    if (in_range && access_i.write) begin
      if (rest) begin
        case (access_register)
          RingSize:    size_q[access_ring] <= access_i.data[3:0];
          RingBaseLo:  base_q[access_ring][31:0] <= {access_i.data[31:6], 6'd0};
          RingBaseHi:  base_q[access_ring][63:32] <= access_i.data;
          RingPlaceLo: place_q[access_ring][31:0] <= {access_i.data[31:6], BUFFERS ? 6'd0 : {access_i.data[5:3], 3'd0}};
          RingPlaceHi: place_q[access_ring][63:32] <= access_i.data;
          RingBuffer:  buffer_q[access_ring] <= access_i.data[13:0];
          default: ;
        endcase
      end
      if (access_register == RingControl) begin
        if (!access_i.data[0]) begin
          enable_q[access_ring] <= 1'b0;
        end else if (rest) begin
          enable_q[access_ring] <= size_ok;
          error_q[access_ring] <= size_ok ? '0 : Errors'(1 << ErrorConfiguration);
          failure_o <= !size_ok;
          mask_q[access_ring] <= 16'((32'd1 << size_q[access_ring]) - 32'd1);
          tail_q[access_ring] <= '0;
          head_q[access_ring] <= '0;
          used_q[access_ring] <= '0;
          fetched_q[access_ring] <= '0;
          asked_q[access_ring] <= '0;
        end
      end
      if (access_register == RingTail && enable_q[access_ring]) begin
        if (tail_ok) begin
          tail_q[access_ring] <= access_i.data[15:0];
        end else begin
          error_q[access_ring][ErrorIndex] <= 1'b1;
          enable_q[access_ring] <= 1'b0;
          failure_o <= 1'b1;
        end
      end
    end
    if (stop_i) enable_q <= '0;
    for (int unsigned r = 0; r < RINGS; r++) begin
      if (errors_i[r*Errors+:Errors] != '0 || (fetch_done && fetch_failed && order_ring == RingBits'(r))) begin
        error_q[r] <= error_q[r] | errors_i[r*Errors+:Errors] |
                      Errors'(32'(fetch_done && fetch_failed && order_ring == RingBits'(r)) << ErrorDescriptorRead);
        enable_q[r] <= 1'b0;
        failure_o <= 1'b1;
      end
    end
    if (rst_i) begin
      enable_q <= '0;
      for (int unsigned r = 0; r < RINGS; r++) begin
        error_q[r]   <= '0;
        size_q[r]    <= '0;
        base_q[r]    <= '0;
        place_q[r]   <= '0;
        buffer_q[r]  <= '0;
        tail_q[r]    <= '0;
        head_q[r]    <= '0;
        mask_q[r]    <= '0;
        used_q[r]    <= '0;
        fetched_q[r] <= '0;
        asked_q[r]   <= '0;
      end
      failure_o <= 1'b0;
    end
  end

  // ------------------------------------------------------------------------------------------------------------------
  // Reading ahead: the aligned group of four that the next missing descriptor is in, up to the doorbell. AHEAD places a ring. A group that the doorbell stands
  // in is read again when the doorbell has moved on. Memory answers in order, so fetched_q follows asked_q.
  logic [15:0] missing [RINGS];
  logic [15:0] group_end [RINGS];

  always_comb begin
    for (int unsigned r = 0; r < RINGS; r++) begin
      missing[r] = (tail_q[r] - asked_q[r]) & mask_q[r];
      group_end[r] = (asked_q[r] | 16'd3) + 16'd1;
      want[r] = enable_q[r] && 32'(under_way_q[r]) != Groups && missing[r] != '0 && 16'(group_end[r] - used_q[r]) <= 16'(AHEAD);
    end
  end

  logic [RINGS-1:0]    later_q, later, turn;   // rings behind the one that had the last turn

  assign ask = want != '0 && (!fetch_valid_o || fetch_ready_i);
  assign later = want & later_q;
  assign turn = later != '0 ? later & (~later + 1'b1) : want & (~want + 1'b1);

  always_comb begin
    ask_ring = '0;
    for (int unsigned r = 0; r < RINGS; r++) if (turn[r]) ask_ring = ask_ring | RingBits'(r);
    ask_target = missing[ask_ring] >= 16'(group_end[ask_ring] - asked_q[ask_ring]) ? group_end[ask_ring]
                                                                                      : asked_q[ask_ring] + missing[ask_ring];
  end

  logic [BeatBits-1:0]   beat_q;
  logic [DATA_WIDTH-1:0] cache [RINGS*Groups*Beats];
  logic [GroupBits+1:0]  write_place, read_place;
  logic [31:0]           write_group, read_group;
  logic [DATA_WIDTH-1:0] read_row;

  assign fetch_done = data_valid_i && (Beats == 1 || beat_q == BeatBits'(Beats - 1));
  assign fetch_failed = data_error_i || fetch_error_q;
  assign write_place = fetched_q[order_ring][GroupBits+1:0];
  assign read_place = used_q[select_i][GroupBits+1:0];
  assign write_group = 32'(order_ring) * Groups + 32'(write_place[GroupBits+1:2]);
  assign read_group = 32'(select_i) * Groups + 32'(read_place[GroupBits+1:2]);

  always_ff @(posedge clk_i) begin : fetch
    if (fetch_ready_i) fetch_valid_o <= 1'b0;
    if (ask) begin
      fetch_valid_o   <= 1'b1;
      fetch_address_o <= base_q[ask_ring] + 64'({asked_q[ask_ring] & mask_q[ask_ring] & ~16'd3, 4'd0});
      later_q         <= ~(turn | (turn - 1'b1));
    end
    if (data_valid_i) begin
      beat_q        <= fetch_done ? '0 : beat_q + 1'b1;
      fetch_error_q <= !fetch_done && fetch_failed;
      cache[Beats > 1 ? write_group * Beats + 32'(beat_q) : write_group] <= data_i;
    end
    for (int unsigned r = 0; r < RINGS; r++) begin
      logic more, fewer;
      more = ask && ask_ring == RingBits'(r);
      fewer = fetch_done && order_ring == RingBits'(r);
      if (more != fewer) under_way_q[r] <= more ? under_way_q[r] + 1'b1 : under_way_q[r] - 1'b1;
      if (rst_i) under_way_q[r] <= '0;
    end
    if (rst_i) begin
      fetch_valid_o <= 1'b0;
      later_q       <= '1;
      beat_q        <= '0;
      fetch_error_q <= 1'b0;
    end
  end

  pcl_fifo #(.WIDTH(RingBits + 16), .DEPTH(OrderDepth)) u_order (
    .clk_i, .rst_i, .push_i(ask), .data_i({ask_ring, ask_target}), .valid_o(order_valid), .ready_i(fetch_done), .data_o({order_ring, order_target})
  );

  assign read_row = cache[read_group * Beats + 32'(read_place[1:0]) / PerBeat];
  if (PerBeat == 1) begin : gen_one
    assign descriptor_o = read_row;
  end else begin : gen_several
    assign descriptor_o = read_row[128*(32'(read_place[1:0])%PerBeat)+:128];
  end

  logic unused;
  assign unused = ^write_place[1:0];

  `PCL_ASSERT(PopOnlyWhatIsHere, pop_i |-> cached_o)
  `PCL_ASSERT(DataOnlyForFetches, data_valid_i |-> order_valid)
  `PCL_ASSERT(NeverBeyondTheDoorbell, pop_i |-> remaining_o != '0)

endmodule
