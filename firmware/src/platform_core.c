/* platform.h on the management processor. */
#include "platform.h"

#include "core_registers.h"
#include "memory_map.h"

static volatile uint32_t* word_at(uint32_t address) {
  return (volatile uint32_t*)(uintptr_t)address;
}

uint32_t register_read(uint32_t address) {
  return *word_at(REGISTERS_BASE + address);
}

void register_write(uint32_t address, uint32_t value) {
  *word_at(REGISTERS_BASE + address) = value;
}

uint32_t core_read(uint32_t offset) {
  return *word_at(CORE_BASE + offset);
}

void core_write(uint32_t offset, uint32_t value) {
  *word_at(CORE_BASE + offset) = value;
}

uint32_t crc32c_update(uint32_t state, const uint8_t* bytes, size_t size) {
  core_write(PCL_CORE_CRC_STATE, state);
  for (; size > 0 && ((uintptr_t)bytes & 3u) != 0; --size) core_write(PCL_CORE_CRC_BYTE, *bytes++);
  for (; size >= 4; size -= 4, bytes += 4) core_write(PCL_CORE_CRC_WORD, *(const volatile uint32_t*)(const void*)bytes);
  for (; size > 0; --size) core_write(PCL_CORE_CRC_BYTE, *bytes++);
  return core_read(PCL_CORE_CRC_STATE);
}

const uint8_t* request_data(void) {
  return (const uint8_t*)(uintptr_t)(CORE_BASE + PCL_CORE_REQUEST_DATA);
}

void response_data(uint32_t offset, const void* bytes, size_t size) {
  volatile uint8_t* to = (volatile uint8_t*)(uintptr_t)(CORE_BASE + PCL_CORE_RESPONSE_DATA + offset);
  const uint8_t* from = bytes;
  if (((uintptr_t)from & 3u) == 0) {
    for (; size >= 4; size -= 4, to += 4, from += 4) *(volatile uint32_t*)(volatile void*)to = *(const uint32_t*)(const void*)from;
  }
  for (; size > 0; --size) *to++ = *from++;
}

uint64_t clock_now(void) {
  uint32_t high, low, again;
  do {
    __asm__ volatile(".option push\n\t.option arch, +zicsr\n\trdcycleh %0\n\trdcycle %1\n\trdcycleh %2\n\t.option pop" : "=r"(high), "=r"(low), "=r"(again));
  } while (high != again);
  return (uint64_t)high << 32 | low;
}

const uint8_t* firmware_image(void) {
  return (const uint8_t*)0;
}

uint32_t firmware_image_bytes(void) {
  return *word_at(IMAGE_LENGTH_OFFSET);
}
