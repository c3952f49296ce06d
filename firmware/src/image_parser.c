#include "image_parser.h"

#include <string.h>

#include "device/mailbox_protocol.h"
#include "platform.h"

#define HEADER_BYTES 32u
#define HEADER_CRC_AT 28u
#define DIRECTORY_ENTRY_BYTES 24u
#define ALIGNMENT 8u
#define MAX_NAME_BYTES 4096u
#define MAX_TEXT_BYTES 1048576u
#define PROBE_BYTES 64u
#define NO_PORT 0x10000u
#define MAX_VLAN 4095u
#define LAST_CAUSE 5u
#define CHUNK_ROWS 256u

enum { GEOM, BNDS, BITS, ACTS, ENTR, PROB, SRCS };
static const char names[IMAGE_SECTIONS][5] = {"GEOM", "BNDS", "BITS", "ACTS", "ENTR", "PROB", "SRCS"};
static const uint8_t errors[IMAGE_SECTIONS] = {
    PCL_ERROR_IMAGE_GEOMETRY, PCL_ERROR_IMAGE_BOUNDARIES, PCL_ERROR_IMAGE_ROWS,   PCL_ERROR_IMAGE_ACTIONS,
    PCL_ERROR_IMAGE_ENTRIES,  PCL_ERROR_IMAGE_PROBES,     PCL_ERROR_IMAGE_SOURCES};

/* What the next item is. */
enum {
  STEP_HEADER,
  STEP_DIRECTORY,
  STEP_GEOMETRY,
  STEP_GEOMETRY_NAME,
  STEP_BOUNDARY_COUNT,
  STEP_BOUNDARY,
  STEP_ROW_COUNT,
  STEP_ROW,
  STEP_ACTION_COUNT,
  STEP_ACTION,
  STEP_ENTRY_COUNT,
  STEP_ENTRY,
  STEP_ENTRY_TEXT,
  STEP_PROBE_COUNT,
  STEP_PROBE,
  STEP_SOURCE_COUNT,
  STEP_SOURCE,
};

static uint8_t refuse(struct image_parser* p, uint8_t error, uint32_t offset, uint32_t detail) {
  p->outcome->error_offset = p->base + offset;
  p->outcome->error_detail = detail;
  return error;
}

/* Offset in the image of byte `at` of the item that has just been collected. */
static uint32_t place(const struct image_parser* p, uint32_t at) {
  return p->position - p->have + at;
}

static uint8_t refuse_item(struct image_parser* p, uint32_t at, uint32_t detail) {
  return refuse(p, errors[p->section], place(p, at), detail);
}

/* Asks for the next item: `bytes` of the section. */
static uint8_t want(struct image_parser* p, uint32_t step, uint32_t bytes) {
  p->step = step;
  p->need = bytes;
  if (bytes > p->section_left) return refuse(p, errors[p->section], p->position, bytes);
  return PCL_DONE;
}

static uint8_t skip(struct image_parser* p, uint32_t bytes, uint32_t most) {
  if (bytes > most || bytes > p->section_left) return refuse_item(p, 0, bytes);
  p->skip = bytes;
  return PCL_DONE;
}

/* `count` things of at least `each` bytes must fit into what is left of the section. */
static bool fits(const struct image_parser* p, uint32_t count, uint32_t each) {
  return count <= p->section_left / each;
}

/* The section's contents are complete: nothing may be left over. */
static uint8_t section_complete(struct image_parser* p) {
  p->need = 0;
  if (p->section_left > p->skip) return refuse(p, errors[p->section], p->position, p->section_left);
  return PCL_DONE;
}

static bool bit_above(const struct image_parser* p, uint32_t entries) {
  for (uint32_t rule = entries; rule < p->geometry.rules;) {
    if (rule % 32u == 0 && p->rules_used[rule / 32u] == 0) {
      rule += 32u;
    } else {
      if ((p->rules_used[rule / 32u] >> rule % 32u & 1u) != 0) return true;
      ++rule;
    }
  }
  /* Bits of a row behind the last rule. */
  for (uint32_t rule = p->geometry.rules; rule % 64u != 0; ++rule) {
    if ((p->rules_used[rule / 32u] >> rule % 32u & 1u) != 0) return true;
  }
  return false;
}

