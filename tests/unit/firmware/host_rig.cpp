#include "host_rig.h"

#include "tree_rig.h"

namespace portcullis::test {

std::unique_ptr<FirmwareRig> make_firmware_rig() { return std::make_unique<HostRig>(); }

std::unique_ptr<FirmwareRig> make_tree_rig() {
  const auto shape = tables::tree::Shape::scale_small();
  return std::make_unique<RigOn<FakeTreeDevice>>(shape.slice, shape);
}

}  // namespace portcullis::test
