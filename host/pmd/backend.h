// What a driver instance drives: a simulated NIC in the process, or a card behind PCI Express.
#pragma once

#include <cstddef>
#include <cstdint>

#include "device/transport.h"

namespace portcullis::pmd {

class Backend {
 public:
  virtual ~Backend() = default;

  /// The registers.
  virtual device::Transport& transport() = 0;
  /// Makes memory reachable for the NIC, and takes it away again. On a card the IOMMU does this for all of DPDK's
  /// memory.
  virtual void map(void* at, std::size_t bytes) = 0;
  virtual void unmap(void* at) = 0;
  /// True if bus addresses are the process's own addresses, else they are DPDK's IOVAs.
  virtual bool bus_is_virtual() const = 0;

  /// Clocks for which the owner lock is held without being renewed. A simulated NIC's clock is slower than the wall's.
  virtual std::uint64_t lease(std::uint32_t clock_hz) const { return 10ULL * clock_hz; }

  /// Called when software looks for work and finds none: a simulated NIC lets time pass here. Frames begin to come in
  /// with the first such call.
  virtual void give_time() {}
  /// Tells how many more frames of the longest kind the receive queues of a wire can take; a simulated wire without a
  /// rate waits for them.
  virtual void set_credit(unsigned wire, unsigned frames) {
    (void)wire;
    (void)frames;
  }
};

}  // namespace portcullis::pmd
