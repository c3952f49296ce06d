/* What outlives a reset of the processor, and one of the whole device: what is known of the banks, and the event log. */
#ifndef PORTCULLIS_FIRMWARE_KEEP_H
#define PORTCULLIS_FIRMWARE_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KEPT_EVENTS 48u

/* As PCL_BANK_... of device/mailbox_protocol.h, word for word. */
struct bank_record {
  uint32_t state;
  uint32_t load;
  uint32_t nonce[2];
  uint32_t image_bytes;
  uint32_t image_crc;
  uint32_t entries;
  uint32_t probes;
};

/* As PCL_EVENT_..., word for word. */
struct event {
  uint32_t number;
  uint32_t code;
  uint32_t time[2];
  uint32_t a, b;
};

/* Begins with what is in memory if it is whole, else anew. Counts the start. True if it was whole. */
bool keep_start(void);
uint32_t keep_boots(void);
/* Number of the last load; keep_new_load gives the next one. */
uint32_t keep_load(void);
uint32_t keep_new_load(void);
const struct bank_record* keep_bank(unsigned bank);
void keep_set_bank(unsigned bank, const struct bank_record* record);
/* The bank that the firmware brought into force last; its record is set with it. */
unsigned keep_active(void);
void keep_set_in_force(unsigned bank, const struct bank_record* record);

/* Also printed on the console. */
void log_event(uint32_t code, uint32_t a, uint32_t b);
uint32_t log_next(void);
/* The event of this number, or a null pointer if it has been overwritten or has not come. */
const struct event* log_at(uint32_t number);

#ifdef __cplusplus
}
#endif

#endif
