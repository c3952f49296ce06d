// The tree engine, for ECP5.
-f prim/ecp5.f
-f engine/scale_sources.f
