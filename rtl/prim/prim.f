// Primitives, bodies that simulate fast. prim/hardware.f and prim/ecp5.f have the same modules for synthesis.
+incdir+prim
prim/pcl_prim_pkg.sv
prim/pcl_delay.sv
prim/pcl_dup.sv
prim/pcl_ram_1r1w.sv
prim/pcl_fifo.sv
prim/pcl_thermometer.sv
prim/hardware/pcl_carry_banks.sv
prim/pcl_search16.sv
prim/pcl_search_row.sv
prim/pcl_search4.sv
prim/pcl_search2.sv
prim/pcl_first_one.sv
prim/pcl_secded_sums.sv
prim/pcl_secded_locate.sv
