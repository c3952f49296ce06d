#include "commands.h"

#include <stddef.h>
#include <string.h>

#include "bank.h"
#include "console.h"
#include "core_registers.h"
#include "device/mailbox_protocol.h"
#include "device/registers.h"
#include "image.h"
#include "keep.h"
#include "memory_map.h"
#include "platform.h"
#include "watch.h"

#define LOCK_ID 1u        /* of the firmware */
#define LOCK_LEASE 0xFFFFu /* the longest; a reset of the processor frees the lock at once */
#define RESET_OF_DEVICE 0u /* CORE_RESET.CAUSE; also power-up */
#define MAX_PATIENCE 600000u
#define MAX_PIECE (PCL_BUFFER_BYTES - PCL_LOAD_DATA_PIECE)

_Static_assert(sizeof(struct bank_record) == PCL_BANK_BYTES, "a bank's record is sent as it stands in memory");
_Static_assert(sizeof(struct event) == PCL_EVENT_BYTES, "an event is sent as it stands in memory");
_Static_assert(sizeof(struct tally) == PCL_TALLY_BYTES, "a tally is sent as it stands in memory");
_Static_assert(4u * WATCH_WORDS == PCL_STATUS_SCRUB_BYTES, "what is known of the scrubber is sent as it stands in memory");
_Static_assert(sizeof(struct probe_failure) == PCL_FAILURE_BYTES, "a failed probe is sent as it stands in memory");

static struct {
  bool under_way;
  bool ready; /* complete and tested */
  uint32_t number;
  uint64_t patience; /* clocks */
  uint64_t deadline;
} load;

/* The request that was answered last: the same one again is a repetition, and gets the same answer. */
static struct {
  bool valid;
  uint32_t request, crc, response;
} last;

/* An answer that is being made. */
struct reply {
  uint8_t status;
  uint32_t length;
};

