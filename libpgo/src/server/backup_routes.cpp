#include "pgo/model/permissions.h"
#include "pgo/operations/backup.h"
#include "server/route.h"

namespace pgo::server {
namespace {

namespace permission = model::permission;
namespace rest = model::rest;

Result<rest::CreateBackrestBackupResponse> create(
    const Call& call, const rest::CreateBackrestBackupRequest& request) {
  return operations::create_backups(call.context, call.caller, request);
}

Result<rest::ShowBackrestResponse> show(const Call& call) {
  operations::ShowBackupsRequest request;
  request.ns = call.parameter("namespace");
  request.selector = call.parameter("selector");
  request.cluster = call.variable("name");
  request.structured = call.parameter("output") == "json";
  return operations::show_backups(call.context, request);
}

}  // namespace

void add_backup_routes(std::vector<Route>& routes) {
  routes.push_back(body_route("POST", "/backrestbackup", permission::kCreateBackup, create));
  routes.push_back(query_route("GET", "/backrest/{name}", permission::kShowBackup, show));
}

}  // namespace pgo::server
