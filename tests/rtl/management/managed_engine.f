// The test's device; paths are relative to rtl/.
-f management/management.f
-f engine/scale_sources.f
-f nic/control.f
../tests/rtl/management/managed_engine.sv
