// The proof: an image, decoded from its bytes alone, does what the site's policy says for every packet, or a packet on
// which they differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/key.h"
#include "policy/policy.h"
#include "tables/reference.h"

namespace portcullis::tables {

/// What came out.
enum class ProofResult {
  proved,   ///< every entry holds the same sets, action and origin: every packet meets the same verdict at the same
            ///< entry
  differs,  ///< `key` is a packet that meets different verdicts
  without_effect,  ///< entries, origins or probes differ, but no packet meets a different verdict
  gave_up,  ///< entries differ, and the search for a packet ran out of its limit: whether a verdict differs is not
            ///< known
};

/// How one entry of the image differs from the policy's entry of the same number.
struct EntryDifference {
  std::size_t entry = 0;  ///< the number of entries for the default action
  std::string what;       ///< "destination port, action", or "only in the image"
};

struct Proof {
  ProofResult result = ProofResult::proved;
  std::vector<EntryDifference> differences;  ///< in the order of the entries
  std::optional<policy::Key> key;            ///< `differs`: a packet that can really be met
  Verdict by_policy;                         ///< on `key`
  Verdict by_image;
  /// `without_effect`: a packet that is counted by another entry than the policy's, if there is one.
  std::optional<policy::Key> counted_elsewhere;
  std::size_t policy_entries = 0;
  std::size_t image_entries = 0;
  std::size_t intervals = 0;         ///< intervals and chunk values that were compared
  std::vector<std::string> remarks;  ///< what else is wrong with the image: boundaries out of order, probes
  /// The answer in sentences, with verdicts and document lines, as `portcullis prove` prints it.
  std::string text;

  bool proved() const { return result == ProofResult::proved; }
};

/// Comparisons of two products that the search for a packet may make before it gives up; some seconds of work.
inline constexpr std::uint64_t kProofSearch = 50'000'000;

/// Reads the image and compares it with the policy. Two verdicts are equal if they permit, flag, mark, mirror and
/// redirect alike; origins (document without its folder, line, rule, text) are compared too, but a difference there
/// changes no verdict. Time is linear in the image, plus the search where something differs. `file` is for messages.
/// Throws ImageError for an image that is damaged.
Proof prove(const policy::Policy& policy, std::span<const std::uint8_t> image, const std::string& file,
            std::uint64_t search_limit = kProofSearch);

/// "tcp 10.0.0.1:1024 -> 192.0.2.1:443, flags 0x02, ingress 0": a key in a line, as people name packets.
std::string describe(const policy::Key& key);
/// "permit, mark 46 (ports.md:12)".
std::string describe(const Verdict& verdict, const policy::Policy& policy);

}  // namespace portcullis::tables
