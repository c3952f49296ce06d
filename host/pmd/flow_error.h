// Why a flow rule is refused: what rte_flow's callers get as struct rte_flow_error.
#pragma once

#include <rte_flow.h>

#include <stdexcept>
#include <string>

namespace portcullis::pmd {

/// A flow rule that cannot be done. what() is a sentence that says what is wrong and, where there is one, the way out.
class FlowError : public std::runtime_error {
 public:
  /// `code`: a positive errno value. `cause`: the item, action or attribute at fault, as the caller passed it; may be
  /// null.
  FlowError(int code, rte_flow_error_type type, const void* cause, const std::string& message)
      : std::runtime_error(message), code_(code), type_(type), cause_(cause) {}

  int code() const { return code_; }
  rte_flow_error_type type() const { return type_; }
  const void* cause() const { return cause_; }

  /// Fills `error` (which may be null) and gives the negative errno value that rte_flow's functions return. The message
  /// stays valid in this thread until the next call.
  int report(rte_flow_error* error) const {
    static thread_local std::string message;
    message = what();
    return rte_flow_error_set(error, code_, type_, cause_, message.c_str());
  }

 private:
  int code_;
  rte_flow_error_type type_;
  const void* cause_;
};

}  // namespace portcullis::pmd
