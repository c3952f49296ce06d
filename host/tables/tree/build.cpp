#include "tables/tree/build.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numeric>
#include <random>

#include "tables/tree/insert.h"

namespace portcullis::tables::tree {
namespace {

using Index = std::uint32_t;

/// The boxes in coordinates of their own: per field, the places of their ends among all ends. Cuts are then
/// comparisons of small integers, however wide the field is.
struct Ranks {
  std::array<std::vector<Address>, kFields> ends;    ///< ascending: every first, and every last + 1 that exists
  std::array<std::vector<Index>, kFields> first;     ///< of box i: place of its first in `ends`
  std::array<std::vector<Index>, kFields> past;      ///< of box i: place of its last + 1; ends.size() beyond the domain
  std::array<std::vector<Index>, kFields> by_first;  ///< boxes by first
  std::array<std::vector<Index>, kFields> by_past;
  std::vector<double> volume;  ///< of box i, as a logarithm

  Ranks(std::span<const Box> boxes, const Shape& shape) : volume(boxes.size()) {
    for (unsigned f = 0; f < kFields; ++f) {
      const Address last = last_value(shape, f);
      for (const Box& box : boxes) {
        ends[f].push_back(box.range[f].first);
        if (box.range[f].last < last) ends[f].push_back(box.range[f].last + 1);
      }
      std::sort(ends[f].begin(), ends[f].end());
      ends[f].erase(std::unique(ends[f].begin(), ends[f].end()), ends[f].end());
      const auto place = [&](Address value) {
        return static_cast<Index>(std::lower_bound(ends[f].begin(), ends[f].end(), value) - ends[f].begin());
      };
      for (std::size_t i = 0; i < boxes.size(); ++i) {
        const Range& range = boxes[i].range[f];
        first[f].push_back(place(range.first));
        past[f].push_back(range.last < last ? place(range.last + 1) : static_cast<Index>(ends[f].size()));
        volume[i] += std::log2(static_cast<double>(range.last - range.first) + 1);
      }
      by_first[f].resize(boxes.size());
      std::iota(by_first[f].begin(), by_first[f].end(), 0U);
      by_past[f] = by_first[f];
      std::sort(by_first[f].begin(), by_first[f].end(),
                [&](Index a, Index b) { return std::pair(first[f][a], a) < std::pair(first[f][b], b); });
      std::sort(by_past[f].begin(), by_past[f].end(),
                [&](Index a, Index b) { return std::pair(past[f][a], a) < std::pair(past[f][b], b); });
    }
  }
};

/// A tree under construction; thresholds are places in Ranks::ends.
struct Sketch {
  struct Node {
    unsigned field = 0;  ///< 1 + field; 0: a leaf
    Index threshold = 0;
    Index left = 0;
    Index right = 0;
    unsigned level = 0;
    std::vector<Index> rules;
  };
  std::vector<Node> nodes;
  std::array<unsigned, kMaxLevels + 2> rows{};  ///< records used in each level
  std::vector<Index> kicked;
  std::size_t entries = 0;
};

/// Numbers that depend on the seed alone, not on the standard library.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  double unit() { return static_cast<double>(random_() >> 11U) * 0x1p-53; }

 private:
  std::mt19937_64 random_;
};

class Grower {
 public:
  Grower(const Ranks& ranks, const Shape& shape) : ranks_(ranks), shape_(shape), side_(ranks.volume.size()) {
    const std::size_t n = ranks.volume.size();
    target_ = 0.75 * shape.leaf;
    growth_.resize(n + 1);
    estimate_.resize(n + 1);
    for (std::size_t i = 1; i <= n; ++i) {
      const double x = static_cast<double>(i);
      growth_[i] = x > target_ ? x * std::log2(x / target_) : 0;
    }
    for (auto& order : orders_) order.reserve(n);
  }

