// The tree engine without primitives: the bitmap engine is its slice.
-f engine/sources.f
engine/pcl_tree_pkg.sv
engine/pcl_tree.sv
engine/pcl_tree_least.sv
engine/pcl_leaf.sv
engine/pcl_resolve.sv
engine/pcl_scale_engine.sv
