// The tree engine, for AMD UltraScale+.
-f prim/xilinx.f
-f engine/scale_sources.f
