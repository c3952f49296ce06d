// A bridge of two tap devices in a network namespace of this process: frames go in at one, and come out of the other if
// the kernel's rules let them through.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace portcullis::exports {

class TapBridge {
 public:
  /// Leaves this process in a new network namespace with the bridge. `why` says what is missing if it cannot be made.
  static std::optional<TapBridge> make(std::string& why);
  TapBridge(TapBridge&& other) noexcept;
  ~TapBridge();

  /// True if the frame that enters at `port` (0 or 1) leaves at the other one. The kernel forwards before the write
  /// returns.
  bool passes(std::span<const std::uint8_t> frame, unsigned port) const;

 private:
  TapBridge() = default;
  int ports_[2] = {-1, -1};
};

}  // namespace portcullis::exports
