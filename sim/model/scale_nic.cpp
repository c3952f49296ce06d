#include "model/scale_nic.h"

#include <stdexcept>

#include "PclNicScaleSmall.h"
#ifdef PORTCULLIS_SCALE_NIC
#include "PclNicScale.h"
#endif
#include "model/verilated_nic.h"

namespace portcullis::model {

std::unique_ptr<VerilatedNic> make_tree_nic(TreeGeometry geometry) {
  if (geometry == TreeGeometry::scale_small) return std::make_unique<VerilatedTop<PclNicScaleSmall>>();
#ifdef PORTCULLIS_SCALE_NIC
  return std::make_unique<VerilatedTop<PclNicScale>>();
#else
  throw std::invalid_argument(
      "this build has no NIC of the geometry scale; configure it with -DPORTCULLIS_SCALE_NIC=ON and build again, or "
      "use "
      "scale-small, which holds 256 rules");
#endif
}

}  // namespace portcullis::model
