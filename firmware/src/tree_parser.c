#include "tree_parser.h"

#include <string.h>

#include "core_registers.h"
#include "device/mailbox_protocol.h"
#include "platform.h"

#define HEADER_BYTES 16u
#define VERSION 1u
#define SHAPE_BYTES 20u
#define TREE_BYTES 12u
#define FROM_BYTES 6u /* cause, reply, line; five texts follow */
#define FROM_TEXTS 5u
#define LAST_CAUSE 5u
#define FIELDS 5u
#define FAMILY (PREDICATE_TABLES - 1u)
#define DEFAULT_BYTES 8u /* of the default action, before the count of actions */
#define NO_PORT 0x10000u
#define NO_RULE 0xFFFFFFFFu
#define PTI_MAGIC 0x49545089u /* first word of an image of the bitmap engine */

/* What the next item is. */
enum {
  STEP_HEADER,
  STEP_SHAPE,
  STEP_TREE,
  STEP_ROW_COUNT,
  STEP_RECORD,
  STEP_ENTRY,
  STEP_PREDICATE,
  STEP_ACTION_COUNT,
  STEP_ACTION,
  STEP_FROM_COUNT,
  STEP_FROM,
  STEP_TEXT,
  STEP_SLICE_RULE_COUNT,
  STEP_SLICE_RULE,
  STEP_ORIGIN_COUNT,
  STEP_ORIGIN,
  STEP_SLICE_LENGTH,
  STEP_SLICE,
};

static uint8_t refuse_at(struct tree_parser* p, uint8_t error, uint32_t offset, uint32_t detail) {
  p->outcome->error_offset = offset;
  p->outcome->error_detail = detail;
  return error;
}

/* Byte `at` of the item that has just been collected is wrong. */
static uint8_t refuse(struct tree_parser* p, uint8_t error, uint32_t at, uint32_t detail) {
  return refuse_at(p, error, p->position - p->need + at, detail);
}

static uint32_t left(const struct tree_parser* p) {
  return p->total - p->position;
}

static uint8_t want(struct tree_parser* p, uint32_t step, uint32_t bytes) {
  p->step = step;
  p->need = bytes;
  return bytes > left(p) ? refuse_at(p, PCL_ERROR_IMAGE_LENGTH, p->position, bytes) : PCL_DONE;
}

/* `count` (at most 32) bits of a row from bit `low` on; a word stands behind the row. */
static uint32_t bits(const uint32_t* words, uint32_t low, uint32_t count) {
  const uint32_t word = low / 32u, shift = low % 32u;
  uint32_t value = words[word] >> shift;
  if (shift + count > 32u) value |= words[word + 1u] << (32u - shift);
  return count < 32u ? value & ((1u << count) - 1u) : value;
}

static bool zero_from(const uint32_t* words, uint32_t low, uint32_t count) {
  if (low % 32u != 0 && low / 32u < count && words[low / 32u] >> low % 32u != 0) return false;
  for (uint32_t w = (low + 31u) / 32u; w < count; ++w) {
    if (words[w] != 0) return false;
  }
  return true;
}

/* Bits of a number below `values`. */
static uint32_t bits_for(uint32_t values) {
  uint32_t count = 1;
  while (values > 1u << count) ++count;
  return count;
}

/* ------------------------------------------------------------------ the shape of rows */
static const struct tree_shape* tree_of(const struct tree_parser* p) {
  return &p->shape.tree[p->tree];
}

static uint32_t level_rows(const struct tree_shape* tree, uint32_t level) {
  return level < 12u && 1u << level < tree->rows ? 1u << level : tree->rows;
}

static bool in_trees(const struct tree_parser* p) {
  return p->tree < p->shape.trees;
}

static bool in_entries(const struct tree_parser* p) {
  return p->level > tree_of(p)->levels;
}

