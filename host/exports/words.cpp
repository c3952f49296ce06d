#include "exports/words.h"

#include <fmt/format.h>

#include "policy/fields.h"
#include "spec/text.h"

namespace portcullis::exports {

using policy::Address;
using policy::Interval;

std::optional<unsigned> prefix_length(const Interval<Address>& interval) {
  const Address span = interval.last - interval.first;
  // A prefix is as long as a power of two and aligned to its length.
  if ((span & (span + 1)) != 0 || (interval.first & span) != 0) return std::nullopt;
  unsigned length = policy::is_ipv4(interval.first) ? 32 : 128;
  for (Address rest = span; rest != 0; rest >>= 1U) --length;
  return length;
}

std::string address_words(const Interval<Address>& interval) {
  const std::string first = policy::to_string(interval.first);
  if (interval.first == interval.last) return first;
  if (const auto length = prefix_length(interval)) return fmt::format("{}/{}", first, *length);
  return fmt::format("{}-{}", first, policy::to_string(interval.last));
}

policy::IntervalSet<std::uint32_t> values_of(const policy::Chunk& chunk) {
  std::vector<Interval<std::uint32_t>> values;
  for (std::uint32_t value = 0; value < chunk.size(); ++value) {
    if (chunk[value]) values.push_back({value, value});
  }
  return policy::IntervalSet<std::uint32_t>(std::move(values));
}

namespace {

/// Characters that turn the reading direction, or have no width (Unicode UAX #9 and general category Cf): in a comment
/// they could make a line read as something else.
bool is_format(char32_t c) {
  return c == 0xAD || c == 0x061C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB);
}

}  // namespace

std::string one_line(std::string_view text, std::size_t bytes) {
  const spec::SourceText source(text.substr(0, 4 * bytes));  // valid UTF-8, whatever came in
  const std::string_view clean = source.text();
  std::string out;
  for (std::size_t at = 0; at < clean.size();) {
    const char32_t c = spec::code_point_at(clean, at);
    const std::size_t length = spec::utf8_length(static_cast<unsigned char>(clean[at]));
    if (c == '"') {
      out += '\'';
    } else if (c == '\\') {
      out += '/';
    } else if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
      out += ' ';
    } else if (!is_format(c)) {
      out += clean.substr(at, length);
    }
    at += length;
  }
  return spec::shorten(spec::collapse(out), bytes);
}

std::string origin_words(const policy::Provenance& from, std::size_t bytes) {
  std::string words = from.rule;
  for (const std::string* part : {&from.role, &from.service}) {
    if (part->empty()) continue;
    words += words.size() == from.rule.size() ? " " : ", ";
    words += std::string_view(*part).substr(0, bytes);
  }
  if (from.reply) words += " (replies)";
  return one_line(words, bytes);
}

std::string entry_words(const policy::Policy& policy, std::size_t entry) {
  if (entry >= policy.entries.size()) return "the default action";
  return fmt::format("entry {} ({})", entry, one_line(policy.entries[entry].from.rule, 100));
}

}  // namespace portcullis::exports
