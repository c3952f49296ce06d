#include "bank.h"

#include "core_registers.h"
#include "device/mailbox_protocol.h"
#include "device/registers.h"
#include "platform.h"

/* Reads of STATUS before a wait is given up; more than clearing the counters of the largest engine takes. */
#define POLLS 5000u

/* What the registers hold, so that only what differs is written. */
static uint32_t staged[MAX_ROW_WORDS];
static uint32_t row_words;
static bool staged_known;
static uint32_t target_known, index_known, repeat_known; /* NOT_KNOWN: not known */
#define NOT_KNOWN 0xFFFFFFFFu
/* The staged row is still to be written to `waiting` indices from `waiting_index` on of `waiting_target`: equal rows that follow each other are one commit. */
static uint32_t waiting, waiting_target, waiting_index;
static uint32_t key_staged[KEY_WORDS];
static bool key_known;

static bool wait_while(uint32_t bits) {
  for (unsigned poll = 0; poll < POLLS; ++poll) {
    if ((register_read(PCL_STATUS) & bits) == 0) return true;
  }
  return false;
}

void bank_read_geometry(struct geometry* geometry) {
  geometry->rules = register_read(PCL_GEOMETRY_RULES);
  geometry->address_bits = register_read(PCL_GEOMETRY_ADDRESS_BITS);
  for (unsigned table = 0; table < RANGE_TABLES; ++table) {
    geometry->intervals[table] = register_read(PCL_GEOMETRY_SOURCE_INTERVALS + 4u * table);
  }
}

static uint32_t field(uint32_t word, uint32_t mask, unsigned shift) {
  return (word & mask) >> shift;
}

bool bank_read_shape(struct shape* shape) {
  shape->rules = register_read(PCL_GEOMETRY_TREE_RULES);
  shape->trees = 0;
  if (shape->rules == 0) return true;
  const uint32_t word = register_read(PCL_GEOMETRY_TREES);
  shape->address_bits = field(word, PCL_GEOMETRY_TREES_ADDRESS_BITS_MASK, PCL_GEOMETRY_TREES_ADDRESS_BITS_SHIFT);
  shape->leaf = field(word, PCL_GEOMETRY_TREES_LEAF_MASK, PCL_GEOMETRY_TREES_LEAF_SHIFT);
  shape->predicate_bits = field(word, PCL_GEOMETRY_TREES_PREDICATE_BITS_MASK, PCL_GEOMETRY_TREES_PREDICATE_BITS_SHIFT);
  shape->trees = field(word, PCL_GEOMETRY_TREES_COUNT_MASK, PCL_GEOMETRY_TREES_COUNT_SHIFT);
  if (shape->trees == 0 || shape->trees > MAX_TREES || shape->rules > 0x8000u || (shape->address_bits != 32u && shape->address_bits != 128u) ||
      shape->leaf == 0 || shape->predicate_bits == 0 || shape->predicate_bits > 6u)
    return false;
  for (uint32_t t = 0; t < shape->trees; ++t) {
    const uint32_t tree = register_read(PCL_GEOMETRY_TREE_0 + 4u * t);
    shape->tree[t].entries = field(tree, PCL_GEOMETRY_TREE_0_ENTRIES_MASK, PCL_GEOMETRY_TREE_0_ENTRIES_SHIFT);
    shape->tree[t].levels = field(tree, PCL_GEOMETRY_TREE_0_LEVELS_MASK, PCL_GEOMETRY_TREE_0_LEVELS_SHIFT);
    shape->tree[t].rows = 1u << field(tree, PCL_GEOMETRY_TREE_0_ROWS_LOG2_MASK, PCL_GEOMETRY_TREE_0_ROWS_LOG2_SHIFT);
    if (shape->tree[t].levels == 0 || shape->tree[t].rows < 2u || shape->tree[t].rows > 4096u) return false;
  }
  return true;
}

uint32_t bank_rules(void) {
  return register_read(PCL_GEOMETRY_RULES) + register_read(PCL_GEOMETRY_TREE_RULES);
}