/* Computes what all rows of the next memory have in common: to divide and to count bits for each of them would take longer than to write them. */
static void measure(struct tree_parser* p) {
  const struct tree_shape* tree = tree_of(p);
  if (!in_trees(p)) {
    p->rows = p->table == FAMILY ? 4u : 256u;
    p->row_bits = 1u << p->shape.predicate_bits;
  } else if (in_entries(p)) {
    p->rows = tree->entries;
    p->row_bits = p->rule_bits + p->shape.predicate_bits + 9u + 2u * 33u + 2u * (p->shape.address_bits + 1u);
  } else {
    p->rows = level_rows(tree, p->level);
    p->row_bits = 3u + p->shape.address_bits + bits_for(level_rows(tree, tree->levels) / 2u);
    p->below = p->level == tree->levels ? 0u : level_rows(tree, p->level + 1u);
    p->start_bits = bits_for(tree->entries);
  }
  p->row_bytes = (p->row_bits + 63u) / 64u * 8u;
}

static uint8_t write_rows(struct tree_parser* p, uint32_t index, uint32_t repeat, uint32_t words) {
  if (!in_trees(p)) return bank_write_row(TARGET_PREDICATE + p->table, index, repeat, p->item, words);
  if (in_entries(p)) return bank_write_row(TARGET_ENTRY + p->tree, index, repeat, p->item, words);
  return bank_write_row(TARGET_RECORD + p->tree, p->level << 12 | index, repeat, p->item, words);
}

/* ------------------------------------------------------------------ header and shape */
static uint8_t take_header(struct tree_parser* p) {
  if (p->item[0] == PTI_MAGIC) return refuse(p, PCL_ERROR_TREES, 0, p->item[0]);
  if (memcmp(p->item, "PCLSCALE", 8) != 0) return refuse(p, PCL_ERROR_IMAGE_MAGIC, 0, p->item[0]);
  if (p->item[2] != VERSION) return refuse(p, PCL_ERROR_IMAGE_VERSION, 8, p->item[2]);
  p->outcome->checksum = p->item[3];
  return want(p, STEP_SHAPE, SHAPE_BYTES);
}

static uint8_t take_shape(struct tree_parser* p) {
  const uint32_t ours[SHAPE_BYTES / 4u] = {p->shape.rules, p->shape.address_bits, p->shape.leaf, p->shape.predicate_bits, p->shape.trees};
  if (!p->shape_known) return PCL_ERROR_DEVICE;
  for (uint32_t i = 0; i < SHAPE_BYTES / 4u; ++i) {
    if (p->item[i] != ours[i]) return refuse(p, PCL_ERROR_IMAGE_GEOMETRY, 4u * i, p->item[i]);
  }
  return want(p, STEP_TREE, TREE_BYTES);
}

static uint8_t begin_memory(struct tree_parser* p) {
  if (in_trees(p) || p->table < PREDICATE_TABLES) {
    measure(p);
    return want(p, STEP_ROW_COUNT, 4);
  }
  return want(p, STEP_ACTION_COUNT, DEFAULT_BYTES + 4u);
}

static uint8_t take_tree(struct tree_parser* p) {
  const struct tree_shape* tree = tree_of(p);
  const uint32_t ours[TREE_BYTES / 4u] = {tree->entries, tree->levels, tree->rows};
  for (uint32_t i = 0; i < TREE_BYTES / 4u; ++i) {
    if (p->item[i] != ours[i]) return refuse(p, PCL_ERROR_IMAGE_GEOMETRY, 4u * i, p->item[i]);
  }
  if (++p->tree < p->shape.trees) return want(p, STEP_TREE, TREE_BYTES);
  p->tree = 0;
  return begin_memory(p);
}

/* ------------------------------------------------------------------ memories */
/* The rows that the image has of a memory were written: the others are zero. */
static uint8_t end_memory(struct tree_parser* p) {
  if (p->end < p->rows) {
    const uint8_t error = write_rows(p, p->end, p->rows - p->end, 0);
    if (error != PCL_DONE) return error;
  }
  if (!in_trees(p)) {
    ++p->table;
  } else if (!in_entries(p)) {
    p->reachable = 2u * p->nodes;
    p->nodes = 0;
    ++p->level;
  } else {
    ++p->tree;
    p->level = 0;
    p->reachable = 1;
    p->entries_reached = 0;
  }
  return begin_memory(p);
}

static uint8_t take_row_count(struct tree_parser* p) {
  p->end = p->item[0];
  p->index = 0;
  uint32_t step = STEP_PREDICATE;
  bool fits = p->end <= p->rows;
  if (in_trees(p)) {
    step = in_entries(p) ? STEP_ENTRY : STEP_RECORD;
    fits = in_entries(p) ? p->end == p->entries_reached : p->end <= p->reachable;
  }
  if (!fits) return refuse(p, PCL_ERROR_IMAGE_TREES, 0, p->end);
  return p->end == 0 ? end_memory(p) : want(p, step, p->row_bytes);
}

