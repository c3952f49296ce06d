// A policy: entries in order of precedence, each a product of unions, with where it came from.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/interval_set.h"
#include "policy/key.h"

namespace portcullis::policy {

using Chunk = std::bitset<256>;

/// What an entry matches: for each field a set; a key matches if every field is in its set.
struct Match {
  IntervalSet<Address> source;
  IntervalSet<Address> destination;
  IntervalSet<std::uint32_t> source_port;       ///< within 0..kNoPort
  IntervalSet<std::uint32_t> destination_port;  ///< within 0..kNoPort
  IntervalSet<std::uint16_t> vlan;              ///< within 0..kMaxVlan
  Chunk protocol;
  Chunk tcp_flags;
  Chunk dscp_tags;
  Chunk context;

  /// Everything: every field holds its whole domain (addresses: all 2^128).
  static Match any();
  bool contains(const Key& key) const;
  /// True if some field's set is empty, so that nothing matches.
  bool empty() const;
  friend bool operator==(const Match&, const Match&) = default;
};

/// What is done with a packet.
struct Action {
  bool permit = false;
  bool mirror = false;                      ///< also copy to the host
  std::optional<std::uint32_t> mark = {};   ///< for the receive metadata
  std::optional<std::uint16_t> queue = {};  ///< host queue instead of the mode's place, 0 to 4095
  std::optional<std::uint16_t> wire = {};   ///< wire port instead of it, 0 to 4095; not together with queue
  friend bool operator==(const Action&, const Action&) = default;

  /// The action word of docs/design.md.
  std::uint64_t to_word() const;
  static Action from_word(std::uint64_t word);
};

/// Why a packet met its verdict; the `cause` column of `run --verdicts`.
enum class Cause : std::uint8_t { rule, default_action, malformed, fragment, essential, non_ip };
std::string_view to_string(Cause cause);  ///< rule, default, malformed, fragment, essential, non-ip

/// Where an entry comes from.
struct Provenance {
  Cause cause = Cause::rule;
  std::string rule;  ///< a hand-written rule's name, or "document:line"; the built-in entry's name otherwise
  std::string
      document;       ///< as the site file names it; for a hand-written rule the site file; empty for built-in entries
  unsigned line = 0;  ///< 0 for built-in entries
  std::string role;
  std::string service;
  std::string text;    ///< the row as it stands
  bool reply = false;  ///< admits the answers to what the row admits
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

struct Entry {
  Match match;
  Action action;
  Provenance from;
};

/// A row that did not stay one entry, or made none.
struct SplitRow {
  std::string document;
  unsigned line = 0;
  unsigned entries = 0;  ///< entries it became, replies not counted; 0: it made none
  std::string reason;
};

struct Policy {
  std::vector<Entry> entries;  ///< the first that matches decides
  Action default_action;
  bool monitor = false;  ///< everything passes; what would have been dropped is reported
  std::vector<SplitRow> splits;
  unsigned rows = 0;  ///< document rows read
  unsigned rows_without_entry = 0;
};

}  // namespace portcullis::policy
