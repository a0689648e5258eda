#include "pgo/model/permissions.h"
#include "pgo/operations/policy.h"
#include "server/route.h"

namespace pgo::server {
namespace {

namespace permission = model::permission;
namespace rest = model::rest;

Result<rest::CreatePolicyResponse> create(const Call& call,
                                          const rest::CreatePolicyRequest& request) {
  return operations::create_policy(call.context, call.caller, request);
}

Result<rest::ShowPolicyResponse> show(const Call& call, const rest::ShowPolicyRequest& request) {
  return operations::show_policies(call.context, request);
}

Result<rest::DeletePolicyResponse> remove(const Call& call,
                                          const rest::DeletePolicyRequest& request) {
  return operations::delete_policies(call.context, call.caller, request);
}

Result<rest::ApplyPolicyResponse> apply(const Call& call, const rest::ApplyPolicyRequest& request) {
  return operations::apply_policy(call.context, call.caller, request);
}

}  // namespace

void add_policy_routes(std::vector<Route>& routes) {
  routes.push_back(body_route("", "/policies", permission::kCreatePolicy, create));
  routes.push_back(body_route("POST", "/showpolicies", permission::kShowPolicy, show));
  routes.push_back(body_route("POST", "/policiesdelete", permission::kDeletePolicy, remove));
  // 4.2.0 checks no version here, so clients need not send one.
  routes.push_back(
      body_route("POST", "/policies/apply", permission::kApplyPolicy, apply, VersionCheck::none));
}

}  // namespace pgo::server
