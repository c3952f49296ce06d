#include "bridge.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>

namespace portcullis::exports {
namespace {

constexpr std::string_view kNames[2] = {"port0", "port1"};
constexpr int kMtu = 9000;

ifreq request(std::string_view name) {
  ifreq out{};
  std::memcpy(out.ifr_name, name.data(), name.size());
  return out;
}

/// Settings of the new namespace; those that this kernel does not have are not needed.
void set(const std::string& name, char value) { std::ofstream("/proc/sys/net/" + name) << value; }

bool bring_up(int socket, std::string_view name) {
  ifreq mtu = request(name);
  mtu.ifr_mtu = kMtu;
  ioctl(socket, SIOCSIFMTU, &mtu);
  ifreq flags = request(name);
  if (ioctl(socket, SIOCGIFFLAGS, &flags) != 0) return false;
  flags.ifr_flags = static_cast<short>(flags.ifr_flags | IFF_UP | IFF_PROMISC);
  return ioctl(socket, SIOCSIFFLAGS, &flags) == 0;
}

}  // namespace

TapBridge::TapBridge(TapBridge&& other) noexcept {
  for (int i = 0; i < 2; ++i) ports_[i] = std::exchange(other.ports_[i], -1);
}

TapBridge::~TapBridge() {
  for (const int port : ports_) {
    if (port >= 0) close(port);
  }
}

std::optional<TapBridge> TapBridge::make(std::string& why) {
  const auto failed = [&why](const std::string& what) {
    why = what + ": " + std::strerror(errno);
    return std::nullopt;
  };
  if (unshare(CLONE_NEWNET) != 0) return failed("no network namespace (it needs root)");
  // No packets of the kernel's own, and no way around the bridge's hooks.
  for (const char* scope : {"all", "default"}) set(std::string("ipv6/conf/") + scope + "/disable_ipv6", '1');
  for (const char* family : {"iptables", "ip6tables", "arptables"}) {
    set(std::string("bridge/bridge-nf-call-") + family, '0');
  }
  TapBridge bridge;
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return failed("no socket");
  const auto done = [socket](auto result) {
    const int saved = errno;
    close(socket);
    errno = saved;
    return result;
  };
  if (ioctl(socket, SIOCBRADDBR, "bridge0") != 0) return done(failed("no bridge"));
  for (int i = 0; i < 2; ++i) {
    bridge.ports_[i] = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (bridge.ports_[i] < 0) return done(failed("/dev/net/tun"));
    ifreq tap = request(kNames[i]);
    tap.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (ioctl(bridge.ports_[i], TUNSETIFF, &tap) != 0) return done(failed("no tap device"));
    if (ioctl(socket, SIOCGIFINDEX, &tap) != 0) return done(failed("no index"));
    ifreq add = request("bridge0");
    add.ifr_ifindex = tap.ifr_ifindex;
    if (!bring_up(socket, kNames[i]) || ioctl(socket, SIOCBRADDIF, &add) != 0) return done(failed("no bridge port"));
  }
  if (!bring_up(socket, "bridge0")) return done(failed("the bridge does not come up"));
  close(socket);
  // The ports forward once the kernel has seen their carrier.
  std::vector<std::uint8_t> probe(60, 0);
  probe[0] = 0x02;
  probe[5] = 0x02;
  probe[6] = 0x02;
  probe[11] = 0x01;
  probe[12] = 0x88;
  probe[13] = 0xB5;  // local experimental EtherType (IEEE 802)
  for (int i = 0; i < 200; ++i) {
    if (bridge.passes(probe, 0) && bridge.passes(probe, 1)) return bridge;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  errno = ETIMEDOUT;
  return failed("the bridge forwards nothing");
}

bool TapBridge::passes(std::span<const std::uint8_t> frame, unsigned port) const {
  const int in = ports_[port];
  const int out = ports_[1 - port];
  std::array<std::uint8_t, 10'000> buffer{};
  while (read(out, buffer.data(), buffer.size()) > 0) {
  }
  if (write(in, frame.data(), frame.size()) != static_cast<ssize_t>(frame.size())) return false;
  for (;;) {
    const ssize_t length = read(out, buffer.data(), buffer.size());
    if (length <= 0) return false;
    if (static_cast<std::size_t>(length) == frame.size() && std::equal(frame.begin(), frame.end(), buffer.begin())) {
      return true;
    }
  }
}

}  // namespace portcullis::exports