static uint32_t word_of(const uint8_t* bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static struct reply status_only(uint8_t status) {
  return (struct reply){status, 0};
}

static struct reply words_reply(uint8_t status, const uint32_t* words, uint32_t count) {
  response_data(0, words, 4u * count);
  return (struct reply){status, 4u * count};
}

/* ------------------------------------------------------------------ the shadow bank's owner */
static bool claim_lock(void) {
  core_write(PCL_CORE_LOCK_CLAIM, LOCK_ID << PCL_CORE_LOCK_CLAIM_ID_SHIFT | LOCK_LEASE << PCL_CORE_LOCK_CLAIM_LEASE_SHIFT);
  return (core_read(PCL_CORE_LOCK_OWNER) & PCL_CORE_LOCK_OWNER_FIRMWARE_MASK) != 0;
}

static void release_lock(void) {
  core_write(PCL_CORE_LOCK_CLAIM, LOCK_ID << PCL_CORE_LOCK_CLAIM_ID_SHIFT);
}

static bool banks_known(void) {
  return keep_bank(0)->state != PCL_BANK_UNKNOWN || keep_bank(1)->state != PCL_BANK_UNKNOWN;
}

static void forget_banks(void) {
  static const struct bank_record unknown;
  keep_set_bank(0, &unknown);
  keep_set_bank(1, &unknown);
}

/* Forgets what is known of the banks if the host has written to them. True if so. */
static bool banks_touched(void) {
  if ((core_read(PCL_CORE_EVENTS) & PCL_CORE_EVENTS_TOUCHED_MASK) == 0) return false;
  core_write(PCL_CORE_EVENTS, PCL_CORE_EVENTS_TOUCHED_MASK);
  watch_forget();
  if (banks_known()) {
    forget_banks();
    log_event(PCL_EVENT_TOUCHED, 0, 0);
  }
  return true;
}

/* After a reset, tables and active bank are as they were. The one thing that may not be known is a flip that it came right behind: then the active bank is the one
   whose policy was tested, or had been in force before. */
static void find_policy(uint32_t cause) {
  const unsigned active = bank_active();
  struct bank_record record = *keep_bank(active);
  if (active != keep_active() && (record.state == PCL_BANK_TESTED || record.state == PCL_BANK_USED)) {
    record.state = PCL_BANK_USED;
    keep_set_in_force(active, &record);
  }
  if (record.state != PCL_BANK_USED) {
    forget_banks();
    log_event(PCL_EVENT_NOT_RESTORED, 0, 0);
  } else if (cause == RESET_OF_DEVICE) {
    log_event(PCL_EVENT_RESTORED, record.load, active);
  }
}

static void give_up_load(uint32_t event, uint32_t detail) {
  log_event(event, load.number, detail);
  load.under_way = false;
  load.ready = false;
  release_lock();
}

static void renew_deadline(void) {
  load.deadline = clock_now() + load.patience;
}

/* ------------------------------------------------------------------ commands */
static struct reply version(void) {
  struct geometry geometry;
  bank_read_geometry(&geometry);
  const uint8_t* image = firmware_image();
  const uint32_t bytes = firmware_image_bytes();
  const uint32_t words[PCL_VERSION_BYTES / 4] = {
      PCL_PROTOCOL_MAJOR << 16 | PCL_PROTOCOL_MINOR,
      word_of(image + IMAGE_VERSION_OFFSET),
      bytes,
      word_of(image + bytes - 4),
      bank_signature(&geometry),
      keep_boots(),
      (core_read(PCL_CORE_RESET) & PCL_CORE_RESET_CAUSE_MASK) >> PCL_CORE_RESET_CAUSE_SHIFT,
      core_read(PCL_CORE_CLOCK_HZ),
  };
  return words_reply(PCL_DONE, words, PCL_VERSION_BYTES / 4);
}

static struct reply status(void) {
  const uint64_t now = clock_now();
  const uint32_t words[PCL_STATUS_ANSWER_BANKS / 4] = {
      bank_active(),
      (load.under_way ? PCL_STATUS_FLAG_LOADING : 0u) | (load.ready ? PCL_STATUS_FLAG_READY : 0u),
      keep_load(),
      load.under_way ? image_position() : 0u,
      (uint32_t)now,
      (uint32_t)(now >> 32),
      (core_read(PCL_CORE_RESET) & PCL_CORE_RESET_WATCHDOG_RESETS_MASK) >> PCL_CORE_RESET_WATCHDOG_RESETS_SHIFT,
      keep_boots(),
      log_next(),
      0,
  };
  response_data(0, words, sizeof words);
  for (unsigned bank = 0; bank < 2; ++bank) {
    response_data(PCL_STATUS_ANSWER_BANKS + bank * PCL_BANK_BYTES, keep_bank(bank), sizeof(struct bank_record));
  }
  uint32_t watched[WATCH_WORDS];
  watch_status(watched);
  response_data(PCL_STATUS_ANSWER_SCRUB, watched, sizeof watched);
  return (struct reply){PCL_DONE, PCL_STATUS_ANSWER_BYTES};
}

static struct reply load_begin(const uint8_t* data) {
  const uint32_t bytes = word_of(data + PCL_LOAD_BEGIN_BYTES_AT);
  const uint32_t patience = word_of(data + PCL_LOAD_BEGIN_PATIENCE);
  const uint32_t nonce[2] = {word_of(data + PCL_LOAD_BEGIN_NONCE), word_of(data + PCL_LOAD_BEGIN_NONCE + 4)};
  const uint32_t flags = word_of(data + PCL_LOAD_BEGIN_FLAGS);
  if (bytes == 0 || patience == 0 || patience > MAX_PATIENCE || (nonce[0] | nonce[1]) == 0 || (flags & ~PCL_LOAD_FLAG_DISCARD_COUNTERS) != 0)
    return status_only(PCL_ERROR_ARGUMENT);
  if (load.under_way) give_up_load(PCL_EVENT_LOAD_ABANDONED, image_position());
  if (!claim_lock()) return status_only(PCL_ERROR_LOCKED);
  banks_touched(); /* and nobody can from now on */

  const unsigned shadow = 1u - bank_active();
  const struct bank_record* retired = keep_bank(shadow);
  uint8_t error = PCL_DONE;
  if (retired->state == PCL_BANK_USED && (flags & PCL_LOAD_FLAG_DISCARD_COUNTERS) == 0 &&
      (retired->nonce[0] != word_of(data + PCL_LOAD_BEGIN_COLLECTED) || retired->nonce[1] != word_of(data + PCL_LOAD_BEGIN_COLLECTED + 4)))
    error = PCL_ERROR_COUNTERS;
  else if ((register_read(PCL_TABLE_QUEUE_STATUS) & PCL_TABLE_QUEUE_STATUS_ACTIVE_MASK) != 0)
    error = PCL_ERROR_BANK_BUSY;
  else
    error = bank_prepare();
  if (error == PCL_DONE) error = watch_clean(shadow);
  if (error != PCL_DONE) {
    release_lock();
    return status_only(error);
  }
  load.number = keep_new_load();
  const struct bank_record record = {.state = PCL_BANK_LOADING, .load = load.number, .nonce = {nonce[0], nonce[1]}, .image_bytes = bytes};
  keep_set_bank(shadow, &record);
  load.under_way = true;
  load.ready = false;
  load.patience = (uint64_t)patience * (core_read(PCL_CORE_CLOCK_HZ) / 1000u);
  renew_deadline();
  bank_forget_registers();
  image_begin(bytes);
  log_event(PCL_EVENT_LOAD_BEGIN, load.number, bytes);
  const uint32_t words[2] = {load.number, MAX_PIECE};
  return words_reply(PCL_DONE, words, 2);
}

static struct reply load_error(uint8_t error) {
  give_up_load(PCL_EVENT_LOAD_FAILED, error);
  const uint32_t words[2] = {image_outcome()->error_offset, image_outcome()->error_detail};
  return words_reply(error, words, 2);
}

static struct reply load_data(const uint8_t* data, uint32_t length) {
  if (!load.under_way || load.ready || word_of(data + PCL_LOAD_DATA_LOAD) != load.number) return status_only(PCL_ERROR_NO_LOAD);
  if (word_of(data + PCL_LOAD_DATA_OFFSET) != image_position()) {
    give_up_load(PCL_EVENT_LOAD_FAILED, PCL_ERROR_ORDER);
    return status_only(PCL_ERROR_ORDER);
  }
  const uint8_t error = image_take(data + PCL_LOAD_DATA_PIECE, length - PCL_LOAD_DATA_PIECE);
  if (error != PCL_DONE) return load_error(error);
  renew_deadline();
  const uint32_t position = image_position();
  return words_reply(PCL_DONE, &position, 1);
}

static struct reply load_end(const uint8_t* data) {
  if (!load.under_way || load.ready || word_of(data) != load.number) return status_only(PCL_ERROR_NO_LOAD);
  uint8_t error = image_end();
  if (error == PCL_DONE) error = bank_check_errors();
  if (error == PCL_DONE && banks_touched()) error = PCL_ERROR_TOUCHED;
  if (error != PCL_DONE) return load_error(error);
  const struct image_outcome* image = image_outcome();
  const uint32_t listed = image->probes_failed < PROBE_FAILURES ? image->probes_failed : PROBE_FAILURES;
  const uint32_t words[3] = {image->probes, image->probes_failed, listed};
  response_data(0, words, sizeof words);
  response_data(PCL_LOAD_END_FAILURES, image->failures, listed * PCL_FAILURE_BYTES);
  struct reply reply = {PCL_DONE, PCL_LOAD_END_FAILURES + listed * PCL_FAILURE_BYTES};
  if (image->probes_failed != 0) {
    give_up_load(PCL_EVENT_LOAD_FAILED, PCL_ERROR_PROBES);
    reply.status = PCL_ERROR_PROBES;
    return reply;
  }
  const unsigned shadow = 1u - bank_active();
  struct bank_record record = *keep_bank(shadow);
  record.state = PCL_BANK_TESTED;
  record.image_crc = image->checksum;
  record.entries = image->entries;
  record.probes = image->probes;
  keep_set_bank(shadow, &record);
  load.ready = true;
  renew_deadline();
  log_event(PCL_EVENT_LOAD_READY, load.number, image->probes);
  return reply;
}

/* Exchanges the banks; the shadow bank's record is that of the policy which comes into force. */
static struct reply bring_into_force(uint32_t event) {
  const unsigned shadow = 1u - bank_active();
  const uint8_t error = bank_flip();
  if (error != PCL_DONE) return status_only(error);
  struct bank_record record = *keep_bank(shadow);
  record.state = PCL_BANK_USED;
  keep_set_in_force(shadow, &record);
  log_event(event, record.load, shadow);
  const uint32_t active = shadow;
  return words_reply(PCL_DONE, &active, 1);
}

static struct reply activate(const uint8_t* data) {
  if (!load.under_way || !load.ready || word_of(data) != load.number) return status_only(PCL_ERROR_NO_LOAD);
  if (banks_touched()) return load_error(PCL_ERROR_TOUCHED);
  watch_turn();
  if (watch_damaged(1u - bank_active())) return load_error(PCL_ERROR_DAMAGED);
  const struct reply reply = bring_into_force(PCL_EVENT_ACTIVATED);
  if (reply.status == PCL_ERROR_BANK_BUSY) return reply; /* may be tried again */
  if (reply.status != PCL_DONE) return load_error(reply.status);
  load.under_way = false;
  load.ready = false;
  release_lock();
  return reply;
}

static struct reply rollback(void) {
  if (load.under_way) return status_only(PCL_ERROR_NO_ROLLBACK);
  if (!claim_lock()) return status_only(PCL_ERROR_LOCKED);
  banks_touched();
  struct reply reply = status_only(PCL_ERROR_NO_ROLLBACK);
  watch_turn();
  const unsigned shadow = 1u - bank_active();
  if (watch_damaged(shadow))
    reply = status_only(PCL_ERROR_DAMAGED);
  else if (keep_bank(shadow)->state == PCL_BANK_USED)
    reply = bring_into_force(PCL_EVENT_ROLLED_BACK);
  release_lock();
  return reply;
}

static struct reply counters(const uint8_t* data) {
  const uint32_t bank = word_of(data + PCL_COUNTERS_BANK);
  const uint32_t kind = word_of(data + PCL_COUNTERS_KIND);
  const uint32_t first = word_of(data + PCL_COUNTERS_FIRST);
  uint32_t count = word_of(data + PCL_COUNTERS_COUNT);
  const uint32_t most = (PCL_BUFFER_BYTES - PCL_COUNTERS_ANSWER_TALLIES) / PCL_TALLY_BYTES;
  const uint32_t limit = kind == 1u ? register_read(PCL_GEOMETRY_CAUSES) : bank_rules();
  if (bank > 1u || kind > 1u || first >= limit || count == 0 || count > limit - first) return status_only(PCL_ERROR_ARGUMENT);
  if (count > most) count = most;
  /* Final only when the last packet of a retired policy has been counted. */
  if (bank != bank_active() && (register_read(PCL_STATUS) & PCL_STATUS_BUSY_MASK) != 0) return status_only(PCL_ERROR_BANK_BUSY);
  for (uint32_t i = 0; i < count; ++i) {
    struct tally tally;
    const uint8_t error = bank_counter(bank, kind == 1u, first + i, &tally);
    if (error != PCL_DONE) return status_only(error);
    response_data(PCL_COUNTERS_ANSWER_TALLIES + i * PCL_TALLY_BYTES, &tally, sizeof tally);
  }
  banks_touched();
  const struct bank_record* record = keep_bank(bank);
  const uint32_t words[4] = {record->nonce[0], record->nonce[1], count, 0};
  response_data(0, words, sizeof words);
  return (struct reply){PCL_DONE, PCL_COUNTERS_ANSWER_TALLIES + count * PCL_TALLY_BYTES};
}

static struct reply read_log(const uint8_t* data) {
  const uint32_t next = log_next();
  uint32_t number = word_of(data);
  const uint32_t most = (PCL_BUFFER_BYTES - PCL_LOG_EVENTS) / PCL_EVENT_BYTES;
  if (number > next) number = next;
  if (next - number > KEPT_EVENTS) number = next - KEPT_EVENTS;
  uint32_t count = 0;
  for (; number != next && count < most; ++number) {
    const struct event* event = log_at(number);
    if (event == NULL) continue;
    response_data(PCL_LOG_EVENTS + count * PCL_EVENT_BYTES, event, sizeof *event);
    ++count;
  }
  const uint32_t words[2] = {next, count};
  response_data(0, words, sizeof words);
  return (struct reply){PCL_DONE, PCL_LOG_EVENTS + count * PCL_EVENT_BYTES};
}

static struct reply self_test(void) {
  uint32_t failed = 0;
  const uint8_t* image = firmware_image();
  const uint32_t bytes = firmware_image_bytes();
  if (bytes < IMAGE_HEADER_BYTES + 8u || bytes > MEMORY_BYTES ||
      ~crc32c_update(0xFFFFFFFFu, image, bytes - 4u) != word_of(image + bytes - 4u))
    failed |= PCL_SELF_TEST_FIRMWARE;
  /* RFC 3720, B.4: 32 bytes of zeros, and the check value of nine digits. */
  static const uint8_t digits[] = "123456789";
  static const uint32_t zeros[8];
  if (~crc32c_update(0xFFFFFFFFu, digits, 9) != 0xE3069283u || ~crc32c_update(0xFFFFFFFFu, (const uint8_t*)zeros, sizeof zeros) != 0x8A9136AAu)
    failed |= PCL_SELF_TEST_CRC_UNIT;
  struct geometry geometry;
  bank_read_geometry(&geometry);
  if (register_read(PCL_MAGIC) != PCL_MAGIC_VALUE_RESET || geometry.rules == 0 || geometry.rules > MAX_RULES) failed |= PCL_SELF_TEST_REGISTERS;
  const uint64_t before = clock_now();
  if (clock_now() <= before) failed |= PCL_SELF_TEST_CLOCK;
  const uint32_t words[2] = {PCL_SELF_TEST_FIRMWARE | PCL_SELF_TEST_CRC_UNIT | PCL_SELF_TEST_REGISTERS | PCL_SELF_TEST_CLOCK, failed};
  return words_reply(failed == 0 ? PCL_DONE : PCL_ERROR_SELF_TEST, words, 2);
}

/* Fewest and most bytes of a command's data. */
static bool length_fits(uint32_t command, uint32_t length, bool* known) {
  *known = true;
  switch (command) {
    case PCL_COMMAND_VERSION:
    case PCL_COMMAND_STATUS:
    case PCL_COMMAND_ROLLBACK:
    case PCL_COMMAND_ABANDON:
    case PCL_COMMAND_SELF_TEST: return length == 0;
    case PCL_COMMAND_LOAD_BEGIN: return length == PCL_LOAD_BEGIN_BYTES;
    case PCL_COMMAND_LOAD_DATA: return length > PCL_LOAD_DATA_PIECE;
    case PCL_COMMAND_LOAD_END:
    case PCL_COMMAND_ACTIVATE:
    case PCL_COMMAND_LOG: return length == 4;
    case PCL_COMMAND_COUNTERS: return length == PCL_COUNTERS_BYTES;
    default: *known = false; return false;
  }
}

static struct reply carry_out(uint32_t command, const uint8_t* data, uint32_t length) {
  bool known;
  if (!length_fits(command, length, &known)) return status_only(known ? PCL_ERROR_LENGTH : PCL_ERROR_COMMAND);
  switch (command) {
    case PCL_COMMAND_VERSION: return version();
    case PCL_COMMAND_STATUS: return status();
    case PCL_COMMAND_LOAD_BEGIN: return load_begin(data);
    case PCL_COMMAND_LOAD_DATA: return load_data(data, length);
    case PCL_COMMAND_LOAD_END: return load_end(data);
    case PCL_COMMAND_ACTIVATE: return activate(data);
    case PCL_COMMAND_ROLLBACK: return rollback();
    case PCL_COMMAND_COUNTERS: return counters(data);
    case PCL_COMMAND_LOG: return read_log(data);
    case PCL_COMMAND_SELF_TEST: return self_test();
    default: /* ABANDON */
      if (load.under_way) give_up_load(PCL_EVENT_LOAD_ABANDONED, image_position());
      return status_only(PCL_DONE);
  }
}

void firmware_start(void) {
  memset(&load, 0, sizeof load);
  memset(&last, 0, sizeof last);
  const uint32_t reset = core_read(PCL_CORE_RESET);
  const uint32_t cause = (reset & PCL_CORE_RESET_CAUSE_MASK) >> PCL_CORE_RESET_CAUSE_SHIFT;
  console_text("portcullis: management firmware\n");
  const bool whole = keep_start();
  banks_touched();
  if (whole && banks_known()) find_policy(cause);
  log_event(PCL_EVENT_BOOT, cause, keep_boots());
  watch_start();
  core_write(PCL_CORE_BOOT, BOOT_RUNNING);
}

void firmware_turn(void) {
  banks_touched();
  watch_turn();
  if (load.under_way) {
    claim_lock();
    if (clock_now() > load.deadline) give_up_load(PCL_EVENT_LOAD_TIMEOUT, image_position());
  }
  const uint32_t state = core_read(PCL_CORE_MAILBOX_STATE);
  if ((state & PCL_CORE_MAILBOX_STATE_PENDING_MASK) == 0) return;
  const uint32_t request = core_read(PCL_CORE_MAILBOX_REQUEST);
  const uint32_t sequence = (request & PCL_CORE_MAILBOX_REQUEST_SEQUENCE_MASK) >> PCL_CORE_MAILBOX_REQUEST_SEQUENCE_SHIFT;
  const uint32_t crc = core_read(PCL_CORE_MAILBOX_REQUEST_CRC);
  struct reply reply;
  if ((state & PCL_CORE_MAILBOX_STATE_SOUND_MASK) == 0) {
    log_event(PCL_EVENT_REQUEST_DAMAGED, request, 0);
    reply = status_only(PCL_ERROR_REQUEST_CRC);
  } else if (last.valid && last.request == request && last.crc == crc) {
    core_write(PCL_CORE_MAILBOX_RESPONSE, last.response);
    return;
  } else {
    reply = carry_out((request & PCL_CORE_MAILBOX_REQUEST_COMMAND_MASK) >> PCL_CORE_MAILBOX_REQUEST_COMMAND_SHIFT, request_data(),
                      (request & PCL_CORE_MAILBOX_REQUEST_LENGTH_MASK) >> PCL_CORE_MAILBOX_REQUEST_LENGTH_SHIFT);
    last.valid = true;
    last.request = request;
    last.crc = crc;
  }
  const uint32_t response = (uint32_t)reply.status << PCL_CORE_MAILBOX_RESPONSE_STATUS_SHIFT |
                            sequence << PCL_CORE_MAILBOX_RESPONSE_SEQUENCE_SHIFT | reply.length << PCL_CORE_MAILBOX_RESPONSE_LENGTH_SHIFT;
  if (reply.status != PCL_ERROR_REQUEST_CRC) last.response = response;
  core_write(PCL_CORE_MAILBOX_RESPONSE, response);
}
