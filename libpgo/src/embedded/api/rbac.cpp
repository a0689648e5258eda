#include "embedded/api/api.h"
#include "embedded/api/status.h"

#include <algorithm>

namespace pgo::embedded::api {
namespace {

using json::Value;

constexpr std::string_view kRbac = "rbac.authorization.k8s.io/";

bool in_group(const Identity& identity, std::string_view group) {
  return std::find(identity.groups.begin(), identity.groups.end(), group) != identity.groups.end();
}

bool lists(const Value& list, std::string_view wanted) {
  for (const Value& item : list.items()) {
    if (item.as_string() == "*" || item.as_string() == wanted) return true;
  }
  return false;
}

/// "pods", "pods/log", "*", "*/scale".
bool covers_resource(const Value& resources, const Attributes& attributes) {
  const std::string full = attributes.subresource.empty()
                               ? attributes.resource
                               : attributes.resource + "/" + attributes.subresource;
  for (const Value& item : resources.items()) {
    const std::string_view entry = item.as_string();
    if (entry == "*" || entry == full) return true;
    if (!attributes.subresource.empty() && entry == "*/" + attributes.subresource) return true;
  }
  return false;
}

bool covers_path(const Value& urls, std::string_view path) {
  for (const Value& item : urls.items()) {
    const std::string_view url = item.as_string();
    if (url == "*" || url == path) return true;
    if (url.ends_with("*") && path.starts_with(url.substr(0, url.size() - 1))) return true;
  }
  return false;
}

bool rule_allows(const Value& rule, const Attributes& attributes) {
  if (!lists(rule["verbs"], attributes.verb)) return false;
  if (!attributes.is_resource) return covers_path(rule["nonResourceURLs"], attributes.path);
  if (!lists(rule["apiGroups"], attributes.group)) return false;
  if (!covers_resource(rule["resources"], attributes)) return false;
  const Value& names = rule["resourceNames"];
  if (names.items().empty()) return true;
  // "*" is no wildcard here.
  for (const Value& name : names.items()) {
    if (!attributes.name.empty() && name.as_string() == attributes.name) return true;
  }
  return false;
}

bool names_identity(const Value& binding, const Identity& identity, std::string_view binding_ns) {
  for (const Value& subject : binding["subjects"].items()) {
    const std::string_view kind = subject["kind"].as_string();
    const std::string_view name = subject["name"].as_string();
    if (kind == "User" && (name == "*" || name == identity.user)) return true;
    if (kind == "Group" && in_group(identity, name)) return true;
    if (kind != "ServiceAccount") continue;
    const std::string_view ns = subject["namespace"].as_string(binding_ns);
    if (identity.user == "system:serviceaccount:" + std::string(ns) + ":" + std::string(name)) {
      return true;
    }
  }
  return false;
}

bool role_allows(const Store& store, const Value& binding, std::string_view binding_ns,
                 const Attributes& attributes) {
  const Value& reference = binding["roleRef"];
  const std::string name(reference["name"].as_string());
  const RecordPtr record =
      reference["kind"].as_string() == "ClusterRole"
          ? store.get(std::string(kRbac) + "clusterroles", {"", name})
          : store.get(std::string(kRbac) + "roles", {std::string(binding_ns), name});
  if (!record) return false;
  const auto role = json::parse(record->text);
  if (!role) return false;
  const auto& rules = (*role)["rules"].items();
  return std::any_of(rules.begin(), rules.end(),
                     [&](const Value& rule) { return rule_allows(rule, attributes); });
}

bool bindings_allow(const Store& store, std::string_view table, std::string_view ns,
                    const Identity& identity, const Attributes& attributes) {
  for (const RecordPtr& record : store.list(std::string(kRbac) + std::string(table), ns).records) {
    const auto binding = json::parse(record->text);
    if (!binding || !names_identity(*binding, identity, record->key.ns)) continue;
    if (role_allows(store, *binding, record->key.ns, attributes)) return true;
  }
  return false;
}

/// What every identity may do: find out what is served and what it may do itself.
/// Source: the default roles system:discovery, system:basic-user and system:public-info-viewer.
bool always_allowed(const Identity& identity, const Attributes& attributes) {
  if (!attributes.is_resource) {
    const std::string_view path = attributes.path;
    if (attributes.verb != "get" && attributes.verb != "head") return false;
    for (std::string_view open : {"/healthz", "/readyz", "/livez", "/version"}) {
      if (path == open || path == std::string(open) + "/") return true;
    }
    if (in_group(identity, "system:unauthenticated")) return false;
    for (std::string_view prefix : {"/api", "/openapi"}) {
      if (path.starts_with(prefix)) return true;
    }
    return false;
  }
  return attributes.verb == "create" && !in_group(identity, "system:unauthenticated") &&
         attributes.resource.starts_with("selfsubject");
}

}  // namespace

Attributes attributes_of(const Call& call) {
  Attributes attributes;
  attributes.verb = call.verb;
  attributes.is_resource = call.is_resource;
  attributes.path = call.path;
  attributes.group = call.group;
  attributes.resource = call.plural;
  attributes.subresource = call.subresource;
  attributes.ns = call.ns;
  attributes.name = call.name;
  // A Namespace counts as being inside itself, so that a Role can speak of it.
  if (call.is_resource && call.group.empty() && call.plural == "namespaces") {
    attributes.ns = call.name;
  }
  return attributes;
}

bool allowed(const Store& store, const Identity& identity, const Attributes& attributes) {
  if (in_group(identity, "system:masters") || always_allowed(identity, attributes)) return true;
  if (bindings_allow(store, "clusterrolebindings", "", identity, attributes)) return true;
  return attributes.is_resource && !attributes.ns.empty() &&
         bindings_allow(store, "rolebindings", attributes.ns, identity, attributes);
}

std::unexpected<Error> forbidden(const Identity& identity, const Attributes& attributes) {
  std::string message;
  if (!attributes.is_resource) {
    message = "forbidden: User \"" + identity.user + "\" cannot " + attributes.verb + " path \"" +
              attributes.path + "\"";
    return api_error(403, "Forbidden", std::move(message));
  }
  message =
      attributes.group.empty() ? attributes.resource : attributes.resource + "." + attributes.group;
  if (!attributes.name.empty()) message += " \"" + attributes.name + "\"";
  message += " is forbidden: User \"" + identity.user + "\" cannot " + attributes.verb +
             " resource \"" + attributes.resource;
  if (!attributes.subresource.empty()) message += "/" + attributes.subresource;
  message += "\" in API group \"" + attributes.group + "\"";
  message += attributes.ns.empty() ? std::string(" at the cluster scope")
                                   : " in the namespace \"" + attributes.ns + "\"";
  return api_error(403, "Forbidden", std::move(message));
}

}  // namespace pgo::embedded::api
