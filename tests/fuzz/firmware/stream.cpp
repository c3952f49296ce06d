#include "stream.h"

#include "tables/crc32c.h"

using namespace portcullis;

extern "C" {

// Of the processor's own registers a parser writes the watchdog's alone.
void core_write(uint32_t offset, uint32_t) { fuzz::check(offset == PCL_CORE_WATCHDOG); }

uint32_t crc32c_update(uint32_t state, const uint8_t* bytes, size_t size) {
  return ~tables::crc32c({bytes, size}, ~state);
}
}
