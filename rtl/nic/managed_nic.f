// The NIC with a management processor (MANAGEMENT = 1), without PicoRV32, which is named beside this manifest (firmware/CMakeLists.txt).
-f management/management.f
-f nic/nic.f
