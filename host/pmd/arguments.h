// The arguments of a device, as `key=value,key=value` behind its name: the same words and errors for simulated NICs and
// for cards.
#pragma once

#include <rte_ether.h>

#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include "pmd/log.h"

struct rte_devargs;

namespace portcullis::pmd {

/// An argument that cannot be used. The message says what it is and what would do.
class ArgumentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class DeviceArguments {
 public:
  /// `given`: of the device, null without any; `known`: the keys that there are, the last one null. Throws
  /// ArgumentError.
  DeviceArguments(const rte_devargs* given, std::span<const char* const> known);

  /// What was given for a key.
  std::optional<std::string> value(const std::string& key) const;
  /// image=: path of a table image; empty without one.
  std::string image() const { return value("image").value_or(""); }
  /// mac=: address of wire 0's port. Throws ArgumentError.
  std::optional<rte_ether_addr> mac() const;

 private:
  std::map<std::string, std::string> values_;
};

/// Runs what makes the ports of a device; 0, or a negative errno value of what it threw, which is logged.
template <typename Operation>
int probed(const char* name, Operation&& operation) {
  try {
    operation();
    return 0;
  } catch (const ArgumentError& error) {
    log(RTE_LOG_ERR, "{}: {}", name, error.what());
    return -EINVAL;
  } catch (const std::exception& error) {
    log(RTE_LOG_ERR, "{}: {}", name, error.what());
    return -EIO;
  }
}

}  // namespace portcullis::pmd
