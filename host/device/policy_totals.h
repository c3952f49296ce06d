// PolicyTotals: packets and bytes of each rule over all policies that it was part of. A rule is matched by what it is,
// not by its number; what has been counted is neither lost nor counted twice, whatever changes: policies, the host,
// this program.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "device/firmware.h"
#include "policy/policy.h"

namespace portcullis::device {

/// What makes a rule the same rule in another policy: the text of its row (or its name, where it was written by hand or
/// is built in), its document and role, and whether it is the reply entry. The line number is no part of it, so that
/// rows may move. Entries of one policy that agree in all of it share a total.
struct RuleIdentity {
  std::string document;
  std::string role;
  std::string name;
  bool reply = false;
  friend bool operator==(const RuleIdentity&, const RuleIdentity&) = default;
  friend auto operator<=>(const RuleIdentity&, const RuleIdentity&) = default;

  static RuleIdentity of(const policy::Provenance& from);
};

/// Totals in a file. Counters stay in the device until they are in the file: a crash between the two loses nothing.
class PolicyTotals {
 public:
  /// Reads the file; one that is not there yet has no totals. Throws DeviceError, with file and line.
  explicit PolicyTotals(std::filesystem::path file);

  /// Adds what has been counted since the last time, of every bank whose load the file knows, and writes the file.
  /// Gives the nonce of the retired policy whose final counters are now in the file, 0 if there is none: what
  /// FirmwareLoadOptions::collected takes.
  std::uint64_t collect(Firmware& firmware);
  /// To be called before a load: makes the file know which rule has which number, writes it, and gives the nonce to
  /// load with.
  std::uint64_t announce(std::span<const policy::Provenance> entries);

  struct Row {
    RuleIdentity rule;
    Tally total;
  };
  /// In the order of document, role and name.
  std::vector<Row> rules() const;
  /// By cause; 0 is the default action.
  const std::array<Tally, kCauses>& causes() const { return causes_; }

 private:
  /// A load that a bank may still hold: its rules, and what has been added of each so far.
  struct Load {
    std::vector<RuleIdentity> rules;
    std::vector<Tally> added;
    std::array<Tally, kCauses> causes{};
  };
  void read();
  void write() const;

  std::filesystem::path file_;
  std::map<RuleIdentity, Tally> totals_;
  std::array<Tally, kCauses> causes_{};
  std::map<std::uint64_t, Load> loads_;  ///< by nonce
};

}  // namespace portcullis::device
