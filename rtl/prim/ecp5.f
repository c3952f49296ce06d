// Primitives for ECP5. prim/ecp5/cells.sv declares the cells for tools that want them declared.
+incdir+prim
prim/hardware/pcl_prim_pkg.sv
prim/pcl_delay.sv
prim/ecp5/pcl_dup.sv
prim/ecp5/pcl_ecp5_block_ram.sv
prim/ecp5/pcl_ram_1r1w.sv
prim/pcl_fifo.sv
prim/hardware/pcl_compare.sv
prim/pcl_thermometer.sv
prim/ecp5/pcl_carry_banks.sv
prim/hardware/pcl_compare_banks.sv
prim/hardware/pcl_search16.sv
prim/hardware/pcl_search_row.sv
prim/hardware/pcl_search4.sv
prim/hardware/pcl_search2.sv
prim/hardware/pcl_first_one.sv
