// Which Verilated filter an image of trees goes into.
#pragma once

#include <fmt/format.h>

#include "model/filter_model.h"
#include "run/run.h"
#include "tables/tree/shape.h"

namespace portcullis::sim {

/// Throws RunError for a shape without a model.
inline model::ModelGeometry tree_model(const tables::tree::Shape& shape) {
  if (shape.name() == "scale-small") return model::ModelGeometry::scale_small;
  if (shape.name() == "scale") return model::ModelGeometry::scale;
  throw RunError(
      fmt::format("no model of a filter is built for {}; compile for scale-small or scale", shape.to_string()));
}

}  // namespace portcullis::sim