static uint32_t key_bits(uint32_t table) {
  static const uint8_t bits[RANGE_TABLES] = {128, 128, 17, 17, 12};
  return bits[table];
}

static uint32_t boundary_words(uint32_t table) {
  return table < 2u ? 4u : 1u;
}

static uint8_t begin_table_of_boundaries(struct image_parser* p) {
  memset(p->last, 0, sizeof p->last);
  if (p->table < RANGE_TABLES) return want(p, STEP_BOUNDARY_COUNT, 8);
  return section_complete(p);
}

static uint8_t fill_unused_boundaries(struct image_parser* p) {
  const uint32_t unused = p->geometry.intervals[p->table] - 1u - p->used[p->table];
  if (unused == 0) return PCL_DONE;
  uint32_t ones[4] = {0};
  for (uint32_t bit = 0; bit < key_bits(p->table); ++bit) ones[bit / 32u] |= 1u << bit % 32u;
  return bank_write_row(TARGET_BOUNDARY + p->table, p->used[p->table] + 1u, unused, ones, 4);
}

static uint8_t next_table_of_boundaries(struct image_parser* p) {
  const uint8_t error = fill_unused_boundaries(p);
  if (error != PCL_DONE) return error;
  ++p->table;
  return begin_table_of_boundaries(p);
}

static uint32_t words_of_row(const struct image_parser* p) {
  return (p->geometry.rules + 63u) / 64u * 2u;
}

static uint32_t rows_of(const struct image_parser* p) {
  return p->table < RANGE_TABLES ? p->used[p->table] + 1u : CHUNK_ROWS;
}

static uint8_t begin_table_of_rows(struct image_parser* p) {
  if (p->table < TABLES) return want(p, STEP_ROW_COUNT, 8);
  return section_complete(p);
}

static uint8_t take_header(struct image_parser* p, const uint8_t* bytes) {
  static const uint8_t magic[8] = {0x89, 0x50, 0x54, 0x49, 0x0D, 0x0A, 0x1A, 0x0A};
  if (memcmp(bytes, "PCLSCALE", 8) == 0) return refuse(p, PCL_ERROR_NO_TREES, 0, p->item[0]);
  if (memcmp(bytes, magic, sizeof magic) != 0) return refuse(p, PCL_ERROR_IMAGE_MAGIC, 0, p->item[0]);
  if (p->item[2] != 1u) return refuse(p, PCL_ERROR_IMAGE_VERSION, 8, p->item[2]);
  if (p->item[3] != IMAGE_SECTIONS) return refuse(p, PCL_ERROR_IMAGE_DIRECTORY, 12, p->item[3]);
  if (p->item[4] != p->total || p->item[5] != 0) return refuse(p, PCL_ERROR_IMAGE_LENGTH, 16, p->item[4]);
  p->header_crc = p->item[7];
  if (!p->slice) p->outcome->checksum = p->header_crc;
  p->header_state = crc32c_update(0xFFFFFFFFu, bytes, HEADER_CRC_AT);
  p->signature = p->item[6];
  p->index = 0;
  p->step = STEP_DIRECTORY;
  p->need = DIRECTORY_ENTRY_BYTES;
  return PCL_DONE;
}

static uint32_t align(uint32_t offset) {
  return (offset + ALIGNMENT - 1u) / ALIGNMENT * ALIGNMENT;
}

/* Padding up to the next section; at its first byte begin_section goes on. */
static void to_section(struct image_parser* p) {
  p->need = 0;
  p->padding = p->section < IMAGE_SECTIONS ? p->sections[p->section].offset - p->position : 0;
}

static uint8_t begin_section(struct image_parser* p) {
  static const uint8_t first_step[IMAGE_SECTIONS] = {STEP_GEOMETRY,    STEP_BOUNDARY_COUNT, STEP_ROW_COUNT, STEP_ACTION_COUNT,
                                                     STEP_ENTRY_COUNT, STEP_PROBE_COUNT,    STEP_SOURCE_COUNT};
  static const uint8_t first_bytes[IMAGE_SECTIONS] = {28, 8, 8, 16, 4, 8, 4};
  p->section_state = 0xFFFFFFFFu;
  p->section_left = p->sections[p->section].length;
  p->table = 0;
  p->index = 0;
  p->end = 0;
  memset(p->last, 0, sizeof p->last);
  return want(p, first_step[p->section], first_bytes[p->section]);
}

