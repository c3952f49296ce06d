// Primitives for synthesis, without cells of a vendor.
+incdir+prim
prim/hardware/pcl_prim_pkg.sv
prim/pcl_delay.sv
prim/pcl_dup.sv
prim/pcl_ram_1r1w.sv
prim/pcl_fifo.sv
prim/hardware/pcl_compare.sv
prim/pcl_thermometer.sv
prim/hardware/pcl_carry_banks.sv
prim/hardware/pcl_compare_banks.sv
prim/hardware/pcl_search16.sv
prim/hardware/pcl_search_row.sv
prim/hardware/pcl_search4.sv
prim/hardware/pcl_search2.sv
prim/hardware/pcl_first_one.sv
prim/pcl_secded_sums.sv
prim/pcl_secded_locate.sv
