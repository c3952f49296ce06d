#include "tables/tree/packed.h"

#include <algorithm>
#include <bit>

namespace portcullis::tables::tree {
namespace {

Address ones(unsigned bits) { return bits >= 128 ? ~Address{0} : (Address{1} << bits) - 1; }

/// Writes or reads the parts of a row from the lowest bit on.
class Cursor {
 public:
  Cursor(BitMemory& memory, std::size_t row) : memory_(memory), row_(row) {}
  void put(unsigned bits, Address value) {
    memory_.set(row_, place_, bits, value);
    place_ += bits;
  }

 private:
  BitMemory& memory_;
  std::size_t row_;
  unsigned place_ = 0;
};

class Reader {
 public:
  Reader(const BitMemory& memory, std::size_t row) : memory_(memory), row_(row) {}
  Address wide(unsigned bits) {
    const Address value = memory_.get(row_, place_, bits);
    place_ += bits;
    return value;
  }
  std::uint32_t take(unsigned bits) { return static_cast<std::uint32_t>(wide(bits)); }

 private:
  const BitMemory& memory_;
  std::size_t row_;
  unsigned place_ = 0;
};

void put_entry(BitMemory& memory, std::size_t row, std::uint32_t rule, const Box& box, const Shape& shape) {
  Cursor cursor(memory, row);
  cursor.put(shape.rule_bits(), rule);
  cursor.put(shape.predicate_bits, box.predicate);
  const bool any = box.range[4].first != box.range[4].last;
  cursor.put(8, any ? 0 : box.range[4].first);
  cursor.put(1, any ? 1 : 0);
  for (const unsigned f : {3U, 2U}) {
    cursor.put(16, box.range[f].first);
    cursor.put(17, box.range[f].last);
  }
  for (const unsigned f : {1U, 0U}) {
    // The address's bits, a one, zeros: the one stands where the span ends.
    const Address span = box.range[f].last - box.range[f].first;
    const Address mark = span == 0 ? 0 : span ^ (span >> 1U);
    cursor.put(1, span == 0 ? 1 : 0);
    cursor.put(shape.address_bits, box.range[f].first | mark);
  }
}

}  // namespace

Address BitMemory::get(std::size_t row, unsigned low, unsigned bits) const {
  Address value = 0;
  for (unsigned done = 0; done < bits;) {
    const unsigned bit = low + done;
    const unsigned take = std::min(64 - bit % 64, bits - done);
    const std::uint64_t part = bits_[row * words_ + bit / 64] >> (bit % 64);
    value |= (Address{part} & ones(take)) << done;
    done += take;
  }
  return value;
}

void BitMemory::set(std::size_t row, unsigned low, unsigned bits, Address value) {
  for (unsigned done = 0; done < bits;) {
    const unsigned bit = low + done;
    const unsigned take = std::min(64 - bit % 64, bits - done);
    std::uint64_t& word = bits_[row * words_ + bit / 64];
    const auto mask = static_cast<std::uint64_t>(ones(take)) << (bit % 64);
    word = (word & ~mask) | ((static_cast<std::uint64_t>(value >> done) << (bit % 64)) & mask);
    done += take;
  }
}

bool BitMemory::zero(std::size_t row) const {
  const auto begin = bits_.begin() + static_cast<std::ptrdiff_t>(row * words_);
  return std::all_of(begin, begin + static_cast<std::ptrdiff_t>(words_), [](std::uint64_t word) { return word == 0; });
}

PackedTrees pack(const Forest& forest, std::span<const Box> boxes, std::span<const std::uint32_t> rules,
                 const std::vector<Predicate>& predicates, const Shape& shape) {
  PackedTrees image;
  image.shape = shape;
  for (std::size_t t = 0; t < shape.trees.size(); ++t) {
    const TreeShape& limits = shape.trees[t];
    PackedTree& packed = image.trees.emplace_back();
    for (unsigned level = 0; level <= limits.levels; ++level)
      packed.levels.emplace_back(shape.level_rows(limits, level), shape.record_bits(limits));
    packed.entries = BitMemory(limits.entries, shape.entry_bits());
    const Tree& tree = forest.trees.at(t);
    std::vector<std::uint32_t> level{0};
    std::uint32_t start = 0;
    for (unsigned depth = 0; !level.empty(); ++depth) {
      std::vector<std::uint32_t> below;
      for (std::size_t row = 0; row < level.size(); ++row) {
        const Node& node = tree.nodes[level[row]];
        Cursor cursor(packed.levels.at(depth), row);
        cursor.put(3, node.field);
        if (node.field != 0) {
          cursor.put(shape.address_bits, node.threshold);
          cursor.put(shape.pair_bits(limits), below.size() / 2);
          below.push_back(node.left);
          below.push_back(node.right);
          continue;
        }
        const auto count = static_cast<std::uint32_t>(node.rules.size());
        cursor.put(shape.start_bits(limits), count == 0 ? 0 : start);
        cursor.put(shape.count_bits(), count);
        for (const std::uint32_t i : node.rules) put_entry(packed.entries, start++, rules[i], boxes[i], shape);
      }
      level = std::move(below);
    }
  }
  for (unsigned table = 0; table < kPredicateTables; ++table) {
    BitMemory& memory = image.predicates[table] = BitMemory(kPredicateRows[table], shape.predicates());
    for (unsigned p = 0; p < predicates.size(); ++p) {
      for (unsigned value = 0; value < kPredicateRows[table]; ++value) {
        const Predicate& predicate = predicates[p];
        const std::array<bool, kPredicateTables> allows = {predicate.tcp_flags[value], predicate.dscp_tags[value],
                                                           predicate.context[value], predicate.family[value % 4]};
        memory.set(value, p, 1, allows[table] ? 1 : 0);
      }
    }
  }
  return image;
}

Unpacked unpack(const PackedTrees& image, std::size_t rules) {
  const Shape& shape = image.shape;
  Unpacked out;
  out.boxes.resize(rules);
  std::vector<bool> seen(rules);
  for (unsigned t = 0; t < image.trees.size(); ++t) {
    std::vector<Node>& nodes = out.forest.trees.emplace_back().nodes;
    nodes.resize(1);
    // Nodes of one level follow one another, and so do their children.
    std::size_t begin = 0;
    for (unsigned level = 0; begin < nodes.size(); ++level) {
      const std::size_t end = nodes.size();
      for (std::size_t n = begin; n < end; ++n) {
        const Record record = read_record(image, t, level, n - begin);
        if (record.field != 0) {
          nodes[n].field = record.field;
          nodes[n].threshold = record.threshold;
          nodes[n].left = static_cast<std::uint32_t>(end + 2 * record.pair);
          nodes[n].right = nodes[n].left + 1;
          nodes.resize(std::max<std::size_t>(nodes.size(), nodes[n].right + 1));
          continue;
        }
        for (std::uint32_t e = record.start; e < record.start + record.count; ++e) {
          const Entry entry = read_entry(image, t, e);
          if (entry.predicate == shape.never()) continue;
          nodes[n].rules.push_back(entry.rule);
          ++out.forest.entries;
          if (seen.at(entry.rule)) {
            ++out.forest.copies;
            continue;
          }
          seen[entry.rule] = true;
          out.boxes[entry.rule] = box_of(entry, shape).value();
          out.boxes[entry.rule].predicate = entry.predicate;
        }
        std::sort(nodes[n].rules.begin(), nodes[n].rules.end());
      }
      begin = end;
    }
  }
  return out;
}

std::vector<Predicate> read_predicates(const PackedTrees& image) {
  std::vector<Predicate> out(image.shape.never());
  std::size_t used = 0;
  for (unsigned p = 0; p < out.size(); ++p) {
    const auto bit = [&](PredicateTable table, unsigned value) {
      const bool set = image.predicates[static_cast<unsigned>(table)].get(value, p, 1) != 0;
      if (set) used = p + 1;
      return set;
    };
    for (unsigned value = 0; value < 256; ++value) {
      out[p].tcp_flags[value] = bit(PredicateTable::tcp_flags, value);
      out[p].dscp_tags[value] = bit(PredicateTable::dscp_tags, value);
      out[p].context[value] = bit(PredicateTable::context, value);
    }
    for (unsigned pair = 0; pair < 4; ++pair) out[p].family[pair] = bit(PredicateTable::family, pair);
  }
  out.resize(used);
  return out;
}

Record read_record(const PackedTrees& image, unsigned tree, unsigned level, std::size_t row) {
  const Shape& shape = image.shape;
  const TreeShape& limits = shape.trees[tree];
  Record record;
  const BitMemory& memory = image.trees[tree].levels[level];
  Reader reader(memory, row);
  record.field = reader.take(3);
  if (record.field == 0) {
    record.start = reader.take(shape.start_bits(limits));
    record.count = reader.take(shape.count_bits());
  } else {
    record.threshold = reader.wide(shape.address_bits);
    record.pair = reader.take(shape.pair_bits(limits));
  }
  return record;
}

Entry read_entry(const PackedTrees& image, unsigned tree, std::size_t row) {
  const Shape& shape = image.shape;
  Reader reader(image.trees[tree].entries, row);
  Entry entry;
  entry.rule = reader.take(shape.rule_bits());
  entry.predicate = reader.take(shape.predicate_bits);
  entry.protocol = reader.take(8);
  entry.any_protocol = reader.take(1) != 0;
  for (const unsigned port : {1U, 0U}) {
    entry.first_port[port] = reader.take(16);
    entry.last_port[port] = reader.take(17);
  }
  for (const unsigned side : {1U, 0U}) {
    entry.prefix_low[side] = reader.take(1) != 0;
    entry.prefix[side] = reader.wide(shape.address_bits);
  }
  return entry;
}

std::optional<Box> box_of(const Entry& entry, const Shape& shape) {
  Box box;
  box.predicate = entry.predicate;
  for (const unsigned side : {0U, 1U}) {
    const Address prefix = entry.prefix[side];
    if (entry.prefix_low[side]) {
      box.range[side] = {prefix, prefix};
      continue;
    }
    if (prefix == 0) return std::nullopt;
    const Address mark = prefix & (~prefix + 1);
    const Address first = prefix ^ mark;
    box.range[side] = {first, first | ((mark - 1) | mark)};
  }
  for (const unsigned port : {0U, 1U}) {
    if (entry.first_port[port] > entry.last_port[port] || entry.last_port[port] > policy::kNoPort) return std::nullopt;
    box.range[2 + port] = {entry.first_port[port], entry.last_port[port]};
  }
  if (entry.any_protocol && entry.protocol != 0) return std::nullopt;
  box.range[4] = entry.any_protocol ? Range{0, 255} : Range{entry.protocol, entry.protocol};
  for (unsigned f = 0; f < 2; ++f) {
    if (!is_prefix(box.range[f], shape.address_bits)) return std::nullopt;
  }
  return box;
}

}  // namespace portcullis::tables::tree
