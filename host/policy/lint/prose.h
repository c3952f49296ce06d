// Ports that running text names: "port 443", "TCP/5061", "ports 80 and 8080", "端口 443", "53/udp".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/port_row.h"

namespace portcullis::policy::lint {

struct PortMention {
  spec::PortRange range;
  std::optional<std::int16_t> protocol;  ///< IANA number, where the text names it
  std::string text;                      ///< the number, as it is written
  bool unused = false;                   ///< the sentence says that it is no longer used
  bool closed = false;                   ///< the sentence says that it is to stay closed, or is not needed
};

/// The ports that a line of text names, in its order. Markdown and HTML marks are allowed in it. Numbers without the
/// word "port" or a transport beside them are none, nor are numbers that count ports ("20 ports").
std::vector<PortMention> port_mentions(std::string_view line);

}  // namespace portcullis::policy::lint
