// Image files of tree engines: any bytes are refused with ImageError or decoded to an image that is written as the same
// bytes. Whatever its trees hold, lookups read within them, and the proof finds a fault or the image answers as its
// rules do and can be compiled on. Each input is tried once as it is and once with its checksum mended.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "tables/crc32c.h"
#include "tables/image.h"
#include "tables/tree/compile.h"
#include "tables/tree/image_file.h"
#include "tables/tree/recompile.h"
#include "tables/tree/recover.h"

namespace {

using namespace portcullis;
using namespace portcullis::tables::tree;

constexpr std::size_t kBody = 16;  // behind magic, version and checksum

void check(bool held) {
  if (!held) std::abort();
}

void mend(std::vector<std::uint8_t>& bytes) {
  if (bytes.size() < kBody) return;
  const std::uint32_t sum = tables::crc32c(std::span(bytes).subspan(kBody));
  for (unsigned i = 0; i < 4; ++i) bytes[12 + i] = static_cast<std::uint8_t>(sum >> (8 * i));
}

// Twelve rules in the trees, three in the slice, in the smallest shape.
policy::Policy some_rules() {
  policy::Policy policy;
  for (std::uint32_t n = 0; n < 15; ++n) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    entry.match.destination = {{policy::from_ipv4(0xC0000200 + 16 * n), policy::from_ipv4(0xC000020F + 16 * n)}};
    entry.match.destination_port = {{20 + n, 30 + n}};
    if (n % 5 == 4) entry.match.destination_port = {{20, 30}, {40, 50}};
    entry.action.permit = n % 2 == 0;
    entry.action.mark = n;
    policy.entries.push_back(entry);
  }
  return policy;
}

void try_bytes(const std::vector<std::uint8_t>& bytes, const std::vector<policy::Key>& keys) {
  try {
    const ScaleImage image = decode_scale(bytes, "fuzz.pti");
    check(encode_scale(image) == bytes);
    for (const policy::Key& key : keys) lookup_number(image, key);
    policy::Policy policy = recover_scale(image, "fuzz.pti");
    ScaleImage whole = image;
    for (std::uint32_t rule = 0; rule < whole.origins.size(); ++rule) whole.origins[rule] = rule;
    if (!prove_scale(policy, whole).empty()) return;
    LiveRules live(policy, whole);
    if (!policy.entries.empty()) live.remove(0);
    policy::Entry more = some_rules().entries.front();
    try {
      live.add(std::make_shared<const policy::Entry>(more), 0);
    } catch (const SliceIsFull&) {
    }
    const auto next = recompile(live.gathered(), {}, whole.trees.shape.slice.rules);
    if (next) check(prove_scale(live.policy(), next->image).empty());
  } catch (const tables::ImageError&) {
  }
}

// Each four bytes of the input put one byte elsewhere: an offset of 24 bits and the value.
std::vector<std::uint8_t> changed(std::vector<std::uint8_t> bytes, std::span<const std::uint8_t> changes) {
  for (std::size_t i = 0; i + 4 <= changes.size(); i += 4) {
    const std::size_t at = changes[i] | std::size_t{changes[i + 1]} << 8U | std::size_t{changes[i + 2]} << 16U;
    bytes[at % bytes.size()] = changes[i + 3];
  }
  return bytes;
}

std::vector<policy::Key> keys_of(const policy::Policy& policy) {
  std::vector<policy::Key> keys(1);
  for (const policy::Entry& entry : policy.entries) {
    policy::Key key;
    key.source = policy::from_ipv4(1);
    key.destination = entry.match.destination.intervals().front().first;
    key.destination_port = entry.match.destination_port.intervals().front().last;
    key.context = policy::make_context(0, policy::EtherClass::ipv4, policy::Fragment::whole);
    keys.push_back(key);
  }
  return keys;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const policy::Policy rules = some_rules();
  static const std::vector<policy::Key> keys = keys_of(rules);
  static const std::vector<std::uint8_t> sound = encode_scale(compile_scale(rules, Shape::small()).image);
  std::vector<std::uint8_t> bytes(data, data + size);
  try_bytes(bytes, keys);
  mend(bytes);
  try_bytes(bytes, keys);
  bytes = changed(sound, {data, size});
  mend(bytes);
  try_bytes(bytes, keys);
  return 0;
}
