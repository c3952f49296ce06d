// platform.h on this machine: everything goes to the FakeManagement that exists.
#include <algorithm>
#include <span>

#include "fake_management.h"
#include "platform.h"

namespace {
portcullis::test::FakeManagement& fake() { return *portcullis::test::FakeManagement::current(); }
}  // namespace

extern "C" {

uint32_t register_read(uint32_t address) { return fake().device().read32(address); }
void register_write(uint32_t address, uint32_t value) { fake().device().write32(address, value); }
uint32_t core_read(uint32_t offset) { return fake().core_read(offset); }
void core_write(uint32_t offset, uint32_t value) { fake().core_write(offset, value); }

uint32_t crc32c_update(uint32_t state, const uint8_t* bytes, size_t size) {
  return ~portcullis::tables::crc32c({bytes, size}, ~state);
}

const uint8_t* request_data(void) { return fake().request_data(); }

void response_data(uint32_t offset, const void* bytes, size_t size) {
  auto& data = fake().response_data();
  const auto* from = static_cast<const uint8_t*>(bytes);
  if (offset % 4 != 0 || offset > data.size() || size > data.size() - offset) std::abort();
  std::copy(from, from + size, data.begin() + offset);
}

uint64_t clock_now(void) { return fake().now(); }
const uint8_t* firmware_image(void) { return fake().firmware().data(); }
uint32_t firmware_image_bytes(void) { return static_cast<uint32_t>(fake().firmware().size()); }
}
