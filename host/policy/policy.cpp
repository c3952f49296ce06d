// Matches, actions and causes of a policy.
#include "policy/policy.h"

namespace portcullis::policy {
namespace {

// Positions of the action word (docs/design.md, "Loading").
constexpr unsigned kPermitBit = 32;
constexpr unsigned kMarkValidBit = 33;
constexpr unsigned kRedirectBit = 34;
constexpr unsigned kToQueueBit = 35;
constexpr unsigned kTargetShift = 36;
constexpr std::uint64_t kTargetMask = 0xFFF;
constexpr unsigned kMirrorBit = 48;

constexpr std::uint64_t bit(unsigned position) { return std::uint64_t{1} << position; }

}  // namespace

Match Match::any() {
  Match match;
  match.source = {{0, ~Address{0}}};
  match.destination = {{0, ~Address{0}}};
  match.source_port = {{0, kNoPort}};
  match.destination_port = {{0, kNoPort}};
  match.vlan = {{0, kMaxVlan}};
  match.protocol.set();
  match.tcp_flags.set();
  match.dscp_tags.set();
  match.context.set();
  return match;
}

bool Match::contains(const Key& key) const {
  return source.contains(key.source) && destination.contains(key.destination) &&
         source_port.contains(key.source_port) && destination_port.contains(key.destination_port) &&
         vlan.contains(key.vlan) && protocol[key.protocol] && tcp_flags[key.tcp_flags] && dscp_tags[key.dscp_tags] &&
         context[key.context];
}

bool Match::empty() const {
  return source.empty() || destination.empty() || source_port.empty() || destination_port.empty() || vlan.empty() ||
         protocol.none() || tcp_flags.none() || dscp_tags.none() || context.none();
}

std::uint64_t Action::to_word() const {
  std::uint64_t word = 0;
  if (permit) word |= bit(kPermitBit);
  if (mirror) word |= bit(kMirrorBit);
  if (mark) word |= bit(kMarkValidBit) | *mark;
  if (queue) word |= bit(kRedirectBit) | bit(kToQueueBit) | ((*queue & kTargetMask) << kTargetShift);
  if (wire && !queue) word |= bit(kRedirectBit) | ((*wire & kTargetMask) << kTargetShift);
  return word;
}

Action Action::from_word(std::uint64_t word) {
  Action action;
  action.permit = (word & bit(kPermitBit)) != 0;
  action.mirror = (word & bit(kMirrorBit)) != 0;
  if ((word & bit(kMarkValidBit)) != 0) action.mark = static_cast<std::uint32_t>(word & 0xFFFF'FFFFU);
  if ((word & bit(kRedirectBit)) != 0) {
    const auto target = static_cast<std::uint16_t>((word >> kTargetShift) & kTargetMask);
    if ((word & bit(kToQueueBit)) != 0) {
      action.queue = target;
    } else {
      action.wire = target;
    }
  }
  return action;
}

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::rule:
      return "rule";
    case Cause::default_action:
      return "default";
    case Cause::malformed:
      return "malformed";
    case Cause::fragment:
      return "fragment";
    case Cause::essential:
      return "essential";
    case Cause::non_ip:
      return "non-ip";
  }
  return "unknown";
}

}  // namespace portcullis::policy
