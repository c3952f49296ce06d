#include "cli/answer_json.h"

#include "policy/fields.h"

namespace portcullis::cli {

using Json = nlohmann::ordered_json;

Json box_json(const policy::Match& box, const policy::AddressNames& names) {
  Json out;
  out["text"] = policy::in_words(box, names, 1'000'000);
  for (const policy::FieldInWords& field : policy::fields_in_words(box, names)) out[field.field] = field.values;
  // Role names may stand for different prefixes on both sides, so addresses are given by number as well.
  const policy::Match presented = policy::as_presented(box);
  if (out.contains("source")) out["source_prefixes"] = policy::prefixes(presented.source);
  if (out.contains("destination")) out["destination_prefixes"] = policy::prefixes(presented.destination);
  return out;
}

Json packet_json(const policy::Key& key) {
  Json out;
  out["text"] = policy::packet_in_words(key);
  const auto type = static_cast<policy::EtherClass>((key.context >> 3U) & 7U);
  const auto fragment = static_cast<policy::Fragment>(key.context >> 6U);
  out["ethertype"] = policy::to_string(type);
  if (type == policy::EtherClass::ipv4 || type == policy::EtherClass::ipv6) {
    out["source"] = policy::to_string(key.source);
    out["destination"] = policy::to_string(key.destination);
    out["protocol"] = policy::protocol_name(key.protocol);
    if (key.source_port != policy::kNoPort) {
      const bool messages = key.protocol == 1 || key.protocol == 58;
      out[messages ? "icmp_type" : "source_port"] = key.source_port;
      out[messages ? "icmp_code" : "destination_port"] = key.destination_port;
    }
    if (key.protocol == 6 && fragment != policy::Fragment::later) out["tcp_flags"] = key.tcp_flags;
    out["dscp"] = key.dscp_tags & 0x3FU;
    out["fragment"] = fragment == policy::Fragment::whole   ? "whole"
                      : fragment == policy::Fragment::first ? "first"
                                                            : "later";
  }
  out["vlan"] = key.vlan;
  out["vlan_tags"] = key.dscp_tags >> 6U;
  out["ingress"] = key.context & 7U;
  return out;
}

Json entry_json(const policy::Policy& policy, std::optional<std::size_t> entry) {
  Json out;
  if (!entry) {
    out["action"] = policy::action_in_words(policy.default_action, policy.monitor);
    out["permit"] = policy.default_action.permit || policy.monitor;
    out["cause"] = "default";
    return out;
  }
  const policy::Entry& of = policy.entries[*entry];
  out["action"] = policy::action_in_words(of.action, policy.monitor);
  out["permit"] = of.action.permit || policy.monitor;
  out["cause"] = policy::to_string(of.from.cause);
  out["entry"] = *entry;
  out["rule"] = of.from.rule;
  if (of.from.line != 0) {
    out["document"] = of.from.document;
    out["line"] = of.from.line;
    out["text"] = of.from.text;
  }
  if (!of.from.role.empty()) out["role"] = of.from.role;
  if (!of.from.service.empty()) out["service"] = of.from.service;
  out["reply"] = of.from.reply;
  return out;
}

Json deciders_json(const policy::Policy& policy, const policy::Deciders& deciders) {
  Json out = Json::array();
  for (const std::size_t entry : deciders.entries) out.push_back(entry_json(policy, entry));
  if (deciders.fallback) out.push_back(entry_json(policy, std::nullopt));
  return out;
}

}  // namespace portcullis::cli