static uint8_t next_row(struct tree_parser* p) {
  /* an image leaves rows of zeros at a memory's end out */
  if (p->index + 1u == p->end && zero_from(p->item, 0, p->row_bytes / 4u)) return refuse(p, PCL_ERROR_IMAGE_TREES, 0, p->index);
  const uint8_t error = write_rows(p, p->index, 1, p->row_bytes / 4u);
  if (error != PCL_DONE) return error;
  return ++p->index < p->end ? want(p, p->step, p->row_bytes) : end_memory(p);
}

/* Children and entries stand in the order of those that name them. */
static uint8_t take_record(struct tree_parser* p) {
  const uint32_t field = bits(p->item, 0, 3);
  uint32_t used = p->row_bits;
  if (field == 0) {
    const uint32_t count_bits = bits_for(p->shape.leaf + 1u);
    const uint32_t start = bits(p->item, 3, p->start_bits);
    const uint32_t count = bits(p->item, 3 + p->start_bits, count_bits);
    used = 3u + p->start_bits + count_bits;
    if (count > p->shape.leaf || count > tree_of(p)->entries - p->entries_reached || start != (count == 0 ? 0u : p->entries_reached))
      return refuse(p, PCL_ERROR_IMAGE_TREES, 0, p->index);
    p->entries_reached += count;
  } else {
    const uint32_t pair = bits(p->item, 3u + p->shape.address_bits, p->row_bits - 3u - p->shape.address_bits);
    if (field > FIELDS || pair != p->nodes || 2u * pair + 2u > p->below)
      return refuse(p, PCL_ERROR_IMAGE_TREES, 0, p->index);
    ++p->nodes;
  }
  return zero_from(p->item, used, p->row_bytes / 4u) ? next_row(p) : refuse(p, PCL_ERROR_IMAGE_TREES, 0, p->index);
}

static void keep_sample(struct tree_parser* p, uint32_t rule) {
  if (p->entries_seen++ % p->stride != 0) return;
  if (p->samples == TREE_SAMPLES) {
    for (uint32_t s = 1; s < TREE_SAMPLES / 2u; ++s) p->sample[s] = p->sample[2u * s];
    p->samples = TREE_SAMPLES / 2u;
    p->stride *= 2u;
  }
  struct tree_sample* sample = &p->sample[p->samples++];
  memset(sample, 0, sizeof *sample);
  memcpy(sample->entry, p->item, p->row_bytes);
  sample->rule = rule;
}

/* A word of 0 is no prefix: one that is no whole address has a mark. */
static bool is_prefix(const struct tree_parser* p, uint32_t low) {
  if (bits(p->item, low, 1) != 0) return true;
  for (uint32_t at = 0; at < p->shape.address_bits; at += 32u) {
    if (bits(p->item, low + 1u + at, 32) != 0) return true;
  }
  return false;
}

static uint8_t take_entry(struct tree_parser* p) {
  const uint32_t rule = bits(p->item, 0, p->rule_bits);
  uint32_t at = p->rule_bits + p->shape.predicate_bits;
  const uint32_t protocol = bits(p->item, at, 8), any = bits(p->item, at + 8u, 1);
  bool sound = rule < p->shape.rules && (any == 0 || protocol == 0);
  at += 9u;
  for (uint32_t port = 0; port < 2; ++port, at += 33u) {
    const uint32_t last = bits(p->item, at + 16u, 17);
    if (bits(p->item, at, 16) > last || last > NO_PORT) sound = false;
  }
  for (uint32_t side = 0; side < 2; ++side, at += p->shape.address_bits + 1u) {
    if (!is_prefix(p, at)) sound = false;
  }
  if (!sound || !zero_from(p->item, at, p->row_bytes / 4u)) return refuse(p, PCL_ERROR_IMAGE_TREES, 0, p->index);
  if (rule > p->largest_rule) p->largest_rule = rule;
  keep_sample(p, rule);
  return next_row(p);
}

