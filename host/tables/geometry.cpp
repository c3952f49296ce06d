// Geometries: those with a name, and geometry files.
#include "tables/geometry.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include "tables/crc32c.h"

namespace portcullis::tables {
namespace {

// Keys of the `intervals` map of a geometry file, in the order of the tables.
constexpr std::array<const char*, policy::kRangeTables> kIntervalKeys = {"source", "destination", "source_port",
                                                                         "destination_port", "vlan"};

std::string place(const std::string& file, const YAML::Mark& mark) {
  return mark.is_null() ? file : fmt::format("{}:{}:{}", file, mark.line + 1, mark.column + 1);
}

[[noreturn]] void fail(const std::string& file, const YAML::Node& node, const std::string& what) {
  throw GeometryError(fmt::format("{}: {}", place(file, node.Mark()), what));
}

unsigned number(const std::string& file, const YAML::Node& parent, const char* key, unsigned least, unsigned most) {
  const YAML::Node node = parent[key];
  if (!node) fail(file, parent, fmt::format("'{}' is missing: give a number from {} to {}", key, least, most));
  // Digits only: yaml-cpp would read "0x10" and "-1" too, the latter as a huge unsigned number.
  const std::string text = node.IsScalar() ? node.Scalar() : std::string();
  const bool digits = !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
  const unsigned long value = digits ? std::stoul(text) : 0;
  if (!digits || value < least || value > most) {
    fail(file, node, fmt::format("'{}' is '{}': must be a number from {} to {}", key, text, least, most));
  }
  return static_cast<unsigned>(value);
}

void refuse_other_keys(const std::string& file, const YAML::Node& map, const std::set<std::string>& known) {
  std::set<std::string> seen;
  for (const auto& item : map) {
    const std::string key = item.first.IsScalar() ? item.first.Scalar() : std::string("?");
    if (!known.contains(key)) {
      fail(file, item.first, fmt::format("unknown key '{}': the keys here are {}", key, fmt::join(known, ", ")));
    }
    if (!seen.insert(key).second) fail(file, item.first, fmt::format("'{}' is given twice: keep one", key));
  }
}

}  // namespace

Geometry Geometry::edge() {
  Geometry geometry;
  geometry.name = "edge";
  geometry.rules = 512;
  geometry.intervals = {256, 256, 256, 256, 256};
  return geometry;
}

Geometry Geometry::large() {
  Geometry geometry;
  geometry.name = "large";
  geometry.rules = 1024;
  geometry.intervals = {2048, 2048, 1024, 1024, 256};
  return geometry;
}

Geometry Geometry::versa() {
  Geometry geometry;
  geometry.name = "versa";
  geometry.rules = 128;
  geometry.intervals = {64, 64, 64, 64, 16};
  return geometry;
}

Geometry Geometry::from_name_or_file(const std::string& name_or_path) {
  if (name_or_path == "edge") return edge();
  if (name_or_path == "large") return large();
  if (name_or_path == "versa") return versa();
  std::error_code error;
  if (!std::filesystem::exists(name_or_path, error)) {
    throw GeometryError(
        fmt::format("{}: no such geometry: give edge, large, versa or the path of a geometry file", name_or_path));
  }
  return from_file(name_or_path);
}

Geometry Geometry::from_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw GeometryError(fmt::format("{}: cannot be read: check that it is a readable file", path.string()));
  return from_yaml(text.str(), path.string());
}

Geometry Geometry::from_yaml(const std::string& text, const std::string& file) {
  YAML::Node root;
  try {
    root = YAML::Load(text);
  } catch (const YAML::Exception& error) {
    throw GeometryError(fmt::format("{}: not YAML: {}", place(file, error.mark), error.msg));
  }
  if (!root.IsMap()) {
    fail(file, root, "a geometry file is a map with the keys geometry, name, rules, address_bits and intervals");
  }
  refuse_other_keys(file, root, {"geometry", "name", "rules", "address_bits", "intervals"});
  number(file, root, "geometry", 1, 1);
  Geometry geometry;
  const YAML::Node name = root["name"];
  if (!name || !name.IsScalar() || name.Scalar().empty() || name.Scalar().size() > 64) {
    fail(file, name ? name : root, "'name' must be a word of 1 to 64 bytes");
  }
  geometry.name = name.Scalar();
  geometry.rules = number(file, root, "rules", 1, kMaxRules);
  geometry.address_bits = number(file, root, "address_bits", 128, 128);
  const YAML::Node intervals = root["intervals"];
  if (!intervals || !intervals.IsMap()) {
    fail(file, intervals ? intervals : root,
         fmt::format("'intervals' must be a map with the keys {}", fmt::join(kIntervalKeys, ", ")));
  }
  refuse_other_keys(file, intervals, {kIntervalKeys.begin(), kIntervalKeys.end()});
  for (unsigned table = 0; table < policy::kRangeTables; ++table) {
    geometry.intervals[table] = number(file, intervals, kIntervalKeys[table], 2, kMaxIntervals);
  }
  return geometry;
}

unsigned Geometry::rows(policy::Table table) const {
  const auto index = static_cast<unsigned>(table);
  return index < policy::kRangeTables ? intervals[index] : 256;
}

std::uint32_t Geometry::signature() const {
  std::array<std::uint32_t, 2 + policy::kRangeTables> numbers{rules, address_bits};
  std::copy(intervals.begin(), intervals.end(), numbers.begin() + 2);
  std::array<std::uint8_t, sizeof numbers> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(numbers[i / 4] >> (8 * (i % 4)));
  }
  return crc32c(bytes);
}

std::string Geometry::to_string() const {
  return fmt::format("{}: {} rules, intervals {}, {}-bit addresses", name, rules, fmt::join(intervals, "/"),
                     address_bits);
}

std::string Geometry::problem() const {
  if (rules < 1 || rules > kMaxRules) return fmt::format("rules is {}: must be 1 to {}", rules, kMaxRules);
  if (address_bits != 128) return fmt::format("address_bits is {}: must be 128", address_bits);
  for (unsigned table = 0; table < policy::kRangeTables; ++table) {
    if (intervals[table] < 2 || intervals[table] > kMaxIntervals) {
      return fmt::format("intervals of {} is {}: must be 2 to {}", policy::kTableNames[table], intervals[table],
                         kMaxIntervals);
    }
  }
  return {};
}

}  // namespace portcullis::tables
