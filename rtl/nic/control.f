// Registers and control of a filter, as they simulate fast.
+incdir+prim
prim/pcl_prim_pkg.sv
-f nic/control_sources.f
