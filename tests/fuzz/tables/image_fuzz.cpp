// Image files: any bytes are refused with ImageError or decoded to an image that is written as the same bytes,
// recovered and proved against. Checksums would stop nearly every input, so each is tried once as it is and once with
// its checksums mended.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "tables/compile.h"
#include "tables/crc32c.h"
#include "tables/image.h"
#include "tables/prove.h"
#include "tables/recover.h"

namespace {

using namespace portcullis;

constexpr std::size_t kHead = 32 + 7 * 24;

std::uint64_t load(const std::vector<std::uint8_t>& bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = value << 8U | bytes[at + i];
  return value;
}

void store(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

// Length, checksums and signature made right, as far as the directory points into the file.
void mend(std::vector<std::uint8_t>& bytes) {
  if (bytes.size() < kHead) return;
  store(bytes, 16, bytes.size(), 8);
  for (std::size_t entry = 32; entry < kHead; entry += 24) {
    const std::uint64_t offset = load(bytes, entry + 8);
    const std::uint64_t length = load(bytes, entry + 16);
    if (offset > bytes.size() || length > bytes.size() - offset) continue;
    const auto body = std::span(bytes).subspan(offset, length);
    store(bytes, entry + 4, tables::crc32c(body), 4);
    if (entry == 32 && length >= 28) store(bytes, 24, tables::crc32c(body.first(28)), 4);
  }
  store(bytes, 28, tables::crc32c(std::span(bytes).subspan(32, 7 * 24), tables::crc32c(std::span(bytes).first(28))), 4);
}

void check(bool held) {
  if (!held) std::abort();
}

void try_bytes(const std::vector<std::uint8_t>& bytes) {
  for (const auto order : {tables::BoundaryOrder::ascending, tables::BoundaryOrder::any}) {
    try {
      const tables::TableImage image = tables::decode(bytes, "fuzz.pti", order);
      check(tables::encode(image) == bytes);
      const policy::Policy policy = tables::recover(image);
      check(policy.entries.size() == image.actions.size());
      // Against itself an image has no difference, except bits of action words that no action uses.
      const tables::Proof proof = tables::prove(policy, bytes, "fuzz.pti", 10'000);
      check(proof.result != tables::ProofResult::differs);
    } catch (const tables::ImageError&) {
    }
  }
}

// Two entries in a geometry of 8 rules: some 9 kB.
std::vector<std::uint8_t> sound_image() {
  tables::Geometry geometry;
  geometry.name = "tiny";
  geometry.rules = 8;
  geometry.intervals = {4, 4, 8, 8, 4};
  policy::Policy policy;
  for (const std::uint32_t port : {25U, 443U}) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    entry.match.destination = {{policy::from_ipv4(0xC0000200), policy::from_ipv4(0xC00002FF)}};
    entry.match.destination_port = {{port, port + 1}};
    entry.match.vlan = {{1, 5}};
    entry.action.permit = port == 443;
    entry.from.rule = "ports.md:7";
    entry.from.document = "ports.md";
    policy.entries.push_back(entry);
  }
  return tables::encode(tables::compile(policy, geometry, {tables::SourceFile::of("site.yaml", "")}).image);
}

// Each three bytes of the input put one byte elsewhere: an offset of 16 bits and the value.
std::vector<std::uint8_t> changed(std::vector<std::uint8_t> bytes, std::span<const std::uint8_t> changes) {
  for (std::size_t i = 0; i + 3 <= changes.size(); i += 3) {
    bytes[(changes[i] | std::size_t{changes[i + 1]} << 8U) % bytes.size()] = changes[i + 2];
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> bytes(data, data + size);
  try_bytes(bytes);
  mend(bytes);
  try_bytes(bytes);
  static const std::vector<std::uint8_t> sound = sound_image();
  bytes = changed(sound, {data, size});
  mend(bytes);
  try_bytes(bytes);
  return 0;
}
