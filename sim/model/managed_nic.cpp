#include "model/managed_nic.h"

#include "PclNicManaged.h"
#include "model/verilated_nic.h"

namespace portcullis::model {

std::unique_ptr<VerilatedNic> make_managed_nic() { return std::make_unique<VerilatedTop<PclNicManaged>>(); }

}  // namespace portcullis::model
