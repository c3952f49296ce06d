// Two lookups a clock, for ECP5.
-f prim/ecp5.f
-f engine/pair_sources.f