static uint8_t take_directory_entry(struct image_parser* p, const uint8_t* bytes) {
  const uint32_t k = p->index++;
  p->header_state = crc32c_update(p->header_state, bytes, DIRECTORY_ENTRY_BYTES);
  const uint32_t before = k == 0 ? HEADER_BYTES + IMAGE_SECTIONS * DIRECTORY_ENTRY_BYTES
                                 : align(p->sections[k - 1].offset + p->sections[k - 1].length);
  if (memcmp(bytes, names[k], 4) != 0 || p->item[2] != before || p->item[3] != 0 || p->item[5] != 0 || before > p->total ||
      p->item[4] > p->total - before)
    return refuse(p, PCL_ERROR_IMAGE_DIRECTORY, place(p, 0), k);
  p->sections[k].crc = p->item[1];
  p->sections[k].offset = p->item[2];
  p->sections[k].length = p->item[4];
  if (p->index < IMAGE_SECTIONS) return PCL_DONE;
  if (~p->header_state != p->header_crc) return refuse(p, PCL_ERROR_IMAGE_HEADER_CRC, HEADER_CRC_AT, ~p->header_state);
  if (p->sections[k].offset + p->sections[k].length != p->total)
    return refuse(p, PCL_ERROR_IMAGE_LENGTH, place(p, 8), p->sections[k].offset + p->sections[k].length);
  if (p->signature != bank_signature(&p->geometry)) return refuse(p, PCL_ERROR_IMAGE_GEOMETRY, 24, p->signature);
  p->section = 0;
  to_section(p);
  return PCL_DONE;
}

static uint8_t take_geometry(struct image_parser* p) {
  const struct geometry* g = &p->geometry;
  const uint32_t ours[2 + RANGE_TABLES] = {g->rules,        g->address_bits, g->intervals[0], g->intervals[1],
                                           g->intervals[2], g->intervals[3], g->intervals[4]};
  for (uint32_t i = 0; i < 2 + RANGE_TABLES; ++i) {
    if (p->item[i] != ours[i]) return refuse_item(p, 4u * i, p->item[i]);
  }
  return want(p, STEP_GEOMETRY_NAME, 4);
}

static uint8_t take_boundary(struct image_parser* p) {
  const uint32_t words = boundary_words(p->table);
  uint32_t boundary[4] = {0};
  memcpy(boundary, p->item, 4u * words);
  if (key_bits(p->table) < 32u && boundary[0] >> key_bits(p->table) != 0) return refuse_item(p, 0, boundary[0]);
  for (uint32_t w = words; w-- > 0;) {
    if (boundary[w] > p->last[w]) break;
    if (boundary[w] < p->last[w]) return refuse_item(p, 0, p->index + 1u);
  }
  memcpy(p->last, boundary, sizeof boundary);
  const uint8_t error = bank_write_row(TARGET_BOUNDARY + p->table, p->index + 1u, 1, boundary, 4);
  if (error != PCL_DONE) return error;
  if (++p->index < p->end) return PCL_DONE;
  return next_table_of_boundaries(p);
}

static uint8_t take_boundary_count(struct image_parser* p) {
  const uint32_t bytes = 4u * boundary_words(p->table);
  p->end = p->item[0];
  p->index = 0;
  if (p->end > p->geometry.intervals[p->table] - 1u || !fits(p, p->end, bytes)) return refuse_item(p, 0, p->end);
  if (p->item[1] != bytes) return refuse_item(p, 4, p->item[1]);
  p->used[p->table] = p->end;
  if (p->end == 0) return next_table_of_boundaries(p);
  return want(p, STEP_BOUNDARY, bytes);
}

static uint8_t take_row_count(struct image_parser* p) {
  p->end = p->item[0];
  p->index = 0;
  if (p->end != rows_of(p)) return refuse_item(p, 0, p->end);
  if (p->item[1] != words_of_row(p) / 2u) return refuse_item(p, 4, p->item[1]);
  return want(p, STEP_ROW, 4u * words_of_row(p));
}

