#include "embedded/api/discovery.h"

#include "embedded/api/openapi.h"
#include "embedded/api/status.h"

#include <algorithm>
#include <map>
#include <utility>

namespace pgo::embedded::api {
namespace {

using json::Value;

constexpr std::string_view kReviewGroups[] = {"authentication.k8s.io", "authorization.k8s.io"};

Value strings(const std::vector<std::string>& items) {
  Value list = Value::array();
  for (const std::string& item : items) list.push_back(item);
  return list;
}

Value verbs(std::initializer_list<const char*> names) {
  Value list = Value::array();
  for (const char* name : names) list.push_back(name);
  return list;
}

Value subresource(const Resource& type, std::string_view name, std::string_view kind,
                  Value verbs_) {
  return Value::object({{"name", type.plural + "/" + std::string(name)},
                        {"singularName", ""},
                        {"namespaced", type.namespaced},
                        {"kind", kind},
                        {"verbs", std::move(verbs_)}});
}

void add_subresources(const Resource& type, Value& list) {
  const auto update = [] { return verbs({"get", "patch", "update"}); };
  if (type.status) list.push_back(subresource(type, "status", type.kind, update()));
  if (type.scale) {
    Value scale = subresource(type, "scale", "Scale", update());
    scale.set("group", "autoscaling");
    scale.set("version", "v1");
    list.push_back(std::move(scale));
  }
  if (type.table == "/namespaces") {
    list.push_back(subresource(type, "finalize", "Namespace", verbs({"update"})));
  } else if (type.table == "/serviceaccounts") {
    list.push_back(subresource(type, "token", "TokenRequest", verbs({"create"})));
  } else if (type.table == "/pods") {
    list.push_back(subresource(type, "log", "Pod", verbs({"get"})));
    list.push_back(subresource(type, "exec", "PodExecOptions", verbs({"create", "get"})));
    list.push_back(subresource(type, "binding", "Binding", verbs({"create"})));
    list.push_back(subresource(type, "eviction", "Eviction", verbs({"create"})));
  }
}

Value review_resource(std::string_view plural, std::string_view kind, bool namespaced = false) {
  return Value::object({{"name", plural},
                        {"singularName", ""},
                        {"namespaced", namespaced},
                        {"kind", kind},
                        {"verbs", verbs({"create"})}});
}

Value review_resources(std::string_view group) {
  Value list = Value::array();
  if (group == "authentication.k8s.io") {
    list.push_back(review_resource("selfsubjectreviews", "SelfSubjectReview"));
    list.push_back(review_resource("tokenreviews", "TokenReview"));
  } else {
    list.push_back(review_resource("localsubjectaccessreviews", "LocalSubjectAccessReview", true));
    list.push_back(review_resource("selfsubjectaccessreviews", "SelfSubjectAccessReview"));
    list.push_back(review_resource("selfsubjectrulesreviews", "SelfSubjectRulesReview"));
    list.push_back(review_resource("subjectaccessreviews", "SubjectAccessReview"));
  }
  return list;
}

bool is_review_group(std::string_view group) {
  return std::find(std::begin(kReviewGroups), std::end(kReviewGroups), group) !=
         std::end(kReviewGroups);
}

Result<Value> resource_list(const Registry& registry, std::string_view group,
                            std::string_view version) {
  Value list = Value::array();
  if (is_review_group(group) && version == "v1") list = review_resources(group);
  for (const ResourcePtr& type : registry.all()) {
    if (type->group != group || type->version != version) continue;
    Value entry = Value::object({{"name", type->plural},
                                 {"singularName", type->singular},
                                 {"namespaced", type->namespaced},
                                 {"kind", type->kind},
                                 {"verbs", verbs({"create", "delete", "deletecollection", "get",
                                                  "list", "patch", "update", "watch"})}});
    if (!type->short_names.empty()) entry.set("shortNames", strings(type->short_names));
    if (!type->categories.empty()) entry.set("categories", strings(type->categories));
    list.push_back(std::move(entry));
    add_subresources(*type, list);
  }
  if (list.items().empty()) {
    return api_error(404, "NotFound", "the server could not find the requested resource");
  }
  const std::string group_version =
      group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
  return Value::object({{"kind", "APIResourceList"},
                        {"apiVersion", "v1"},
                        {"groupVersion", group_version},
                        {"resources", std::move(list)}});
}

/// Groups in the order in which they appear in the registry, each with its versions.
std::vector<std::pair<std::string, std::vector<std::string>>> groups_of(const Registry& registry) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  const auto add = [&groups](const std::string& group, const std::string& version) {
    auto found = std::find_if(groups.begin(), groups.end(),
                              [&group](const auto& item) { return item.first == group; });
    if (found == groups.end()) {
      groups.emplace_back(group, std::vector<std::string>{version});
    } else if (std::find(found->second.begin(), found->second.end(), version) ==
               found->second.end()) {
      found->second.push_back(version);
    }
  };
  for (const ResourcePtr& type : registry.all()) {
    if (!type->group.empty()) add(type->group, type->version);
  }
  for (std::string_view group : kReviewGroups) add(std::string(group), "v1");
  return groups;
}

Value group_document(const std::string& name, const std::vector<std::string>& versions) {
  Value list = Value::array();
  for (const std::string& version : versions) {
    list.push_back(Value::object({{"groupVersion", name + "/" + version}, {"version", version}}));
  }
  const Value preferred = list[0];
  return Value::object(
      {{"name", name}, {"versions", std::move(list)}, {"preferredVersion", preferred}});
}

Value group_list(const Registry& registry) {
  Value list = Value::array();
  for (const auto& [name, versions] : groups_of(registry)) {
    list.push_back(group_document(name, versions));
  }
  return Value::object(
      {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(list)}});
}

