// The whole filter, with the primitives that simulate fast.
-f prim/prim.f
-f nic/filter_sources.f