static uint8_t take_predicate(struct tree_parser* p) {
  /* The last one never holds: entries out of force have it. */
  if (!zero_from(p->item, p->row_bits - 1u, 2)) return refuse(p, PCL_ERROR_IMAGE_TREES, 0, p->index);
  for (uint32_t w = 0; w < 2; ++w) {
    if (p->table == FAMILY) {
      p->family[p->index][w] = p->item[w];
      continue;
    }
    uint32_t more = p->item[w] & ~p->allowed[p->table][w];
    p->allowed[p->table][w] |= more;
    for (uint32_t predicate = 32u * w; more != 0; more >>= 1, ++predicate) {
      if ((more & 1u) != 0) p->first_value[p->table][predicate] = (uint8_t)p->index;
    }
  }
  return next_row(p);
}

/* ------------------------------------------------------------------ actions, where rules came from, the slice */
static uint8_t take_action_count(struct tree_parser* p) {
  const uint32_t count = p->item[DEFAULT_BYTES / 4u];
  if (count > p->shape.rules || count > left(p) / 8u || (p->entries_seen != 0 && p->largest_rule >= count))
    return refuse(p, PCL_ERROR_IMAGE_ACTIONS, DEFAULT_BYTES, count);
  p->outcome->entries = count;
  p->index = 0;
  const uint8_t error = bank_write_row(TARGET_DEFAULT, 0, 1, p->item, 2);
  if (error != PCL_DONE) return error;
  return count == 0 ? want(p, STEP_FROM_COUNT, 4) : want(p, STEP_ACTION, 8);
}

static uint8_t take_action(struct tree_parser* p) {
  const uint8_t error = bank_write_row(TARGET_ACTION, p->index, 1, p->item, 2);
  if (error != PCL_DONE) return error;
  for (uint32_t s = 0; s < p->samples; ++s) {
    if (p->sample[s].rule == p->index) memcpy(p->sample[s].action, p->item, sizeof p->sample[s].action);
  }
  return ++p->index < p->outcome->entries ? want(p, STEP_ACTION, 8) : want(p, STEP_FROM_COUNT, 4);
}

static uint8_t next_from(struct tree_parser* p) {
  if (p->index++ == p->outcome->entries) return want(p, STEP_SLICE_RULE_COUNT, 4);
  p->text = FROM_TEXTS;
  return want(p, STEP_FROM, FROM_BYTES);
}

static uint8_t take_text(struct tree_parser* p) {
  if (p->item[0] > left(p)) return refuse(p, PCL_ERROR_IMAGE_ENTRIES, 0, p->item[0]);
  p->skip = p->item[0];
  if (--p->text > 0) return PCL_DONE;
  const uint32_t skip = p->skip;
  p->position += skip; /* as if it were taken, for what must fit behind it */
  const uint8_t error = next_from(p);
  p->position -= skip;
  return error;
}

/* Numbers of four bytes, `most` of them at most. */
static uint8_t take_number_count(struct tree_parser* p, uint32_t step, uint32_t most) {
  p->end = p->item[0];
  p->index = 0;
  if (p->end > most || p->end > left(p) / 4u) return refuse(p, PCL_ERROR_IMAGE_ENTRIES, 0, p->end);
  return want(p, p->end == 0 ? step + 1u : step, 4);
}

static uint8_t take_slice_length(struct tree_parser* p) {
  if (p->item[0] != left(p) || p->item[0] == 0) return refuse(p, PCL_ERROR_IMAGE_LENGTH, 0, p->item[0]);
  p->step = STEP_SLICE;
  image_parser_begin_slice(p->slice, p->item[0], p->position, p->shape.rules, p->outcome);
  return PCL_DONE;
}

