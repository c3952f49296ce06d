// From an image of trees back to the rules that it enforces.
#pragma once

#include "policy/policy.h"
#include "tables/tree/compile.h"

namespace portcullis::tables::tree {

/// The policy that a tree engine with this image enforces; entry n is rule number n of the image, so that a rule whose
/// lists were split has an entry for each part. A rule that stands nowhere matches nothing. Throws ImageError, naming
/// `file`, if entries are no rules.
policy::Policy recover_scale(const ScaleImage& image, const std::string& file);

}  // namespace portcullis::tables::tree
