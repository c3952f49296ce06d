// Registers of the wire ports: what the host accepts of each port's frames, RSS keys and tables, and the links' state.
//
// In: register accesses from PCL_PORT on, links as the MACs tell them. Out: config_o; the RSS table's queue for steer_port_i and steer_entry_i, a clock later;
// link_changed_o, a pulse per port.
module pcl_nic_ports
  import pcl_nic_pkg::*;
  import pcl_nic_registers_pkg::*;
  import pcl_filter_pkg::LengthBits;
#(
  parameter int unsigned PORTS = 2,
  parameter int unsigned MAX_FRAME = 9728
) (
  input  logic                 clk_i,
  input  logic                 rst_i,

  input  access_t              access_i,
  output logic [31:0]          access_data_o,

  input  logic [PORTS-1:0]     link_i,
  input  logic [PORTS*32-1:0]  speed_i,            // Mbit/s
  output logic [PORTS-1:0]     link_changed_o,

  output port_config_t         config_o [PORTS],

  input  logic                 steer_i,
  input  logic [2:0]           steer_port_i,
  input  logic [6:0]           steer_entry_i,
  output logic [QueueBits-1:0] steer_queue_o
);

  localparam int unsigned PortBits = PORTS > 1 ? $clog2(PORTS) : 1;

  logic [QueueBits-1:0] table_q [TableEntries*2**PortBits];
  logic [15:0]          offset, place;
  logic                 in_range;
  logic [PortBits-1:0]  port;
  logic [PORTS-1:0]     link_q;

  assign offset = access_i.address - Port;
  assign in_range = access_i.valid && access_i.address >= Port && offset < 16'(PORTS * PortStride);
  assign port = PortBits'(offset / 16'(PortStride));
  assign place = Port + offset % 16'(PortStride);   // the same register of port 0

  function automatic logic is_in(input logic [15:0] address, input logic [15:0] first, input int unsigned words);
    return address >= first && address < first + 16'(4 * words);
  endfunction
  function automatic logic [6:0] word_of(input logic [15:0] address, input logic [15:0] first);
    logic [15:0] bytes;
    logic        unused;
    bytes = address - first;
    unused = ^{bytes[15:9], bytes[1:0]};
    return bytes[8:2];
  endfunction

  logic [3:0] slot, key_word;
  logic [6:0] entry;
  assign entry = word_of(place, PortRssTable);
  assign key_word = 4'(word_of(place, PortRssKey));
  assign slot = 4'(is_in(place, PortAddressLo, Slots) ? word_of(place, PortAddressLo) : word_of(place, PortAddressHi));

  always_ff @(posedge clk_i) begin
    access_data_o <= '0;
    if (in_range && !access_i.write) begin
      if (place == PortControl)
        access_data_o <= {27'd0, config_o[port].rss, config_o[port].broadcast, config_o[port].allmulticast, config_o[port].promiscuous, config_o[port].receive};
      if (place == PortStatus) access_data_o <= 32'(link_q[port]);
      if (place == PortSpeed) access_data_o <= speed_i[port*32+:32];
      if (place == PortMaxFrame) access_data_o <= 32'(config_o[port].max_frame);
      if (place == PortRssTypes) access_data_o <= 32'(config_o[port].types);
      if (is_in(place, PortAddressLo, Slots)) access_data_o <= config_o[port].address[slot][31:0];
      if (is_in(place, PortAddressHi, Slots)) access_data_o <= {config_o[port].address_valid[slot], 15'd0, config_o[port].address[slot][47:32]};
      if (is_in(place, PortRssKey, KeyBytes / 4)) access_data_o <= config_o[port].key[32*key_word+:32];
      if (is_in(place, PortRssTable, TableEntries)) access_data_o <= 32'(table_q[{port, entry}]);
    end
    if (in_range && access_i.write) begin
      if (place == PortControl)
        {config_o[port].rss, config_o[port].broadcast, config_o[port].allmulticast, config_o[port].promiscuous, config_o[port].receive} <= access_i.data[4:0];
      if (place == PortMaxFrame) config_o[port].max_frame <= access_i.data[LengthBits-1:0];
      if (place == PortRssTypes) config_o[port].types <= access_i.data[5:0];
      if (is_in(place, PortAddressLo, Slots)) config_o[port].address[slot][31:0] <= access_i.data;
      if (is_in(place, PortAddressHi, Slots)) begin
        config_o[port].address[slot][47:32] <= access_i.data[15:0];
        config_o[port].address_valid[slot]  <= access_i.data[31];
      end
      if (is_in(place, PortRssKey, KeyBytes / 4)) config_o[port].key[32*key_word+:32] <= access_i.data;
      if (is_in(place, PortRssTable, TableEntries)) table_q[{port, entry}] <= access_i.data[QueueBits-1:0];
    end
    if (rst_i) begin
      for (int unsigned p = 0; p < PORTS; p++) begin
        config_o[p]           <= '0;
        config_o[p].broadcast <= 1'b1;
        config_o[p].max_frame <= LengthBits'(MAX_FRAME);
      end
    end
  end

  logic unused;
  assign unused = ^steer_port_i;

  always_ff @(posedge clk_i) begin
    if (steer_i) steer_queue_o <= table_q[{PortBits'(steer_port_i), steer_entry_i}];
    link_q <= link_i;
    link_changed_o <= rst_i ? '0 : link_i ^ link_q;
    if (rst_i) link_q <= link_i;
  end

endmodule
