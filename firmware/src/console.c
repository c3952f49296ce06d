#include "console.h"

#include "core_registers.h"
#include "platform.h"

static void put(char character) {
  /* A console that nobody reads holds up nothing. */
  for (unsigned waited = 0; waited < 1000u; ++waited) {
    if ((core_read(PCL_CORE_CONSOLE) & PCL_CORE_CONSOLE_FULL_MASK) == 0) break;
  }
  core_write(PCL_CORE_CONSOLE, (uint8_t)character);
}

void console_text(const char* text) {
  for (; *text != '\0'; ++text) put(*text);
}

void console_decimal(uint32_t value) {
  char digits[10];
  unsigned count = 0;
  do {
    digits[count++] = (char)('0' + value % 10u);
    value /= 10u;
  } while (value != 0);
  while (count > 0) put(digits[--count]);
}

void console_hex(uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) put("0123456789abcdef"[value >> shift & 15u]);
}