static uint8_t take_row(struct image_parser* p) {
  const uint32_t words = words_of_row(p);
  for (uint32_t w = 0; w < words; ++w) p->rules_used[w] |= p->item[w];
  uint8_t error = bank_write_row(TARGET_BITMAP + p->table, p->index, 1, p->item, words);
  if (error != PCL_DONE) return error;
  if (++p->index < p->end) {
    return 4u * words > p->section_left ? refuse(p, PCL_ERROR_IMAGE_ROWS, p->position, p->index) : PCL_DONE;
  }
  /* A key of all ones meets the unused boundaries too. */
  if (p->table < RANGE_TABLES && p->end < p->geometry.intervals[p->table]) {
    error = bank_write_row(TARGET_BITMAP + p->table, p->geometry.intervals[p->table] - 1u, 1, p->item, words);
    if (error != PCL_DONE) return error;
  }
  ++p->table;
  return begin_table_of_rows(p);
}

static uint8_t take_action_count(struct image_parser* p) {
  p->entries = p->item[0];
  p->index = 0;
  if (p->entries > p->geometry.rules || !fits(p, p->entries, 8)) return refuse_item(p, 0, p->entries);
  if (p->item[1] != 0) return refuse_item(p, 4, p->item[1]);
  /* A bit of a rule without an entry would decide with whatever action the slot happens to hold. */
  if (bit_above(p, p->entries)) return refuse(p, PCL_ERROR_IMAGE_ROWS, p->sections[BITS].offset, p->entries);
  if (!p->slice) {
    p->outcome->entries = p->entries;
    const uint8_t error = bank_write_row(TARGET_DEFAULT, 0, 1, p->item + 2, 2);
    if (error != PCL_DONE) return error;
  }
  return p->entries == 0 ? section_complete(p) : want(p, STEP_ACTION, 8);
}

static uint8_t take_action(struct image_parser* p) {
  const uint8_t error = bank_write_row(TARGET_ACTION, p->first_action + p->index, 1, p->item, 2);
  if (error != PCL_DONE) return error;
  return ++p->index < p->entries ? PCL_DONE : section_complete(p);
}

static uint8_t next_entry(struct image_parser* p) {
  return p->index++ < p->entries ? want(p, STEP_ENTRY, 8) : section_complete(p);
}

static uint8_t take_entry_text(struct image_parser* p) {
  const uint8_t error = skip(p, p->item[0], MAX_TEXT_BYTES);
  if (error != PCL_DONE) return error;
  if (--p->text > 0) {
    p->need = 4;
    return p->section_left - p->skip < 4 ? refuse_item(p, 0, p->item[0]) : PCL_DONE;
  }
  if (p->index < p->entries) {
    ++p->index;
    p->step = STEP_ENTRY;
    p->need = 8;
    return p->section_left - p->skip < 8 ? refuse_item(p, 0, p->item[0]) : PCL_DONE;
  }
  return section_complete(p);
}

static uint8_t take_probe(struct image_parser* p) {
  const uint32_t* words = p->item;
  const uint32_t vlan = words[10] & 0xFFFFu;
  const uint32_t hit = words[11] >> 16 & 0xFFu;
  if (words[8] > NO_PORT || words[9] > NO_PORT || vlan > MAX_VLAN || hit > 1u || words[11] >> 24 != 0 || words[13] != 0 ||
      (hit == 1u ? words[12] >= p->entries : words[12] != 0))
    return refuse_item(p, 0, p->index);
  uint32_t key[KEY_WORDS];
  memcpy(key, words, 10u * sizeof key[0]);
  key[10] = vlan;
  key[11] = words[10] >> 16 | words[11] << 16; /* protocol, TCP flags, DSCP and tags, context */
  struct test_answer answer;
  const uint8_t error = bank_test(key, &answer);
  if (error != PCL_DONE) return error;
  struct image_outcome* outcome = p->outcome;
  ++outcome->probes;
  if (answer.hit != (hit == 1u) || answer.rule != words[12] || answer.action[0] != words[14] || answer.action[1] != words[15]) {
    if (outcome->probes_failed < PROBE_FAILURES) {
      struct probe_failure* failure = &outcome->failures[outcome->probes_failed];
      failure->probe = p->index;
      failure->hit = answer.hit;
      failure->rule = answer.rule;
      memcpy(failure->action, answer.action, sizeof failure->action);
    }
    ++outcome->probes_failed;
  }
  return ++p->index < p->end ? PCL_DONE : section_complete(p);
}

