// The driver's log, as DPDK has it: type "pmd.net.portcullis".
#pragma once

#include <fmt/format.h>
#include <rte_log.h>

namespace portcullis::pmd {

/// The driver's log type, registered when the driver is loaded.
extern int log_type;

template <typename... Arguments>
void log(std::uint32_t level, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  rte_log(level, static_cast<std::uint32_t>(log_type), "net_portcullis: %s\n",
          fmt::format(format, std::forward<Arguments>(arguments)...).c_str());
}

}  // namespace portcullis::pmd
