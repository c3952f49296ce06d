// ClassBench filter files as policies, and ClassBench traces as keys (D. Taylor and J. Turner, "ClassBench", INFOCOM
// 2005).
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "policy/key.h"
#include "policy/policy.h"

namespace portcullis::policy {

/// A filter file or trace that cannot be read. what() is `file:line: what is wrong: what to do`.
class ClassbenchError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Filters of the form `@a.b.c.d/len a.b.c.d/len lo : hi lo : hi proto/mask ...`; what follows the protocol is ignored,
/// and so are blank lines. Entry n is filter n, permits, and matches the five-tuple alone: bits of an address behind
/// its length do not count, ports 0 to 65535 are any port, and ports go with any protocol. What matches no entry is
/// dropped.
Policy parse_classbench(std::string_view file, std::string_view text);
Policy read_classbench(const std::filesystem::path& file);

/// Headers of a trace: per line source, destination, source port, destination port and protocol in decimal; what
/// follows is ignored, and so are blank lines. The keys are those of whole IPv4 packets at ingress 0, with ports
/// whatever the protocol.
std::vector<Key> parse_trace(std::string_view file, std::string_view text);
std::vector<Key> read_trace(const std::filesystem::path& file);

}  // namespace portcullis::policy
