#include "pgo/model/permissions.h"
#include "pgo/operations/pgbouncer.h"
#include "server/route.h"

namespace pgo::server {
namespace {

namespace permission = model::permission;
namespace rest = model::rest;

Result<rest::CreatePgbouncerResponse> create(const Call& call,
                                             const rest::CreatePgbouncerRequest& request) {
  return operations::create_pgbouncer(call.context, call.caller, request);
}

Result<rest::DeletePgbouncerResponse> remove(const Call& call,
                                             const rest::DeletePgbouncerRequest& request) {
  return operations::delete_pgbouncer(call.context, request);
}

}  // namespace

void add_pgbouncer_routes(std::vector<Route>& routes) {
  routes.push_back(body_route("POST", "/pgbouncer", permission::kCreatePgbouncer, create));
  routes.push_back(body_route("DELETE", "/pgbouncer", permission::kDeletePgbouncer, remove));
  routes.push_back(body_route("POST", "/pgbouncerdelete", permission::kDeletePgbouncer, remove));
}

}  // namespace pgo::server
