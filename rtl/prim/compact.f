// Primitives for synthesis that are small rather than fast, without cells of a vendor.
+incdir+prim
prim/compact/pcl_prim_pkg.sv
prim/pcl_delay.sv
prim/pcl_dup.sv
prim/compact/pcl_ram_1r1w.sv
prim/pcl_fifo.sv
prim/pcl_thermometer.sv
prim/compact/pcl_reached.sv
prim/hardware/pcl_carry_banks.sv
prim/compact/pcl_compare.sv
prim/compact/pcl_search16.sv
prim/compact/pcl_search_row.sv
prim/hardware/pcl_search4.sv
prim/hardware/pcl_search2.sv
prim/hardware/pcl_first_one.sv
prim/pcl_secded_sums.sv
prim/pcl_secded_locate.sv
