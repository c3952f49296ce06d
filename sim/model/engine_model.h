// One Verilated pcl_engine behind its own ports: rows in, keys in, verdicts out, a lookup a clock. For what has headers
// but no packets.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "policy/key.h"
#include "tables/geometry.h"
#include "tables/image.h"

namespace portcullis::model {

/// What the engine says about a key.
struct EngineVerdict {
  std::int32_t rule = -1;    ///< -1: none matches, the default action
  std::uint64_t action = 0;  ///< action word
  bool permit = false;
  friend bool operator==(const EngineVerdict&, const EngineVerdict&) = default;
};

/// An engine of geometry `large`, which takes every image that is not larger.
class EngineModel {
 public:
  EngineModel();
  ~EngineModel();
  EngineModel(const EngineModel&) = delete;
  EngineModel& operator=(const EngineModel&) = delete;

  /// Loads the shadow bank through the row-wide port, a row a clock, and flips. Throws std::invalid_argument if the
  /// image is too large.
  void load(const tables::TableImage& image);

  /// One verdict per key, in order; `verdicts` is as long as `keys`.
  void look_up(std::span<const policy::Key> keys, std::span<EngineVerdict> verdicts);

  /// Clocks since reset, and those from a key's acceptance to its verdict, last seen.
  std::uint64_t clocks() const;
  unsigned latency() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace portcullis::model
