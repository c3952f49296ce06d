// The management firmware as it was built with this program.
#pragma once

#include <string_view>

namespace portcullis::firmware {

/// The bytes that device::Management::start writes into the processor's memory, CRC included.
std::string_view image();

}  // namespace portcullis::firmware
