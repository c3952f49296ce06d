/* The banks of the match engine: rows into the shadow bank, test lookups, counters, the flip. Functions give PCL_DONE or PCL_ERROR_... Every wait is
   bounded. */
#ifndef PORTCULLIS_FIRMWARE_BANK_H
#define PORTCULLIS_FIRMWARE_BANK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Targets of rows (docs/design.md, Loading); table numbers are added to the first two. */
#define TARGET_BOUNDARY 0x00u
#define TARGET_BITMAP 0x08u
#define TARGET_ACTION 0x18u
#define TARGET_DEFAULT 0x19u
/* Of trees (docs/scale.md, Memories); numbers of trees or predicate tables are added. */
#define TARGET_ENTRY 0x20u
#define TARGET_RECORD 0x28u
#define TARGET_PREDICATE 0x30u

#define RANGE_TABLES 5u
#define TABLES 9u
#define MAX_RULES 4096u /* of any engine */
#define MAX_ROW_WORDS (MAX_RULES / 32u)

struct geometry {
  uint32_t rules;
  uint32_t address_bits;
  uint32_t intervals[RANGE_TABLES];
};

#define MAX_TREES 8u

/* One of the trees. */
struct tree_shape {
  uint32_t entries;
  uint32_t levels;
  uint32_t rows; /* of a level at most */
};

/* Trees of the device, whose `struct geometry` is then that of their slice. */
struct shape {
  uint32_t rules; /* 0: it has none */
  uint32_t address_bits;
  uint32_t leaf;
  uint32_t predicate_bits;
  uint32_t trees;
  struct tree_shape tree[MAX_TREES];
};

/* Words of a test lookup's key, in the order of the TEST block. */
#define KEY_WORDS 12u

struct test_answer {
  bool hit;
  uint32_t rule; /* 0 without a hit */
  uint32_t action[2];
};

struct tally {
  uint32_t packets[2]; /* low word first */
  uint32_t bytes[2];
};

void bank_read_geometry(struct geometry* geometry);
/* CRC-32C of its seven numbers as little-endian words: what a table image carries. */
uint32_t bank_signature(const struct geometry* geometry);
/* False if the device tells trees that cannot be. */
bool bank_read_shape(struct shape* shape);
/* Rules that have a counter: those of trees and slice together. */
uint32_t bank_rules(void);
unsigned bank_active(void);

/* Waits for the shadow bank, clears errors and the shadow bank's counters. */
uint8_t bank_prepare(void);
/* Writes `words` (`count` of them, the rest of the row is 0) to `repeat` consecutive indices; it may wait for the next row, test lookup or
   bank_check_errors. */
uint8_t bank_write_row(uint32_t target, uint32_t index, uint32_t repeat, const uint32_t* words, uint32_t count);
/* Forgets what the registers of the LOAD and TEST blocks hold: to be called before the first row, whatever wrote there before. */
void bank_forget_registers(void);
/* PCL_ERROR_DEVICE if the device has reported an error since bank_prepare. */
uint8_t bank_check_errors(void);
uint8_t bank_test(const uint32_t key[KEY_WORDS], struct test_answer* answer);
uint8_t bank_flip(void);
/* `cause`: index is a cause instead of a rule. PCL_ERROR_ARGUMENT if there is no such counter. */
uint8_t bank_counter(unsigned bank, bool cause, uint32_t index, struct tally* tally);

#ifdef __cplusplus
}
#endif

#endif
