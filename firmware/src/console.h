/* Text for people, on the console. */
#ifndef PORTCULLIS_FIRMWARE_CONSOLE_H
#define PORTCULLIS_FIRMWARE_CONSOLE_H

#include <stdint.h>

void console_text(const char* text);
void console_decimal(uint32_t value);
void console_hex(uint32_t value); /* eight digits */

#endif
