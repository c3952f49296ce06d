// Assertions for simulation and formal alike; they vanish in synthesis.
// Each is checked on the clock edge while rst_i is low; modules that use them have ports clk_i and rst_i.
`ifndef PCL_ASSERT_SVH
`define PCL_ASSERT_SVH

`ifdef SYNTHESIS
`define PCL_ASSERT(name, property_expression)
`define PCL_ASSUME(name, property_expression)
`else
// `property_expression` holds on every clock.
`define PCL_ASSERT(name, property_expression) \
  name: assert property (@(posedge clk_i) disable iff (rst_i) (property_expression)) \
    else $error(`"name: property_expression`");
// What the surroundings promise: an assumption in formal, checked in simulation.
`ifdef FORMAL
`define PCL_ASSUME(name, property_expression) \
  name: assume property (@(posedge clk_i) disable iff (rst_i) (property_expression));
`else
`define PCL_ASSUME(name, property_expression) `PCL_ASSERT(name, property_expression)
`endif
`endif

`endif
