// Parts of answers as JSON: sets of packets, packets, entries. Shared by diff, explain and test.
#pragma once

#include <nlohmann/json.hpp>

#include "policy/diff.h"
#include "policy/policy.h"
#include "policy/words.h"

namespace portcullis::cli {

/// What a box asks for, field by field, each a list of words; with `text`, the line that people read.
nlohmann::ordered_json box_json(const policy::Match& box, const policy::AddressNames& names);
/// source, destination, ports, protocol, flags, vlan, ingress; with `text`.
nlohmann::ordered_json packet_json(const policy::Key& key);
/// verdict, rule, document, line, role, service, text, entry, reply, cause; without an entry the default action.
nlohmann::ordered_json entry_json(const policy::Policy& policy, std::optional<std::size_t> entry);
/// All that decide, the default action last.
nlohmann::ordered_json deciders_json(const policy::Policy& policy, const policy::Deciders& deciders);

}  // namespace portcullis::cli
