// The Versa board without pins, clocks and MACs, with the primitives that simulate fast.
-f nic/filter.f
-f boards/serial/serial.f
boards/versa/versa_core.sv