uint32_t bank_signature(const struct geometry* geometry) {
  uint32_t numbers[2 + RANGE_TABLES] = {geometry->rules, geometry->address_bits};
  for (unsigned table = 0; table < RANGE_TABLES; ++table) numbers[2 + table] = geometry->intervals[table];
  uint32_t state = 0xFFFFFFFFu;
  for (unsigned i = 0; i < 2 + RANGE_TABLES; ++i) {
    uint8_t bytes[4];
    for (unsigned b = 0; b < 4; ++b) bytes[b] = (uint8_t)(numbers[i] >> (8u * b));
    state = crc32c_update(state, bytes, sizeof bytes);
  }
  return ~state;
}

unsigned bank_active(void) {
  return (register_read(PCL_STATUS) & PCL_STATUS_ACTIVE_BANK_MASK) >> PCL_STATUS_ACTIVE_BANK_SHIFT;
}

uint8_t bank_prepare(void) {
  if (!wait_while(PCL_STATUS_LOAD_BUSY_MASK | PCL_STATUS_TEST_BUSY_MASK)) return PCL_ERROR_TIMEOUT;
  if (!wait_while(PCL_STATUS_BUSY_MASK | PCL_STATUS_SLICE_BUSY_MASK)) return PCL_ERROR_BANK_BUSY;
  register_write(PCL_ERRORS, 0xFFFFFFFFu);
  register_write(PCL_CONTROL, PCL_CONTROL_CLEAR_COUNTERS_MASK);
  if (!wait_while(PCL_STATUS_CLEARING_MASK)) return PCL_ERROR_TIMEOUT;
  return PCL_DONE;
}

void bank_forget_registers(void) {
  row_words = register_read(PCL_GEOMETRY_ROW_WORDS);
  if (row_words > MAX_ROW_WORDS) row_words = MAX_ROW_WORDS;
  staged_known = false;
  target_known = index_known = repeat_known = NOT_KNOWN;
  waiting = 0;
  key_known = false;
}

static void set(uint32_t* known, uint32_t address, uint32_t value) {
  if (*known == value) return;
  register_write(address, value);
  *known = value;
}

/* Called for every row and every test lookup: each is work that gets on, and a piece of an image may be more of it than a turn of the main loop should take. */
static uint8_t commit(void) {
  core_write(PCL_CORE_WATCHDOG, 0);
  if (waiting == 0) return PCL_DONE;
  if (!wait_while(PCL_STATUS_LOAD_BUSY_MASK)) return PCL_ERROR_TIMEOUT;
  set(&target_known, PCL_LOAD_TARGET, waiting_target);
  set(&index_known, PCL_LOAD_INDEX, waiting_index);
  set(&repeat_known, PCL_LOAD_COUNT, waiting);
  register_write(PCL_LOAD_COMMIT, PCL_LOAD_COMMIT_GO_MASK);
  index_known = waiting_index + waiting;
  waiting = 0;
  return PCL_DONE;
}

uint8_t bank_write_row(uint32_t target, uint32_t index, uint32_t repeat, const uint32_t* words, uint32_t count) {
  if (count > row_words) count = row_words;
  uint32_t equal = 0;
  if (staged_known) {
    while (equal < count && staged[equal] == words[equal]) ++equal;
    while (equal >= count && equal < row_words && staged[equal] == 0) ++equal;
  }
  const bool follows = waiting > 0 && waiting_target == target && waiting_index + waiting == index;
  if (equal < row_words || !follows) {
    const uint8_t error = commit();
    if (error != PCL_DONE) return error;
    waiting_target = target;
    waiting_index = index;
  }
  if (equal < row_words) {
    if (!wait_while(PCL_STATUS_LOAD_BUSY_MASK)) return PCL_ERROR_TIMEOUT;
    for (uint32_t w = equal; w < row_words; ++w) {
      const uint32_t word = w < count ? words[w] : 0u;
      if (staged_known && staged[w] == word) continue;
      staged[w] = word;
      register_write(PCL_LOAD_DATA + 4u * w, word);
    }
    staged_known = true;
  }
  waiting += repeat;
  return PCL_DONE;
}

