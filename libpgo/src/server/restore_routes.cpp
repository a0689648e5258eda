#include "pgo/model/permissions.h"
#include "pgo/operations/restore.h"
#include "server/route.h"

namespace pgo::server {
namespace {

namespace rest = model::rest;

Result<rest::RestoreResponse> restore(const Call& call, const rest::RestoreRequest& request) {
  return operations::restore_cluster(call.context, call.caller, request);
}

}  // namespace

void add_restore_routes(std::vector<Route>& routes) {
  routes.push_back(body_route("POST", "/restore", model::permission::kRestore, restore));
}

}  // namespace pgo::server
