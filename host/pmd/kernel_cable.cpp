#include "pmd/kernel_cable.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "policy/packet.h"
#include "traffic/packets.h"

namespace portcullis::pmd {

namespace {

/// Frames taken from the kernel at a time.
constexpr std::size_t kFrames = 64;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }

 private:
  int number_;
};

/// A file descriptor that gives and takes whole frames.
class KernelCable final : public Cable {
 public:
  explicit KernelCable(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  std::optional<std::span<const std::uint8_t>> next() override {
    if (used_ == kFrames) return std::nullopt;
    auto& frame = frames_[used_];
    const ssize_t bytes = ::read(descriptor_.get(), frame.data(), frame.size());
    if (bytes <= 0) return std::nullopt;
    ++used_;
    // A MAC pads short frames; the kernel's have not met one yet.
    auto length = static_cast<std::size_t>(bytes);
    if (length < policy::kMinFrame) {
      std::fill(frame.begin() + bytes, frame.begin() + policy::kMinFrame, std::uint8_t{0});
      length = policy::kMinFrame;
    }
    return std::span<const std::uint8_t>(frame).first(length);
  }
  void release() override { used_ = 0; }
  void left(std::uint64_t, std::span<const std::uint8_t> frame) override {
    // A full queue of the kernel loses frames, as a full queue does.
    [[maybe_unused]] const ssize_t written = ::write(descriptor_.get(), frame.data(), frame.size());
  }
  bool has_more() override { return true; }
  bool waits() const override { return false; }

 private:
  Descriptor descriptor_;
  std::array<std::array<std::uint8_t, traffic::kMaxFrame>, kFrames> frames_{};
  std::size_t used_ = 0;
};

ifreq request_for(const std::string& name) {
  ifreq request{};
  if (name.empty() || name.size() >= sizeof(request.ifr_name)) {
    throw CableError(fmt::format("\"{}\" is no name of an interface: 1 to {} characters", name, IFNAMSIZ - 1));
  }
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  return request;
}

void set_flags(const std::string& name, short flags) {
  const Descriptor control(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = request_for(name);
  if (control.get() < 0 || ::ioctl(control.get(), SIOCGIFFLAGS, &request) < 0) {
    throw CableError(fmt::format("interface {}: {}", name, std::strerror(errno)));
  }
  request.ifr_flags = static_cast<short>(request.ifr_flags | flags);
  if (::ioctl(control.get(), SIOCSIFFLAGS, &request) < 0) {
    throw CableError(fmt::format("interface {} cannot be set up: {}", name, std::strerror(errno)));
  }
}

}  // namespace

std::unique_ptr<Cable> make_tap_cable(const std::string& name) {
  ifreq request = request_for(name);
  Descriptor tap(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (tap.get() < 0) {
    throw CableError(fmt::format("/dev/net/tun cannot be opened for wire \"tap:{}\": {}", name, std::strerror(errno)));
  }
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (::ioctl(tap.get(), TUNSETIFF, &request) < 0) {
    throw CableError(fmt::format("the TAP interface {} cannot be made: {}", name, std::strerror(errno)));
  }
  set_flags(name, IFF_UP);
  return std::make_unique<KernelCable>(std::move(tap));
}

std::unique_ptr<Cable> make_packet_socket_cable(const std::string& name) {
  const unsigned index = ::if_nametoindex(request_for(name).ifr_name);
  if (index == 0) throw CableError(fmt::format("wire \"af_packet:{}\": there is no such interface", name));
  Descriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) {
    throw CableError(fmt::format("a packet socket for wire \"af_packet:{}\": {}", name, std::strerror(errno)));
  }
  // What this side sends must not come back.
  const int on = 1;
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(index);
  packet_mreq membership{};
  membership.mr_ifindex = static_cast<int>(index);
  membership.mr_type = PACKET_MR_PROMISC;
  if (::setsockopt(socket.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0 ||
      ::setsockopt(socket.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof(membership)) < 0) {
    throw CableError(fmt::format("wire \"af_packet:{}\": {}", name, std::strerror(errno)));
  }
  return std::make_unique<KernelCable>(std::move(socket));
}

}  // namespace portcullis::pmd
