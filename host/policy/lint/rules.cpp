#include "policy/lint/rules.h"

#include <algorithm>
#include <array>

namespace portcullis::policy::lint {
namespace {

constexpr std::array kRules = {
    Rule{kNotUnderstood, Severity::error, "A row, or a part of one, could not be understood",
         "A row that is not understood makes no entry, so what it asks for stays closed. Mend the words that are "
         "quoted."},
    Rule{kNoPortTable, Severity::warning, "The document has no port table",
         "Nothing of the document takes effect. Give its table a header with a port column, or take the document out."},
    Rule{kReversedRange, Severity::error, "A range runs from a larger port to a smaller one",
         "One of the two numbers is a mistake, or they are exchanged. Write the smaller one first."},
    Rule{kPortTooLarge, Severity::error, "A port number is above 65535",
         "Ports have 16 bits, so the number is a mistake; in a range, usually a digit too many."},
    Rule{kUnsettledAction, Severity::warning, "A table states another action than permit",
         "Whether such a table permits, drops or says nothing about packets is for the site file to settle: "
         "tables: {N: {action: ignore}}, permit or drop."},
    Rule{kOddRangeEnd, Severity::warning, "A range has an end that is a digit off the one that its peers have",
         "65335 for 65535 is the classic: the ports in between stay closed, and what uses them fails now and then. "
         "Compare with the rows named, and mend the document or override the row."},
    Rule{kServicePortsDiffer, Severity::warning, "The same service has different ports in two rows or two documents",
         "If it is one service, one of the two is wrong or out of date."},
    Rule{kDuplicateRow, Severity::warning, "A row repeats another row of its table",
         "The second row has no effect. Often it was meant to say something else."},
    Rule{kHiddenRow, Severity::note, "Other rows permit every packet of a row",
         "The row has no effect of its own. It may be there for its notes; where it is not, one of the rows is wider "
         "than it should be."},
    Rule{kServiceContradictsProtocol, Severity::warning,
         "Service name and protocol or port of a row contradict each other",
         "IANA's registry has the service on another transport, or the port for another service. One of the cells is "
         "wrong."},
    Rule{kNotesNameOtherProtocol, Severity::warning, "The notes of a row name another transport than its protocol cell",
         "One of the two was copied from a neighbouring row."},
    Rule{kWiderThanNotes, Severity::warning, "A row permits more than its notes ask for",
         "The notes state fewer ports than the row opens. Configure the fewer, and open only those."},
    Rule{kOneWayMedia, Severity::note, "A media range is open in one direction only",
         "Media flow both ways. Unless the filter keeps state or admits replies, the other direction needs a row."},
    Rule{kRoleSpelling, Severity::warning, "A role is spelt in two ways",
         "The two spellings are two roles: each must be bound, and one that is forgotten stays closed."},
    Rule{kPortOnlyInProse, Severity::warning, "The text names a port that no table has",
         "Either the table lacks a row, or the text is out of date."},
    Rule{kPortSaidUnused, Severity::note, "The text says that a port is no longer used, and rows open it",
         "A row may be left over from an older edition."},
    Rule{kHostBits, Severity::error, "A prefix has bits set behind its length",
         "Address or length is a mistake. Write the network, or the host with its full length."},
    Rule{kUnboundRole, Severity::error, "A role of the documents has no binding in the site file",
         "Bind it under roles: to prefixes, any, or none."},
    Rule{kUnusedRole, Severity::note, "A role of the site file is named by no row and no rule",
         "Its prefixes have no effect. The documents may spell the role otherwise."},
    Rule{kSiteSetting, Severity::error, "A setting of the site file does not fit the documents",
         "The other commands refuse the site for it."},
    Rule{kNeverMatches, Severity::warning, "No packet can match a rule or a row",
         "Its fields exclude each other: no packet presents them together."},
    Rule{kHiddenRule, Severity::warning, "Earlier entries take every packet of a hand-written rule",
         "The rule never decides. Move it before them, or remove it."},
    Rule{kOverruledRow, Severity::warning, "Earlier entries with another action take every packet of a row",
         "What the document asks for is done otherwise: the row has no effect."},
    Rule{kUnusedSilence, Severity::warning, "A silenced finding is no longer there",
         "Remove the item under lint, so that it does not hide the next one."},
    Rule{kNotDecided, Severity::note, "A question was not decided within the limit of work",
         "The documents or the policy are larger than the limits in docs/lint.md. What was found is true; there may be "
         "more."},
};

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      break;
  }
  return "note";
}

std::span<const Rule> rules() { return kRules; }

const Rule* find_rule(std::string_view id) {
  const auto found = std::find_if(kRules.begin(), kRules.end(), [&](const Rule& rule) { return rule.id == id; });
  return found == kRules.end() ? nullptr : &*found;
}

}  // namespace portcullis::policy::lint
