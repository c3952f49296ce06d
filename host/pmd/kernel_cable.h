// Cables to network interfaces of the kernel: TAP interfaces and packet sockets.
#pragma once

#include <memory>
#include <string>

#include "pmd/cable.h"

namespace portcullis::pmd {

/// The far end is the kernel's TAP interface `name`, up. Needs the right to make it. Throws CableError.
std::unique_ptr<Cable> make_tap_cable(const std::string& name);

/// The far end is what the interface `name` is connected to: its frames come in, what leaves is sent by it. The
/// interface is set promiscuous. Needs the right to open packet sockets. Throws CableError.
std::unique_ptr<Cable> make_packet_socket_cable(const std::string& name);

}  // namespace portcullis::pmd
