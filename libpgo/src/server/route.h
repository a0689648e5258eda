#pragma once

#include "pgo/http/server.h"
#include "pgo/json/codec.h"
#include "pgo/operations/context.h"
#include "pgo/plan/cluster.h"
#include "pgo/server/rest_service.h"

#include <concepts>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The route table. A route is one value made by `body_route` or `query_route`; a capability adds
/// its routes in a file of its own.
namespace pgo::server {

/// What a handler knows of a request.
struct Call {
  const operations::Context& context;
  const operations::Caller& caller;
  std::map<std::string, std::string, std::less<>> variables;  ///< of the path, decoded
  std::map<std::string, std::string, std::less<>> query;      ///< decoded; the first of a name
  std::string_view body;
  bool dry_run = false;
  plan::Settings settings = {};  ///< without a renderer nothing can be planned

  const std::string& variable(std::string_view name) const;
  /// The value of a query parameter, or empty.
  const std::string& parameter(std::string_view name) const;
};

/// Where a request says which version its client has.
enum class VersionCheck { none, given };
enum class NamespaceCheck { none, given };
enum class Access {
  open,         ///< anybody
  certificate,  ///< a client certificate unless exempt, no credentials
  permission,   ///< credentials with the route's permission
};

struct Route {
  std::string_view method;   ///< empty: any
  std::string_view pattern;  ///< "/clusters/scale/{name}"
  Access access = Access::permission;
  std::string_view permission;
  /// Answers after access has been granted; checks version and namespace itself.
  std::function<http::Response(const Call&)> handle;
};

/// The answer of 4.2.0 for JSON in its form, struct order with <, > and & escaped: one newline at
/// the end.
http::Response json_response(std::string text);
/// Text as Go's http.Error writes it.
http::Response text_error(int status, std::string_view text);

/// Refuses a client of another version, and a namespace the caller may not use.
Result<void> check_version(std::string_view version);
Result<void> check_request(const Call& call, VersionCheck version, std::string_view version_text,
                           NamespaceCheck ns, std::string_view ns_text);

/// One line for the `Msg` of an answer.
std::string message_of(const Error& error);

/// A Response that is text already: a long one is made a piece at a time.
template <typename Response>
struct Written {
  std::string text;
};

template <typename Response>
http::Response refused(const Error& error) {
  Response response{};
  response.status.code = "error";
  response.status.msg = message_of(error);
  http::Response refusal = json_response(json::encode_text(response, json::Escapes::go));
  refusal.headers.emplace_back(kErrorCodeHeader, to_string(error.code));
  return refusal;
}

template <typename Response>
http::Response respond(Result<Response> result) {
  if (result) return json_response(json::encode_text(*result, json::Escapes::go));
  return refused<Response>(result.error());
}

template <typename Response>
http::Response respond(Result<Written<Response>> result) {
  if (result) return json_response(std::move(result->text));
  return refused<Response>(result.error());
}

/// As Go decodes: without regard to case, unknown keys ignored, and what cannot be read stays zero.
template <typename Request>
Request lenient_request(std::string_view body) {
  Request request{};
  if (const auto document = json::parse(body)) {
    if (!json::decode_into(*document, request, json::Mode::lenient)) return request;
  }
  return request;
}

/// A route whose request is a JSON body with `Namespace`, and with `ClientVersion` where 4.2.0's
/// has one. `Answer`: a Response, or one that is written.
template <typename Request, typename Answer>
Route body_route(std::string_view method, std::string_view pattern, std::string_view permission,
                 Result<Answer> (*work)(const Call&, const Request&),
                 VersionCheck wanted = VersionCheck::given) {
  const auto handle = [work, wanted](const Call& call) {
    const Request request = lenient_request<Request>(call.body);
    VersionCheck check = VersionCheck::none;
    std::string_view version;
    if constexpr (requires { request.client_version; }) {
      check = wanted;
      version = request.client_version;
    }
    if (auto checked = check_request(call, check, version, NamespaceCheck::given, request.ns);
        !checked) {
      return respond(Result<Answer>(fail(std::move(checked).error())));
    }
    return respond(work(call, request));
  };
  return {.method = method,
          .pattern = pattern,
          .access = Access::permission,
          .permission = permission,
          .handle = handle};
}

/// What a query route checks before its work.
struct QueryChecks {
  VersionCheck version = VersionCheck::given;
  NamespaceCheck ns = NamespaceCheck::given;
};

/// A route whose request is the path and the query, with `version` and `namespace`.
template <typename Response>
Route query_route(std::string_view method, std::string_view pattern, std::string_view permission,
                  Result<Response> (*work)(const Call&), QueryChecks checks = {}) {
  const auto handle = [work, checks](const Call& call) {
    if (auto checked = check_request(call, checks.version, call.parameter("version"), checks.ns,
                                     call.parameter("namespace"));
        !checked) {
      return respond<Response>(fail(std::move(checked).error()));
    }
    return respond(work(call));
  };
  return {.method = method,
          .pattern = pattern,
          .access = Access::permission,
          .permission = permission,
          .handle = handle};
}

/// Adders, one per capability; `all_routes` calls each.
void add_backup_routes(std::vector<Route>& routes);
void add_base_backup_routes(std::vector<Route>& routes);
void add_cluster_routes(std::vector<Route>& routes);
void add_explain_routes(std::vector<Route>& routes);
void add_failover_routes(std::vector<Route>& routes);
void add_schedule_routes(std::vector<Route>& routes);
void add_policy_routes(std::vector<Route>& routes);
void add_pgbouncer_routes(std::vector<Route>& routes);
void add_pgdump_routes(std::vector<Route>& routes);
void add_clone_routes(std::vector<Route>& routes);
void add_restore_routes(std::vector<Route>& routes);
void add_system_routes(std::vector<Route>& routes);
std::vector<Route> all_routes();

/// The variables of `path` when it fits `pattern`.
bool match_path(std::string_view pattern, const std::vector<std::string>& segments,
                std::map<std::string, std::string, std::less<>>& variables);
/// Decoded segments of a path without its query.
std::vector<std::string> path_segments(std::string_view path);
std::map<std::string, std::string, std::less<>> parse_query(std::string_view query);

}  // namespace pgo::server
