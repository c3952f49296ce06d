#include "watch.h"

#include <string.h>

#include "bank.h"
#include "device/mailbox_protocol.h"
#include "device/registers.h"
#include "keep.h"
#include "platform.h"

/* Damaged rows of a bank that are told apart: so many are logged, once each. */
#define KNOWN_ROWS 4u

static struct {
  uint32_t rows; /* of a pass; 0: there is no scrubber */
  uint32_t mended, damaged; /* numbers that have been seen */
  uint32_t mended_place;    /* that was logged last */
  struct {
    uint32_t known;
    uint32_t places[KNOWN_ROWS];
  } banks[2];
} watch;

static unsigned bank_of(uint32_t place) {
  return (place & PCL_SCRUB_DAMAGED_PLACE_BANK_MASK) >> PCL_SCRUB_DAMAGED_PLACE_BANK_SHIFT;
}

static void note_damage(uint32_t place) {
  const unsigned bank = bank_of(place);
  for (uint32_t i = 0; i < watch.banks[bank].known; ++i) {
    if (watch.banks[bank].places[i] == place) return;
  }
  if (watch.banks[bank].known == KNOWN_ROWS) return;
  watch.banks[bank].places[watch.banks[bank].known++] = place;
  log_event(PCL_EVENT_DAMAGED, place, bank == bank_active() ? 1u : 0u);
}

void watch_start(void) {
  memset(&watch, 0, sizeof watch);
  watch.rows = register_read(PCL_GEOMETRY_SCRUB_ROWS);
  if (watch.rows == 0) return;
  watch.mended_place = ~0u;
  watch.mended = register_read(PCL_SCRUB_MENDED);
  watch.damaged = register_read(PCL_SCRUB_DAMAGED);
  register_write(PCL_SCRUB_CONTROL, PCL_SCRUB_CONTROL_ENABLE_MASK);
}

void watch_turn(void) {
  if (watch.rows == 0) return;
  /* The place is read behind its number, so it is that of this number or of a later one, which the next turn sees. */
  const uint32_t mended = register_read(PCL_SCRUB_MENDED);
  if (mended != watch.mended) {
    const uint32_t place = register_read(PCL_SCRUB_MENDED_PLACE);
    watch.mended = mended;
    if (place != watch.mended_place) log_event(PCL_EVENT_MENDED, place, mended);
    watch.mended_place = place;
  }
  const uint32_t damaged = register_read(PCL_SCRUB_DAMAGED);
  if (damaged != watch.damaged) {
    watch.damaged = damaged;
    note_damage(register_read(PCL_SCRUB_DAMAGED_PLACE));
  }
}

bool watch_damaged(unsigned bank) {
  return watch.banks[bank].known != 0;
}

void watch_forget(void) {
  if (watch.rows == 0) return;
  watch.damaged = register_read(PCL_SCRUB_DAMAGED);
  memset(watch.banks, 0, sizeof watch.banks);
}

uint8_t watch_clean(unsigned bank) {
  watch_turn();
  if (!watch_damaged(bank)) return PCL_DONE;
  static const uint32_t no_rule;
  struct geometry geometry;
  bank_read_geometry(&geometry);
  bank_forget_registers();
  for (uint32_t table = 0; table < TABLES; ++table) {
    const uint32_t rows = table < RANGE_TABLES ? geometry.intervals[table] : 256u;
    const uint8_t error = bank_write_row(TARGET_BITMAP + table, 0, rows, &no_rule, 1);
    if (error != PCL_DONE) return error;
  }
  const uint8_t error = bank_check_errors();
  if (error != PCL_DONE) return error;
  watch.damaged = register_read(PCL_SCRUB_DAMAGED); /* also what was met on the way */
  watch.banks[bank].known = 0;
  return PCL_DONE;
}

void watch_status(uint32_t words[WATCH_WORDS]) {
  memset(words, 0, 4u * WATCH_WORDS);
  words[0] = watch.rows;
  if (watch.rows == 0) return;
  words[1] = register_read(PCL_SCRUB_PASSES);
  words[2] = register_read(PCL_SCRUB_PASS_CLOCKS);
  words[3] = watch.mended;
  for (unsigned bank = 0; bank < 2; ++bank) {
    words[4 + 2 * bank] = watch.banks[bank].known;
    words[5 + 2 * bank] = watch.banks[bank].known != 0 ? watch.banks[bank].places[0] : 0u;
  }
}
