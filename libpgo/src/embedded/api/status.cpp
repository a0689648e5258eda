#include "embedded/api/status.h"

#include "embedded/api/call.h"

namespace pgo::embedded::api {
namespace {

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string_view reason_of(const Error& error) {
  if (!error.reason.empty()) return error.reason;
  switch (error.code) {
    case Code::not_found:
      return "NotFound";
    case Code::already_exists:
      return "AlreadyExists";
    case Code::conflict:
      return "Conflict";
    case Code::expired:
      return "Expired";
    case Code::invalid_argument:
    case Code::failed_precondition:
      return "BadRequest";
    case Code::unauthenticated:
      return "Unauthorized";
    case Code::permission_denied:
      return "Forbidden";
    case Code::resource_exhausted:
      return "TooManyRequests";
    case Code::unavailable:
      return "ServiceUnavailable";
    case Code::deadline_exceeded:
      return "Timeout";
    case Code::unimplemented:
    case Code::cancelled:
    case Code::internal:
      break;
  }
  return "InternalError";
}

}  // namespace

std::unexpected<Error> api_error(int status, std::string_view reason, std::string message,
                                 std::string subject) {
  return std::unexpected(Error{.code = code_from_http(status, reason),
                               .message = std::move(message),
                               .subject = std::move(subject),
                               .http_status = status,
                               .reason = std::string(reason)});
}

std::unexpected<Error> bad_request(std::string message) {
  return api_error(400, "BadRequest", std::move(message));
}

std::unexpected<Error> not_found(std::string_view resource, std::string_view name) {
  return api_error(404, "NotFound", std::string(resource) + " " + quoted(name) + " not found");
}

std::unexpected<Error> already_exists(std::string_view resource, std::string_view name) {
  return api_error(409, "AlreadyExists",
                   std::string(resource) + " " + quoted(name) + " already exists");
}

std::unexpected<Error> conflict(std::string_view resource, std::string_view name,
                                std::string_view why) {
  return api_error(409, "Conflict",
                   "Operation cannot be fulfilled on " + std::string(resource) + " " +
                       quoted(name) + ": " + std::string(why));
}

std::unexpected<Error> invalid(std::string_view kind, std::string_view name, std::string field,
                               std::string_view problem) {
  std::string message = std::string(kind) + " " + quoted(name) + " is invalid: " + field + ": " +
                        std::string(problem);
  return api_error(422, "Invalid", std::move(message), std::move(field));
}

std::unexpected<Error> no_such_resource() {
  return api_error(404, "NotFound", "the server could not find the requested resource");
}

std::unexpected<Error> not_allowed() {
  return api_error(405, "MethodNotAllowed",
                   "the server does not allow this method on the requested resource");
}

std::unexpected<Error> expired(std::string message) {
  return api_error(410, "Expired", std::move(message));
}

std::unexpected<Error> future_version(std::uint64_t asked, std::uint64_t current) {
  return api_error(504, "Timeout",
                   "Too large resource version: " + std::to_string(asked) +
                       ", current: " + std::to_string(current));
}

int http_status_of(const Error& error) {
  if (error.http_status != 0) return error.http_status;
  switch (error.code) {
    case Code::not_found:
      return 404;
    case Code::already_exists:
    case Code::conflict:
      return 409;
    case Code::expired:
      return 410;
    case Code::invalid_argument:
    case Code::failed_precondition:
      return 400;
    case Code::unauthenticated:
      return 401;
    case Code::permission_denied:
      return 403;
    case Code::resource_exhausted:
      return 429;
    case Code::unavailable:
      return 503;
    case Code::deadline_exceeded:
      return 504;
    case Code::unimplemented:
      return 501;
    case Code::cancelled:
    case Code::internal:
      break;
  }
  return 500;
}

json::Value status_of(const Error& error, const Call* call) {
  json::Value details = json::Value::object();
  if (call != nullptr && call->is_resource) {
    if (!call->name.empty()) details.set("name", call->name);
    if (!call->group.empty()) details.set("group", call->group);
    details.set("kind", call->plural);
  }
  if (http_status_of(error) == 422 && !error.subject.empty()) {
    details.set("causes", json::Value::array({json::Value::object({{"reason", "FieldValueInvalid"},
                                                                   {"message", error.message},
                                                                   {"field", error.subject}})}));
  }
  json::Value status = json::Value::object({{"kind", "Status"},
                                            {"apiVersion", "v1"},
                                            {"metadata", json::Value::object()},
                                            {"status", "Failure"},
                                            {"message", error.message},
                                            {"reason", reason_of(error)}});
  if (!details.members().empty()) status.set("details", std::move(details));
  status.set("code", http_status_of(error));
  return status;
}

json::Value success_status(const Call& call, std::string_view uid) {
  json::Value details = json::Value::object({{"name", call.name}});
  if (!call.group.empty()) details.set("group", call.group);
  details.set("kind", call.plural);
  if (!uid.empty()) details.set("uid", uid);
  return json::Value::object({{"kind", "Status"},
                              {"apiVersion", "v1"},
                              {"metadata", json::Value::object()},
                              {"status", "Success"},
                              {"details", std::move(details)}});
}

}  // namespace pgo::embedded::api
