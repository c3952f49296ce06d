#include "model/filter_model.h"

#include <stdexcept>

#include "PclFilterEdge.h"
#include "PclFilterEdge___024root.h"
#include "PclFilterLarge.h"
#include "PclFilterLarge___024root.h"
#include "PclFilterScaleSmall.h"
#include "PclFilterScaleSmall___024root.h"
#ifdef PORTCULLIS_SCALE_MODEL
#include "PclFilterScale.h"
#include "PclFilterScale___024root.h"
#endif
#include "model/verilated_filter.h"

namespace portcullis::model {

std::unique_ptr<FilterModel> make_filter_model(ModelGeometry geometry) {
  if (geometry == ModelGeometry::scale_small) return std::make_unique<VerilatedFilter<PclFilterScaleSmall>>();
  if (geometry == ModelGeometry::scale) {
#ifdef PORTCULLIS_SCALE_MODEL
    return std::make_unique<VerilatedFilter<PclFilterScale>>();
#else
    throw std::invalid_argument(
        "this build has no model of the geometry scale; configure it with -DPORTCULLIS_SCALE_MODEL=ON and build again, "
        "or use scale-small, which holds 256 rules");
#endif
  }
  if (geometry == ModelGeometry::large) return std::make_unique<VerilatedFilter<PclFilterLarge>>();
  return std::make_unique<VerilatedFilter<PclFilterEdge>>();
}

}  // namespace portcullis::model