static uint8_t take_item(struct tree_parser* p) {
  switch (p->step) {
    case STEP_HEADER: return take_header(p);
    case STEP_SHAPE: return take_shape(p);
    case STEP_TREE: return take_tree(p);
    case STEP_ROW_COUNT: return take_row_count(p);
    case STEP_RECORD: return take_record(p);
    case STEP_ENTRY: return take_entry(p);
    case STEP_PREDICATE: return take_predicate(p);
    case STEP_ACTION_COUNT: return take_action_count(p);
    case STEP_ACTION: return take_action(p);
    case STEP_FROM_COUNT:
      if (p->item[0] != p->outcome->entries) return refuse(p, PCL_ERROR_IMAGE_ENTRIES, 0, p->item[0]);
      p->index = 0;
      return next_from(p);
    case STEP_FROM:
      if ((p->item[0] & 0xFFu) > LAST_CAUSE || (p->item[0] >> 8 & 0xFFu) > 1u) return refuse(p, PCL_ERROR_IMAGE_ENTRIES, 0, p->item[0] & 0xFFFFu);
      return want(p, STEP_TEXT, 4);
    case STEP_TEXT: return take_text(p);
    case STEP_SLICE_RULE_COUNT:
      p->in_slice = p->item[0];
      return take_number_count(p, STEP_SLICE_RULE, p->slice_rules);
    case STEP_SLICE_RULE:
      if (p->item[0] >= p->outcome->entries && p->item[0] != NO_RULE) return refuse(p, PCL_ERROR_IMAGE_ENTRIES, 0, p->item[0]);
      return want(p, ++p->index < p->end ? STEP_SLICE_RULE : STEP_ORIGIN_COUNT, 4);
    case STEP_ORIGIN_COUNT:
      if (p->item[0] != p->outcome->entries) return refuse(p, PCL_ERROR_IMAGE_ENTRIES, 0, p->item[0]);
      return take_number_count(p, STEP_ORIGIN, p->shape.rules);
    case STEP_ORIGIN: return want(p, ++p->index < p->end ? STEP_ORIGIN : STEP_SLICE_LENGTH, 4);
    default: return take_slice_length(p);
  }
}

void tree_parser_begin(struct tree_parser* parser, uint32_t total, struct image_parser* slice, struct image_outcome* outcome) {
  memset(parser, 0, sizeof *parser);
  struct geometry geometry;
  bank_read_geometry(&geometry);
  parser->slice = slice;
  parser->slice_rules = geometry.rules;
  parser->outcome = outcome;
  parser->shape_known = bank_read_shape(&parser->shape);
  parser->rule_bits = bits_for(parser->shape.rules + geometry.rules);
  parser->total = total;
  parser->state = 0xFFFFFFFFu;
  parser->step = STEP_HEADER;
  parser->need = HEADER_BYTES;
  parser->reachable = 1;
  parser->stride = 1;
}

uint8_t tree_parser_take(struct tree_parser* p, const uint8_t* bytes, uint32_t size) {
  if (size > left(p)) return refuse_at(p, PCL_ERROR_IMAGE_LENGTH, p->total, size);
  while (size > 0) {
    uint32_t step = size;
    uint8_t error = PCL_DONE;
    const uint32_t open = p->skip > 0 ? p->skip : p->need - p->have;
    if (p->step == STEP_SLICE) {
      error = image_parser_take(p->slice, bytes, step);
    } else {
      if (step > open) step = open;
      if (p->skip == 0) memcpy((uint8_t*)p->item + p->have, bytes, step);
    }
    if (p->position >= HEADER_BYTES) p->state = crc32c_update(p->state, bytes, step);
    p->position += step;
    bytes += step;
    size -= step;
    if (error != PCL_DONE) return error;
    if (p->step == STEP_SLICE) continue;
    if (p->skip > 0) {
      p->skip -= step;
    } else if ((p->have += step) == p->need) {
      core_write(PCL_CORE_WATCHDOG, 0); /* rows that follow equal ones are not committed, and would not do it */
      error = take_item(p);
      if (error != PCL_DONE) return error;
      p->have = 0;
      memset(p->item, 0, sizeof p->item);
    }
  }
  return PCL_DONE;
}

/* ------------------------------------------------------------------ asking the shadow bank */
/* An end of the prefix that begins at bit `low` of an entry: its first address, or the last one. */
static void prefix_end(const struct tree_parser* p, const uint32_t* entry, uint32_t low, bool last, uint32_t address[4]) {
  const uint32_t words = p->shape.address_bits / 32u;
  for (uint32_t w = 0; w < words; ++w) address[w] = bits(entry, low + 1u + 32u * w, 32);
  if (bits(entry, low, 1) == 0) {
    uint32_t w = 0;
    while (address[w] == 0) address[w++] = last ? 0xFFFFFFFFu : 0u; /* is_prefix: the mark stands somewhere */
    const uint32_t mark = address[w] & (0u - address[w]);
    address[w] = last ? address[w] | (mark - 1u) : address[w] ^ mark;
  }
  if (words == 1u) { /* of IPv4 */
    address[1] = 0xFFFFu;
    address[2] = 0;
    address[3] = 0;
  }
}

