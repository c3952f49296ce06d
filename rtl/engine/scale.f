// The tree engine, with the primitives that simulate fast.
-f prim/prim.f
-f engine/scale_sources.f