  /// A tree over `members`, with the weight `c` of what lies below a cut; a rule that a cut in ports or the protocol
  /// kicks out counts `ports`.
  Sketch grow(std::span<const Index> members, const TreeShape& tree, double c, double ports, Dice& dice) {
    kick_ = {1, 1, ports, ports, ports};
    for (std::size_t i = 1; i < estimate_.size() && i <= members.size(); ++i) {
      const double x = static_cast<double>(i);
      estimate_[i] = x > target_ ? std::min(x - target_, c * growth_[i]) : 0;
    }
    take(members);
    Sketch sketch;
    sketch.nodes.emplace_back();
    std::vector<Segment> level{{0, 0, static_cast<Index>(members.size())}};
    for (unsigned depth = 0; !level.empty(); ++depth) {
      const unsigned rows = depth < tree.levels ? shape_.level_rows(tree, depth + 1) : 0;
      std::vector<Segment> below;
      std::stable_sort(level.begin(), level.end(),
                       [](const Segment& a, const Segment& b) { return a.end - a.begin > b.end - b.begin; });
      for (const Segment& segment : level) {
        const Index n = segment.end - segment.begin;
        Cut cut;
        if (n > shape_.leaf && sketch.rows[depth + 1] + 2 <= rows) {
          const double room = target_ * 0.8 * std::exp2(tree.levels - depth - 1);
          cut = best_cut(segment, room, dice);
        }
        if (cut.field == 0) {
          finish(sketch, segment);
          continue;
        }
        split(sketch, segment, cut, below);
      }
      level = std::move(below);
    }
    std::sort(sketch.kicked.begin(), sketch.kicked.end());
    return sketch;
  }

  /// The leaves that box `rule` meets; stops behind `most` of them.
  void leaves(const Sketch& sketch, Index rule, std::size_t most, std::vector<Index>& found) {
    found.clear();
    stack_.assign(1, 0);
    while (!stack_.empty() && found.size() <= most) {
      const Index number = stack_.back();
      stack_.pop_back();
      const Sketch::Node& node = sketch.nodes[number];
      if (node.field == 0) {
        found.push_back(number);
        continue;
      }
      if (ranks_.past[node.field - 1][rule] > node.threshold) stack_.push_back(node.right);
      if (ranks_.first[node.field - 1][rule] < node.threshold) stack_.push_back(node.left);
    }
  }

 private:
  struct Segment {
    Index node;
    Index begin;  ///< in every order
    Index end;
  };
  struct Cut {
    unsigned field = 0;  ///< 1 + field; 0: none is better than a leaf
    Index threshold = 0;
    double cost = 0;
  };

  void take(std::span<const Index> members) {
    std::fill(side_.begin(), side_.end(), std::uint8_t{0});
    for (const Index rule : members) side_[rule] = 1;
    for (unsigned f = 0; f < kFields; ++f) {
      for (unsigned past = 0; past < 2; ++past) {
        std::vector<Index>& order = orders_[2 * f + past];
        order.clear();
        for (const Index rule : past == 0 ? ranks_.by_first[f] : ranks_.by_past[f]) {
          if (side_[rule] != 0) order.push_back(rule);
        }
      }
    }
  }

  Cut best_cut(const Segment& segment, double room, Dice& dice) {
    const Index n = segment.end - segment.begin;
    Cut best;
    best.cost = static_cast<double>(n - shape_.leaf);
    std::uint64_t ties = 1;
    for (unsigned f = 0; f < kFields; ++f) {
      const Index* starts = orders_[2 * f].data() + segment.begin;
      const Index* stops = orders_[2 * f + 1].data() + segment.begin;
      const std::vector<Index>& first = ranks_.first[f];
      const std::vector<Index>& past = ranks_.past[f];
      Index begun = 0;  // boxes that begin below the threshold
      Index done = 0;   // boxes that end at or below it
      while (done < n) {
        // The next threshold: the least end above the one before.
        Index threshold = past[stops[done]];
        if (begun < n) threshold = std::min(threshold, first[starts[begun]]);
        while (done < n && past[stops[done]] <= threshold) ++done;
        if (done > 0 && begun < n) consider(best, f, threshold, done, n - begun, n, room, ties, dice);
        while (begun < n && first[starts[begun]] <= threshold) ++begun;
        if (begun == n) {
          // Every further cut leaves nothing to the right.
          break;
        }
      }
    }
    return best;
  }

