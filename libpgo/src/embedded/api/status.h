#pragma once

#include "pgo/base/result.h"
#include "pgo/json/value.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pgo::embedded::api {

struct Call;

/// Failures as the API reports them: an HTTP status and a reason of metav1.Status.
/// Source: Kubernetes API conventions, "Response Status Kind".
std::unexpected<Error> api_error(int status, std::string_view reason, std::string message,
                                 std::string subject = {});

std::unexpected<Error> bad_request(std::string message);
std::unexpected<Error> not_found(std::string_view resource, std::string_view name);
std::unexpected<Error> already_exists(std::string_view resource, std::string_view name);
std::unexpected<Error> conflict(std::string_view resource, std::string_view name,
                                std::string_view why);
/// 422; `field` is the path of the offending member, and becomes a cause.
std::unexpected<Error> invalid(std::string_view kind, std::string_view name, std::string field,
                               std::string_view problem);
/// 404: no such type or subresource.
std::unexpected<Error> no_such_resource();
/// 405: it is there, and does not take this verb.
std::unexpected<Error> not_allowed();
/// 410: list again.
std::unexpected<Error> expired(std::string message);
/// 504: a version that this server has not reached.
std::unexpected<Error> future_version(std::uint64_t asked, std::uint64_t current);

/// The metav1.Status of a failure; `call` (may be null) fills details.
json::Value status_of(const Error& error, const Call* call);
/// The metav1.Status of a success, as answered to a deletion.
json::Value success_status(const Call& call, std::string_view uid);
/// The HTTP status that goes with an error.
int http_status_of(const Error& error);

}  // namespace pgo::embedded::api
