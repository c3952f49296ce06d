// The owner lock: who may change the shadow bank. A claim lasts for a while and has to be renewed, so that an owner that died does not hold it for ever.
//
// In: claims of the two sides, one clock long; unit_i, a pulse every LOCK_UNIT clocks.
// Out: the owner. A claim counts in the next clock: it is taken when nobody holds the lock, or when the same number of the same side does; LEASE 0 gives
// the lock back. core_rst_i frees a lock that the firmware holds. expired_o: a claim has run out.
module pcl_management_lock (
  input  logic        clk_i,
  input  logic        rst_i,
  input  logic        core_rst_i,
  input  logic        unit_i,
  input  logic        host_claim_i,
  input  logic        core_claim_i,
  input  logic [15:0] host_id_i,
  input  logic [15:0] host_lease_i,
  input  logic [15:0] core_id_i,
  input  logic [15:0] core_lease_i,
  output logic [15:0] owner_o,         // 0: nobody
  output logic        core_owns_o,
  output logic [15:0] left_o,
  output logic        expired_o
);

  logic        claim;
  logic [15:0] id, lease;
  assign claim = host_claim_i || core_claim_i;
  assign id = core_claim_i ? core_id_i : host_id_i;
  assign lease = core_claim_i ? core_lease_i : host_lease_i;

  always_ff @(posedge clk_i) begin
    expired_o <= 1'b0;
    if (claim && id != 0 && (owner_o == 0 || (owner_o == id && core_owns_o == core_claim_i))) begin
      owner_o     <= lease == 0 ? '0 : id;
      core_owns_o <= lease != 0 && core_claim_i;
      left_o      <= lease;
    end else if (unit_i && owner_o != 0) begin
      left_o <= left_o - 16'd1;
      if (left_o <= 16'd1) begin
        owner_o     <= '0;
        core_owns_o <= 1'b0;
        left_o      <= '0;
        expired_o   <= 1'b1;
      end
    end
    if (rst_i || (core_rst_i && core_owns_o)) begin
      owner_o     <= '0;
      core_owns_o <= 1'b0;
      left_o      <= '0;
    end
    if (rst_i) expired_o <= 1'b0;
  end

endmodule
