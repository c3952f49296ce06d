#include "run/verdicts.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

#include "run/run.h"
#include "traffic/pcap.h"

namespace portcullis::sim {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20U;

/// RFC 4180.
std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::uint64_t nanoseconds(std::uint64_t clock, double ns_per_clock) {
  return static_cast<std::uint64_t>(static_cast<double>(clock) * ns_per_clock + 0.5);
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

void write_verdicts(const std::filesystem::path& file, const policy::Policy& policy, const traffic::PacketSet& packets,
                    const std::vector<VerdictRecord>& verdicts, double ns_per_clock) {
  const auto failed = [&file] {
    return RunError(fmt::format("{}: cannot be written: {}", file.string(), std::generic_category().message(errno)));
  };
  const std::unique_ptr<std::FILE, CloseFile> out(std::fopen(file.c_str(), "wb"));
  if (!out) throw failed();

  std::vector<std::string> tails;  // entry,rule,document,line,cause
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    const policy::Provenance& from = policy.entries[i].from;
    tails.push_back(fmt::format("{},{},{},{},{}", i, quoted(from.rule), quoted(from.document),
                                from.line == 0 ? "" : std::to_string(from.line), policy::to_string(from.cause)));
  }
  const std::string default_tail = fmt::format(",,,,{}", policy::to_string(policy::Cause::default_action));
  const std::string malformed_tail = fmt::format(",,,,{}", policy::to_string(policy::Cause::malformed));

  std::string text = fmt::format("packet,time_ns,length,ingress,verdict,entry,rule,document,line,cause{}\n",
                                 policy.monitor ? ",would" : "");
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const VerdictRecord& v = verdicts[i];
    const traffic::Packet& packet = packets[i % packets.size()];
    const auto entry = static_cast<std::size_t>(v.entry);
    const std::string_view tail = v.lost                                          ? ",,,,lost"
                                  : v.malformed != policy::Malformed::none        ? std::string_view(malformed_tail)
                                  : v.entry >= 0 && entry < policy.entries.size() ? std::string_view(tails[entry])
                                                                                  : std::string_view(default_tail);
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{}{}\n", i, nanoseconds(v.clock, ns_per_clock),
                   packet.original, packet.ingress, v.permit ? "permit" : "drop", tail,
                   !policy.monitor             ? ""
                   : v.would_drop || !v.permit ? ",drop"
                                               : ",permit");
    if (text.size() >= kBlock) {
      if (std::fwrite(text.data(), 1, text.size(), out.get()) != text.size()) throw failed();
      text.clear();
    }
  }
  if (std::fwrite(text.data(), 1, text.size(), out.get()) != text.size() || std::fflush(out.get()) != 0) throw failed();
}

void write_permitted(const std::filesystem::path& file, const traffic::PacketSet& packets,
                     const std::vector<EgressRecord>& egress, double ns_per_clock) {
  traffic::PcapWriter writer(file);
  for (const EgressRecord& record : egress) {
    writer.write(nanoseconds(record.clock, ns_per_clock), packets.frame(record.packet % packets.size()));
  }
  writer.close();
}

}  // namespace portcullis::sim
