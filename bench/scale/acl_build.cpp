#include "acl_build.h"

#include <rte_acl.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include <array>
#include <bit>
#include <cstddef>
#include <ctime>
#include <memory>
#include <vector>

namespace portcullis::bench {
namespace {

/// What rte_acl looks at: network byte order, one protocol byte first, as its programmer's guide asks.
struct Header {
  std::uint8_t protocol;
  std::uint8_t unused[3];
  std::uint32_t source;
  std::uint32_t destination;
  std::uint16_t source_port;
  std::uint16_t destination_port;
};

RTE_ACL_RULE_DEF(Rule, 5);

std::array<rte_acl_field_def, 5> fields() {
  return {{{RTE_ACL_FIELD_TYPE_BITMASK, 1, 0, 0, offsetof(Header, protocol)},
           {RTE_ACL_FIELD_TYPE_MASK, 4, 1, 1, offsetof(Header, source)},
           {RTE_ACL_FIELD_TYPE_MASK, 4, 2, 2, offsetof(Header, destination)},
           {RTE_ACL_FIELD_TYPE_RANGE, 2, 3, 3, offsetof(Header, source_port)},
           {RTE_ACL_FIELD_TYPE_RANGE, 2, 4, 3, offsetof(Header, destination_port)}}};
}

bool start_environment() {
  static const bool started = [] {
    std::array<std::string, 7> words = {"scale_growth", "--no-huge", "--no-pci",         "--no-shconf",
                                        "-m",           "2048",      "--log-level=error"};
    std::array<char*, 7> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
    return rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) >= 0;
  }();
  return started;
}

std::size_t allocated() {
  rte_malloc_socket_stats stats{};
  return rte_malloc_get_socket_stats(0, &stats) == 0 ? stats.heap_allocsz_bytes : 0;
}

}  // namespace

AclBuild build_rte_acl(const policy::Policy& policy) {
  AclBuild out;
  if (!start_environment()) {
    out.error = "DPDK's environment does not start";
    return out;
  }
  std::vector<Rule> rules(policy.entries.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const policy::Match& match = policy.entries[i].match;
    Rule& rule = rules[i];
    rule = {};
    rule.data.category_mask = 1;
    rule.data.priority = static_cast<std::int32_t>(rules.size() - i);
    rule.data.userdata = static_cast<std::uint32_t>(i + 1);
    if (!match.protocol.all()) {
      rule.field[0].value.u8 = static_cast<std::uint8_t>(match.protocol._Find_first());
      rule.field[0].mask_range.u8 = 0xFF;
    }
    const auto prefix = [&](unsigned field, const policy::IntervalSet<policy::Address>& set) {
      const auto& range = set.intervals().front();
      rule.field[field].value.u32 = static_cast<std::uint32_t>(range.first);
      rule.field[field].mask_range.u32 =
          32 - static_cast<std::uint32_t>(std::bit_width(static_cast<std::uint32_t>(range.last - range.first)));
    };
    prefix(1, match.source);
    prefix(2, match.destination);
    const auto ports = [&](unsigned field, const policy::IntervalSet<std::uint32_t>& set) {
      const auto& range = set.intervals().front();
      rule.field[field].value.u16 = static_cast<std::uint16_t>(range.first);
      rule.field[field].mask_range.u16 = static_cast<std::uint16_t>(std::min<std::uint32_t>(range.last, 65535));
    };
    ports(3, match.source_port);
    ports(4, match.destination_port);
  }
  rte_acl_param parameters{"growth", 0, RTE_ACL_RULE_SZ(5), static_cast<std::uint32_t>(rules.size())};
  const std::size_t before = allocated();
  const std::unique_ptr<rte_acl_ctx, decltype(&rte_acl_free)> context(rte_acl_create(&parameters), rte_acl_free);
  if (!context) {
    out.error = "rte_acl_create: " + std::string(rte_strerror(rte_errno));
    return out;
  }
  rte_acl_config config{};
  config.num_categories = 1;
  config.num_fields = 5;
  const auto defined = fields();
  std::copy(defined.begin(), defined.end(), config.defs);
  const std::clock_t start = std::clock();
  int status = rte_acl_add_rules(context.get(), reinterpret_cast<const rte_acl_rule*>(rules.data()),
                                 static_cast<std::uint32_t>(rules.size()));
  if (status == 0) status = rte_acl_build(context.get(), &config);
  out.seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  if (status != 0) out.error = "rte_acl_build: " + std::string(rte_strerror(-status));
  out.bytes = allocated() - before;
  return out;
}

}  // namespace portcullis::bench
