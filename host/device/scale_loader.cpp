#include "device/scale_loader.h"

#include <fmt/format.h>

#include <algorithm>

namespace portcullis::device {
namespace {

/// Probes of a load: enough that each tree's levels and leaves are met in many places; a probe takes some 20 register
/// accesses.
constexpr std::size_t kProbes = 256;

std::size_t count_rows(std::span<const RowWrite> rows) {
  std::size_t count = 0;
  for (const RowWrite& row : rows) count += row.count;
  return count;
}

}  // namespace

std::vector<RowWrite> to_writes(std::vector<tables::tree::LoadRow> rows, unsigned words) {
  std::vector<RowWrite> out;
  out.reserve(rows.size());
  for (tables::tree::LoadRow& row : rows) {
    row.words.resize(words);
    if (!out.empty() && out.back().target == row.target && out.back().index + out.back().count == row.index &&
        out.back().words == row.words) {
      ++out.back().count;
    } else {
      out.push_back({row.target, row.index, 1, std::move(row.words)});
    }
  }
  return out;
}

std::vector<std::int32_t> rules_by_number(const tables::tree::ScaleImage& image) {
  const tables::tree::Shape& shape = image.trees.shape;
  std::vector<std::int32_t> out(shape.numbers(), -1);
  for (std::size_t rule = 0; rule < image.origins.size() && rule < shape.rules; ++rule)
    out[rule] = static_cast<std::int32_t>(rule);
  for (std::size_t i = 0; i < image.slice_rules.size(); ++i)
    out.at(shape.rules + i) = static_cast<std::int32_t>(image.slice_rules[i]);
  return out;
}

std::vector<std::int32_t> entries_by_number(const tables::tree::ScaleImage& image) {
  std::vector<std::int32_t> out = rules_by_number(image);
  for (std::int32_t& number : out) {
    if (number >= 0) number = static_cast<std::int32_t>(image.origins.at(static_cast<std::size_t>(number)));
  }
  return out;
}

std::uint32_t number_in_device(const tables::tree::ScaleImage& image, std::uint32_t rule) {
  const auto place = std::ranges::find(image.slice_rules, rule);
  return place == image.slice_rules.end()
             ? rule
             : image.trees.shape.rules + static_cast<std::uint32_t>(place - image.slice_rules.begin());
}

std::vector<policy::Key> probe_keys(const tables::tree::ScaleImage& image, std::size_t most) {
  const tables::tree::PackedTrees& trees = image.trees;
  std::vector<std::pair<unsigned, std::size_t>> used;  // tree, entry
  for (unsigned t = 0; t < trees.trees.size(); ++t) {
    for (std::size_t e = 0; e < trees.trees[t].entries.rows(); ++e)
      if (!trees.trees[t].entries.zero(e)) used.emplace_back(t, e);
  }
  const std::size_t count = std::min(most, used.size());
  std::vector<policy::Key> keys;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [tree, entry] = used[i * used.size() / count];
    const auto box = tables::tree::box_of(tables::tree::read_entry(trees, tree, entry), trees.shape);
    if (!box) continue;
    // First or last values, by turns; what no tree compares is that of a whole IPv4 UDP packet.
    const auto corner = [&](unsigned field) { return i % 2 == 0 ? box->range[field].first : box->range[field].last; };
    const bool narrow = trees.shape.address_bits == 32;
    policy::Key key;
    key.source = narrow ? policy::from_ipv4(static_cast<std::uint32_t>(corner(0))) : corner(0);
    key.destination = narrow ? policy::from_ipv4(static_cast<std::uint32_t>(corner(1))) : corner(1);
    key.source_port = static_cast<std::uint32_t>(corner(2));
    key.destination_port = static_cast<std::uint32_t>(corner(3));
    key.protocol = static_cast<std::uint8_t>(corner(4));
    key.tcp_flags = 0xFF;
    key.context = 1U << 3U;
    keys.push_back(key);
  }
  return keys;
}

ScaleLoader::ScaleLoader(Device& device) : device_(device), registers_(device), sink_(&registers_) {}

void ScaleLoader::check_shape(const tables::tree::ScaleImage& image) const {
  const auto& ours = device_.trees();
  if (!ours)
    throw LoadRefused(fmt::format("the image is for trees ({}), and the device has none: it has {}; compile for that",
                                  image.trees.shape.to_string(), device_.geometry().to_string()));
  tables::tree::Shape wanted = image.trees.shape;
  wanted.slice.name = ours->slice.name;
  if (wanted != *ours)
    throw LoadRefused(fmt::format("the image is for other trees: it needs {}, the device has {}; compile it for these",
                                  wanted.to_string(), ours->to_string()));
}

LoadReport ScaleLoader::stage(const tables::tree::ScaleImage& image) {
  check_shape(image);
  device_.wait_for_shadow();
  device_.wait_for_slice_shadow();
  device_.clear_errors();
  device_.clear_shadow_counters();
  LoadReport report;
  for (auto* const rows : {&tables::tree::tree_rows, &tables::tree::slice_rows}) {
    const std::vector<RowWrite> writes = to_writes(rows(image), device_.row_words());
    sink_->write(writes);
    report.rows += count_rows(writes);
  }
  device_.check_errors("while the trees were written; the old policy is in force");
  report.commits = registers_.commits();
  report.words = registers_.words();
  return report;
}

std::vector<ProbeFailure> ScaleLoader::self_test(const tables::tree::ScaleImage& image,
                                                 std::span<const policy::Key> keys) {
  std::vector<ProbeFailure> failures;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto rule = tables::tree::lookup_number(image, keys[i]);
    TestResult expected{rule.has_value(), 0, image.default_action};
    if (rule) {
      expected.rule = number_in_device(image, *rule);
      const std::uint32_t place = expected.rule - image.trees.shape.rules;
      expected.action = expected.rule < image.trees.shape.rules ? image.actions.at(*rule)
                                                                : image.slice.actions.at(place) & ~tables::tree::kBeforeMask;
    }
    const TestResult answered = device_.test(keys[i]);
    if (!(answered == expected)) failures.push_back({i, expected, answered});
  }
  return failures;
}

LoadReport ScaleLoader::load(const tables::tree::ScaleImage& image, Ownership* ownership) {
  const std::vector<policy::Key> keys = probe_keys(image, kProbes);
  const auto staged = [&] {
    LoadReport report = stage(image);
    report.probes = keys.size();
    return report;
  };
  const auto tested = [&] { return self_test(image, keys); };
  return ownership != nullptr ? load_and_flip(device_, *ownership, staged, tested)
                              : load_and_flip(device_, staged, tested);
}

}  // namespace portcullis::device
