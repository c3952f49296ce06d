// The filter without primitives.
-f engine/scale_sources.f
engine/pcl_engine_pair.sv
-f parser/parser.f
-f nic/control_sources.f
nic/pcl_filter_pkg.sv
nic/pcl_ready_register.sv
nic/pcl_frame_buffer.sv
nic/pcl_filter_ingress.sv
nic/pcl_filter_arbiter.sv
nic/pcl_filter_egress.sv
nic/pcl_filter.sv
