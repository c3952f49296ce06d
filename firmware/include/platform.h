/* What the firmware needs of the hardware: registers of the filter or NIC, its own registers, the CRC unit, time.
   platform_core.c is the processor's; tests on the host bring their own. */
#ifndef PORTCULLIS_FIRMWARE_PLATFORM_H
#define PORTCULLIS_FIRMWARE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Registers of the filter or NIC, by their addresses (host/device/registers.h). */
uint32_t register_read(uint32_t address);
void register_write(uint32_t address, uint32_t value);

/* The processor's own registers (core_registers.h). */
uint32_t core_read(uint32_t offset);
void core_write(uint32_t offset, uint32_t value);

/* CRC-32C behind `size` more bytes. `state` is that of CRC_STATE: all ones at the begin, inverted at the end. */
uint32_t crc32c_update(uint32_t state, const uint8_t* bytes, size_t size);

/* Data of the request, as many bytes as it has; data of the response, PCL_BUFFER_BYTES. */
const uint8_t* request_data(void);
void response_data(uint32_t offset, const void* bytes, size_t size); /* offset: a multiple of 4 */

/* Clocks since the processor's last reset; wraps. */
uint64_t clock_now(void);

/* The firmware image as it stands in memory. */
const uint8_t* firmware_image(void);
uint32_t firmware_image_bytes(void);

#define PCL_BUFFER_BYTES 1024u

#ifdef __cplusplus
}
#endif

#endif
