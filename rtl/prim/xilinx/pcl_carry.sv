// A carry chain of UltraScale+ (CARRY8 cells): at place i the carry goes on where pass_i[i] is set, else it becomes data_i[i].
// Out: carry_o, the carry behind the last place; combinational. In front of the first place it is carry_i. sum_o: pass_i, inverted at the places that the
// carry comes to.
module pcl_carry #(
  parameter int unsigned PLACES = 8
) (
  input  logic              carry_i,
  input  logic [PLACES-1:0] pass_i,
  input  logic [PLACES-1:0] data_i,
  output logic [PLACES-1:0] sum_o,
  output logic              carry_o
);

  localparam int unsigned Cells = (PLACES + 7) / 8;
  logic [Cells:0] carry;
  assign carry[0] = carry_i;
  for (genvar c = 0; c < Cells; c++) begin : g_cell
    localparam int unsigned Used = PLACES - 8 * c < 8 ? PLACES - 8 * c : 8;
    logic [7:0] pass, data, carries, sums;
    always_comb begin
      pass = '1;
      data = '0;
      pass[Used-1:0] = pass_i[8*c +: Used];
      data[Used-1:0] = data_i[8*c +: Used];
    end
    CARRY8 u_carry (.CI(carry[c]), .CI_TOP(1'b0), .DI(data), .S(pass), .CO(carries), .O(sums));
    assign sum_o[8*c +: Used] = sums[Used-1:0];
    assign carry[c+1] = carries[Used-1];
    if (Used > 1) begin : g_unused
      logic unused_carries;
      assign unused_carries = ^carries[Used-2:0];
    end
    if (Used < 8) begin : g_behind
      logic unused_behind;
      assign unused_behind = ^{carries[7:Used], sums[7:Used]};
    end
  end
  assign carry_o = carry[Cells];

endmodule
