// The match engine for ECP5.
-f prim/ecp5.f
-f engine/sources.f
