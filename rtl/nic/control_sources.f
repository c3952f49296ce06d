// Registers and control of a filter, without primitives.
+incdir+prim
engine/pcl_pkg.sv
engine/pcl_engine_pkg.sv
engine/pcl_tree_pkg.sv
nic/generated/lint.vlt
nic/generated/pcl_registers_pkg.sv
nic/generated/pcl_registers.sv
nic/pcl_control.sv
