// The site file: which documents, which prefixes each role has, and what is written by hand (docs/site-file.md).
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/interval_set.h"
#include "policy/key.h"
#include "policy/policy.h"
#include "policy/yaml_tree.h"
#include "spec/port_row.h"

namespace portcullis::policy {

/// A site file that cannot be used. what() is `file:line:column: what is wrong: what to do`.
class SiteError : public std::runtime_error {
 public:
  SiteError(std::string file, Place place, const std::string& message);
  const std::string& file() const { return file_; }
  Place place() const { return place_; }

 private:
  std::string file_;
  Place place_;
};

/// One end of a rule: the union of what the site file lists there.
struct Ends {
  IntervalSet<Address> addresses = {};
  bool none = false;                    ///< every role it names is bound to none, so nothing is there
  std::vector<std::string> roles = {};  ///< roles it names, as roles: spells them
};

/// A role and the prefixes it stands for.
struct Role {
  std::string name = {};
  std::string key = {};  ///< spec::role_key(name)
  Place place = {};
  bool none = false;  ///< not here: its rows make no entry
  IntervalSet<Address> addresses = {};
};

enum class TableDirection : std::uint8_t { to, from, both, ignore };
enum class TableAction : std::uint8_t { permit, drop, ignore };

/// What the site file says about one table of a document.
struct TableSetting {
  Place place = {};
  unsigned number = 0;  ///< 0 if the table is named by its title
  std::string title = {};
  std::optional<TableDirection> direction = {};
  std::optional<TableAction> action = {};
  std::string role = {};  ///< the role of every row; empty: as the rows say
};

struct SiteDocument {
  std::string name = {};            ///< as the site file spells it
  std::filesystem::path path = {};  ///< joined with the site file's folder
  Place place = {};
  std::vector<TableSetting> tables = {};
};

/// A rule written by hand. Most are one match; what is no product (echo requests of both ICMP families) is several.
struct SiteRule {
  std::string name = {};
  Place place = {};
  std::string text = {};  ///< as it stands in the file, white space collapsed
  Action action = {};
  bool after = false;
  Ends source = {};
  Ends destination = {};
  std::vector<Match> matches = {};
  std::string split_reason = {};  ///< why there is more than one match
};

/// Other ports for the rows that start at a document's line.
struct Override {
  Place place = {};
  std::string document = {};
  unsigned line = 0;
  std::vector<spec::PortRange> ports = {};
  std::string reason = {};
};

/// Findings of `lint` that are known and stay as they are.
struct Silence {
  Place place = {};
  std::string rule = {};      ///< id of a rule of lint/rules.h
  std::string document = {};  ///< as the site file names it, or the site file's own name; empty: everywhere
  unsigned line = 0;          ///< 0: every line
  std::string reason = {};
};

enum class FragmentPolicy : std::uint8_t { permit, drop, first };

struct Site {
  std::string file;  ///< as given by the caller
  std::vector<SiteDocument> documents;
  std::vector<Role> roles;
  Place roles_place{1, 1};  ///< of the key `roles`, or of the file's start
  bool unbound_is_error = true;
  Ends peers;
  bool default_permit = false;
  bool replies = true;
  bool monitor = false;
  bool non_ip_permit = false;
  bool essential_arp = true;
  bool essential_nd = true;
  bool essential_pmtu = true;
  FragmentPolicy fragments = FragmentPolicy::first;
  std::vector<SiteRule> rules;
  std::vector<Override> overrides;
  std::vector<Silence> silences;

  /// The role of that name (compared by spec::role_key), or nullptr.
  const Role* find_role(std::string_view name) const;

  std::unordered_map<std::string, std::size_t> role_index;  ///< key to index in `roles`
};

/// Reads a site file held in memory; `file` names it in errors and is what document paths are relative to. Throws
/// SiteError. With `mended`, a prefix with bits behind its length does not end the reading: it is taken as the network
/// that it lies in, and the error is added there.
Site parse_site(std::string_view file, std::string_view text, std::vector<SiteError>* mended = nullptr);
/// Reads a site file. Throws SiteError, also where the file cannot be read.
Site read_site(const std::filesystem::path& file, std::vector<SiteError>* mended = nullptr);

}  // namespace portcullis::policy