uint8_t bank_check_errors(void) {
  const uint8_t error = commit();
  if (error != PCL_DONE) return error;
  if (!wait_while(PCL_STATUS_LOAD_BUSY_MASK)) return PCL_ERROR_TIMEOUT;
  return register_read(PCL_ERRORS) == 0 ? PCL_DONE : PCL_ERROR_DEVICE;
}

uint8_t bank_test(const uint32_t key[KEY_WORDS], struct test_answer* answer) {
  const uint8_t error = commit();
  if (error != PCL_DONE) return error;
  if (!wait_while(PCL_STATUS_LOAD_BUSY_MASK | PCL_STATUS_TEST_BUSY_MASK)) return PCL_ERROR_TIMEOUT;
  for (unsigned w = 0; w < KEY_WORDS; ++w) {
    if (key_known && key_staged[w] == key[w]) continue;
    key_staged[w] = key[w];
    register_write(PCL_TEST_SOURCE_0 + 4u * w, key[w]);
  }
  key_known = true;
  register_write(PCL_TEST_START, PCL_TEST_START_GO_MASK);
  if (!wait_while(PCL_STATUS_TEST_BUSY_MASK)) return PCL_ERROR_TIMEOUT;
  const uint32_t result = register_read(PCL_TEST_RESULT);
  if ((result & PCL_TEST_RESULT_DONE_MASK) == 0 || (result & PCL_TEST_RESULT_LANES_DIFFER_MASK) != 0) return PCL_ERROR_DEVICE;
  answer->hit = (result & PCL_TEST_RESULT_HIT_MASK) != 0;
  answer->rule = answer->hit ? (result & PCL_TEST_RESULT_RULE_MASK) >> PCL_TEST_RESULT_RULE_SHIFT : 0u;
  answer->action[0] = register_read(PCL_TEST_ACTION_LO);
  answer->action[1] = register_read(PCL_TEST_ACTION_HI);
  return PCL_DONE;
}

uint8_t bank_flip(void) {
  if (!wait_while(PCL_STATUS_LOAD_BUSY_MASK | PCL_STATUS_CLEARING_MASK)) return PCL_ERROR_TIMEOUT;
  if (!wait_while(PCL_STATUS_BUSY_MASK | PCL_STATUS_SLICE_BUSY_MASK)) return PCL_ERROR_BANK_BUSY;
  const unsigned before = bank_active();
  register_write(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  /* The command takes effect before the next access is answered (docs/registers.md, CONTROL.FLIP). */
  return bank_active() != before ? PCL_DONE : PCL_ERROR_FLIP;
}

uint8_t bank_counter(unsigned bank, bool cause, uint32_t index, struct tally* tally) {
  const uint32_t limit = cause ? register_read(PCL_GEOMETRY_CAUSES) : bank_rules();
  if (bank > 1 || index >= limit) return PCL_ERROR_ARGUMENT;
  if (!wait_while(PCL_STATUS_COUNTER_BUSY_MASK)) return PCL_ERROR_TIMEOUT;
  register_write(PCL_COUNTER_REQUEST, index << PCL_COUNTER_REQUEST_INDEX_SHIFT |
                                          (cause ? PCL_COUNTER_REQUEST_KIND_MASK : 0u) | bank << PCL_COUNTER_REQUEST_BANK_SHIFT);
  if (!wait_while(PCL_STATUS_COUNTER_BUSY_MASK)) return PCL_ERROR_TIMEOUT;
  if ((register_read(PCL_COUNTER_RESULT) & PCL_COUNTER_RESULT_VALID_MASK) == 0) return PCL_ERROR_DEVICE;
  tally->packets[0] = register_read(PCL_COUNTER_PACKETS_LO);
  tally->packets[1] = register_read(PCL_COUNTER_PACKETS_HI);
  tally->bytes[0] = register_read(PCL_COUNTER_BYTES_LO);
  tally->bytes[1] = register_read(PCL_COUNTER_BYTES_HI);
  return PCL_DONE;
}
