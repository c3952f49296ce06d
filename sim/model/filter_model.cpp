#include "model/filter_model.h"

#include "PclFilterEdge.h"
#include "PclFilterLarge.h"
#include "model/verilated_filter.h"

namespace portcullis::model {

std::unique_ptr<FilterModel> make_filter_model(ModelGeometry geometry) {
  if (geometry == ModelGeometry::large) return std::make_unique<VerilatedFilter<PclFilterLarge>>();
  return std::make_unique<VerilatedFilter<PclFilterEdge>>();
}

}  // namespace portcullis::model
