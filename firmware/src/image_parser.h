/* Reads a table image of the bitmap engine (docs/table-image.md) as it comes, in pieces of any size, and writes it into the shadow bank; asks the shadow bank
   its probes when they come by. Keeps no more of it than one row. The same for the slice in an image of trees (tree_parser.h). */
#ifndef PORTCULLIS_FIRMWARE_IMAGE_PARSER_H
#define PORTCULLIS_FIRMWARE_IMAGE_PARSER_H

#include <stdbool.h>
#include <stdint.h>

#include "bank.h"
#include "keep.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IMAGE_SECTIONS 7u
#define PROBE_FAILURES 8u /* that are kept */

struct probe_failure {
  uint32_t probe; /* number in the image */
  uint32_t hit;   /* what the shadow bank answered */
  uint32_t rule;
  uint32_t action[2];
};

/* What an image of either kind came to. */
struct image_outcome {
  uint32_t entries;
  uint32_t checksum; /* that stands in its header */
  uint32_t probes, probes_failed;
  struct probe_failure failures[PROBE_FAILURES];
  uint32_t error_offset; /* where in the image */
  uint32_t error_detail; /* what stands there, or its number */
};

struct image_parser {
  struct image_outcome* outcome;
  bool slice;            /* of an image of trees: no default action, no probes */
  uint32_t base;         /* its place in that image */
  uint32_t first_action; /* the row that its first action goes to */
  struct geometry geometry;
  uint32_t signature;
  uint32_t total;    /* bytes of the image */
  uint32_t position; /* bytes taken */

  /* What is being collected: `need` bytes into `item`, or `skip` bytes of no interest here, or `padding` bytes that must be 0. */
  uint32_t item[MAX_ROW_WORDS];
  uint32_t have, need, skip, padding;
  uint32_t step;
  uint8_t finished;

  uint32_t header_state; /* CRC of the header and the directory */
  uint32_t header_crc;
  struct {
    uint32_t crc, offset, length;
  } sections[IMAGE_SECTIONS];
  uint32_t section;       /* the one that is read */
  uint32_t section_state; /* its CRC */
  uint32_t section_left;  /* bytes of it that are not taken */

  uint32_t table;      /* BNDS, BITS */
  uint32_t index, end; /* of the things that are counted */
  uint32_t text;       /* texts of an entry that are left */
  uint32_t used[RANGE_TABLES];
  uint32_t last[4];           /* boundary before */
  uint32_t rules_used[MAX_ROW_WORDS]; /* bits of all rows together */
  uint32_t entries;
};

/* For an image of `total` bytes; `outcome` is filled as it comes. */
void image_parser_begin(struct image_parser* parser, uint32_t total, struct image_outcome* outcome);
/* For the slice in an image of trees, whose first byte stands at `base` there. */
void image_parser_begin_slice(struct image_parser* parser, uint32_t total, uint32_t base, uint32_t first_action, struct image_outcome* outcome);
/* The next `size` bytes. PCL_DONE, or the first error; after an error nothing more may be given. */
uint8_t image_parser_take(struct image_parser* parser, const uint8_t* bytes, uint32_t size);
/* PCL_DONE if the whole image has come, PCL_ERROR_IMAGE_LENGTH otherwise. Failed probes are no error here. */
uint8_t image_parser_end(struct image_parser* parser);

#ifdef __cplusplus
}
#endif

#endif