Result<Value> one_group(const Registry& registry, std::string_view name) {
  for (const auto& [group, versions] : groups_of(registry)) {
    if (group != name) continue;
    Value document = group_document(group, versions);
    document.set("kind", "APIGroup");
    document.set("apiVersion", "v1");
    return document;
  }
  return api_error(404, "NotFound", "the server could not find the requested resource");
}

/// The level of the API that is served; `pgo` in the git version tells it from the real one.
Value version_document() {
  return Value::object({{"major", "1"},
                        {"minor", "26"},
                        {"gitVersion", "v1.26.0+pgo"},
                        {"gitCommit", ""},
                        {"gitTreeState", "clean"},
                        {"buildDate", "1970-01-01T00:00:00Z"},
                        {"goVersion", ""},
                        {"compiler", ""},
                        {"platform", "linux/amd64"}});
}

Value root_paths(const Registry& registry) {
  Value paths = Value::array({"/api", "/api/v1", "/apis"});
  for (const auto& [name, versions] : groups_of(registry)) {
    paths.push_back("/apis/" + name);
    for (const std::string& version : versions) paths.push_back("/apis/" + name + "/" + version);
  }
  for (const char* path :
       {"/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"}) {
    paths.push_back(path);
  }
  return Value::object({{"paths", std::move(paths)}});
}

bool is_health(std::string_view first) {
  return first == "healthz" || first == "readyz" || first == "livez";
}

}  // namespace

Result<Answer> discover(const Api& api, const Call& call) {
  if (call.method != "GET" && call.method != "HEAD") {
    return api_error(405, "MethodNotAllowed", "the server does not allow this method");
  }
  const auto registry = api.registry();
  const std::vector<std::string>& parts = call.segments;
  if (parts.empty()) return json_answer(200, root_paths(*registry));
  const std::string& first = parts[0];
  if (is_health(first)) return Answer{.status = 200, .content_type = "text/plain", .body = "ok"};
  if (first == "version") return json_answer(200, version_document());
  if (first == "openapi") return openapi(*registry, call);
  if (first == "api" && parts.size() == 1) {
    return json_answer(200, Value::object({{"kind", "APIVersions"},
                                           {"versions", Value::array({"v1"})},
                                           {"serverAddressByClientCIDRs", Value::array()}}));
  }
  if (first == "apis" && parts.size() == 1) return json_answer(200, group_list(*registry));
  Result<Value> document =
      api_error(404, "NotFound", "the server could not find the requested resource");
  if (first == "api" && parts.size() == 2) {
    document = resource_list(*registry, "", parts[1]);
  } else if (first == "apis" && parts.size() == 2) {
    document = one_group(*registry, parts[1]);
  } else if (first == "apis" && parts.size() == 3) {
    document = resource_list(*registry, parts[1], parts[2]);
  }
  if (!document) return fail(std::move(document).error());
  return json_answer(200, *document);
}

}  // namespace pgo::embedded::api