  void consider(Cut& best, unsigned field, Index threshold, Index left, Index right, Index n, double room,
                std::uint64_t& ties, Dice& dice) const {
    double cost = kick_[field] * static_cast<double>(n - left - right) + estimate_[left] + estimate_[right];
    cost += std::max(0.0, static_cast<double>(left) - room) + std::max(0.0, static_cast<double>(right) - room);
    if (cost > best.cost) return;
    if (cost < best.cost) {
      ties = 1;
    } else if (best.field == 0 || dice.below(++ties) != 0) {
      return;
    }
    best = {field + 1, threshold, cost};
  }

  void split(Sketch& sketch, const Segment& segment, const Cut& cut, std::vector<Segment>& below) {
    const std::vector<Index>& first = ranks_.first[cut.field - 1];
    const std::vector<Index>& past = ranks_.past[cut.field - 1];
    Index left = 0;
    Index right = 0;
    for (Index i = segment.begin; i < segment.end; ++i) {
      const Index rule = orders_[0][i];
      if (past[rule] <= cut.threshold) {
        side_[rule] = 1;
        ++left;
      } else if (first[rule] >= cut.threshold) {
        side_[rule] = 2;
        ++right;
      } else {
        side_[rule] = 0;
        sketch.kicked.push_back(rule);
      }
    }
    for (std::vector<Index>& order : orders_) {
      Index to = segment.begin;
      spill_.clear();
      for (Index i = segment.begin; i < segment.end; ++i) {
        const Index rule = order[i];
        if (side_[rule] == 1) order[to++] = rule;
        if (side_[rule] == 2) spill_.push_back(rule);
      }
      std::copy(spill_.begin(), spill_.end(), order.begin() + to);
    }
    const Index number = static_cast<Index>(sketch.nodes.size());
    Sketch::Node& node = sketch.nodes[segment.node];
    node.field = cut.field;
    node.threshold = cut.threshold;
    node.left = number;
    node.right = number + 1;
    const unsigned level = node.level + 1;
    sketch.nodes.resize(number + 2);
    sketch.nodes[number].level = sketch.nodes[number + 1].level = level;
    sketch.rows[level] += 2;
    below.push_back({number, segment.begin, segment.begin + left});
    below.push_back({number + 1, segment.begin + left, segment.begin + left + right});
  }

  /// Makes a leaf; the largest boxes leave it if they are too many.
  void finish(Sketch& sketch, const Segment& segment) {
    std::vector<Index>& rules = sketch.nodes[segment.node].rules;
    rules.assign(orders_[0].begin() + segment.begin, orders_[0].begin() + segment.end);
    if (rules.size() > shape_.leaf) {
      std::sort(rules.begin(), rules.end(),
                [this](Index a, Index b) { return std::pair(ranks_.volume[a], a) < std::pair(ranks_.volume[b], b); });
      sketch.kicked.insert(sketch.kicked.end(), rules.begin() + shape_.leaf, rules.end());
      rules.resize(shape_.leaf);
    }
    std::sort(rules.begin(), rules.end());
    sketch.entries += rules.size();
  }

  const Ranks& ranks_;
  const Shape& shape_;
  double target_ = 0;
  std::array<double, kFields> kick_{};  ///< what a rule counts that a cut in the field kicks out
  std::vector<double> growth_;
  std::vector<double> estimate_;
  std::array<std::vector<Index>, 2 * kFields> orders_;
  std::vector<std::uint8_t> side_;
  std::vector<Index> spill_;
  std::vector<Index> stack_;
};

/// One attempt at all trees.
class Attempt {
 public:
  Attempt(const Ranks& ranks, Grower& grower, const Shape& shape, const BuildOptions& options, std::size_t rules,
          unsigned number)
      : ranks_(ranks),
        grower_(grower),
        shape_(shape),
        options_(options),
        dice_(options.seed + number),
        rules_(rules),
        number_(number) {
    budget_ = copies_allowed(options, rules);
  }

