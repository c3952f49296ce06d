// The tree engine, as it is synthesised, without cells of a vendor.
-f prim/hardware.f
-f engine/scale_sources.f
