// Frames of every kind that a parser may meet: well-formed, subtly wrong, cut off, and noise. Knows how headers are
// laid out, not what is allowed.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace portcullis::test {

class FrameGenerator {
 public:
  explicit FrameGenerator(std::uint32_t seed) : random_(seed) {}

  /// The next frame, 1 to 9600 bytes; most are below 300.
  std::vector<std::uint8_t> next();

  /// A well-formed frame of a random kind, without padding.
  std::vector<std::uint8_t> well_formed();

 private:
  using Bytes = std::vector<std::uint8_t>;

  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  bool chance(unsigned percent) { return below(100) < percent; }
  void noise(Bytes& out, std::size_t count);
  void big(Bytes& out, std::uint64_t value, unsigned bytes);

  std::uint8_t protocol();
  Bytes layer4(std::uint8_t protocol, unsigned mistakes);
  void ipv4(Bytes& out, unsigned mistakes);
  void ipv6(Bytes& out, unsigned mistakes);
  Bytes build(unsigned mistakes);

  std::mt19937 random_;
};

}  // namespace portcullis::test