static bool is_ipv4(const uint32_t address[4]) {
  return address[3] == 0 && address[2] == 0 && address[1] == 0xFFFFu;
}

static bool has_bit(const uint32_t words[2], uint32_t bit) {
  return (words[bit / 32u] >> bit % 32u & 1u) != 0;
}

/* The key of a packet in the sample's box: at its first corner, or its last. False if its predicate allows none there. */
static bool key_of(const struct tree_parser* p, const struct tree_sample* sample, bool last, uint32_t key[KEY_WORDS]) {
  uint32_t at = p->rule_bits;
  const uint32_t predicate = bits(sample->entry, at, p->shape.predicate_bits);
  at += p->shape.predicate_bits;
  const uint32_t any = bits(sample->entry, at + 8u, 1);
  uint32_t chunks = any != 0 ? (last ? 0xFFu : 0u) : bits(sample->entry, at, 8);
  at += 9u;
  key[9] = last ? bits(sample->entry, at + 16u, 17) : bits(sample->entry, at, 16);
  key[8] = last ? bits(sample->entry, at + 49u, 17) : bits(sample->entry, at + 33u, 16);
  at += 66u;
  prefix_end(p, sample->entry, at, last, key + 4);
  prefix_end(p, sample->entry, at + p->shape.address_bits + 1u, last, key);
  for (uint32_t table = 0; table < FAMILY; ++table) {
    if (!has_bit(p->allowed[table], predicate)) return false;
    chunks |= (uint32_t)p->first_value[table][predicate] << (8u + 8u * table);
  }
  key[10] = 0; /* no VLAN */
  key[11] = chunks;
  return has_bit(p->family[(is_ipv4(key) ? 1u : 0u) + (is_ipv4(key + 4) ? 2u : 0u)], predicate);
}

/* The rule of a sample meets the key, so it decides, or one before it in the trees, or one of the slice. */
static bool as_expected(const struct tree_parser* p, const struct tree_sample* sample, const struct test_answer* answer) {
  if (!answer->hit) return false;
  if (answer->rule >= p->shape.rules) return answer->rule - p->shape.rules < p->in_slice;
  if (answer->rule != sample->rule) return answer->rule < sample->rule;
  return answer->action[0] == sample->action[0] && answer->action[1] == sample->action[1];
}

static uint8_t ask(struct tree_parser* p) {
  struct image_outcome* outcome = p->outcome;
  for (uint32_t s = 0; s < p->samples; ++s) {
    uint32_t key[KEY_WORDS];
    if (!key_of(p, &p->sample[s], s % 2u != 0, key)) continue;
    struct test_answer answer;
    const uint8_t error = bank_test(key, &answer);
    if (error != PCL_DONE) return error;
    ++outcome->probes;
    if (as_expected(p, &p->sample[s], &answer)) continue;
    if (outcome->probes_failed < PROBE_FAILURES) {
      struct probe_failure* failure = &outcome->failures[outcome->probes_failed];
      failure->probe = s;
      failure->hit = answer.hit;
      failure->rule = answer.rule;
      memcpy(failure->action, answer.action, sizeof failure->action);
    }
    ++outcome->probes_failed;
  }
  return PCL_DONE;
}

uint8_t tree_parser_end(struct tree_parser* p) {
  if (p->step != STEP_SLICE || p->position != p->total) return refuse_at(p, PCL_ERROR_IMAGE_LENGTH, p->position, p->total);
  uint8_t error = image_parser_end(p->slice);
  if (error != PCL_DONE) return error;
  if (p->slice->entries != p->in_slice) return refuse_at(p, PCL_ERROR_IMAGE_ENTRIES, p->slice->base, p->slice->entries);
  if (~p->state != p->outcome->checksum) return refuse_at(p, PCL_ERROR_IMAGE_SECTION_CRC, HEADER_BYTES - 4u, ~p->state);
  error = bank_check_errors();
  return error != PCL_DONE ? error : ask(p);
}
