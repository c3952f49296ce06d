// What the firmware's tests of trees run on, as firmware_rig.h: a device of the geometry scale-small.
#pragma once

#include <memory>

#include "../tables/tree/rule_sets.h"
#include "device/scale_loader.h"
#include "firmware_rig.h"
#include "tables/tree/image_file.h"

namespace portcullis::test {

/// Of the program that the cases are linked into; geometry() is that of the slice.
std::unique_ptr<FirmwareRig> make_tree_rig();

/// A policy and its image.
struct TreePolicy {
  TreePolicy(const TreePolicy&) = delete;
  TreePolicy& operator=(const TreePolicy&) = delete;
  TreePolicy(policy::Policy of, const tables::tree::Shape& shape)
      : policy(std::move(of)),
        image(tables::tree::compile_scale(policy, shape).image),
        bytes(tables::tree::encode_scale(image)),
        oracle(policy) {}

  policy::Policy policy;
  tables::tree::ScaleImage image;
  std::vector<std::uint8_t> bytes;
  BruteForce oracle;

  /// What a packet must get.
  FirmwareRig::Answer expected(const policy::Key& key) const {
    const std::optional<std::uint32_t> rule = oracle.first_match(key);
    if (!rule) return {false, 0, policy.default_action.to_word(), policy.default_action.permit};
    const policy::Action& action = policy.entries[*rule].action;
    return {true, device::number_in_device(image, *rule), action.to_word(), action.permit};
  }
};

class TreeLoad : public FirmwareLoad {
 protected:
  TreeLoad() : FirmwareLoad(make_tree_rig()) {}

  const tables::tree::Shape shape = tables::tree::Shape::scale_small();
  RuleSets sets{seed(12)};

  /// With lists and VLANs among the rules, which go to the slice.
  TreePolicy make_trees(std::size_t rules) {
    policy::Policy policy = sets.random(Kind::access_list, rules);
    for (std::size_t i = 0; i < policy.entries.size(); i += 9) {
      policy::Match& match = policy.entries[i].match;
      if (i % 2 == 0)
        match.vlan = {{7, 7}};
      else
        match.destination_port = {{80, 80}, {443, 443}, {1000 + static_cast<std::uint32_t>(i), 2000}};
    }
    return TreePolicy(policy, shape);
  }
  void expect_trees(const TreePolicy& policy, int keys = 100) {
    for (int i = 0; i < keys; ++i) {
      policy::Key key = sets.header(policy.policy);
      if (i % 4 == 0) key.vlan = 7;
      const FirmwareRig::Answer answer = rig->lookup(key), expected = policy.expected(key);
      ASSERT_EQ(answer.hit, expected.hit) << i;
      ASSERT_EQ(answer.rule, expected.rule) << i;
      ASSERT_EQ(answer.action.value_or(*expected.action), *expected.action);
      ASSERT_EQ(answer.permit.value_or(*expected.permit), *expected.permit);
    }
  }
};

}  // namespace portcullis::test