  void run() {
    std::vector<Index> rest(rules_);
    std::iota(rest.begin(), rest.end(), 0U);
    for (std::size_t t = 0; t < shape_.trees.size(); ++t) {
      Sketch best;
      for (unsigned trial = 0; trial < options_.trials; ++trial) {
        const double c = trial == 0 && number_ == 0 ? 0.03 : weight(t, trial);
        Sketch sketch = grower_.grow(rest, shape_.trees[t], c, ports(t), dice_);
        if (trial == 0 || sketch.kicked.size() < best.kicked.size()) best = std::move(sketch);
        if (best.kicked.empty()) break;
      }
      evict(best, t);
      rest = best.kicked;
      trees_.push_back(std::move(best));
      put_back(trees_.back(), shape_.trees[t], rest, options_.leaves);
      trees_.back().kicked.clear();
    }
    // Room that is left in any tree takes what no tree took.
    for (std::size_t t = 0; t < trees_.size(); ++t)
      put_back(trees_[t], shape_.trees[t], rest, kMostLeaves * options_.leaves);
    left_over_ = std::move(rest);
    std::sort(left_over_.begin(), left_over_.end());
  }

  Forest forest() const {
    Forest forest;
    forest.left_over = left_over_;
    for (const Sketch& sketch : trees_) {
      Tree tree;
      for (const Sketch::Node& node : sketch.nodes) {
        Node out;
        out.field = node.field;
        out.left = node.left;
        out.right = node.right;
        out.rules = node.rules;
        if (node.field != 0) out.threshold = ranks_.ends[node.field - 1][node.threshold];
        tree.nodes.push_back(std::move(out));
      }
      forest.trees.push_back(std::move(tree));
      forest.entries += sketch.entries;
    }
    forest.copies = forest.entries - (rules_ - left_over_.size());
    return forest;
  }

 private:
  /// What a rule counts that a cut in ports or the protocol kicks out, by attempts in turn. Where these are cut first,
  /// a tree kicks out rules of single addresses and all ports, and the next ones, which are cut for rules of other
  /// kinds, have no room for them: firewalls may then go into no forest, though fewer rules are kicked out of its first
  /// tree.
  double ports(std::size_t tree) const {
    constexpr std::array<double, 4> first = {1, 3, 3, 1.5};
    constexpr std::array<double, 4> others = {1, 3, 1, 1.5};
    return (tree == 0 ? first : others)[number_ % first.size()];
  }

  /// A weight from 0.002 to 0.12, which all attempts and trials together cover evenly: multiples of the golden ratio,
  /// and of the plastic number's for the trees. Few weights are good for some sets, and dice might not meet them for
  /// long.
  double weight(std::size_t tree, unsigned trial) const {
    const double begin = Dice(options_.seed).unit() + 0.7548776662466927 * static_cast<double>(tree);
    const double step = 0.6180339887498949 * (static_cast<double>(number_) * options_.trials + trial);
    return 0.002 * std::pow(60.0, std::fmod(begin + step, 1.0));
  }

