// What `lint` finds: findings with their places, and how they are collected.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/lint/rules.h"

namespace portcullis::policy::lint {

inline constexpr std::size_t kMostRelated = 10;

/// A place in a file. Line and column count from 1; 0 where there is none.
struct Location {
  std::string file;  ///< as the command was given it, or joined with the site file's folder
  unsigned line = 0;
  unsigned column = 0;
};

/// Another place that a finding speaks of.
struct Related {
  Location at;
  std::string message;
};

struct Finding {
  std::string_view rule;  ///< an id of rules.h
  Severity severity = Severity::note;
  Location at;
  std::string message;           ///< a sentence without its stop
  std::string text;              ///< the row or the words it is about, as they stand
  std::string words = {};        ///< what in the line to point at; empty: its start
  std::vector<Related> related;  ///< at most kMostRelated

  /// Adds another place, unless there are enough.
  void relate(const Location& where, const std::string& what);
};

/// With the severity of the rule.
Finding make_finding(std::string_view rule, Location at, std::string message, std::string text = {});

/// A finding that the site file says is known.
struct Silenced {
  Finding finding;
  std::string reason;
};

/// More findings than this are counted, not kept.
inline constexpr std::size_t kMostFindings = 10'000;

/// Collects findings.
class Findings {
 public:
  /// With the severity of the rule. Returns the finding for more to be said, or a place to say it that is dropped.
  Finding& add(std::string_view rule, Location at, std::string message, std::string text = {});
  std::vector<Finding>& all() { return findings_; }
  std::size_t left_out() const { return left_out_; }

 private:
  std::vector<Finding> findings_;
  Finding dropped_;
  std::size_t left_out_ = 0;
};

/// All that a run of `lint` has to say.
struct Report {
  std::vector<std::string> files;  ///< that were read: documents, and the site file first if there is one
  std::vector<Finding> findings;   ///< by file in the order of `files`, then by line, column and rule
  std::vector<Silenced> silenced;  ///< likewise
};

}  // namespace portcullis::policy::lint
