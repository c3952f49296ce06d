// The NIC without primitives.
-f nic/filter_sources.f
nic/generated/pcl_nic_registers_pkg.sv
nic/pcl_nic_pkg.sv
nic/pcl_dma_read.sv
nic/pcl_dma_write.sv
nic/pcl_nic_access.sv
nic/pcl_nic_identity.sv
nic/pcl_nic_ports.sv
nic/pcl_nic_counters.sv
nic/pcl_nic_interrupts.sv
nic/pcl_nic_rings.sv
nic/pcl_nic_heads.sv
nic/pcl_nic_receive_steer.sv
nic/pcl_nic_receive_buffer.sv
nic/pcl_nic_receive_schedule.sv
nic/pcl_nic_receive_write.sv
nic/pcl_nic_receive_complete.sv
nic/pcl_nic_transmit_schedule.sv
nic/pcl_nic_transmit_pack.sv
nic/pcl_nic_transmit_port.sv
nic/pcl_nic_table_load.sv
nic/pcl_nic.sv
