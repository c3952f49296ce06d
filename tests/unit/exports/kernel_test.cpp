// nftables as a second matcher: the ruleset, loaded into the kernel of this machine, lets the same frames through as
// the reference matcher, and counts them at the same entries.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "bridge.h"
#include "exports/export.h"
#include "policies.h"
#include "tables/prove.h"
#include "tables/reference.h"
#include "traffic/frame.h"

namespace portcullis::exports {
namespace {

namespace fs = std::filesystem;

bool nft_is_here() { return std::system("nft --version >/dev/null 2>&1") == 0; }

std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  std::array<char, 65536> block{};
  for (std::size_t n; (n = std::fread(block.data(), 1, block.size(), pipe.get())) > 0;) out.append(block.data(), n);
  return out;
}

bool load(const std::string& ruleset, const std::string& name) {
  const fs::path file = fs::path(PORTCULLIS_BINARY_DIR) / fmt::format("exports-{}-{}.nft", name, getpid());
  std::ofstream(file) << ruleset;
  const int status = std::system(fmt::format("nft -f '{}'", file.string()).c_str());
  if (status == 0) fs::remove(file);
  return status == 0;
}

/// Packets of every counter of the table, by name.
std::map<std::string, std::uint64_t> counters() {
  std::map<std::string, std::uint64_t> out;
  const auto json = nlohmann::json::parse(output_of("nft -j list counters table bridge portcullis"));
  for (const auto& item : json["nftables"]) {
    if (item.contains("counter")) out[item["counter"]["name"]] = item["counter"]["packets"];
  }
  return out;
}

void compare(const TapBridge& bridge, const Named& named, std::uint64_t seed) {
  SCOPED_TRACE(named.name);
  const policy::Policy& policy = named.policy;
  ASSERT_TRUE(load(to_nftables(policy, {}).text, std::to_string(policy.entries.size())));
  std::map<std::string, std::uint64_t> expected;
  for (std::size_t i = 0; i < policy.entries.size(); ++i) expected[fmt::format("entry_{}", i)] = 0;
  expected["default_action"] = expected["two_tags"] = expected["unreadable"] = 0;
  std::size_t frames = 0;
  for (const policy::Key& key : packets_for(policy, seed, 20'000)) {
    const unsigned ingress = key.context & 7U;
    const auto frame = traffic::frame_presenting(key);
    ASSERT_TRUE(frame);
    const std::vector<std::uint8_t> bytes = traffic::build(*frame);
    const bool two_tags = (key.dscp_tags >> 6U) == 2;
    const tables::Verdict verdict = tables::decide(policy, key);
    ++expected[two_tags        ? "two_tags"
               : verdict.entry ? fmt::format("entry_{}", *verdict.entry)
                               : std::string("default_action")];
    const bool wanted = two_tags ? policy.monitor : verdict.permit;
    ASSERT_EQ(bridge.passes(bytes, ingress), wanted)
        << tables::describe(key) << " context " << int(key.context) << "; " << tables::describe(verdict, policy);
    ++frames;
  }
  EXPECT_EQ(counters(), expected);
  std::cout << named.name << ": " << frames << " frames\n";
}

class Kernel : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!nft_is_here()) GTEST_SKIP() << "nft is not here: install Debian's nftables";
    std::string why;
    if (auto made = TapBridge::make(why)) bridge_.emplace(std::move(*made));
    if (!bridge_) GTEST_SKIP() << "this machine cannot bridge frames for the test: " << why;
    if (std::system("nft add table bridge probe && nft delete table bridge probe") != 0) {
      GTEST_SKIP() << "this kernel has no nf_tables for family bridge";
    }
  }
  std::optional<TapBridge> bridge_;
};

TEST_F(Kernel, NftablesDecidesOnFramesOfTheExamplesLikeTheReference) {
  const std::uint64_t seed = integration::test_seed(4);
  for (const Named& named : policies(0, seed, true)) compare(*bridge_, named, seed);
}

TEST_F(Kernel, NftablesDecidesOnFramesOfRandomPoliciesLikeTheReference) {
  const std::uint64_t seed = integration::test_seed(5);
  std::vector<Named> random = policies(8, seed, true);
  random.erase(random.begin(), random.begin() + 3);  // the examples
  for (const Named& named : random) compare(*bridge_, named, seed);
}

TEST(NftablesExport, RulesetsAreValidForNft) {
  if (!nft_is_here()) GTEST_SKIP() << "nft is not here: install Debian's nftables";
  if (geteuid() != 0) GTEST_SKIP() << "nft -c needs root";
  for (const Named& named : policies(5, integration::test_seed(6), true)) {
    const fs::path file = fs::path(PORTCULLIS_BINARY_DIR) / fmt::format("exports-check-{}.nft", getpid());
    std::ofstream(file) << to_nftables(named.policy, {}).text;
    EXPECT_EQ(std::system(fmt::format("unshare -n nft -c -f '{}'", file.string()).c_str()), 0) << named.name;
    fs::remove(file);
  }
}

TEST(NftablesExport, RefusesWhatNoRuleSays) {
  policy::Policy policy = example("kubernetes");
  policy.entries[5].action.permit = true;
  policy.entries[5].action.queue = 3;
  try {
    to_nftables(policy, {});
    FAIL() << "a host queue was exported";
  } catch (const ExportError& error) {
    EXPECT_NE(std::string(error.what()).find("entry 5"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace portcullis::exports
