// The checks behind the rules, by what they look at. Each adds to `findings` and says there where it gave up.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/build.h"
#include "policy/lint/document.h"
#include "policy/lint/finding.h"
#include "policy/policy.h"
#include "policy/product.h"

namespace portcullis::policy::lint {

/// What the checks of documents work on.
struct Subject {
  const std::vector<Document>& documents;
  const std::vector<Row>& rows;
  Names& names;
  Findings& findings;
};

/// not-understood, no-port-table, reversed-range, port-too-large: what the reading of a document left over.
void check_reading(const Document& document, Findings& findings);
/// unsettled-action, where there is no site file to settle it.
void check_actions(const Document& document, Findings& findings);

/// odd-range-end.
void check_range_ends(const Subject& subject);
/// service-ports-differ.
void check_service_ports(const Subject& subject);
/// duplicate-row, and hidden-row if `hidden`: without a site file, names stand for themselves, and a row is compared
/// with the rows of its table. Spends at most `limit`.
void check_repetitions(const Subject& subject, bool hidden, WorkLimit& limit);
/// one-way-media.
void check_media(const Subject& subject);

/// service-contradicts-protocol.
void check_services(const Subject& subject);
/// notes-name-other-protocol, wider-than-notes.
void check_notes(const Subject& subject);

/// role-spelling. `bound` holds the keys (spec::role_key) of roles that a site file binds: two spellings that are both
/// bound are meant.
void check_spellings(const Subject& subject, const Site* site);

/// port-only-in-prose, port-said-unused.
void check_prose(const Subject& subject);

/// host-bits in the cells of documents.
void check_prefixes(const Subject& subject);

/// Where the entries of a policy stand.
struct EntryPlaces {
  const std::vector<Document>* documents = nullptr;  ///< nullptr: Provenance::document is the file
  std::string site_file;
};
/// never-matches, hidden-rule, hidden-row, overruled-row: which entries decide nothing. Exact, by the sets of keys that
/// packets can present; spends at most `limit` comparisons of two products.
void check_policy(const Policy& policy, const EntryPlaces& places, Findings& findings, WorkLimit& limit);

/// unused-role.
void check_bindings(const Site& site, const Subject& subject);
/// unbound-role.
void check_unbound(const Site& site, const std::vector<UnboundRole>& unbound, const Subject& subject);

}  // namespace portcullis::policy::lint
