// Two lookups a clock, with the primitives that simulate fast.
-f prim/prim.f
-f engine/pair_sources.f
