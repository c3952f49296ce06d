// The filter as the user's block of an Alveo-class card. prim/xilinx/cells.sv declares the cells for tools that want them declared.
-f prim/xilinx.f
-f nic/filter_sources.f
boards/alveo/pcl_reset_synchroniser.sv
boards/alveo/alveo_filter.sv
