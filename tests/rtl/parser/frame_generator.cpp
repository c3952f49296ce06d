// Frames for parser and filter tests: headers one behind the other, each field right or, in `mistakes` percent of the
// cases, not.
#include "frame_generator.h"

#include <array>

namespace portcullis::test {

void FrameGenerator::noise(Bytes& out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<std::uint8_t>(random_()));
}

void FrameGenerator::big(Bytes& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint8_t FrameGenerator::protocol() {
  constexpr std::array<std::uint8_t, 12> known = {6, 6, 6, 17, 17, 132, 1, 58, 47, 50, 51, 59};
  return chance(95) ? known[below(known.size())] : static_cast<std::uint8_t>(random_());
}

FrameGenerator::Bytes FrameGenerator::layer4(std::uint8_t protocol, unsigned mistakes) {
  const unsigned payload = chance(70) ? below(24) : chance(97) ? below(200) : below(8800);
  Bytes out;
  noise(out, 4);
  switch (protocol) {
    case 6: {
      const unsigned words = chance(mistakes) ? below(16) : chance(60) ? 5 : 5 + below(11);
      noise(out, 8);
      big(out, words << 4U, 1);
      noise(out, 7);
      noise(out, chance(mistakes) ? below(41) : (words < 5 ? 0 : 4 * (words - 5)));
      break;
    }
    case 17:
      big(out, chance(mistakes) ? (chance(50) ? below(16) : 8 + payload - 4 + below(10)) : 8 + payload, 2);
      noise(out, 2);
      break;
    case 132:
      noise(out, 8);
      break;
    default:
      noise(out, 4);
  }
  noise(out, payload);
  if (chance(mistakes)) out.resize(below(chance(50) ? 24 : static_cast<unsigned>(out.size()) + 1));
  return out;
}

void FrameGenerator::ipv4(Bytes& out, unsigned mistakes) {
  const std::uint8_t next = protocol();
  const Bytes inner = layer4(next, mistakes);
  const unsigned words = chance(mistakes) ? below(16) : chance(60) ? 5 : 5 + below(11);
  const unsigned options = words < 5 ? 0 : 4 * (words - 5);
  unsigned total = 20 + options + static_cast<unsigned>(inner.size());
  if (chance(mistakes)) total = chance(30) ? below(70) : chance(50) ? total - 3 + below(7) : below(65536);
  unsigned fragment = below(2) << 14U;
  if (chance(15)) fragment |= 0x2000U | (chance(60) ? 0 : 1 + below(chance(50) ? 2 : 0x1FFF));
  if (chance(5)) fragment |= 1 + below(chance(50) ? 2 : 0x1FFF);
  big(out, ((chance(mistakes) ? below(16) : 4U) << 4U) | words, 1);
  noise(out, 1);
  big(out, total, 2);
  noise(out, 2);
  big(out, fragment, 2);
  noise(out, 1);
  big(out, next, 1);
  noise(out, 10 + options);
  out.insert(out.end(), inner.begin(), inner.end());
}

void FrameGenerator::ipv6(Bytes& out, unsigned mistakes) {
  constexpr std::array<std::uint8_t, 4> extensions = {0, 43, 60, 44};
  const std::uint8_t last = protocol();
  Bytes chain;
  const unsigned headers = chance(40) ? 0 : chance(90) ? 1 + below(4) : 5 + below(2);
  std::vector<std::uint8_t> types;
  for (unsigned i = 0; i < headers; ++i) {
    const std::uint8_t type = extensions[below(chance(mistakes) ? 4 : 3)];
    types.push_back(type);
  }
  if (chance(35) && !types.empty()) types[below(static_cast<unsigned>(types.size()))] = 44;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::uint8_t next = i + 1 < types.size() ? types[i + 1] : last;
    big(chain, next, 1);
    if (types[i] == 44) {
      unsigned fragment = below(4) << 1U;
      if (chance(50)) fragment |= 1U;
      if (chance(25)) fragment |= (1 + below(chance(50) ? 2 : 0x1FFF)) << 3U;
      noise(chain, 1);
      big(chain, fragment & 0xFFFFU, 2);
      noise(chain, 4);
    } else {
      const unsigned units = chance(60) ? 0 : chance(80) ? below(4) : chance(80) ? below(14) : below(256);
      big(chain, units, 1);
      noise(chain, 6 + 8 * units);
    }
  }
  const Bytes inner = layer4(last, mistakes);
  chain.insert(chain.end(), inner.begin(), inner.end());
  unsigned payload = static_cast<unsigned>(chain.size());
  if (chance(mistakes)) payload = chance(40) ? below(64) : chance(50) ? payload - 3 + below(7) : below(65536);
  big(out, ((chance(mistakes) ? below(16) : 6U) << 4U) | below(16), 1);
  noise(out, 3);
  big(out, payload & 0xFFFFU, 2);
  big(out, types.empty() ? last : types.front(), 1);
  noise(out, 1);
  for (int address = 0; address < 2; ++address) {
    if (chance(mistakes)) {
      // ::ffff:0:0/96, or one bit beside it.
      Bytes mapped(10, 0);
      mapped.insert(mapped.end(), {0xFF, 0xFF});
      if (chance(50)) mapped[below(12)] ^= static_cast<std::uint8_t>(1U << below(8));
      out.insert(out.end(), mapped.begin(), mapped.end());
      noise(out, 4);
    } else {
      noise(out, 16);
    }
  }
  out.insert(out.end(), chain.begin(), chain.end());
}

FrameGenerator::Bytes FrameGenerator::build(unsigned mistakes) {
  Bytes out;
  noise(out, 12);
  const unsigned tags = chance(60) ? 0 : chance(90) ? 1 + below(2) : 3 + below(2);
  for (unsigned i = 0; i < tags; ++i) {
    big(out, chance(50) ? 0x8100 : chance(97) ? 0x88A8 : 0x9100, 2);
    noise(out, 2);
  }
  const unsigned kind = below(100);
  if (kind < 45) {
    big(out, 0x0800, 2);
    ipv4(out, mistakes);
  } else if (kind < 90) {
    big(out, 0x86DD, 2);
    ipv6(out, mistakes);
  } else {
    constexpr std::array<unsigned, 8> types = {0x0806, 0x88CC, 0x888E, 0x88F7, 0x8809, 0x0026, 0x8847, 0x9000};
    big(out, chance(90) ? types[below(types.size())] : below(65536), 2);
    noise(out, below(100));
  }
  return out;
}

std::vector<std::uint8_t> FrameGenerator::well_formed() { return build(0); }

std::vector<std::uint8_t> FrameGenerator::next() {
  Bytes out;
  const unsigned kind = below(100);
  if (kind < 2) {
    noise(out, 1 + below(300));
  } else {
    out = build(kind < 30 ? 0 : kind < 80 ? 5 : 20);
    if (chance(15)) out.resize(1 + below(static_cast<unsigned>(out.size())));
    if (chance(10)) out[below(static_cast<unsigned>(out.size()))] ^= static_cast<std::uint8_t>(1U << below(8));
    if (chance(30)) noise(out, below(40));
  }
  if (out.size() < 60 && chance(60)) out.resize(60);
  if (out.size() > 9600) out.resize(9600);
  return out;
}

}  // namespace portcullis::test
