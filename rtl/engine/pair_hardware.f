// Two lookups a clock, as it is synthesised, without cells of a vendor.
-f prim/hardware.f
-f engine/pair_sources.f
