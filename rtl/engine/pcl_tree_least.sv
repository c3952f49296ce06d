// The least of VALUES numbers, in a tree of comparisons, one register a step.
// In: values_i, a set a clock. Out: least_o, $clog2(VALUES) clocks later.
module pcl_tree_least #(
  parameter int unsigned WIDTH  = 15,
  parameter int unsigned VALUES = 8
) (
  input  logic                         clk_i,
  input  logic [VALUES-1:0][WIDTH-1:0] values_i,
  output logic [WIDTH-1:0]             least_o
);

  localparam int unsigned Steps = VALUES <= 1 ? 0 : $clog2(VALUES);
  for (genvar s = 0; s <= Steps; s++) begin : g_step
    localparam int unsigned Left = (VALUES + (1 << s) - 1) >> s;
    logic [Left-1:0][WIDTH-1:0] values;
    if (s == 0) begin : g_in
      assign values = values_i;
    end else begin : g_half
      localparam int unsigned Before = (VALUES + (1 << (s - 1)) - 1) >> (s - 1);
      for (genvar i = 0; i < Left; i++) begin : g_pair
        logic [WIDTH-1:0] q;
        if (2 * i + 1 < Before) begin : g_two
          always_ff @(posedge clk_i) begin
            q <= g_step[s-1].values[2*i+1] < g_step[s-1].values[2*i] ? g_step[s-1].values[2*i+1] : g_step[s-1].values[2*i];
          end
        end else begin : g_one
          always_ff @(posedge clk_i) q <= g_step[s-1].values[2*i];
        end
        assign values[i] = q;
      end
    end
  end
  assign least_o = g_step[Steps].values[0];
  if (Steps == 0) begin : g_unused
    logic unused_clk;
    assign unused_clk = clk_i;
  end

endmodule
