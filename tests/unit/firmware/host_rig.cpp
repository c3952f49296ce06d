#include "host_rig.h"

namespace portcullis::test {

std::unique_ptr<FirmwareRig> make_firmware_rig() { return std::make_unique<HostRig>(); }

}  // namespace portcullis::test
