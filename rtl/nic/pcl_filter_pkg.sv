// What pcl_filter says about a frame: beside it on every egress, and at the report port. sim/model/report.cpp reads the same layouts.
package pcl_filter_pkg;

  // Wire ports that fit the key's context; egress numbers go up to the number of wire ports, which is the host.
  localparam int unsigned MaxPorts = 8;
  localparam int unsigned LengthBits = 14;

  // Metadata of a frame on an egress (TUSER), constant through the frame. 87 bits, `length` in the lowest.
  typedef struct packed {
    logic                  permit;       // the verdict; with `mirror_copy` it may be 0
    logic                  would_drop;   // monitor mode: the policy would have dropped it
    logic                  hit;          // a rule matched
    logic                  mirror_copy;  // the host's copy; the frame itself went elsewhere, or was dropped
    logic                  queue_valid;  // redirected to a host queue
    logic [11:0]           host_queue;   // which; with `queue_valid`
    logic                  mark_valid;
    logic [31:0]           mark;
    logic [15:0]           rule;         // with `hit`
    logic [3:0]            cause;        // pcl_pkg::cause_e
    logic [2:0]            ingress;      // wire port it came in by
    logic [LengthBits-1:0] length;       // bytes without FCS
  } filter_user_t;
  localparam int unsigned UserBits = $bits(filter_user_t);

  // One verdict. 105 bits, `length` in the lowest.
  typedef struct packed {
    logic [2:0]            ingress;
    logic                  permit;
    logic                  would_drop;
    logic                  hit;
    logic [15:0]           rule;
    logic [3:0]            cause;
    logic                  bank;
    pcl_pkg::action_t      action;
    logic [LengthBits-1:0] length;
  } filter_report_t;

  // A verdict as it waits for its frame: where to, and what to say there.
  typedef struct packed {
    logic [MaxPorts:0] destinations;  // one bit per egress; none: the frame is discarded
    logic              mirror_only;   // the host gets a copy only
    filter_user_t      user;          // `mirror_copy` is filled in per egress
  } decision_t;

endpackage
