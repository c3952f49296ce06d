#include "device/policy_totals.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <set>
#include <string_view>

namespace portcullis::device {
namespace {

constexpr std::string_view kFirstLine = "portcullis-counters\t1";

/// A field of a line: tabs and line feeds are what separates fields and lines.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\t') {
      out += "\\t";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += c;
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    ++i;
    out += text[i] == 't' ? '\t' : text[i] == 'n' ? '\n' : text[i];
  }
  return out;
}

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields;
  for (std::size_t begin = 0;;) {
    const std::size_t end = line.find('\t', begin);
    fields.push_back(unescaped(line.substr(begin, end - begin)));
    if (end == std::string_view::npos) return fields;
    begin = end + 1;
  }
}

/// What a counter has gained since `before`, 64 bits, so it does not wrap.
Tally gained(const Tally& now, const Tally& before, const std::string& what) {
  if (now.packets < before.packets || now.bytes < before.bytes)
    throw DeviceError(fmt::format("{} has counted back from {} to {} packets; is the file that of another device?",
                                  what, before.packets, now.packets));
  return {now.packets - before.packets, now.bytes - before.bytes};
}

/// Reads lines of fields, and complains with file and line.
class Lines {
 public:
  explicit Lines(const std::filesystem::path& file) : file_(file), in_(file, std::ios::binary) {}
  bool next() {
    std::string line;
    if (!std::getline(in_, line)) return false;
    ++number_;
    fields_ = split(line);
    return true;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw DeviceError(fmt::format("{}:{}: {}; give a file that this program wrote, or remove it to count anew",
                                  file_.string(), number_, what));
  }
  void expect(std::size_t fields) const {
    if (fields_.size() != fields) fail(fmt::format("{} fields where {} are expected", fields_.size(), fields));
  }
  const std::string& text(std::size_t field) const { return fields_.at(field); }
  std::uint64_t number(std::size_t field, int base = 10) const {
    const std::string& text = fields_.at(field);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size()) fail(fmt::format("\"{}\" is no number", text));
    return value;
  }
  std::size_t cause(std::size_t field) const {
    const std::uint64_t value = number(field);
    if (value >= kCauses) fail(fmt::format("cause {} does not exist", value));
    return static_cast<std::size_t>(value);
  }
  RuleIdentity identity(std::size_t field) const {
    return {text(field), text(field + 1), text(field + 2), text(field + 3) == "reply"};
  }
  Tally tally(std::size_t field) const { return {number(field), number(field + 1)}; }

 private:
  const std::filesystem::path& file_;
  std::ifstream in_;
  std::size_t number_ = 0;
  std::vector<std::string> fields_;
};

std::string fields_of(const RuleIdentity& rule) {
  return fmt::format("{}\t{}\t{}\t{}", escaped(rule.document), escaped(rule.role), escaped(rule.name),
                     rule.reply ? "reply" : "rule");
}

}  // namespace

RuleIdentity RuleIdentity::of(const policy::Provenance& from) {
  // A row's rule is "document:line".
  const bool row = !from.document.empty() && from.rule == fmt::format("{}:{}", from.document, from.line);
  return {from.document, from.role, row ? from.text : from.rule, from.reply};
}

PolicyTotals::PolicyTotals(std::filesystem::path file) : file_(std::move(file)) {
  if (std::filesystem::exists(file_)) read();
}

void PolicyTotals::read() {
  Lines lines(file_);
  if (!lines.next() || lines.text(0) != "portcullis-counters" || lines.number(1) != 1)
    lines.fail("no counters of version 1");
  Load* load = nullptr;
  bool ended = false;
  while (lines.next()) {
    const std::string& kind = lines.text(0);
    if (kind == "total") {
      lines.expect(7);
      totals_[lines.identity(1)] = lines.tally(5);
    } else if (kind == "cause") {
      lines.expect(4);
      causes_.at(lines.cause(1)) = lines.tally(2);
    } else if (kind == "load") {
      lines.expect(2);
      load = &loads_[lines.number(1, 16)];
    } else if (kind == "added" && load != nullptr) {
      lines.expect(7);
      load->rules.push_back(lines.identity(1));
      load->added.push_back(lines.tally(5));
    } else if (kind == "added-cause" && load != nullptr) {
      lines.expect(4);
      load->causes.at(lines.cause(1)) = lines.tally(2);
    } else if (kind == "end") {
      ended = true;
    } else {
      lines.fail(fmt::format("\"{}\" is not understood here", kind));
    }
  }
  if (!ended) lines.fail("the last line is missing");
}

