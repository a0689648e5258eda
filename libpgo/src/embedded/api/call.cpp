#include "embedded/api/call.h"

#include "embedded/api/status.h"
#include "pgo/base/text.h"

#include <algorithm>

namespace pgo::embedded::api {
namespace {

Result<std::vector<std::string>> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  for (const std::string& part : text::split(path, '/')) {
    if (part.empty()) continue;
    auto decoded = text::percent_decode(part);
    if (!decoded) return bad_request("the path is not properly encoded");
    segments.push_back(*std::move(decoded));
  }
  return segments;
}

std::string verb_of(const Call& call) {
  if (call.method == "GET" || call.method == "HEAD") {
    if (call.name.empty()) return call.query.flag("watch") ? "watch" : "list";
    // A watch on one object is asked for with a name in the path by old clients.
    return call.query.flag("watch") && call.subresource.empty() ? "watch" : "get";
  }
  if (call.method == "POST") return "create";
  if (call.method == "PUT") return "update";
  if (call.method == "PATCH") return "patch";
  if (call.method == "DELETE") return call.name.empty() ? "deletecollection" : "delete";
  return text::to_lower(call.method);
}

/// The part after "/api/v1" or "/apis/G/V".
void read_resource_path(Call& call, std::size_t at) {
  const std::vector<std::string>& parts = call.segments;
  const bool scoped = parts[at] == "namespaces" && parts.size() > at + 2 &&
                      !(call.group.empty() && parts.size() == at + 3 &&
                        (parts[at + 2] == "status" || parts[at + 2] == "finalize"));
  if (scoped) {
    call.ns = parts[at + 1];
    at += 2;
  }
  call.plural = parts[at];
  if (parts.size() > at + 1) call.name = parts[at + 1];
  if (parts.size() > at + 2) call.subresource = parts[at + 2];
  // The rest of a proxy path belongs to the subresource.
  for (std::size_t i = at + 3; i < parts.size(); ++i) call.subresource += "/" + parts[i];
  call.is_resource = true;
  call.verb = verb_of(call);
}

}  // namespace

Result<Query> Query::parse(std::string_view query) {
  Query result;
  for (const std::string& item : text::split(query, '&')) {
    if (item.empty()) continue;
    const std::size_t equals = std::min(item.find('='), item.size());
    auto key = text::percent_decode(std::string_view(item).substr(0, equals), true);
    auto value = text::percent_decode(
        equals < item.size() ? std::string_view(item).substr(equals + 1) : std::string_view(),
        true);
    if (!key || !value) return bad_request("the query is not properly encoded");
    result.items_.emplace_back(*std::move(key), *std::move(value));
  }
  return result;
}

std::string_view Query::get(std::string_view key) const {
  for (const auto& [name, value] : items_) {
    if (name == key) return value;
  }
  return {};
}

bool Query::has(std::string_view key) const {
  return std::any_of(items_.begin(), items_.end(),
                     [key](const auto& item) { return item.first == key; });
}

bool Query::flag(std::string_view key) const {
  if (!has(key)) return false;
  const std::string_view value = get(key);
  return value.empty() || text::to_bool(value).value_or(false);
}

std::vector<std::string> Query::all(std::string_view key) const {
  std::vector<std::string> values;
  for (const auto& [name, value] : items_) {
    if (name == key) values.push_back(value);
  }
  return values;
}

Result<Call> parse_call(std::string method, std::string_view target) {
  Call call;
  call.method = std::move(method);
  const std::size_t mark = std::min(target.find('?'), target.size());
  call.path = target.substr(0, mark);
  PGO_TRY(call.query,
          Query::parse(mark < target.size() ? target.substr(mark + 1) : std::string_view()));
  PGO_TRY(call.segments, segments_of(call.path));
  call.verb = text::to_lower(call.method);
  const std::vector<std::string>& parts = call.segments;
  if (parts.size() > 2 && parts[0] == "api") {
    call.version = parts[1];
    read_resource_path(call, 2);
  } else if (parts.size() > 3 && parts[0] == "apis") {
    call.group = parts[1];
    call.version = parts[2];
    read_resource_path(call, 3);
  }
  return call;
}

Answer object_answer(const Call& call, int status, const Record& record) {
  Answer answer{.status = status};
  if (call.takes_object) {
    answer.object = record.document();
  } else {
    answer.body = record.text();
  }
  return answer;
}

Answer json_answer(int status, const json::Value& document) {
  return {.status = status, .content_type = "application/json", .body = json::write(document)};
}

}  // namespace pgo::embedded::api
