#include "pgo/client.h"

#include "pgo/base/text.h"
#include "pgo/model/names.h"

#include <algorithm>
#include <array>

namespace pgo {
namespace {

namespace rest = model::rest;

template <typename Request>
Result<json::Value> check(const json::Value& request) {
  Request decoded = rest::initial_request<Request>();
  PGO_TRY_VOID(json::decode_into(request, decoded, json::Mode::strict));
  return json::encode(decoded);
}

template <typename Row>
constexpr RestOperation operation(const Row& row) {
  return {.name = row.name,
          .method = row.method,
          .path = row.path,
          .in_query = row.in == rest::In::query,
          .writes = row.effect == rest::Effect::writes,
          .summary = row.summary,
          .check = check<typename Row::Request>};
}

constexpr auto kOperations =
    std::apply([](const auto&... rows) { return std::array{operation(rows)...}; }, rest::kCalls);

Result<const RestOperation*> find_operation(std::string_view name) {
  const auto found = std::ranges::find(kOperations, name, &RestOperation::name);
  if (found == kOperations.end()) {
    return fail(Code::invalid_argument, "there is no operation of this name", std::string(name));
  }
  return &*found;
}

/// Sets the member if it is there, in whatever case, and empty.
void fill_in(json::Value& request, std::string_view key, std::string_view value) {
  json::Object* members = request.if_object();
  if (members == nullptr || value.empty()) return;
  for (json::Member& member : *members) {
    const json::String* text = member.value.if_string();
    if (text != nullptr && text->empty() && text::equals_ignore_case(member.key, key)) {
      member.value = value;
    }
  }
}

std::string text_of(const json::Value& value) {
  if (const json::String* text = value.if_string()) return *text;
  return json::write(value);
}

/// "/clusters/scale/hippo?replica-count=1&..." of the pattern and the request.
Result<std::string> path_and_query(const RestOperation& operation, const json::Value& request) {
  std::string path(operation.path);
  std::string query;
  for (const json::Member& member : request.members()) {
    const std::string value = text_of(member.value);
    const std::string variable = "{" + std::string(member.key) + "}";
    if (const std::size_t at = path.find(variable); at != path.npos) {
      if (value.empty()) {
        return fail(Code::invalid_argument,
                    std::string(operation.name) + " needs a " + std::string(member.key) + ".",
                    member.key);
      }
      path.replace(at, variable.size(), text::percent_encode(value));
    } else {
      query +=
          (query.empty() ? "?" : "&") + std::string(member.key) + "=" + text::percent_encode(value);
    }
  }
  return path + query;
}

Code code_named(std::string_view name) {
  for (int number = 1; number <= static_cast<int>(Code::internal); ++number) {
    if (to_string(static_cast<Code>(number)) == name) return static_cast<Code>(number);
  }
  return Code::failed_precondition;
}

Error http_error(Code code, std::string message, const std::string& what, int status) {
  return {.code = code,
          .message = std::move(message),
          .subject = what,
          .http_status = status,
          .reason = {}};
}

/// The document of an answer; what is no 200 is an error.
Result<json::Value> document_of(const RestAnswer& answer, const std::string& what) {
  const std::string text(text::trim(answer.body));
  switch (answer.status) {
    case 200:
      break;
    case 401:
      return fail(http_error(Code::unauthenticated, "the apiserver does not accept the credentials",
                             what, 401));
    case 403:
      return fail(http_error(Code::permission_denied, "the apiserver refuses: " + text, what, 403));
    case 404:
    case 405:
      return fail(http_error(Code::unimplemented, "the apiserver does not serve this", what,
                             answer.status));
    default:
      return fail(http_error(
          code_from_http(answer.status, {}),
          "the apiserver answered with status " + std::to_string(answer.status) + ": " + text, what,
          answer.status));
  }
  auto document = json::parse(answer.body);
  if (!document) {
    return fail(http_error(Code::unavailable,
                           "the answer is no JSON; is this really the address of an apiserver?",
                           what, answer.status));
  }
  return document;
}

/// Code and Msg stand in the answer, or in its member `status` (create cluster).
Result<void> accepted(const json::Value& answer, const RestAnswer& raw, std::string_view name) {
  const json::Value& status = answer["Code"].is_string() ? answer : answer["status"];
  const std::string_view code = status["Code"].as_string();
  if (code.empty() || code == "ok") return {};
  return fail(http_error(code_named(raw.error_code), std::string(status["Msg"].as_string()),
                         std::string(name), raw.status));
}

/// A 4.2.0 server answers "ok" when the cluster to be backed up regularly is not there; that must
/// not pass for a schedule.
Result<void> did_something(const json::Value& answer, std::string_view name) {
  if (name != "create_schedule" || !answer["Results"].items().empty()) return {};
  return fail(http_error(Code::not_found, "no cluster matches; nothing was scheduled",
                         std::string(name), 200));
}

/// A request that would change nothing is answered as ever: that is a plan without steps.
json::Value plan_of(json::Value answer) {
  if (answer["Steps"].is_array()) return answer;
  rest::DryRunResponse nothing;
  for (const json::Value& line : answer["Results"].items()) {
    if (line.is_string()) nothing.results.emplace_back(line.as_string());
  }
  nothing.status.code = "ok";
  return json::encode(nothing);
}

Result<json::Value> checked_request(const RestOperation& operation, const json::Value& request) {
  auto checked = operation.check(request.is_null() ? json::Value::object() : request);
  if (checked) return checked;
  return fail(
      std::move(checked).error().with_context("the request of " + std::string(operation.name)));
}

}  // namespace

std::span<const RestOperation> rest_operations() { return kOperations; }

Result<json::Value> Client::call_json(std::string_view name, const json::Value& request,
                                      std::stop_token stop) const {
  PGO_TRY(const RestOperation* operation, find_operation(name));
  PGO_TRY(json::Value checked, checked_request(*operation, request));
  return send(name, std::move(checked), Mode::carry_out, std::move(stop));
}

Result<json::Value> Client::dry_run_json(std::string_view name, const json::Value& request,
                                         std::stop_token stop) const {
  PGO_TRY(const RestOperation* operation, find_operation(name));
  if (!operation->writes) {
    return fail(Code::invalid_argument,
                "this operation writes nothing, so there is nothing to try; call it",
                std::string(name));
  }
  PGO_TRY(json::Value checked, checked_request(*operation, request));
  return send(name, std::move(checked), Mode::try_only, std::move(stop));
}

Result<json::Value> Client::send(std::string_view name, json::Value request, Mode mode,
                                 std::stop_token stop) const {
  PGO_TRY(const RestOperation* operation, find_operation(name));
  fill_in(request, "clientversion", model::fixed::kPgoVersion);
  fill_in(request, "namespace", ns_);
  RestRequest sent{.method = std::string(operation->method),
                   .path = std::string(operation->path),
                   .body = {},
                   .stop = std::move(stop)};
  if (operation->in_query) {
    fill_in(request, "version", model::fixed::kPgoVersion);
    PGO_TRY(sent.path, path_and_query(*operation, request));
  } else {
    sent.body = json::write(request, json::Style::compact, json::Escapes::go);
  }
  if (mode == Mode::try_only) sent.path.insert(0, rest::kDryRunPrefix);
  PGO_TRY(const RestAnswer answer, channel_->send(sent));
  PGO_TRY(json::Value document, document_of(answer, std::string(name)));
  PGO_TRY_VOID(accepted(document, answer, name));
  if (mode == Mode::try_only) return plan_of(std::move(document));
  PGO_TRY_VOID(did_something(document, name));
  return document;
}

Result<json::Value> Client::request(const RestRequest& request) const {
  PGO_TRY(const RestAnswer answer, channel_->send(request));
  return document_of(answer, request.method + " " + request.path);
}

Error Client::unreadable(std::string_view name, const Error& why) {
  return http_error(Code::unavailable, "the answer cannot be understood: " + why.text(),
                    std::string(name), 200);
}

}  // namespace pgo
