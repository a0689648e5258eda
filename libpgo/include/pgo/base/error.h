#pragma once

#include <string>
#include <string_view>

namespace pgo {

/// What kind of failure an Error is, chosen by what the caller may do next.
/// The numbers cross the C ABI and never change.
enum class Code {
  not_found = 1,            ///< the object named by `subject` does not exist
  already_exists = 2,       ///< create refused: an object of that name is there
  conflict = 3,             ///< optimistic lock lost: read again, decide again
  expired = 4,              ///< resourceVersion or continue token too old: list again
  invalid_argument = 5,     ///< the input is wrong whatever the state of the world
  failed_precondition = 6,  ///< the input is right, the state of the world forbids it
  unauthenticated = 7,      ///< who is calling is not known
  permission_denied = 8,    ///< the caller is known and not allowed
  resource_exhausted = 9,   ///< a limit was hit: wait, then retry
  unavailable = 10,         ///< the other side cannot be reached now: retry
  deadline_exceeded = 11,   ///< no answer in time; the effect is unknown
  cancelled = 12,           ///< the caller asked to stop
  unimplemented = 13,       ///< not supported here
  internal = 14,            ///< a defect, ours or the other side's
};

/// The stable lower-case name of a code, e.g. "not_found".
std::string_view to_string(Code code);

/// True when the same call may succeed later without a change by the caller.
bool retryable(Code code);

/// Maps an HTTP status and a Kubernetes `Status.reason` (may be empty) to a code.
/// Source: Kubernetes API conventions, "HTTP Status codes".
Code code_from_http(int status, std::string_view reason);

/// One failure. `message` is one line that says what was being done, what went wrong and,
/// where known, what to do; it never contains a secret.
struct Error {
  Code code = Code::internal;
  std::string message{};
  std::string subject{};  ///< the object or field concerned: "Deployment ns/name", "spec.replicas"
  int http_status = 0;    ///< status of the answer this came from, 0 when there was none
  std::string reason{};   ///< Kubernetes `Status.reason` of the answer, or empty

  /// "subject: message", or the message alone without a subject.
  std::string text() const;

  /// The same error seen from further up: `context` goes before the message.
  Error with_context(std::string_view context) &&;

  bool operator==(const Error&) const = default;
};

}  // namespace pgo
