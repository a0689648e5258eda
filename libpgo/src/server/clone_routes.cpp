#include "pgo/model/permissions.h"
#include "pgo/operations/clone.h"
#include "server/route.h"

namespace pgo::server {
namespace {

namespace rest = model::rest;

/// 4.2.0's client leaves its version empty here, so it is not looked at.
http::Response clone(const Call& call) {
  const auto request = lenient_request<rest::CloneRequest>(call.body);
  if (auto checked = check_request(call, VersionCheck::none, {}, NamespaceCheck::given, request.ns);
      !checked) {
    return respond<rest::CloneResponse>(fail(std::move(checked).error()));
  }
  return respond(operations::clone_cluster(call.context, call.caller, request));
}

}  // namespace

void add_clone_routes(std::vector<Route>& routes) {
  routes.push_back({.method = "POST",
                    .pattern = "/clone",
                    .access = Access::permission,
                    .permission = model::permission::kClone,
                    .handle = clone});
}

}  // namespace pgo::server
