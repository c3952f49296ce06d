// The Versa board for synthesis; its filter clock leaves time for primitives that are small. boards/versa/cells.sv and versa_mac.v
// (constraints/versa/generate_mac.py) belong to it.
-f prim/compact.f
-f nic/filter_sources.f
-f boards/serial/serial.f
boards/versa/versa_core.sv
boards/versa/versa_top.sv
