// A FilterModel of any Verilated pcl_filter with kWirePorts ports: `Top` is the class that Verilator made. Waveforms
// are written if it was compiled with tracing.
#pragma once

#include <fmt/format.h>
#include <verilated.h>
#include <verilated_fst_c.h>

#include <functional>
#include <stdexcept>
#include <utility>

#include "model/filter_model.h"
#include "model/report.h"

namespace portcullis::model {

template <typename Top>
class VerilatedFilter final : public FilterModel {
 public:
  /// `at_end` is called with the model's context before the model goes, for what it has counted.
  explicit VerilatedFilter(std::function<void(VerilatedContext&)> at_end = {})
      : at_end_(std::move(at_end)), top_(&context_, "pcl_filter") {
    constexpr unsigned beat_bytes = sizeof(Top::s_axis_tdata_i) / kWirePorts;
    static_assert(beat_bytes >= 32 && beat_bytes <= kMostBeatBytes, "streams of 256 to 1024 bits");
    for (unsigned port = 0; port < kWirePorts; ++port) {
      const auto bit = static_cast<std::uint8_t>(1U << port);
      pins_.ingress[port] = {bytes_of(top_.s_axis_tdata_i) + port * beat_bytes,
                             bytes_of(top_.s_axis_tkeep_i) + port * beat_bytes / 8,
                             &top_.s_axis_tvalid_i,
                             &top_.s_axis_tlast_i,
                             &top_.s_axis_tuser_i,
                             &top_.s_axis_tready_o,
                             bit,
                             beat_bytes};
    }
    for (unsigned port = 0; port <= kWirePorts; ++port) {
      const auto bit = static_cast<std::uint8_t>(1U << port);
      pins_.egress[port] = {bytes_of(top_.m_axis_tdata_o) + port * beat_bytes,
                            bytes_of(top_.m_axis_tkeep_o) + port * beat_bytes / 8,
                            &top_.m_axis_tvalid_o,
                            &top_.m_axis_tlast_o,
                            &top_.m_axis_tready_i,
                            bit,
                            beat_bytes};
    }
    pins_.egress_user = top_.m_axis_tuser_o.data();
    pins_.registers = {&top_.s_axil_awvalid_i, &top_.s_axil_awready_o, &top_.s_axil_awaddr_i,  &top_.s_axil_wvalid_i,
                       &top_.s_axil_wready_o,  &top_.s_axil_wdata_i,   &top_.s_axil_wstrb_i,   &top_.s_axil_bvalid_o,
                       &top_.s_axil_bready_i,  &top_.s_axil_bresp_o,   &top_.s_axil_arvalid_i, &top_.s_axil_arready_o,
                       &top_.s_axil_araddr_i,  &top_.s_axil_rvalid_o,  &top_.s_axil_rready_i,  &top_.s_axil_rdata_o,
                       &top_.s_axil_rresp_o};
    pins_.rows = {&top_.load_valid_i, &top_.load_ready_o,      &top_.load_target_i,
                  &top_.load_index_i, top_.load_data_i.data(), sizeof(top_.load_data_i) / sizeof(std::uint32_t)};
    pins_.lanes = 8 * sizeof(top_.report_o) / kReportBits;
    pins_.report_valid = &top_.report_valid_o;
    pins_.report = top_.report_o.data();
    pins_.reset = &top_.rst_i;
    top_.rst_i = 1;
    top_.eval();  // the clock is low
  }

  ~VerilatedFilter() override {
    if (fst_.isOpen()) fst_.close();
    top_.final();
    if (at_end_) at_end_(context_);
  }

  void settle() override {
    top_.clk_i = 0;
    top_.eval();
    dump();
    settled_ = true;
  }

  void edge() override {
    if (!settled_) fall();
    top_.clk_i = 1;
    top_.eval();
    dump();
    settled_ = false;
  }

  void trace(const std::filesystem::path& fst, std::uint64_t period_ps) override {
    if constexpr (requires { top_.trace(&fst_, kAllLevels); }) {
      top_.trace(&fst_, kAllLevels);
    } else {
      throw std::runtime_error("waveforms: the model of this geometry is built without them; edge and large have them");
    }
    fst_.set_time_unit("1ps");
    fst_.set_time_resolution("1ps");
    fst_.open(fst.c_str());
    if (!fst_.isOpen()) throw std::runtime_error(fmt::format("{}: waveforms cannot be written there", fst.string()));
    half_period_ps_ = period_ps / 2;
  }

 private:
  static constexpr int kAllLevels = 99;

  /// A vector of any width as bytes, the lowest first.
  template <typename Vector>
  static std::uint8_t* bytes_of(Vector& vector) {
    return reinterpret_cast<std::uint8_t*>(&vector);
  }

  /// The clock was low, and nobody looked. Nothing in the filter waits for that: where the Verilator at hand lets us
  /// say so, its evaluation of the inputs is spared (some hundredths of the time).
  void fall() {
    if constexpr (requires { top_.rootp->__Vtrigrprev__TOP__clk_i; }) {
      if (half_period_ps_ == 0) {
        top_.rootp->__Vtrigrprev__TOP__clk_i = 0;
        return;
      }
    }
    settle();
  }

  void dump() {
    if (half_period_ps_ == 0) return;
    fst_.dump(time_ps_);
    time_ps_ += half_period_ps_;
  }

  struct Context : VerilatedContext {
    Context() { traceEverOn(true); }
  };

  Context context_;
  std::function<void(VerilatedContext&)> at_end_;
  Top top_;
  VerilatedFstC fst_;
  bool settled_ = false;
  std::uint64_t half_period_ps_ = 0;
  std::uint64_t time_ps_ = 0;
};

}  // namespace portcullis::model
