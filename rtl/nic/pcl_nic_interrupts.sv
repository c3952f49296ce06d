// Interrupt lines: one per queue pair, with moderation, and one for events (docs/nic.md, Interrupts).
//
// In: pulses per queue pair (packet received, head written), and of events. Out: levels; line QUEUES is that of events.
// An event reaches its line two clocks later when moderation does not hold it back.
module pcl_nic_interrupts
  import pcl_nic_pkg::*;
  import pcl_nic_registers_pkg::*;
#(
  parameter  int unsigned QUEUES = 4,
  localparam int unsigned Causes = 12
) (
  input  logic              clk_i,
  input  logic              rst_i,

  input  access_t           access_i,
  output logic [31:0]       access_data_o,

  input  logic [QUEUES-1:0] received_i,
  input  logic [QUEUES-1:0] transmitted_i,
  input  logic [Causes-1:0] event_i,             // bits of EVENT_CAUSE

  output logic [QUEUES:0]   interrupt_o
);

  localparam int unsigned RingBits = QUEUES > 1 ? $clog2(QUEUES) : 1;
  localparam int unsigned Span = InterruptModerationTimeWidth;

  logic [Causes-1:0] cause_q, cause_enable_q;
  logic [1:0]        queue_cause_q [QUEUES];     // received, transmitted
  logic [1:0]        enable_q [QUEUES];
  logic [31:0]       moderation_q [QUEUES];
  logic [1:0]        waiting_q [QUEUES];         // events that are not a cause yet
  logic [7:0]        number_q [QUEUES];          // of these; stops at 255
  logic [Span-1:0]   time_q [QUEUES];            // since the first

  logic                in_range;
  logic [15:0]         offset;
  logic [RingBits-1:0] access_queue;
  logic [3:0]          access_place;
  assign offset = access_i.address - Interrupt;
  assign in_range = access_i.valid && access_i.address >= Interrupt && offset < 16'(QUEUES * InterruptStride);
  assign access_queue = RingBits'(offset / 16'(InterruptStride));
  assign access_place = 4'(offset % 16'(InterruptStride));

  localparam logic [3:0] PlaceCause = 4'(InterruptCause - Interrupt);
  localparam logic [3:0] PlaceEnable = 4'(InterruptEnable - Interrupt);
  localparam logic [3:0] PlaceModeration = 4'(InterruptModeration - Interrupt);

  always_ff @(posedge clk_i) begin
    access_data_o <= '0;
    for (int unsigned q = 0; q < QUEUES; q++) begin
      logic [1:0] happened, cause, enable;
      logic       mine, fire;
      mine = in_range && access_i.write && access_queue == RingBits'(q);
      enable = mine && access_place == PlaceEnable ? access_i.data[1:0] : enable_q[q];
      cause = mine && access_place == PlaceCause ? queue_cause_q[q] & ~access_i.data[1:0] : queue_cause_q[q];
      happened = {transmitted_i[q], received_i[q]} & enable;
      fire = waiting_q[q] != '0 &&
             (moderation_q[q] == '0 || (moderation_q[q][31:24] != '0 && number_q[q] >= moderation_q[q][31:24]) ||
              (moderation_q[q][Span-1:0] != '0 && time_q[q] >= moderation_q[q][Span-1:0]));
      if (fire) cause = cause | waiting_q[q];
      if (fire || waiting_q[q] == '0) begin
        number_q[q] <= 8'(happened[0]) + 8'(happened[1]);
      end else if (happened != '0 && number_q[q] < 8'd254) begin
        number_q[q] <= number_q[q] + 8'(happened[0]) + 8'(happened[1]);
      end
      waiting_q[q]     <= (fire ? 2'b00 : waiting_q[q] & enable) | happened;
      time_q[q]        <= fire || waiting_q[q] == '0 ? '0 : time_q[q] + 1'b1;
      queue_cause_q[q] <= cause;
      enable_q[q]      <= enable;
      interrupt_o[q]   <= (cause & enable) != '0;
      if (mine && access_place == PlaceModeration) moderation_q[q] <= access_i.data;
    end
    interrupt_o[QUEUES] <= (cause_q & cause_enable_q) != '0;
    if (in_range && !access_i.write) begin
      case (access_place)
        PlaceCause:      access_data_o <= 32'(queue_cause_q[access_queue]);
        PlaceEnable:     access_data_o <= 32'(enable_q[access_queue]);
        PlaceModeration: access_data_o <= moderation_q[access_queue];
        default: ;
      endcase
    end

    if (access_i.valid && access_i.write && access_i.address == EventCause) cause_q <= (cause_q & ~access_i.data[Causes-1:0]) | event_i;
    else if (event_i != '0) cause_q <= cause_q | event_i;
    if (access_i.valid && access_i.write && access_i.address == EventEnable) cause_enable_q <= access_i.data[Causes-1:0];
    if (access_i.valid && !access_i.write) begin
      if (access_i.address == EventCause) access_data_o <= 32'(cause_q);
      if (access_i.address == EventEnable) access_data_o <= 32'(cause_enable_q);
      if (access_i.address == EventPending) access_data_o <= {15'd0, interrupt_o[QUEUES], 16'(interrupt_o[QUEUES-1:0])};
    end

    if (rst_i) begin
      cause_q        <= '0;
      cause_enable_q <= '0;
      interrupt_o    <= '0;
      for (int unsigned q = 0; q < QUEUES; q++) begin
        queue_cause_q[q] <= '0;
        enable_q[q]      <= '0;
        moderation_q[q]  <= '0;
        waiting_q[q]     <= '0;
        number_q[q]      <= '0;
        time_q[q]        <= '0;
      end
    end
  end

endmodule
