#include "device/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "device/registers.h"

namespace portcullis::device {
namespace {

std::uint32_t field(std::uint32_t word, std::uint32_t mask, unsigned shift) { return (word & mask) >> shift; }

/// What each bit of ERRORS says, for messages.
constexpr std::pair<std::uint32_t, std::string_view> kErrors[] = {
    {PCL_ERRORS_LOAD_TARGET_MASK, "a row was for a table that does not exist"},
    {PCL_ERRORS_LOAD_INDEX_MASK, "a row was outside its table"},
    {PCL_ERRORS_LOAD_OVERRUN_MASK, "a row was staged while another was being written"},
    {PCL_ERRORS_FLIP_IGNORED_MASK, "a flip was ignored, because the shadow bank was not ready"},
    {PCL_ERRORS_TEST_OVERRUN_MASK, "a test lookup was written while another was on its way"},
    {PCL_ERRORS_COUNTER_INDEX_MASK, "a counter that does not exist was asked for"},
    {PCL_ERRORS_COUNTER_OVERRUN_MASK, "a counter was asked for while another was being read"},
    {PCL_ERRORS_FORWARD_TO_MASK, "an egress that does not exist was chosen"},
    {PCL_ERRORS_STATISTICS_PORT_MASK, "statistics of a port that does not exist were asked for"},
};

}  // namespace

Tally Counters::total() const {
  Tally sum;
  for (const Tally& tally : rules) sum += tally;
  for (const Tally& tally : causes) sum += tally;
  return sum;
}

Device::Device(Transport& transport, Options options) : transport_(transport), options_(options) {
  key_words_.fill(kUnknown);
  const std::uint32_t magic = transport.read32(PCL_MAGIC);
  if (magic == kAllOnes)
    throw DeviceError("no device answers: register MAGIC reads all ones; check power, slot and address");
  if (magic != PCL_MAGIC_VALUE_RESET)
    throw DeviceError(fmt::format("this is no Portcullis filter: register MAGIC reads 0x{:08x} instead of 0x{:08x}",
                                  magic, PCL_MAGIC_VALUE_RESET));
  const std::uint32_t version = transport.read32(PCL_VERSION);
  const std::uint32_t major = field(version, PCL_VERSION_MAJOR_MASK, PCL_VERSION_MAJOR_SHIFT);
  if (major != PCL_VERSION_MAJOR_RESET)
    throw DeviceError(
        fmt::format("the device has register map {}.{}, this software knows version {}; update the older of the two",
                    major, field(version, PCL_VERSION_MINOR_MASK, PCL_VERSION_MINOR_SHIFT), PCL_VERSION_MAJOR_RESET));
  for (const std::uint32_t pattern : {0xA5C3'0F96U, 0x5A3C'F069U}) {
    transport.write32(PCL_SCRATCH, pattern);
    const std::uint32_t back = transport.read32(PCL_SCRATCH);
    if (back != pattern)
      throw DeviceError(fmt::format(
          "the path to the device is broken: 0x{:08x} written to SCRATCH reads back as 0x{:08x}", pattern, back));
  }

  geometry_.rules = transport.read32(PCL_GEOMETRY_RULES);
  geometry_.address_bits = transport.read32(PCL_GEOMETRY_ADDRESS_BITS);
  for (unsigned table = 0; table < policy::kRangeTables; ++table)
    geometry_.intervals[table] = transport.read32(PCL_GEOMETRY_SOURCE_INTERVALS + 4 * table);
  ports_ = transport.read32(PCL_GEOMETRY_PORTS);
  data_width_ = transport.read32(PCL_GEOMETRY_DATA_WIDTH);
  latency_ = transport.read32(PCL_GEOMETRY_LATENCY);
  header_bytes_ = transport.read32(PCL_GEOMETRY_HEADER_BYTES);
  extension_headers_ = transport.read32(PCL_GEOMETRY_EXTENSION_HEADERS);
  row_words_ = transport.read32(PCL_GEOMETRY_ROW_WORDS);

  // Devices of minor version 0 have no trees, nor the registers that would say so; before 3 they have one lane.
  const std::uint32_t minor = field(version, PCL_VERSION_MINOR_MASK, PCL_VERSION_MINOR_SHIFT);
  if (minor >= 3) lanes_ = transport.read32(PCL_GEOMETRY_LANES);
  if (minor >= 1) {
    if (const std::uint32_t rules = transport.read32(PCL_GEOMETRY_TREE_RULES); rules != 0) read_trees(rules);
  }
  geometry_.name = "device";
  for (const tables::Geometry& known : {tables::Geometry::edge(), tables::Geometry::large()})
    if (known.signature() == geometry_.signature()) geometry_.name = known.name;
  if (const std::string problem = geometry_.problem(); !problem.empty())
    throw DeviceError("the device reports a geometry that cannot be: " + problem);
  // Memory is sized by these: what an honest device never says is not believed.
  const unsigned row_bits = std::max({geometry_.rules, 128U, trees_ ? trees_->entry_bits() : 0U});
  if (row_words_ > PCL_LOAD_DATA_COUNT || row_words_ * 32 < row_bits)
    throw DeviceError(fmt::format("the device reports rows of {} words for {} rules; it needs {} and has room for {}",
                                  row_words_, geometry_.rules, (row_bits + 31) / 32, PCL_LOAD_DATA_COUNT));
  if (ports_ == 0 || ports_ > policy::kMaxIngressPorts)
    throw DeviceError(
        fmt::format("the device reports {} wire ports; 1 to {} are possible", ports_, policy::kMaxIngressPorts));
  const std::uint32_t causes = transport.read32(PCL_GEOMETRY_CAUSES);
  if (causes != kCauses)
    throw DeviceError(fmt::format("the device counts {} causes, this software knows {}; update the older of the two",
                                  causes, kCauses));
}

void Device::read_trees(std::uint32_t rules) {
  tables::tree::Shape shape;
  const std::uint32_t trees = transport_.read32(PCL_GEOMETRY_TREES);
  shape.rules = rules;
  shape.leaf = field(trees, PCL_GEOMETRY_TREES_LEAF_MASK, PCL_GEOMETRY_TREES_LEAF_SHIFT);
  shape.predicate_bits = field(trees, PCL_GEOMETRY_TREES_PREDICATE_BITS_MASK, PCL_GEOMETRY_TREES_PREDICATE_BITS_SHIFT);
  shape.address_bits = field(trees, PCL_GEOMETRY_TREES_ADDRESS_BITS_MASK, PCL_GEOMETRY_TREES_ADDRESS_BITS_SHIFT);
  shape.slice = geometry_;
  shape.slice.name = "slice";
  const unsigned count = field(trees, PCL_GEOMETRY_TREES_COUNT_MASK, PCL_GEOMETRY_TREES_COUNT_SHIFT);
  for (unsigned t = 0; t < std::min(count, tables::tree::kMaxTrees); ++t) {
    const std::uint32_t word = transport_.read32(PCL_GEOMETRY_TREE_0 + 4 * t);
    shape.trees.push_back({field(word, PCL_GEOMETRY_TREE_0_ENTRIES_MASK, PCL_GEOMETRY_TREE_0_ENTRIES_SHIFT),
                           field(word, PCL_GEOMETRY_TREE_0_LEVELS_MASK, PCL_GEOMETRY_TREE_0_LEVELS_SHIFT),
                           1U << field(word, PCL_GEOMETRY_TREE_0_ROWS_LOG2_MASK, PCL_GEOMETRY_TREE_0_ROWS_LOG2_SHIFT)});
  }
  if (const std::string problem = shape.problem(); count > tables::tree::kMaxTrees || !problem.empty())
    throw DeviceError(fmt::format(
        "the device reports trees that cannot be: {}",
        problem.empty() ? fmt::format("{} of them; 1 to {} are allowed", count, tables::tree::kMaxTrees) : problem));
  trees_ = std::move(shape);
}

std::uint32_t Device::status() { return answered(transport_.read32(PCL_STATUS)); }

std::uint64_t Device::read64(std::uint32_t low) {
  return std::uint64_t{transport_.read32(low + 4)} << 32U | transport_.read32(low);
}

void Device::wait_while(std::uint32_t bits, const std::string& what) {
  for (unsigned poll = 0; poll < options_.polls; ++poll)
    if ((status() & bits) == 0) return;
  throw DeviceError(fmt::format("the device did not finish in time: {}; STATUS is 0x{:x} after {} reads", what,
                                transport_.read32(PCL_STATUS), options_.polls));
}

void Device::clear_errors() { transport_.write32(PCL_ERRORS, kAllOnes); }

void Device::check_errors(const std::string& what) {
  const std::uint32_t errors = transport_.read32(PCL_ERRORS);
  if (errors == 0) return;
  if (errors == kAllOnes) throw DeviceError("the device no longer answers: register ERRORS reads all ones");
  clear_errors();
  std::string reasons;
  for (const auto& [mask, reason] : kErrors)
    if ((errors & mask) != 0) reasons += (reasons.empty() ? "" : "; ") + std::string(reason);
  if (reasons.empty()) reasons = fmt::format("ERRORS is 0x{:x}", errors);
  throw DeviceError(fmt::format("the device reports an error {}: {}", what, reasons));
}

unsigned Device::active_bank() { return field(status(), PCL_STATUS_ACTIVE_BANK_MASK, PCL_STATUS_ACTIVE_BANK_SHIFT); }

unsigned Device::number_of(Bank bank) { return bank == Bank::active ? active_bank() : 1 - active_bank(); }

void Device::wait_for_shadow() {
  wait_while(PCL_STATUS_LOAD_BUSY_MASK, "writing the last row");
  wait_while(PCL_STATUS_CLEARING_MASK, "clearing counters");
  wait_while(PCL_STATUS_BUSY_MASK, "the last packets of the retired bank (is an egress blocked?)");
}

bool Device::shadow_serves() { return (status() & PCL_STATUS_BUSY_MASK) != 0; }

void Device::flip() {
  clear_errors();
  const unsigned before = active_bank();
  transport_.write32(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  check_errors("when the banks were to be exchanged");
  if (active_bank() == before)
    throw DeviceError(
        "the device took the command to exchange the banks but did not do it; the old policy is in force");
}

unsigned Device::active_slice_bank() {
  return field(status(), PCL_STATUS_SLICE_BANK_MASK, PCL_STATUS_SLICE_BANK_SHIFT);
}

void Device::wait_for_slice_shadow() {
  wait_while(PCL_STATUS_LOAD_BUSY_MASK | PCL_STATUS_SLICE_BUSY_MASK,
             "the last packets of the slice's retired bank (is an egress blocked?)");
}

void Device::flip_slice() {
  clear_errors();
  const unsigned before = active_slice_bank();
  transport_.write32(PCL_CONTROL, PCL_CONTROL_FLIP_SLICE_MASK);
  check_errors("when the slice's banks were to be exchanged");
  if (active_slice_bank() == before)
    throw DeviceError("the device took the command to exchange the slice's banks but did not do it");
}

void Device::clear_shadow_counters() {
  transport_.write32(PCL_CONTROL, PCL_CONTROL_CLEAR_COUNTERS_MASK);
  wait_while(PCL_STATUS_CLEARING_MASK, "clearing the counters of the shadow bank");
}

TestResult Device::test(const policy::Key& key) {
  if (key.source_port > 0x1FFFF || key.destination_port > 0x1FFFF || key.vlan > policy::kMaxVlan)
    throw DeviceError(fmt::format("test lookup with ports {} and {} and VLAN {}: ports have 17 bits, VLAN IDs 12",
                                  key.source_port, key.destination_port, key.vlan));
  std::array<std::uint32_t, 12> words{};
  for (unsigned w = 0; w < 4; ++w) {
    words[w] = static_cast<std::uint32_t>(key.source >> (32 * w));
    words[4 + w] = static_cast<std::uint32_t>(key.destination >> (32 * w));
  }
  words[8] = key.source_port;
  words[9] = key.destination_port;
  words[10] = key.vlan;
  words[11] = std::uint32_t{key.protocol} << PCL_TEST_CHUNKS_PROTOCOL_SHIFT |
              std::uint32_t{key.tcp_flags} << PCL_TEST_CHUNKS_TCP_FLAGS_SHIFT |
              std::uint32_t{key.dscp_tags} << PCL_TEST_CHUNKS_DSCP_TAGS_SHIFT |
              std::uint32_t{key.context} << PCL_TEST_CHUNKS_CONTEXT_SHIFT;
  const std::array<std::uint64_t, 12> known = key_words_;
  key_words_.fill(kUnknown);  // and stays so if something throws
  wait_while(PCL_STATUS_TEST_BUSY_MASK, "the test lookup before");
  for (unsigned w = 0; w < 12; ++w)
    if (known[w] != words[w]) transport_.write32(PCL_TEST_SOURCE_0 + 4 * w, words[w]);
  transport_.write32(PCL_TEST_START, PCL_TEST_START_GO_MASK);
  wait_while(PCL_STATUS_TEST_BUSY_MASK, "a test lookup (no clock without a packet?)");
  const std::uint32_t result = transport_.read32(PCL_TEST_RESULT);
  const std::uint32_t low = transport_.read32(PCL_TEST_ACTION_LO);
  const std::uint32_t high = transport_.read32(PCL_TEST_ACTION_HI);
  status();  // throws if the words above are those of a device that is gone
  if ((result & PCL_TEST_RESULT_DONE_MASK) == 0)
    throw DeviceError(fmt::format("a test lookup was not answered: register TEST_RESULT reads 0x{:08x}", result));
  if ((result & PCL_TEST_RESULT_LANES_DIFFER_MASK) != 0)
    throw DeviceError("the device's lanes answer a test lookup differently: their tables are not the same; load again");
  for (unsigned w = 0; w < 12; ++w) key_words_[w] = words[w];
  TestResult answer;
  answer.hit = (result & PCL_TEST_RESULT_HIT_MASK) != 0;
  if (answer.hit) answer.rule = field(result, PCL_TEST_RESULT_RULE_MASK, PCL_TEST_RESULT_RULE_SHIFT);
  answer.action = std::uint64_t{high} << 32U | low;
  return answer;
}

Tally Device::counter(unsigned bank, bool cause, unsigned index) {
  wait_while(PCL_STATUS_COUNTER_BUSY_MASK, "reading the counter before");
  transport_.write32(PCL_COUNTER_REQUEST, index << PCL_COUNTER_REQUEST_INDEX_SHIFT |
                                              std::uint32_t{cause} << PCL_COUNTER_REQUEST_KIND_SHIFT |
                                              bank << PCL_COUNTER_REQUEST_BANK_SHIFT);
  wait_while(PCL_STATUS_COUNTER_BUSY_MASK, "reading a counter");
  const std::uint32_t result = transport_.read32(PCL_COUNTER_RESULT);
  Tally tally;
  tally.packets = read64(PCL_COUNTER_PACKETS_LO);
  tally.bytes = read64(PCL_COUNTER_BYTES_LO);
  status();  // throws if the words above are those of a device that is gone
  if (result != PCL_COUNTER_RESULT_VALID_MASK)
    throw DeviceError(fmt::format("counter {} of {} in bank {} was not read: register COUNTER_RESULT reads 0x{:08x}",
                                  index, cause ? "causes" : "rules", bank, result));
  return tally;
}

Tally Device::rule_counter(Bank bank, unsigned rule) {
  if (rule >= rule_numbers())
    throw DeviceError(fmt::format("there is no counter of rule {}: the device has {} rules", rule, rule_numbers()));
  return counter(number_of(bank), false, rule);
}

Tally Device::cause_counter(Bank bank, unsigned cause) {
  if (cause >= kCauses)
    throw DeviceError(fmt::format("there is no counter of cause {}: the device counts {}", cause, kCauses));
  return counter(number_of(bank), true, cause);
}

Counters Device::counters(Bank bank, unsigned rules) {
  if (rules > rule_numbers())
    throw DeviceError(fmt::format("counters of {} rules were asked for: the device has {}", rules, rule_numbers()));
  if (bank == Bank::shadow)
    wait_while(PCL_STATUS_BUSY_MASK, "counting the last packets of the retired bank (is an egress blocked?)");
  const unsigned number = number_of(bank);
  Counters counters;
  counters.rules.reserve(rules);
  for (unsigned rule = 0; rule < rules; ++rule) counters.rules.push_back(counter(number, false, rule));
  for (unsigned cause = 0; cause < kCauses; ++cause) counters.causes[cause] = counter(number, true, cause);
  return counters;
}

void Device::check_port(unsigned port) const {
  if (port >= ports_)
    throw DeviceError(fmt::format("there is no wire port {}: the device has {}, counted from 0", port, ports_));
}

PortStatistics Device::statistics(unsigned port) {
  check_port(port);
  transport_.write32(PCL_STATISTICS_SNAPSHOT, port);
  PortStatistics statistics;
  statistics.frames = read64(PCL_STATISTICS_FRAMES_LO);
  statistics.bytes = read64(PCL_STATISTICS_BYTES_LO);
  statistics.bad = read64(PCL_STATISTICS_BAD_LO);
  statistics.dropped = read64(PCL_STATISTICS_DROPPED_LO);
  statistics.forwarded = read64(PCL_STATISTICS_FORWARDED_LO);
  statistics.mirrored = read64(PCL_STATISTICS_MIRRORED_LO);
  status();  // throws if the numbers above are those of a device that is gone
  return statistics;
}

std::uint64_t Device::frames_received() {
  std::uint64_t frames = 0;
  for (unsigned port = 0; port < ports_; ++port) frames += statistics(port).frames;
  return frames;
}

std::uint64_t Device::frames_decided() {
  std::uint64_t frames = 0;
  for (unsigned port = 0; port < ports_; ++port) {
    const PortStatistics counted = statistics(port);
    frames += counted.bad + counted.dropped + counted.forwarded;
  }
  return frames;
}

unsigned Device::forward_to(unsigned port) {
  check_port(port);
  status();
  return field(transport_.read32(PCL_FORWARD_TO_0 + 4 * port), PCL_FORWARD_TO_0_EGRESS_MASK,
               PCL_FORWARD_TO_0_EGRESS_SHIFT);
}

void Device::set_forward_to(unsigned port, unsigned egress) {
  check_port(port);
  if (egress > ports_)
    throw DeviceError(fmt::format("there is no egress {}: the device has wire ports 0 to {} and the host as {}", egress,
                                  ports_ - 1, ports_));
  transport_.write32(PCL_FORWARD_TO_0 + 4 * port, egress);
  if (forward_to(port) != egress)
    throw DeviceError(fmt::format("the device did not take egress {} for wire port {}", egress, port));
}

}  // namespace portcullis::device
