// The rules of `portcullis lint`: ids, severities and what each is about. docs/lint.md has a section for each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace portcullis::policy::lint {

/// Error: somebody must decide before the document or the site can be used as it is. Warning: very likely a mistake.
/// Note: true and worth knowing, and often meant so.
enum class Severity : std::uint8_t { note, warning, error };
std::string_view to_string(Severity severity);  ///< note, warning, error: the levels of SARIF 2.1.0, 3.27.10

struct Rule {
  std::string_view id;     ///< stable; also the heading of its section in docs/lint.md
  Severity severity;       ///< of its findings, unless a finding says otherwise
  std::string_view title;  ///< what is wrong, a sentence without its stop
  std::string_view help;   ///< why it matters and what to do, a sentence or two
};

// Reading.
inline constexpr std::string_view kNotUnderstood = "not-understood";
inline constexpr std::string_view kNoPortTable = "no-port-table";
inline constexpr std::string_view kReversedRange = "reversed-range";
inline constexpr std::string_view kPortTooLarge = "port-too-large";
inline constexpr std::string_view kUnsettledAction = "unsettled-action";
// Rows.
inline constexpr std::string_view kOddRangeEnd = "odd-range-end";
inline constexpr std::string_view kServicePortsDiffer = "service-ports-differ";
inline constexpr std::string_view kDuplicateRow = "duplicate-row";
inline constexpr std::string_view kHiddenRow = "hidden-row";
inline constexpr std::string_view kServiceContradictsProtocol = "service-contradicts-protocol";
inline constexpr std::string_view kNotesNameOtherProtocol = "notes-name-other-protocol";
inline constexpr std::string_view kWiderThanNotes = "wider-than-notes";
inline constexpr std::string_view kOneWayMedia = "one-way-media";
inline constexpr std::string_view kRoleSpelling = "role-spelling";
// Prose.
inline constexpr std::string_view kPortOnlyInProse = "port-only-in-prose";
inline constexpr std::string_view kPortSaidUnused = "port-said-unused";
// Site and policy.
inline constexpr std::string_view kHostBits = "host-bits";
inline constexpr std::string_view kUnboundRole = "unbound-role";
inline constexpr std::string_view kUnusedRole = "unused-role";
inline constexpr std::string_view kSiteSetting = "site-setting";
inline constexpr std::string_view kNeverMatches = "never-matches";
inline constexpr std::string_view kHiddenRule = "hidden-rule";
inline constexpr std::string_view kOverruledRow = "overruled-row";
inline constexpr std::string_view kUnusedSilence = "unused-silence";
inline constexpr std::string_view kNotDecided = "not-decided";

/// All rules, in the order of docs/lint.md.
std::span<const Rule> rules();
/// nullptr if there is none of that id.
const Rule* find_rule(std::string_view id);

}  // namespace portcullis::policy::lint
