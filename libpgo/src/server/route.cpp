#include "server/route.h"

#include "pgo/base/text.h"
#include "pgo/model/names.h"
#include "pgo/operations/access.h"

namespace pgo::server {
namespace {

const std::string& value_or_empty(const std::map<std::string, std::string, std::less<>>& map,
                                  std::string_view name) {
  static const std::string kEmpty;
  const auto found = map.find(name);
  return found == map.end() ? kEmpty : found->second;
}

std::string decoded(std::string_view text, bool plus_is_blank) {
  return text::percent_decode(text, plus_is_blank).value_or(std::string(text));
}

}  // namespace

const std::string& Call::variable(std::string_view name) const {
  return value_or_empty(variables, name);
}
const std::string& Call::parameter(std::string_view name) const {
  return value_or_empty(query, name);
}

http::Response json_response(std::string text) {
  http::Response response;
  response.body = std::move(text);
  response.body += '\n';
  return response;
}

http::Response text_error(int status, std::string_view text) {
  http::Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.body = std::string(text) + "\n";
  return response;
}

Result<void> check_version(std::string_view version) {
  if (version == model::fixed::kPgoVersion) return {};
  const std::string theirs = version.empty() ? "none" : std::string(version);
  return fail(Code::failed_precondition,
              "The client's version (" + theirs + ") differs from the server's (" +
                  std::string(model::fixed::kPgoVersion) + "); use a matching pgo.");
}

Result<void> check_request(const Call& call, VersionCheck version, std::string_view version_text,
                           NamespaceCheck ns, std::string_view ns_text) {
  if (version == VersionCheck::given) PGO_TRY_VOID(check_version(version_text));
  if (ns == NamespaceCheck::given) {
    PGO_TRY_VOID(operations::check_namespace(call.context, call.caller, ns_text));
  }
  return {};
}

std::string message_of(const Error& error) {
  // An answer of the Kubernetes API does not name the object itself; our own refusals do.
  return error.http_status != 0 ? error.text() : error.message;
}

std::vector<Route> all_routes() {
  std::vector<Route> routes;
  add_backup_routes(routes);
  add_base_backup_routes(routes);
  add_cluster_routes(routes);
  add_explain_routes(routes);
  add_failover_routes(routes);
  add_schedule_routes(routes);
  add_policy_routes(routes);
  add_pgbouncer_routes(routes);
  add_pgdump_routes(routes);
  add_clone_routes(routes);
  add_restore_routes(routes);
  add_system_routes(routes);
  return routes;
}

std::vector<std::string> path_segments(std::string_view path) {
  std::vector<std::string> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  for (const std::string& segment : text::split(path, '/')) {
    segments.push_back(decoded(segment, false));
  }
  return segments;
}

bool match_path(std::string_view pattern, const std::vector<std::string>& segments,
                std::map<std::string, std::string, std::less<>>& variables) {
  const std::vector<std::string> parts = text::split(pattern.substr(1), '/');
  if (parts.size() != segments.size()) return false;
  variables.clear();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].starts_with('{')) {
      if (segments[i].empty()) return false;
      variables[parts[i].substr(1, parts[i].size() - 2)] = segments[i];
    } else if (parts[i] != segments[i]) {
      return false;
    }
  }
  return true;
}

std::map<std::string, std::string, std::less<>> parse_query(std::string_view query) {
  std::map<std::string, std::string, std::less<>> parameters;
  for (const std::string& pair : text::split(query, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string key = decoded(pair.substr(0, equals), true);
    const std::string value = equals == pair.npos ? "" : decoded(pair.substr(equals + 1), true);
    parameters.emplace(key, value);
  }
  return parameters;
}

}  // namespace pgo::server
