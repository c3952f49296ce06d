// Is a boundary <= key? Without a clock; one carry chain of a LUT per bit.
// In: key; the boundary, inverted. ../xilinx/pcl_reached.sv is the one of UltraScale+ cells.
module pcl_reached #(
  parameter int unsigned WIDTH = 128
) (
  input  logic [WIDTH-1:0] key_i,
  input  logic [WIDTH-1:0] inverted_i,
  output logic             reached_o
);

  // The carry of key + inverted + 1.
  logic [WIDTH-1:0] unused_sum;
  assign {reached_o, unused_sum} = {1'b0, key_i} + {1'b0, inverted_i} + 1'b1;

endmodule
