// A VerilatedNic of any Verilated pcl_nic with kWirePorts ports of 512 bits: `Top` is the class that Verilator made.
#pragma once

#include <verilated.h>

#include "model/nic_model.h"

namespace portcullis::model {

template <typename Top>
class VerilatedTop final : public VerilatedNic {
 public:
  VerilatedTop() : top_(&context_, "pcl_nic") {
    for (unsigned port = 0; port < kWirePorts; ++port) {
      const auto bit = static_cast<std::uint8_t>(1U << port);
      pins_.ingress[port] = {top_.s_axis_tdata_i.data() + port * kBeatWords,
                             top_.s_axis_tkeep_i.data() + port * 2,
                             &top_.s_axis_tvalid_i,
                             &top_.s_axis_tlast_i,
                             &top_.s_axis_tuser_i,
                             &top_.s_axis_tready_o,
                             bit};
      pins_.egress[port] = {top_.m_axis_tdata_o.data() + port * kBeatWords,
                            top_.m_axis_tkeep_o.data() + port * 2,
                            &top_.m_axis_tvalid_o,
                            &top_.m_axis_tlast_o,
                            &top_.m_axis_tready_i,
                            bit};
    }
    pins_.registers = {&top_.s_axil_awvalid_i, &top_.s_axil_awready_o, &top_.s_axil_awaddr_i,  &top_.s_axil_wvalid_i,
                       &top_.s_axil_wready_o,  &top_.s_axil_wdata_i,   &top_.s_axil_wstrb_i,   &top_.s_axil_bvalid_o,
                       &top_.s_axil_bready_i,  &top_.s_axil_bresp_o,   &top_.s_axil_arvalid_i, &top_.s_axil_arready_o,
                       &top_.s_axil_araddr_i,  &top_.s_axil_rvalid_o,  &top_.s_axil_rready_i,  &top_.s_axil_rdata_o,
                       &top_.s_axil_rresp_o};
    AxiPins& host = pins_.host;
    host.beat_bytes = kBeatBytes;
    host.awaddr = reinterpret_cast<const std::uint64_t*>(&top_.m_axi_awaddr_o);
    host.awlen = &top_.m_axi_awlen_o;
    host.awvalid = &top_.m_axi_awvalid_o;
    host.awready = &top_.m_axi_awready_i;
    host.wdata = reinterpret_cast<const std::uint8_t*>(top_.m_axi_wdata_o.data());
    host.wstrb = reinterpret_cast<const std::uint8_t*>(&top_.m_axi_wstrb_o);
    host.wlast = &top_.m_axi_wlast_o;
    host.wvalid = &top_.m_axi_wvalid_o;
    host.wready = &top_.m_axi_wready_i;
    host.bresp = &top_.m_axi_bresp_i;
    host.bvalid = &top_.m_axi_bvalid_i;
    host.bready = &top_.m_axi_bready_o;
    host.arid = &top_.m_axi_arid_o;
    host.araddr = reinterpret_cast<const std::uint64_t*>(&top_.m_axi_araddr_o);
    host.arlen = &top_.m_axi_arlen_o;
    host.arvalid = &top_.m_axi_arvalid_o;
    host.arready = &top_.m_axi_arready_i;
    host.rid = &top_.m_axi_rid_i;
    host.rdata = reinterpret_cast<std::uint8_t*>(top_.m_axi_rdata_i.data());
    host.rresp = &top_.m_axi_rresp_i;
    host.rlast = &top_.m_axi_rlast_i;
    host.rvalid = &top_.m_axi_rvalid_i;
    host.rready = &top_.m_axi_rready_o;
    pins_.interrupt = &top_.interrupt_o;
    pins_.link = &top_.link_i;
    pins_.speed = reinterpret_cast<std::uint64_t*>(&top_.speed_i);
    pins_.console_valid = &top_.console_valid_o;
    pins_.console_data = &top_.console_data_o;
    pins_.console_ready = &top_.console_ready_i;
    pins_.reset = &top_.rst_i;
    top_.rst_i = 1;
  }
  ~VerilatedTop() override { top_.final(); }

  void settle() override {
    top_.clk_i = 0;
    top_.eval();
  }
  void edge() override {
    top_.clk_i = 1;
    top_.eval();
  }

 private:
  VerilatedContext context_;
  Top top_;
};

}  // namespace portcullis::model
