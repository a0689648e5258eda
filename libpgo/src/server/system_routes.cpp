#include "pgo/model/permissions.h"
#include "pgo/operations/status.h"
#include "pgo/operations/version.h"
#include "pgo/operations/workflow.h"
#include "server/route.h"

namespace pgo::server {
namespace {

namespace permission = model::permission;
namespace rest = model::rest;

Result<rest::VersionResponse> version(const Call&) { return operations::show_version(); }

Result<rest::StatusResponse> status(const Call& call) {
  return operations::show_status(call.context, call.parameter("namespace"));
}

Result<rest::ShowWorkflowResponse> workflow(const Call& call) {
  return operations::show_workflow(call.context, call.parameter("namespace"), call.variable("id"));
}

http::Response healthz(const Call&) {
  http::Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "ok";
  return response;
}

http::Response health(const Call&) {
  rest::VersionResponse response;
  response.version = "healthy";
  response.status = {.code = "ok", .msg = "healthy"};
  return json_response(json::encode_text(response, json::Escapes::go));
}

}  // namespace

void add_system_routes(std::vector<Route>& routes) {
  routes.push_back(query_route("", "/version", permission::kVersion, version,
                               {VersionCheck::none, NamespaceCheck::none}));
  routes.push_back(query_route("", "/status", permission::kStatus, status));
  routes.push_back(query_route("GET", "/workflow/{id}", permission::kShowWorkflow, workflow));
  routes.push_back({.method = "",
                    .pattern = "/healthz",
                    .access = Access::open,
                    .permission = {},
                    .handle = healthz});
  routes.push_back({.method = "",
                    .pattern = "/health",
                    .access = Access::certificate,
                    .permission = {},
                    .handle = health});
}

}  // namespace pgo::server
