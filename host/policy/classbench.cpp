#include "policy/classbench.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

#include "policy/fields.h"

namespace portcullis::policy {
namespace {

/// One line, read from left to right.
class Line {
 public:
  Line(std::string_view file, unsigned number, std::string_view text) : file_(file), number_(number), rest_(text) {}

  bool blank() {
    skip_blanks();
    return rest_.empty();
  }

  void expect(char mark, std::string_view before) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != mark) {
      fail(fmt::format("'{}' is expected before {}: write @a.b.c.d/len a.b.c.d/len lo : hi lo : hi protocol/mask", mark,
                       before));
    }
    rest_.remove_prefix(1);
  }

  std::uint32_t decimal(std::string_view what, std::uint32_t largest) { return number(what, largest, 10); }

  /// 0xNN, as the protocol is written.
  std::uint32_t hexadecimal(std::string_view what, std::uint32_t largest) {
    skip_blanks();
    if (!rest_.starts_with("0x") && !rest_.starts_with("0X")) fail(fmt::format("{} must start with 0x", what));
    rest_.remove_prefix(2);
    return number(what, largest, 16);
  }

  IntervalSet<Address> prefix(std::string_view what) {
    std::uint32_t address = 0;
    for (unsigned octet = 0; octet < 4; ++octet) {
      if (octet > 0) expect('.', fmt::format("octet {} of the {}", octet + 1, what));
      address = (address << 8U) | decimal(what, 255);
    }
    expect('/', fmt::format("the length of the {}", what));
    const std::uint32_t length = decimal(fmt::format("length of the {}", what), 32);
    const std::uint32_t host_mask = length == 0 ? 0xFFFF'FFFFU : (std::uint32_t{1} << (32 - length)) - 1;
    return {{from_ipv4(address & ~host_mask), from_ipv4(address | host_mask)}};
  }

  IntervalSet<std::uint32_t> ports(std::string_view what) {
    const std::uint32_t first = decimal(what, kNoPort - 1);
    expect(':', fmt::format("the last {}", what));
    const std::uint32_t last = decimal(what, kNoPort - 1);
    if (first > last)
      fail(fmt::format("{} range {} : {} is reversed: write the smaller port first", what, first, last));
    return as_port_field({{first, last}});
  }

 private:
  void skip_blanks() {
    const std::size_t first = rest_.find_first_not_of(" \t\r");
    rest_.remove_prefix(first == std::string_view::npos ? rest_.size() : first);
  }

  std::uint32_t number(std::string_view what, std::uint32_t largest, int base) {
    skip_blanks();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, base);
    if (error == std::errc::invalid_argument) fail(fmt::format("{}: a number is expected", what));
    if (error != std::errc{} || value > largest)
      fail(fmt::format("{} is too large: 0 to {} is allowed", what, largest));
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return static_cast<std::uint32_t>(value);
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw ClassbenchError(fmt::format("{}:{}: {}", file_, number_, message));
  }

  std::string_view file_;
  unsigned number_;
  std::string_view rest_;
};

/// Calls `read(line, number, text)` for each line that is not blank.
template <typename Read>
void for_each_line(std::string_view file, std::string_view text, Read read) {
  unsigned number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    const std::string_view content = text.substr(0, end);
    Line line(file, number, content);
    if (!line.blank()) read(line, number, content);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

std::string read_whole(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    throw ClassbenchError(fmt::format("{}: is a folder: name a file", file.string()));
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw ClassbenchError(fmt::format("{}: cannot be read: {}", file.string(), std::strerror(errno)));
  std::ostringstream content;
  content << stream.rdbuf();
  return std::move(content).str();
}

}  // namespace

Policy parse_classbench(std::string_view file, std::string_view text) {
  Policy policy;
  for_each_line(file, text, [&](Line& line, unsigned number, std::string_view content) {
    Entry entry;
    entry.match = Match::any();
    line.expect('@', "the source address");
    entry.match.source = line.prefix("source address");
    entry.match.destination = line.prefix("destination address");
    entry.match.source_port = line.ports("source port");
    entry.match.destination_port = line.ports("destination port");
    const std::uint32_t protocol = line.hexadecimal("protocol", 0xFF);
    line.expect('/', "the protocol's mask");
    const std::uint32_t mask = line.hexadecimal("mask of the protocol", 0xFF);
    for (std::uint32_t p = 0; p < 256; ++p) entry.match.protocol[p] = (p & mask) == (protocol & mask);
    entry.match.context = context_chunk({EtherClass::ipv4});
    entry.action.permit = true;
    entry.from.rule = fmt::format("{}:{}", file, number);
    entry.from.document = file;
    entry.from.line = number;
    entry.from.text = content.substr(0, content.find_last_not_of(" \t\r") + 1);
    policy.entries.push_back(std::move(entry));
  });
  if (policy.entries.empty()) {
    throw ClassbenchError(
        fmt::format("{}: no filters: lines like \"@192.0.2.0/24 0.0.0.0/0 0 : 65535 80 : 80 0x06/0xFF\" "
                    "are expected",
                    file));
  }
  return policy;
}

Policy read_classbench(const std::filesystem::path& file) { return parse_classbench(file.string(), read_whole(file)); }

std::vector<Key> parse_trace(std::string_view file, std::string_view text) {
  std::vector<Key> keys;
  for_each_line(file, text, [&](Line& line, unsigned, std::string_view) {
    Key key;
    key.source = from_ipv4(line.decimal("source address", 0xFFFF'FFFF));
    key.destination = from_ipv4(line.decimal("destination address", 0xFFFF'FFFF));
    key.source_port = line.decimal("source port", kNoPort - 1);
    key.destination_port = line.decimal("destination port", kNoPort - 1);
    key.protocol = static_cast<std::uint8_t>(line.decimal("protocol", 0xFF));
    key.context = make_context(0, EtherClass::ipv4, Fragment::whole);
    keys.push_back(key);
  });
  return keys;
}

std::vector<Key> read_trace(const std::filesystem::path& file) { return parse_trace(file.string(), read_whole(file)); }

}  // namespace portcullis::policy