void PolicyTotals::write() const {
  std::filesystem::path fresh = file_;
  fresh += ".new";
  std::ofstream out(fresh, std::ios::binary);
  out << kFirstLine << '\n';
  for (const auto& [rule, total] : totals_)
    out << fmt::format("total\t{}\t{}\t{}\n", fields_of(rule), total.packets, total.bytes);
  for (unsigned cause = 0; cause < kCauses; ++cause)
    out << fmt::format("cause\t{}\t{}\t{}\n", cause, causes_[cause].packets, causes_[cause].bytes);
  for (const auto& [nonce, load] : loads_) {
    out << fmt::format("load\t{:x}\n", nonce);
    for (std::size_t rule = 0; rule < load.rules.size(); ++rule)
      out << fmt::format("added\t{}\t{}\t{}\n", fields_of(load.rules[rule]), load.added[rule].packets,
                         load.added[rule].bytes);
    for (unsigned cause = 0; cause < kCauses; ++cause)
      out << fmt::format("added-cause\t{}\t{}\t{}\n", cause, load.causes[cause].packets, load.causes[cause].bytes);
  }
  out << "end\n";
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(fresh, file_, error);
  if (!out || error)
    throw DeviceError(fmt::format("{}: cannot be written; nothing was taken from the device", file_.string()));
}

std::uint64_t PolicyTotals::collect(Firmware& firmware) {
  const FirmwareStatus status = firmware.status();
  const PolicyTotals before = *this;
  std::uint64_t retired = 0;
  std::set<std::uint64_t> present;
  try {
    for (unsigned bank = 0; bank < status.banks.size(); ++bank) {
      const BankPolicy& policy = status.banks[bank];
      if (policy.nonce != 0) present.insert(policy.nonce);
      const auto known = loads_.find(policy.nonce);
      if (policy.state != BankPolicy::State::used || known == loads_.end()) continue;
      Load& load = known->second;
      if (load.rules.size() != policy.entries)
        throw DeviceError(fmt::format("{}: the load of bank {} has {} rules there and {} in the device", file_.string(),
                                      bank, load.rules.size(), policy.entries));
      const BankCounters now = firmware.counters(bank, policy.entries);
      if (now.nonce != policy.nonce)
        throw DeviceError(fmt::format("bank {} was loaded anew while its counters were read; read them again", bank));
      for (std::size_t rule = 0; rule < load.rules.size(); ++rule) {
        totals_[load.rules[rule]] +=
            gained(now.counters.rules[rule], load.added[rule], fmt::format("rule {} of bank {}", rule, bank));
        load.added[rule] = now.counters.rules[rule];
      }
      for (unsigned cause = 0; cause < kCauses; ++cause) {
        causes_[cause] +=
            gained(now.counters.causes[cause], load.causes[cause], fmt::format("cause {} of bank {}", cause, bank));
        load.causes[cause] = now.counters.causes[cause];
      }
      if (bank != status.active_bank) retired = policy.nonce;
    }
    // Loads that no bank holds will not count any more.
    std::erase_if(loads_, [&](const auto& load) { return !present.contains(load.first); });
    write();
  } catch (...) {
    *this = before;
    throw;
  }
  return retired;
}

std::uint64_t PolicyTotals::announce(std::span<const policy::Provenance> entries) {
  const std::uint64_t nonce = random_nonce();
  Load load;
  for (const policy::Provenance& from : entries) load.rules.push_back(RuleIdentity::of(from));
  load.added.resize(load.rules.size());
  loads_[nonce] = std::move(load);
  write();
  return nonce;
}

std::vector<PolicyTotals::Row> PolicyTotals::rules() const {
  std::vector<Row> rows;
  for (const auto& [rule, total] : totals_) rows.push_back({rule, total});
  return rows;
}

}  // namespace portcullis::device
