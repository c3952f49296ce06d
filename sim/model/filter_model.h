// One Verilated pcl_filter behind pins, whatever its geometry.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "model/stream.h"

namespace portcullis::model {

/// Wire ports of the Verilated filters; a run may leave ports unused. The host is egress kWirePorts.
inline constexpr unsigned kWirePorts = 2;

/// AXI4-Lite pins (AMBA IHI 0022E, chapter B1), 16-bit addresses, 32-bit data.
struct AxiLitePins {
  std::uint8_t* awvalid;
  const std::uint8_t* awready;
  std::uint16_t* awaddr;
  std::uint8_t* wvalid;
  const std::uint8_t* wready;
  std::uint32_t* wdata;
  std::uint8_t* wstrb;
  const std::uint8_t* bvalid;
  std::uint8_t* bready;
  const std::uint8_t* bresp;
  std::uint8_t* arvalid;
  const std::uint8_t* arready;
  std::uint16_t* araddr;
  const std::uint8_t* rvalid;
  std::uint8_t* rready;
  const std::uint32_t* rdata;
  const std::uint8_t* rresp;
};

/// The row-wide load port.
struct RowPins {
  std::uint8_t* valid;
  const std::uint8_t* ready;
  std::uint8_t* target;
  std::uint16_t* index;
  std::uint32_t* data;
  unsigned words;  ///< 32-bit words of data
};

struct FilterPins {
  std::array<IngressPins, kWirePorts> ingress;
  std::array<EgressPins, kWirePorts + 1> egress;
  const std::uint32_t* egress_user;  ///< metadata of all egresses, egress 0 in the lowest bits
  AxiLitePins registers;
  RowPins rows;
  unsigned lanes;                    ///< lookups a clock: 1 or 2
  const std::uint8_t* report_valid;  ///< a bit for each lane
  const std::uint32_t* report;
  std::uint8_t* reset;
};

/// Owns the model. A clock is: values on the pins, settle(), handshakes are seen, edge(). Outputs of the streams are
/// registers: where nothing else is looked at, settle() may be left out.
class FilterModel {
 public:
  virtual ~FilterModel() = default;
  FilterModel(const FilterModel&) = delete;
  FilterModel& operator=(const FilterModel&) = delete;

  const FilterPins& pins() const { return pins_; }

  /// Lets outputs follow inputs, clock low.
  virtual void settle() = 0;
  /// The rising edge.
  virtual void edge() = 0;
  /// Writes waveforms from now on, one step per half clock of `period_ps`. Call it once, before the first clock. Throws
  /// std::runtime_error if the file cannot be written.
  virtual void trace(const std::filesystem::path& fst, std::uint64_t period_ps) = 0;

 protected:
  FilterModel() = default;
  FilterPins pins_{};
};

/// What the model can be made for.
enum class ModelGeometry : std::uint8_t { edge, large, scale_small, scale };

/// A filter in reset. Throws std::invalid_argument for `scale` in a build without it (PORTCULLIS_SCALE_MODEL).
std::unique_ptr<FilterModel> make_filter_model(ModelGeometry geometry);

}  // namespace portcullis::model
