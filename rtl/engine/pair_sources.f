// Two lookups a clock without primitives.
-f engine/sources.f
engine/pcl_engine_pair.sv
