// The match engine without primitives.
engine/pcl_pkg.sv
engine/pcl_engine_pkg.sv
engine/pcl_range_table.sv
engine/pcl_counter_bank.sv
engine/pcl_counters.sv
engine/pcl_scrubber.sv
engine/pcl_engine.sv
