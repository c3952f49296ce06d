// Assertions for simulation and formal alike; they vanish in synthesis.
// Each is checked on the clock edge while rst_i is low; modules that use them have ports clk_i and rst_i. Where tests/formal reads a module, its properties
// are Boolean (`->` for implication, $past for the clock before): read_slang takes no sequences.
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
// What the surroundings promise. It is checked here too, so that a proof of the surroundings shows it; a proof of the module alone assumes as much of its inputs.
`define PCL_ASSUME(name, property_expression) `PCL_ASSERT(name, property_expression)
`endif

`endif
