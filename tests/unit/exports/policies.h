// Policies and packets that the tests of the exports share: the examples, random ones, and keys at their borders.
#pragma once

#include <string>
#include <vector>

#include "policy/build.h"
#include "random_policy.h"
#include "traffic/generate.h"

namespace portcullis::exports {

struct Named {
  std::string name;
  policy::Policy policy;
};

inline policy::Policy example(const std::string& name) {
  return policy::load_policy(std::string(PORTCULLIS_SOURCE_DIR "/examples/") + name + "/site.yaml").policy;
}

/// The examples, then `random` policies of random products. `plain`: with no actions but permit, drop and mark.
inline std::vector<Named> policies(unsigned random, std::uint64_t seed, bool plain) {
  std::vector<Named> out;
  for (const char* name : {"campus-voice", "kubernetes", "first-days"}) out.push_back({name, example(name)});
  integration::RandomPolicy make(seed);
  for (unsigned i = 0; i < random; ++i) {
    policy::Policy policy = make.make();
    if (policy.entries.size() > 60) policy.entries.resize(60);
    const auto simplify = [plain](policy::Action& action) {
      if (!plain) return;
      action.mirror = false;
      action.queue.reset();
      action.wire.reset();
    };
    simplify(policy.default_action);
    for (policy::Entry& entry : policy.entries) simplify(entry.action);
    out.push_back({"random " + std::to_string(i), std::move(policy)});
  }
  return out;
}

/// Keys that frames can present: all at the policy's borders, and random ones.
inline std::vector<policy::Key> packets_for(const policy::Policy& policy, std::uint64_t seed, std::size_t random) {
  std::vector<policy::Key> keys = traffic::border_keys(policy, 2);
  traffic::Random source(seed);
  const traffic::RandomKeys more(policy, 2);
  for (std::size_t i = 0; i < random; ++i) keys.push_back(more.next(source));
  return keys;
}

}  // namespace portcullis::exports