static uint8_t take_item(struct image_parser* p, const uint8_t* bytes) {
  uint8_t error;
  switch (p->step) {
    case STEP_HEADER: return take_header(p, bytes);
    case STEP_DIRECTORY: return take_directory_entry(p, bytes);
    case STEP_GEOMETRY: return take_geometry(p);
    case STEP_GEOMETRY_NAME:
      error = skip(p, p->item[0], MAX_NAME_BYTES);
      return error != PCL_DONE ? error : section_complete(p);
    case STEP_BOUNDARY_COUNT: return take_boundary_count(p);
    case STEP_BOUNDARY: return take_boundary(p);
    case STEP_ROW_COUNT: return take_row_count(p);
    case STEP_ROW: return take_row(p);
    case STEP_ACTION_COUNT: return take_action_count(p);
    case STEP_ACTION: return take_action(p);
    case STEP_ENTRY_COUNT:
      if (p->item[0] != p->entries) return refuse_item(p, 0, p->item[0]);
      return next_entry(p);
    case STEP_ENTRY:
      if ((p->item[0] & 0xFFu) > LAST_CAUSE || (p->item[0] >> 8 & 0xFFu) > 1u || p->item[0] >> 16 != 0)
        return refuse_item(p, 0, p->item[0]);
      p->text = 5;
      return want(p, STEP_ENTRY_TEXT, 4);
    case STEP_ENTRY_TEXT: return take_entry_text(p);
    case STEP_PROBE_COUNT:
      p->end = p->item[0];
      if (!fits(p, p->end, PROBE_BYTES) || (p->slice && p->end != 0)) return refuse_item(p, 0, p->end);
      if (p->item[1] != PROBE_BYTES) return refuse_item(p, 4, p->item[1]);
      error = bank_check_errors();
      if (error != PCL_DONE) return error;
      return p->end == 0 ? section_complete(p) : want(p, STEP_PROBE, PROBE_BYTES);
    case STEP_PROBE: return take_probe(p);
    case STEP_SOURCE_COUNT:
      p->end = p->item[0];
      if (!fits(p, p->end, 16)) return refuse_item(p, 0, p->end);
      return p->end == 0 ? section_complete(p) : want(p, STEP_SOURCE, 16);
    default: /* STEP_SOURCE: size, CRC, length of the name */
      error = skip(p, p->item[3], MAX_NAME_BYTES);
      if (error != PCL_DONE) return error;
      if (++p->index < p->end) return p->section_left - p->skip < 16 ? refuse_item(p, 0, p->item[3]) : PCL_DONE;
      return section_complete(p);
  }
}

/* Goes on behind everything that was asked for: to the next section, or to the end. */
static uint8_t end_section(struct image_parser* p) {
  if (~p->section_state != p->sections[p->section].crc)
    return refuse(p, PCL_ERROR_IMAGE_SECTION_CRC, p->sections[p->section].offset, p->section);
  if (++p->section == IMAGE_SECTIONS) {
    p->finished = 1;
    return PCL_DONE;
  }
  to_section(p);
  return PCL_DONE;
}

void image_parser_begin(struct image_parser* parser, uint32_t total, struct image_outcome* outcome) {
  memset(parser, 0, sizeof *parser);
  parser->outcome = outcome;
  bank_read_geometry(&parser->geometry);
  parser->total = total;
  parser->step = STEP_HEADER;
  parser->need = HEADER_BYTES;
  parser->section = IMAGE_SECTIONS;
}

void image_parser_begin_slice(struct image_parser* parser, uint32_t total, uint32_t base, uint32_t first_action, struct image_outcome* outcome) {
  image_parser_begin(parser, total, outcome);
  parser->slice = true;
  parser->base = base;
  parser->first_action = first_action;
}

