// The match engine for AMD UltraScale+.
-f prim/xilinx.f
-f engine/sources.f
