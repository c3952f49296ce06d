// Sets of integers as sorted, disjoint, non-adjacent closed intervals.
#pragma once

#include <algorithm>
#include <cassert>
#include <compare>
#include <initializer_list>
#include <vector>

namespace portcullis::policy {

/// Closed interval, `first <= last`.
template <typename T>
struct Interval {
  T first{};
  T last{};
  friend constexpr bool operator==(const Interval&, const Interval&) = default;
};

/// A set of values of an unsigned integer type. The representation is canonical: equal sets compare equal.
template <typename T>
class IntervalSet {
 public:
  IntervalSet() = default;
  IntervalSet(std::initializer_list<Interval<T>> intervals) : IntervalSet(std::vector<Interval<T>>(intervals)) {}
  /// From intervals in any order; overlapping and adjacent ones merge.
  explicit IntervalSet(std::vector<Interval<T>> intervals) : intervals_(std::move(intervals)) { normalise(); }

  /// In ascending order, disjoint, and never adjacent.
  const std::vector<Interval<T>>& intervals() const { return intervals_; }
  bool empty() const { return intervals_.empty(); }
  std::size_t size() const { return intervals_.size(); }

  bool contains(T value) const {
    auto after = std::upper_bound(intervals_.begin(), intervals_.end(), value,
                                  [](T v, const Interval<T>& i) { return v < i.first; });
    return after != intervals_.begin() && value <= std::prev(after)->last;
  }

  friend IntervalSet unite(const IntervalSet& a, const IntervalSet& b) {
    std::vector<Interval<T>> all = a.intervals_;
    all.insert(all.end(), b.intervals_.begin(), b.intervals_.end());
    return IntervalSet(std::move(all));
  }

  friend IntervalSet intersect(const IntervalSet& a, const IntervalSet& b) {
    IntervalSet out;
    auto i = a.intervals_.begin();
    auto j = b.intervals_.begin();
    while (i != a.intervals_.end() && j != b.intervals_.end()) {
      const T first = std::max(i->first, j->first);
      const T last = std::min(i->last, j->last);
      if (first <= last) out.intervals_.push_back({first, last});
      (i->last < j->last ? i : j)++;
    }
    return out;
  }

  /// Everything of `a` that is not in `b`.
  friend IntervalSet subtract(const IntervalSet& a, const IntervalSet& b) {
    IntervalSet out;
    auto hole = b.intervals_.begin();
    for (const Interval<T>& whole : a.intervals_) {
      T first = whole.first;
      bool open = true;
      while (hole != b.intervals_.end() && hole->last < first) ++hole;
      for (auto h = hole; open && h != b.intervals_.end() && h->first <= whole.last; ++h) {
        if (h->first > first) out.intervals_.push_back({first, static_cast<T>(h->first - 1)});
        open = h->last < whole.last;
        if (open) first = static_cast<T>(h->last + 1);
      }
      if (open) out.intervals_.push_back({first, whole.last});
    }
    return out;
  }

  friend bool operator==(const IntervalSet&, const IntervalSet&) = default;

 private:
  void normalise() {
    std::sort(intervals_.begin(), intervals_.end(),
              [](const Interval<T>& a, const Interval<T>& b) { return a.first < b.first; });
    std::vector<Interval<T>> merged;
    for (const Interval<T>& i : intervals_) {
      assert(i.first <= i.last);
      // "last + 1" would wrap for the largest value, so adjacency is asked the other way round.
      if (!merged.empty() && (i.first <= merged.back().last || i.first - 1 == merged.back().last)) {
        merged.back().last = std::max(merged.back().last, i.last);
      } else {
        merged.push_back(i);
      }
    }
    intervals_ = std::move(merged);
  }

  std::vector<Interval<T>> intervals_;
};

}  // namespace portcullis::policy
