#include "embedded/api/escalation.h"

#include "embedded/api/status.h"
#include "pgo/base/text.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::api {
namespace {

using json::Value;

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

/// A rule stands for every combination of what it lists. More than this are an attack.
constexpr std::size_t kMostCombinations = 10'000;

bool gives_roles(std::string_view plural) { return plural.ends_with("bindings"); }

/// The rights that a rule gives, each as a request that it allows; `*` stays `*`.
/// Empty optional: too many to look at.
std::optional<std::vector<Attributes>> rights_in(const Value& rule, const std::string& ns) {
  std::vector<Attributes> rights;
  const Value& names = rule["resourceNames"];
  const Value any_name = Value::array({""});
  const auto& verbs = rule["verbs"].items();
  const std::size_t resources = rule["apiGroups"].items().size() *
                                rule["resources"].items().size() *
                                std::max<std::size_t>(1, names.items().size());
  const std::size_t each = resources + rule["nonResourceURLs"].items().size();
  if (each > kMostCombinations || verbs.size() * each > kMostCombinations) return std::nullopt;
  for (const Value& verb : verbs) {
    Attributes right;
    right.verb = verb.as_string();
    right.is_resource = false;
    for (const Value& url : rule["nonResourceURLs"].items()) {
      right.path = url.as_string();
      rights.push_back(right);
    }
    right.is_resource = true;
    right.ns = ns;
    for (const Value& group : rule["apiGroups"].items()) {
      right.group = group.as_string();
      for (const Value& resource : rule["resources"].items()) {
        const std::string_view whole = resource.as_string();
        const std::size_t slash = std::min(whole.find('/'), whole.size());
        right.resource = whole.substr(0, slash);
        right.subresource = whole.substr(std::min(slash + 1, whole.size()));
        for (const Value& name : (names.items().empty() ? any_name : names).items()) {
          right.name = name.as_string();
          rights.push_back(right);
        }
      }
    }
  }
  return rights;
}

}  // namespace

bool EscalationCheck::concerns(const Resource& type) { return type.group == kGroup; }

EscalationCheck::EscalationCheck(const Rbac& rbac, const Call& call, const Value& before)
    : identity_(call.identity),
      resource_(call.resource->qualified()),
      name_(call.name.empty() ? before["metadata"]["name"].as_string() : call.name),
      ns_(call.ns),
      rights_(rbac.rights_of(call.identity)) {
  Attributes more;
  more.group = kGroup;
  more.ns = ns_;
  if (gives_roles(call.plural)) {
    role_ = before["roleRef"];
    role_rules_ = rbac.rules_of(role_, ns_);
    more.verb = "bind";
    more.resource = role_["kind"].as_string() == "ClusterRole" ? "clusterroles" : "roles";
    more.name = role_["name"].as_string();
  } else {
    more.verb = "escalate";
    more.resource = call.plural;
    more.name = name_;
  }
  permitted_ = rights_.allow(more);
}

Result<void> EscalationCheck::check(const Value& current, const Value& wanted) const {
  if (permitted_) return {};
  if (!gives_roles(resource_.substr(0, resource_.find('.')))) {
    if (current["rules"] == wanted["rules"]) return {};
    return check_rules(wanted["rules"]);
  }
  if (current["subjects"] == wanted["subjects"] && current["roleRef"] == wanted["roleRef"]) {
    return {};
  }
  // Another binding of this name has taken the place of the one that was looked at.
  if (role_ != wanted["roleRef"]) return conflict(resource_, name_, "the roleRef has changed");
  if (!role_rules_) {
    return not_found(role_["kind"].as_string() == "ClusterRole" ? "clusterroles" : "roles",
                     role_["name"].as_string());
  }
  return check_rules(*role_rules_);
}

Result<void> EscalationCheck::check_rules(const Value& rules) const {
  for (const Value& rule : rules.items()) {
    const auto wanted = rights_in(rule, ns_);
    if (wanted && std::ranges::all_of(
                      *wanted, [&](const Attributes& right) { return rights_.allow(right); })) {
      continue;
    }
    return api_error(
        403, "Forbidden",
        resource_ + " \"" + name_ + "\" is forbidden: user \"" + identity_.user + "\" (groups=[" +
            text::join(identity_.groups, " ") +
            "]) is attempting to grant RBAC permissions not currently held: " + json::write(rule));
  }
  return {};
}

}  // namespace pgo::embedded::api
