#include "model/nic_model.h"

#include <fmt/format.h>
#include <verilated.h>

#include "PclNicEdge.h"

namespace portcullis::model {
namespace {

constexpr unsigned kResetClocks = 8;
constexpr std::uint32_t kDefaultSpeed = 10'000;
/// More clocks than any register access may take.
constexpr unsigned kPatience = 10'000;

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
  PclNicEdge top_;
};

}  // namespace

std::unique_ptr<VerilatedNic> make_verilated_nic() { return std::make_unique<VerilatedTop>(); }

ClockedNic::ClockedNic() : nic_(make_verilated_nic()), pins_(&nic_->pins()), registers_(pins_->registers) {
  for (const IngressPins& pins : pins_->ingress) sources_.emplace_back(pins);
  for (const EgressPins& pins : pins_->egress) sinks_.emplace_back(pins);
  for (StreamSource& source : sources_) wires_.emplace_back(source, std::nullopt, 0);
}

void ClockedNic::reset() {
  for (unsigned port = 0; port < kWirePorts; ++port) set_link(port, true, kDefaultSpeed);
  *pins_->reset = 1;
  for (unsigned i = 0; i < kResetClocks; ++i) step(false);
  *pins_->reset = 0;
  clock_ = 0;
}

void ClockedNic::set_link(unsigned port, bool up, std::uint32_t mbit_per_second) {
  const auto bit = static_cast<std::uint8_t>(1U << port);
  *pins_->link = static_cast<std::uint8_t>(up ? *pins_->link | bit : *pins_->link & ~bit);
  const unsigned low = 32 * port;
  *pins_->speed = (*pins_->speed & ~(std::uint64_t{0xFFFFFFFF} << low)) | std::uint64_t{mbit_per_second} << low;
}

void ClockedNic::step(bool frames_begin) {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (frames_begin || !sources_[i].idle()) wires_[i].drive(clock_);
    sources_[i].drive();
  }
  for (StreamSink& sink : sinks_) sink.drive();
  host_->drive();

  nic_->settle();

  // The ports' valid bits share a vector.
  if (*pins_->ingress[0].valid != 0 || *pins_->egress[0].valid != 0 || registers_.busy() || !host_->quiet())
    last_activity_ = clock_;
  for (std::size_t i = 0; i < sources_.size(); ++i) wires_[i].taken(sources_[i].sample());
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    if (sinks_[i].sample(clock_) && departures_[i]) departures_[i](sinks_[i].frame());
  }
  host_->sample();
  registers_.sample();

  nic_->edge();
  registers_.advance();
  ++clock_;
}

NicModel::NicModel() : axi_(host_pins(), memory_) {
  attach(axi_);
  reset();
}

void NicModel::finish_access() {
  for (unsigned i = 0; registers().busy(); ++i) {
    if (i == kPatience)
      throw device::TransportError(fmt::format("a register access was not answered within {} clocks", kPatience));
    step(false);
  }
}

std::uint32_t NicModel::read32(std::uint32_t address) {
  registers().start_read(static_cast<std::uint16_t>(address));
  finish_access();
  if (registers().response() != 0)
    throw device::TransportError(
        fmt::format("reading register 0x{:04x}: error response {}", address, registers().response()));
  return registers().value();
}

void NicModel::write32(std::uint32_t address, std::uint32_t value) {
  registers().start_write(static_cast<std::uint16_t>(address), value);
  finish_access();
  if (registers().response() != 0)
    throw device::TransportError(
        fmt::format("writing register 0x{:04x}: error response {}", address, registers().response()));
}

}  // namespace portcullis::model
