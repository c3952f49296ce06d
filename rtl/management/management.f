// The management processor without primitives and without PicoRV32 (picorv32.v of the Python package pythondata-cpu-picorv32), which is named beside this
// manifest.
-f prim/prim.f
management/generated/pcl_management_registers_pkg.sv
management/pcl_management_pkg.sv
management/generated/pcl_boot_rom.sv
management/pcl_management_access.sv
management/pcl_management_mailbox.sv
management/pcl_management_lock.sv
management/pcl_management_memory.sv
management/pcl_management_processor.sv
management/pcl_management.sv
