#include "keep.h"

#include <stddef.h>
#include <string.h>

#include "console.h"
#include "device/mailbox_protocol.h"
#include "platform.h"

#define KEEP_MAGIC 0x4B504350u /* "PCPK" */

struct kept {
  uint32_t magic;
  uint32_t size; /* of this structure: other firmware may keep another one */
  uint32_t boots;
  uint32_t load;
  struct bank_record banks[2];
  uint32_t active;
  uint32_t crc; /* of all before it */
  uint32_t next_event;
  struct event events[KEPT_EVENTS];
};

__attribute__((section(".keep"))) static struct kept kept;
static uint32_t crc_of_kept(void) {
  return ~crc32c_update(0xFFFFFFFFu, (const uint8_t*)&kept, offsetof(struct kept, crc));
}

static void seal(void) {
  kept.crc = crc_of_kept();
}

bool keep_start(void) {
  const bool whole = kept.magic == KEEP_MAGIC && kept.size == sizeof kept && kept.crc == crc_of_kept();
  if (!whole) {
    memset(&kept, 0, sizeof kept);
    kept.magic = KEEP_MAGIC;
    kept.size = sizeof kept;
  }
  ++kept.boots;
  seal();
  if (!whole) log_event(PCL_EVENT_MEMORY_LOST, 0, 0);
  return whole;
}

uint32_t keep_boots(void) {
  return kept.boots;
}

uint32_t keep_load(void) {
  return kept.load;
}

uint32_t keep_new_load(void) {
  ++kept.load;
  seal();
  return kept.load;
}

const struct bank_record* keep_bank(unsigned bank) {
  return &kept.banks[bank];
}

void keep_set_bank(unsigned bank, const struct bank_record* record) {
  kept.banks[bank] = *record;
  seal();
}

unsigned keep_active(void) {
  return kept.active & 1u;
}

void keep_set_in_force(unsigned bank, const struct bank_record* record) {
  kept.active = bank;
  keep_set_bank(bank, record);
}

void log_event(uint32_t code, uint32_t a, uint32_t b) {
  static const char* const texts[] = {"",          "boot",      "memory lost",    "load begins", "load ready", "load failed", "load timed out",
                                      "abandoned", "activated", "rolled back", "banks touched", "damaged request", "restored", "not restored",
                                      "row mended", "row damaged"};
  const uint64_t now = clock_now();
  struct event* event = &kept.events[kept.next_event % KEPT_EVENTS];
  event->number = kept.next_event++;
  event->code = code;
  event->time[0] = (uint32_t)now;
  event->time[1] = (uint32_t)(now >> 32);
  event->a = a;
  event->b = b;
  console_text(code < sizeof texts / sizeof texts[0] ? texts[code] : "event");
  console_text(" ");
  console_decimal(a);
  console_text(" ");
  console_decimal(b);
  console_text("\n");
}

uint32_t log_next(void) {
  return kept.next_event;
}

const struct event* log_at(uint32_t number) {
  const struct event* event = &kept.events[number % KEPT_EVENTS];
  /* An event that was never written has code 0. */
  return number < kept.next_event && event->number == number && event->code != 0 ? event : NULL;
}
