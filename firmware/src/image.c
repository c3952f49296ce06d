#include "image.h"

#include <string.h>

#include "device/registers.h"
#include "platform.h"
#include "tree_parser.h"

static bool of_trees;
static struct image_outcome outcome;
static struct image_parser bitmap; /* of trees: their slice */
static struct tree_parser trees;

void image_begin(uint32_t total) {
  of_trees = register_read(PCL_GEOMETRY_TREE_RULES) != 0;
  memset(&outcome, 0, sizeof outcome);
  if (of_trees)
    tree_parser_begin(&trees, total, &bitmap, &outcome);
  else
    image_parser_begin(&bitmap, total, &outcome);
}

uint8_t image_take(const uint8_t* bytes, uint32_t size) {
  return of_trees ? tree_parser_take(&trees, bytes, size) : image_parser_take(&bitmap, bytes, size);
}

uint8_t image_end(void) {
  return of_trees ? tree_parser_end(&trees) : image_parser_end(&bitmap);
}

uint32_t image_position(void) {
  return of_trees ? trees.position : bitmap.position;
}

const struct image_outcome* image_outcome(void) {
  return &outcome;
}
