// The match engine, with the primitives that simulate fast.
-f prim/prim.f
-f engine/sources.f
