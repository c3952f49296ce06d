/* Reads an image of trees (docs/scale.md, "The image file") as it comes, in pieces of any size, and writes it into the shadow bank. Of the structure it checks what
   one pass over the levels shows: each record has one parent, leaves lie inside their tree's entries one behind the other, each entry is a box of a rule that has
   an action. At the end it asks the shadow bank for rules of the trees, by a corner of one of their entries each. Keeps a row, and the entries that it will ask for. */
#ifndef PORTCULLIS_FIRMWARE_TREE_PARSER_H
#define PORTCULLIS_FIRMWARE_TREE_PARSER_H

#include <stdbool.h>
#include <stdint.h>

#include "bank.h"
#include "image_parser.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PREDICATE_TABLES 4u
#define MAX_PREDICATES 64u
#define ENTRY_WORDS 12u  /* of an entry at most, with 128-bit addresses */
#define TREE_SAMPLES 64u /* entries that are asked for at most */

struct tree_sample {
  uint32_t entry[ENTRY_WORDS + 1u]; /* a word of zeros behind it */
  uint32_t rule;
  uint32_t action[2];
};

struct tree_parser {
  struct image_parser* slice;
  struct image_outcome* outcome;
  struct shape shape;
  uint32_t slice_rules;
  uint32_t rule_bits;
  bool shape_known; /* what the device tells of its trees can be */

  uint32_t total;    /* bytes of the image */
  uint32_t position; /* bytes taken */
  uint32_t state;    /* CRC of all behind the header */

  /* What is being collected: `need` bytes into `item`, or `skip` bytes of no interest here. */
  uint32_t item[ENTRY_WORDS + 1u];
  uint32_t have, need, skip;
  uint32_t step;

  uint32_t index, end;      /* of the things that are counted */
  uint32_t tree, level;     /* level: behind the last one the tree's entries */
  uint32_t table;           /* of predicates */
  uint32_t rows;            /* of the memory that is read */
  uint32_t row_bits, row_bytes;
  uint32_t below;      /* records of the level below */
  uint32_t start_bits; /* of an entry's place in this tree */
  uint32_t reachable;       /* records of this level that a node above has for its children */
  uint32_t nodes;           /* of this level so far */
  uint32_t entries_reached; /* of this tree, by leaves so far */
  uint32_t largest_rule;    /* of all entries */
  uint32_t in_slice;        /* rules */
  uint32_t text;            /* texts of a rule that are left */

  uint8_t first_value[PREDICATE_TABLES - 1u][MAX_PREDICATES]; /* that the predicate allows */
  uint32_t allowed[PREDICATE_TABLES - 1u][2];                 /* predicates that allow some value */
  uint32_t family[4][2];                                      /* predicates by which addresses are IPv4 */

  uint32_t entries_seen, stride, samples; /* every `stride`th entry is a sample */
  struct tree_sample sample[TREE_SAMPLES];
};

/* For an image of `total` bytes; `slice` reads the image of the slice in it. */
void tree_parser_begin(struct tree_parser* parser, uint32_t total, struct image_parser* slice, struct image_outcome* outcome);
/* The next `size` bytes. PCL_DONE, or the first error; after an error nothing more may be given. */
uint8_t tree_parser_take(struct tree_parser* parser, const uint8_t* bytes, uint32_t size);
/* PCL_DONE if the whole image has come and is sound. Asks the shadow bank; answers that are wrong are no error here. */
uint8_t tree_parser_end(struct tree_parser* parser);

#ifdef __cplusplus
}
#endif

#endif
