#pragma once

#include "embedded/api/call.h"
#include "embedded/api/rbac.h"

#include <memory>
#include <string>

namespace pgo::embedded::api {

/// That nobody gives rights, to himself or others, that he has not. Source: Kubernetes, "Using RBAC
/// Authorization", privilege escalation prevention.
///
/// Made before a write of a Role or binding, as it reads the store; asked with the store locked.
class EscalationCheck {
 public:
  /// Whether objects of this type give rights.
  static bool concerns(const Resource& type);

  /// `before`: the object as it is, or as it is to be created.
  EscalationCheck(const Rbac& rbac, const Call& call, const json::Value& before);

  Result<void> create(const json::Value& wanted) const { return check(json::Value(), wanted); }
  Result<void> update(const json::Value& current, const json::Value& wanted) const {
    return check(current, wanted);
  }

 private:
  Result<void> check(const json::Value& current, const json::Value& wanted) const;
  Result<void> check_rules(const json::Value& rules) const;

  Identity identity_;
  std::string resource_, name_, ns_;
  Rights rights_;
  bool permitted_ = false;  ///< by the verb that allows to give more
  /// Bindings only: the role that is bound, and its rules, null when there is none.
  json::Value role_;
  std::shared_ptr<const json::Value> role_rules_;
};

}  // namespace pgo::embedded::api
