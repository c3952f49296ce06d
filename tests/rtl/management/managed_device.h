// Verilated managed_engine: registers as a Transport, lookups beside them, and what the console printed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "VManagedEngine.h"
#include "VManagedTrees.h"
#include "device/transport.h"
#include "model/axi_lite.h"
#include "model/bits.h"
#include "policy/key.h"

namespace portcullis::test {

/// Of the model (CMakeLists.txt).
inline constexpr unsigned kRules = 64;
inline constexpr unsigned kIntervals = 16;
inline constexpr unsigned kWatchdogClocks = 200'000;
inline constexpr unsigned kLockUnit = 256;

/// What a lookup got.
struct Verdict {
  bool permit = false;
  bool hit = false;
  unsigned rule = 0;
  unsigned bank = 0;
};

template <class Model>
class ManagedModel final : public device::Transport {
 public:
  ManagedModel()
      : model_(std::make_unique<Model>()),
        registers_({&model_->s_axil_awvalid_i, &model_->s_axil_awready_o, &model_->s_axil_awaddr_i,
                    &model_->s_axil_wvalid_i, &model_->s_axil_wready_o, &model_->s_axil_wdata_i,
                    &model_->s_axil_wstrb_i, &model_->s_axil_bvalid_o, &model_->s_axil_bready_i,
                    &model_->s_axil_bresp_o, &model_->s_axil_arvalid_i, &model_->s_axil_arready_o,
                    &model_->s_axil_araddr_i, &model_->s_axil_rvalid_o, &model_->s_axil_rready_i,
                    &model_->s_axil_rdata_o, &model_->s_axil_rresp_o}) {
    reset();
  }
  ~ManagedModel() override { model_->final(); }
  ManagedModel(const ManagedModel&) = delete;
  ManagedModel& operator=(const ManagedModel&) = delete;

  /// Of the whole device, as by a reset pin.
  void reset() {
    model_->rst_i = 1;
    run(8);
    model_->rst_i = 0;
    run(1);
  }

  std::uint32_t read32(std::uint32_t address) override {
    registers_.start_read(static_cast<std::uint16_t>(address));
    finish();
    return registers_.value();
  }
  void write32(std::uint32_t address, std::uint32_t value) override {
    ++writes;
    if (before_write) before_write(address, value);
    registers_.start_write(static_cast<std::uint16_t>(address), value);
    finish();
  }

  void run(std::uint64_t clocks) {
    for (std::uint64_t i = 0; i < clocks; ++i) clock();
  }
  std::uint64_t now() const { return clock_; }

  /// A lookup of this key enters in every clock from now on, or none; verdicts go to on_verdict.
  void set_lookup(const policy::Key* key) {
    model_->lookup_valid_i = key != nullptr;
    if (key == nullptr) return;
    std::uint32_t* words = model_->lookup_key_i.data();
    const auto put = [&](unsigned low, unsigned width, std::uint64_t value) {
      model::set_bits(words, low, width, value);
    };
    put(0, 64, static_cast<std::uint64_t>(key->source));
    put(64, 64, static_cast<std::uint64_t>(key->source >> 64U));
    put(128, 64, static_cast<std::uint64_t>(key->destination));
    put(192, 64, static_cast<std::uint64_t>(key->destination >> 64U));
    put(256, 17, key->source_port);
    put(273, 17, key->destination_port);
    put(290, 12, key->vlan);
    put(302, 8, key->protocol);
    put(310, 8, key->tcp_flags);
    put(318, 8, key->dscp_tags);
    put(326, 8, key->context);
  }
  /// Told of every lookup that entered; what it gives enters next. May be empty: then the key stays.
  std::function<const policy::Key*()> on_lookup;
  std::function<void(const Verdict&)> on_verdict;
  /// Told of every write of the host before it happens.
  std::function<void(std::uint32_t address, std::uint32_t& value)> before_write;
  std::uint64_t writes = 0;
  VerilatedContext& context() { return *model_->contextp(); }
  /// Rows are written with all their bits turned over while this is set.
  void set_damage(bool damage) { model_->damage_i = damage; }

  std::string console;

 private:
  void clock() {
    model_->clk_i = 0;
    model_->eval();
    registers_.sample();
    if (model_->console_valid_o != 0) console.push_back(static_cast<char>(model_->console_data_o));
    if (model_->verdict_valid_o != 0 && on_verdict) {
      on_verdict(
          {model_->verdict_permit_o != 0, model_->verdict_hit_o != 0, model_->verdict_rule_o, model_->verdict_bank_o});
    }
    const bool entered = model_->lookup_valid_i != 0 && model_->lookup_ready_o != 0;
    model_->clk_i = 1;
    model_->eval();
    registers_.advance();
    ++clock_;
    if (entered && on_lookup) set_lookup(on_lookup());
  }
  void finish() {
    for (unsigned i = 0; registers_.busy(); ++i) {
      if (i == 10'000) throw device::TransportError("a register access was not answered within 10000 clocks");
      clock();
    }
  }

  std::unique_ptr<Model> model_;
  model::AxiLiteMaster registers_;
  std::uint64_t clock_ = 0;
};

using ManagedDevice = ManagedModel<VManagedEngine>;
/// Of the geometry scale-small.
using ManagedTrees = ManagedModel<VManagedTrees>;

}  // namespace portcullis::test
