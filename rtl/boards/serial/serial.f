// From a serial line to AXI4-Lite.
boards/serial/pcl_uart_receiver.sv
boards/serial/pcl_uart_transmitter.sv
boards/serial/pcl_serial_bridge.sv
