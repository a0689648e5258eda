#include "pgo/base/error.h"

#include <array>
#include <utility>

namespace pgo {
namespace {

struct CodeRow {
  Code code;
  std::string_view name;
  bool retryable;
};

constexpr std::array kCodes{
    CodeRow{Code::not_found, "not_found", false},
    CodeRow{Code::already_exists, "already_exists", false},
    CodeRow{Code::conflict, "conflict", false},
    CodeRow{Code::expired, "expired", false},
    CodeRow{Code::invalid_argument, "invalid_argument", false},
    CodeRow{Code::failed_precondition, "failed_precondition", false},
    CodeRow{Code::unauthenticated, "unauthenticated", false},
    CodeRow{Code::permission_denied, "permission_denied", false},
    CodeRow{Code::resource_exhausted, "resource_exhausted", true},
    CodeRow{Code::unavailable, "unavailable", true},
    CodeRow{Code::deadline_exceeded, "deadline_exceeded", true},
    CodeRow{Code::cancelled, "cancelled", false},
    CodeRow{Code::unimplemented, "unimplemented", false},
    CodeRow{Code::internal, "internal", false},
};

const CodeRow& row(Code code) {
  for (const CodeRow& candidate : kCodes) {
    if (candidate.code == code) return candidate;
  }
  return kCodes.back();
}

}  // namespace

std::string_view to_string(Code code) { return row(code).name; }

bool retryable(Code code) { return row(code).retryable; }

Code code_from_http(int status, std::string_view reason) {
  // The reason tells apart what shares a status: 409 is AlreadyExists or Conflict.
  if (reason == "AlreadyExists") return Code::already_exists;
  switch (status) {
    case 400:
    case 405:
    case 406:
    case 413:
    case 415:
    case 422:
      return Code::invalid_argument;
    case 401:
      return Code::unauthenticated;
    case 403:
      return Code::permission_denied;
    case 404:
      return Code::not_found;
    case 409:
      return Code::conflict;
    case 410:
      return Code::expired;
    case 412:
      return Code::failed_precondition;
    case 408:
    case 504:
      return Code::deadline_exceeded;
    case 429:
      return Code::resource_exhausted;
    case 501:
      return Code::unimplemented;
    case 500:
    case 502:
    case 503:
      return Code::unavailable;
    default:
      return Code::internal;
  }
}

std::string Error::text() const { return subject.empty() ? message : subject + ": " + message; }

Error Error::with_context(std::string_view context) && {
  message.insert(0, std::string(context) + ": ");
  return std::move(*this);
}

}  // namespace pgo
