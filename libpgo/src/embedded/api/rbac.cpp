#include "embedded/api/rbac.h"

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

/// The keys under which a subject of a binding is looked up.
std::string subject_key(const Value& subject, const std::string& binding_ns) {
  const std::string_view kind = subject["kind"].as_string();
  const std::string name(subject["name"].as_string());
  if (kind == "User" || kind == "Group") return std::string(kind) + " " + name;
  if (kind != "ServiceAccount") return {};
  const std::string_view ns = subject["namespace"].as_string(binding_ns);
  return "User system:serviceaccount:" + std::string(ns) + ":" + name;
}

bool rules_allow(const Value& rules, const Attributes& attributes) {
  const auto& items = rules.items();
  return std::any_of(items.begin(), items.end(),
                     [&](const Value& rule) { return rule_allows(rule, attributes); });
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

std::uint64_t Rbac::version() const {
  std::uint64_t latest = 0;
  for (const char* table : {"roles", "rolebindings", "clusterroles", "clusterrolebindings"}) {
    latest = std::max(latest, store_->changed(std::string(kRbac) + table));
  }
  return latest;
}

std::shared_ptr<const Value> Rbac::rules_of(const Value& reference, const std::string& ns) const {
  const std::string name(reference["name"].as_string());
  const RecordPtr record = reference["kind"].as_string() == "ClusterRole"
                               ? store_->get(std::string(kRbac) + "clusterroles", {"", name})
                               : store_->get(std::string(kRbac) + "roles", {ns, name});
  if (!record) return nullptr;
  auto role = json::parse(record->text());
  return role ? std::make_shared<const Value>((*role)["rules"]) : nullptr;
}

void Rbac::add_bindings(std::string_view table, Snapshot& snapshot) const {
  for (const RecordPtr& record :
       store_->list(std::string(kRbac) + std::string(table), "").records) {
    const auto binding = json::parse(record->text());
    if (!binding) continue;
    const std::string ns(record->ns());
    const auto rules = rules_of((*binding)["roleRef"], ns);
    if (!rules) continue;
    for (const Value& subject : (*binding)["subjects"].items()) {
      const std::string key = subject_key(subject, ns);
      if (!key.empty()) snapshot.grants[key].push_back({.ns = ns, .rules = rules});
    }
  }
}

std::shared_ptr<const Rbac::Snapshot> Rbac::snapshot() const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t now = version();
  if (snapshot_ && snapshot_->version == now) return snapshot_;
  auto fresh = std::make_shared<Snapshot>();
  // Taken before reading: a change meanwhile makes the next caller read again.
  fresh->version = now;
  add_bindings("clusterrolebindings", *fresh);
  add_bindings("rolebindings", *fresh);
  snapshot_ = std::move(fresh);
  return snapshot_;
}

Rights Rbac::rights_of(const Identity& identity) const {
  if (in_group(identity, "system:masters")) return Rights::of_masters();
  const auto current = snapshot();
  std::vector<Grant> grants;
  const auto add = [&](const std::string& key) {
    const auto found = current->grants.find(key);
    if (found == current->grants.end()) return;
    grants.insert(grants.end(), found->second.begin(), found->second.end());
  };
  add("User " + identity.user);
  add("User *");
  for (const std::string& group : identity.groups) add("Group " + group);
  return Rights(std::move(grants));
}

bool Rights::allow(const Attributes& attributes) const {
  return everything_ || std::ranges::any_of(grants_, [&](const Grant& grant) {
           // A binding in a namespace says nothing about other namespaces or the cluster.
           const bool reaches =
               grant.ns.empty() || (attributes.is_resource && grant.ns == attributes.ns);
           return reaches && rules_allow(*grant.rules, attributes);
         });
}

bool Rbac::allowed(const Identity& identity, const Attributes& attributes) const {
  return always_allowed(identity, attributes) || rights_of(identity).allow(attributes);
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
