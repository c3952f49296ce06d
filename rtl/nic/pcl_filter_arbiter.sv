// Who may send a beat this clock. A frame goes to all of its destinations at once, beat by beat, so it needs all of them.
//
// In: per wire port a beat (request_i) with the set of its egresses and whether it ends the frame; per egress whether it can take a beat.
// Out: per port, the beat goes now (combinational, in the same clock). Once its first beat has gone, a frame owns its egresses to its end.
//
// Order: the ports are asked in turn, beginning with `first_q`; a port whose egresses are all free may start. The first in turn that may not
// reserves its egresses: no port behind it can start on them. When the first in turn starts, the turn passes to the port behind it.
// So no port waits for more than PORTS - 1 others to start before its own turn, and then only until the frames under way on its egresses
// end: a frame for two egresses cannot be starved by frames for one. No deadlock: a port that owns egresses waits for nothing but their readiness,
// and a port that waits owns none.
module pcl_filter_arbiter #(
  parameter int unsigned PORTS = 2,
  parameter int unsigned EGRESSES = PORTS + 1
) (
  input  logic                      clk_i,
  input  logic                      rst_i,
  input  logic [PORTS-1:0]          request_i,
  input  logic [PORTS*EGRESSES-1:0] destinations_i,  // port p: bits [p*EGRESSES +: EGRESSES], not 0 with request_i
  input  logic [PORTS-1:0]          last_i,
  input  logic [EGRESSES-1:0]       ready_i,
  output logic [PORTS-1:0]          go_o
);

  localparam int unsigned PortBits = PORTS > 1 ? $clog2(PORTS) : 1;

  logic [PORTS-1:0]    inside_q;   // this port is in a frame, and owns its destinations
  logic [EGRESSES-1:0] owned_q;
  logic [PortBits-1:0] first_d, first_q;
  logic [EGRESSES-1:0] owned_d;

  always_comb begin
    logic [EGRESSES-1:0] free, wanted;
    logic                reserved, foremost;
    int unsigned         p;
    free = ready_i & ~owned_q;
    reserved = 1'b0;
    foremost = 1'b1;
    first_d = first_q;
    owned_d = owned_q;
    go_o = '0;
    for (int unsigned turn = 0; turn < PORTS; turn++) begin
      p = 32'(first_q) + turn;
      if (p >= PORTS) p = p - PORTS;
      wanted = destinations_i[p*EGRESSES+:EGRESSES];
      if (inside_q[p]) begin
        go_o[p] = request_i[p] && (wanted & ~ready_i) == '0;
        if (go_o[p] && last_i[p]) owned_d = owned_d & ~wanted;
      end else if (request_i[p]) begin
        if ((wanted & ~free) == '0) begin
          go_o[p] = 1'b1;
          free = free & ~wanted;
          if (!last_i[p]) owned_d = owned_d | wanted;
          if (foremost) first_d = p + 1 == PORTS ? '0 : PortBits'(p + 1);
        end else if (!reserved) begin
          reserved = 1'b1;
          free = free & ~wanted;
        end
        foremost = 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      inside_q <= '0;
      owned_q  <= '0;
      first_q  <= '0;
    end else begin
      inside_q <= (inside_q & ~(go_o & last_i)) | (go_o & ~last_i);
      owned_q  <= owned_d;
      first_q  <= first_d;
    end
  end

endmodule
