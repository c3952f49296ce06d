// Random policies for whole-system tests, and the seed they are made from.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "traffic/random_policy.h"

namespace portcullis::integration {

using traffic::RandomPolicy;

/// PORTCULLIS_SEED, or `otherwise`; printed, so that a failure can be repeated.
inline std::uint64_t test_seed(std::uint64_t otherwise) {
  const char* text = std::getenv("PORTCULLIS_SEED");
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 0) : otherwise;
  std::cout << "PORTCULLIS_SEED=" << seed << '\n';
  return seed;
}

}  // namespace portcullis::integration
