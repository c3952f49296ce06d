// Random policies for tests and campaigns: entries as products of unions over a pool of intervals, so that they
// overlap, hide and touch one another, and fit the geometry `edge`.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/policy.h"
#include "traffic/generate.h"

namespace portcullis::traffic {

/// Where the intervals of the pool lie: prefixes and ports anywhere, or between few values close to each other, so that
/// most intervals have an end in common.
enum class Pool : std::uint8_t { spread, dense };

/// The same policies for the same seed.
class RandomPolicy {
 public:
  explicit RandomPolicy(std::uint64_t seed, Pool pool = Pool::spread) : random_(seed), pool_(pool) {}
  /// 1 to 500 entries; a quarter of the policies are in monitor mode.
  policy::Policy make();

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  bool one_in(unsigned n) { return below(n) == 0; }
  void fill_spread();
  void fill_dense();
  template <typename T>
  policy::IntervalSet<T> some_of(const std::vector<policy::Interval<T>>& pool);
  policy::Chunk noise(unsigned one_in_n);
  policy::Match make_match();
  policy::Action make_action();

  Random random_;
  Pool pool_;
  std::vector<policy::Interval<policy::Address>> addresses_;
  std::vector<policy::Interval<std::uint32_t>> ports_;
  std::vector<policy::Interval<std::uint16_t>> vlans_;
};

}  // namespace portcullis::traffic