static void copy(uint8_t* to, const uint8_t* from, uint32_t size) {
  if ((((uintptr_t)to | (uintptr_t)from) & 3u) == 0) {
    for (; size >= 4; size -= 4, to += 4, from += 4) *(uint32_t*)(void*)to = *(const uint32_t*)(const void*)from;
  }
  for (; size > 0; --size) *to++ = *from++;
}

static bool equal(const uint32_t* words, const uint8_t* bytes, uint32_t size) {
  if (((uintptr_t)bytes & 3u) != 0) return memcmp(words, bytes, size) == 0;
  const uint32_t* others = (const uint32_t*)(const void*)bytes;
  for (uint32_t w = 0; w < size / 4u; ++w) {
    if (words[w] != others[w]) return false;
  }
  return true;
}

/* Most rows of a chunk table are that before once more: takes as many of them as `bytes` begins with, but not a table's last row. */
static uint8_t take_equal_rows(struct image_parser* p, const uint8_t* bytes, uint32_t size, uint32_t* taken) {
  const uint32_t each = p->need;
  uint32_t rows = 0;
  while (p->index + rows + 1u < p->end && size >= each && p->section_left >= (rows + 2u) * each && equal(p->item, bytes + rows * each, each)) {
    ++rows;
    size -= each;
  }
  *taken = rows * each;
  if (rows == 0) return PCL_DONE;
  p->section_state = crc32c_update(p->section_state, bytes, *taken);
  p->section_left -= *taken;
  p->position += *taken;
  p->index += rows;
  return bank_write_row(TARGET_BITMAP + p->table, p->index - rows, rows, p->item, words_of_row(p));
}

uint8_t image_parser_take(struct image_parser* p, const uint8_t* bytes, uint32_t size) {
  if (size > p->total - p->position) return refuse(p, PCL_ERROR_IMAGE_LENGTH, p->total, size);
  while (size > 0) {
    if (p->finished) return refuse(p, PCL_ERROR_IMAGE_LENGTH, p->position, size);
    uint32_t step;
    if (p->step == STEP_ROW && p->have == 0 && p->index > 0 && p->padding == 0 && p->need > 0) {
      const uint8_t error = take_equal_rows(p, bytes, size, &step);
      if (error != PCL_DONE) return error;
      bytes += step;
      size -= step;
      if (size == 0) break;
    }
    if (p->padding > 0) {
      for (step = 0; step < size && p->padding > 0; ++step, --p->padding) {
        if (bytes[step] != 0) return refuse(p, PCL_ERROR_IMAGE_PADDING, p->position + step, bytes[step]);
      }
      p->position += step;
    } else {
      /* Whatever is taken here belongs to a section, or to the header and the directory. */
      const bool in_section = p->section < IMAGE_SECTIONS;
      const uint32_t open = p->skip > 0 ? p->skip : p->need - p->have;
      step = size < open ? size : open;
      if (p->skip > 0) {
        p->skip -= step;
      } else {
        copy((uint8_t*)p->item + p->have, bytes, step);
        p->have += step;
      }
      if (in_section) {
        p->section_state = crc32c_update(p->section_state, bytes, step);
        p->section_left -= step;
      }
      p->position += step;
      if (p->skip == 0 && p->have == p->need && p->need > 0) {
        const uint8_t error = take_item(p, (const uint8_t*)p->item);
        if (error != PCL_DONE) return error;
        p->have = 0;
      }
    }
    bytes += step;
    size -= step;
    /* Sections may be empty of what is looked at here, one behind the other. */
    while (!p->finished && p->padding == 0 && p->skip == 0 && p->need == 0) {
      const bool inside = p->section < IMAGE_SECTIONS && p->position > p->sections[p->section].offset;
      const uint8_t error = inside ? end_section(p) : begin_section(p);
      if (error != PCL_DONE) return error;
    }
  }
  return PCL_DONE;
}

uint8_t image_parser_end(struct image_parser* p) {
  if (p->finished && p->position == p->total) return PCL_DONE;
  return refuse(p, PCL_ERROR_IMAGE_LENGTH, p->position, p->total);
}
