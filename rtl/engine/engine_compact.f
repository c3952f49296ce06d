// The match engine, small rather than fast.
-f prim/compact.f
-f engine/sources.f