  /// Takes rules out of a tree over its capacity: those that a sketch of the next tree would hold in fewest leaves.
  void evict(Sketch& sketch, std::size_t t) {
    const std::size_t capacity = shape_.trees[t].entries;
    if (sketch.entries <= capacity) return;
    std::vector<std::pair<std::size_t, Index>> cost;  // leaves of the next tree, rule
    Sketch next;
    const bool last = t + 1 == shape_.trees.size();
    if (!last) next = grower_.grow(sketch.kicked, shape_.trees[t + 1], 0.03, ports(t + 1), dice_);
    std::vector<Index> found;
    for (const Sketch::Node& node : sketch.nodes) {
      for (const Index rule : node.rules) {
        if (!last) grower_.leaves(next, rule, 64, found);
        cost.emplace_back(found.size(), rule);
      }
    }
    std::sort(cost.begin(), cost.end());
    std::vector<bool> out(rules_);
    for (std::size_t i = 0; i < sketch.entries - capacity; ++i) {
      out[cost[i].second] = true;
      sketch.kicked.push_back(cost[i].second);
    }
    for (Sketch::Node& node : sketch.nodes) std::erase_if(node.rules, [&](Index rule) { return out[rule]; });
    sketch.entries = capacity;
    std::sort(sketch.kicked.begin(), sketch.kicked.end());
  }

  /// Gives kicked rules that meet few leaves, all with room, a home in the tree after all; those that need fewest
  /// copies first.
  void put_back(Sketch& sketch, const TreeShape& tree, std::vector<Index>& rest, std::size_t most) {
    if (sketch.entries >= tree.entries || rest.empty()) return;
    std::vector<Index> found;
    std::vector<std::pair<std::size_t, Index>> order;
    const auto fits = [&](Index rule) {
      grower_.leaves(sketch, rule, most, found);
      return found.size() <= most && found.size() - 1 <= budget_ && sketch.entries + found.size() <= tree.entries &&
             std::all_of(found.begin(), found.end(),
                         [&](Index leaf) { return sketch.nodes[leaf].rules.size() < shape_.leaf; });
    };
    for (const Index rule : rest) {
      if (fits(rule)) order.emplace_back(found.size(), rule);
    }
    std::sort(order.begin(), order.end());
    std::vector<bool> home(rules_);
    for (const auto& [leaves, rule] : order) {
      if (!fits(rule)) continue;
      for (const Index leaf : found) {
        std::vector<Index>& rules = sketch.nodes[leaf].rules;
        rules.insert(std::upper_bound(rules.begin(), rules.end(), rule), rule);
      }
      sketch.entries += leaves;
      budget_ -= leaves - 1;
      home[rule] = true;
    }
    std::erase_if(rest, [&](Index rule) { return home[rule]; });
  }

  const Ranks& ranks_;
  Grower& grower_;
  const Shape& shape_;
  const BuildOptions& options_;
  Dice dice_;
  std::size_t rules_;
  unsigned number_;         ///< the first begins each tree with the usual weight
  std::size_t budget_ = 0;  ///< copies that are still allowed
  std::vector<Sketch> trees_;
  std::vector<Index> left_over_;
};

}  // namespace

std::size_t copies_allowed(const BuildOptions& options, std::size_t rules) {
  return static_cast<std::size_t>(options.copies * static_cast<double>(rules));
}

Forest build(std::span<const Box> boxes, const Shape& shape, const BuildOptions& options,
             const std::function<bool(std::span<const std::uint32_t>)>& accept) {
  const auto start = std::chrono::steady_clock::now();
  const Ranks ranks(boxes, shape);
  Grower grower(ranks, shape);
  Forest best;
  for (unsigned number = 0;; ++number) {
    Attempt attempt(ranks, grower, shape, options, boxes.size(), number);
    attempt.run();
    Forest forest = attempt.forest();
    if (!forest.left_over.empty()) {
      Inserter inserter(forest, boxes, shape, copies_allowed(options, boxes.size()), kMostLeaves * options.leaves);
      std::erase_if(forest.left_over, [&](Index rule) { return inserter.insert(rule); });
    }
    forest.accepted = accept(forest.left_over);
    if (number == 0 || (forest.accepted && !best.accepted) ||
        (forest.accepted == best.accepted && forest.left_over.size() < best.left_over.size()))
      best = std::move(forest);
    best.attempts = number + 1;
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    if (best.accepted && (best.left_over.empty() || number + 1 >= options.attempts)) return best;
    if (spent.count() > options.seconds) return best;
  }
}

}  // namespace portcullis::tables::tree
