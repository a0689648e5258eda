#include "pgo/model/permissions.h"
#include "pgo/operations/failover.h"
#include "server/route.h"

namespace pgo::server {
namespace {

namespace permission = model::permission;
namespace rest = model::rest;

Result<rest::CreateFailoverResponse> create(const Call& call,
                                            const rest::CreateFailoverRequest& request) {
  return operations::create_failover(call.context, call.caller, request);
}

Result<rest::QueryFailoverResponse> query(const Call& call) {
  return operations::query_failover(call.context, call.parameter("namespace"),
                                    call.variable("name"));
}

}  // namespace

void add_failover_routes(std::vector<Route>& routes) {
  routes.push_back(body_route("POST", "/failover", permission::kCreateFailover, create));
  routes.push_back(query_route("GET", "/failover/{name}", permission::kCreateFailover, query));
}

}  // namespace pgo::server
