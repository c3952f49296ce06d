// Site and documents to a policy: the entries of docs/design.md ("Policy entries") in their order.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "policy/site.h"
#include "spec/port_row.h"

namespace portcullis::policy {

/// Reads the site's documents, in its order. Throws SiteError, at the document's name, for one that cannot be read.
std::vector<spec::Extraction> read_documents(const Site& site);

/// What the site file says about each table of a document, by the table's number. Throws SiteError where a setting fits
/// no table, or two, and for tables that state another action than permit and are not settled.
std::map<unsigned, const TableSetting*> table_settings(const Site& site, const SiteDocument& document,
                                                       const spec::Extraction& extraction);

/// A name in the documents that no binding of the site file fits; once per name, where it stands first.
struct UnboundRole {
  std::string text;  ///< empty: the rows of `table` name no role
  std::string document;
  unsigned line = 0;
  unsigned table = 0;
};
/// In the order of the documents. Throws SiteError as build_policy does, but not for these.
std::vector<UnboundRole> unbound_roles(const Site& site, const std::vector<spec::Extraction>& documents);

/// The policy of a site whose document i was read as `documents[i]`. Throws SiteError for what only shows with the
/// documents at hand: roles without a binding (all in one error), a table setting or an override that hits nothing, a
/// table whose rows state another action than permit and that the site file does not settle.
///
/// Every row becomes one entry, and one more for its replies where the site asks for them. Rows that became several are
/// in Policy::splits with the reason, and so are rows and hand-written rules that became none.
Policy build_policy(const Site& site, const std::vector<spec::Extraction>& documents);

/// A site file with everything that comes of it.
struct SitePolicy {
  Site site;
  std::vector<spec::Extraction> documents;
  Policy policy;
  /// What the documents' tables hold and could not be understood; rows lost to it have no entry. Ignored tables left
  /// out.
  std::vector<spec::Finding> findings;
};

/// Reads a site file and its documents and builds the policy. Throws SiteError.
SitePolicy load_policy(const std::filesystem::path& site_file);

}  // namespace portcullis::policy
