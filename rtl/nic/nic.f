// The NIC, with the primitives that simulate fast.
-f prim/prim.f
-f nic/nic_sources.f
