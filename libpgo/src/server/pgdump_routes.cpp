#include "pgo/model/permissions.h"
#include "pgo/operations/pgdump.h"
#include "server/route.h"

namespace pgo::server {
namespace {

namespace permission = model::permission;
namespace rest = model::rest;

Result<rest::CreatepgDumpBackupResponse> create(const Call& call,
                                                const rest::CreatepgDumpBackupRequest& request) {
  return operations::create_dumps(call.context, call.caller, request);
}

Result<rest::ShowBackupResponse> show(const Call& call) {
  return operations::show_dumps(call.context, call.parameter("namespace"),
                                call.parameter("selector"), call.variable("name"));
}

Result<rest::PgRestoreResponse> restore(const Call& call, const rest::PgRestoreRequest& request) {
  return operations::restore_dump(call.context, call.caller, request);
}

Result<rest::DeleteBackupResponse> remove(const Call& call) {
  return operations::delete_backup(call.context, call.parameter("namespace"),
                                   call.variable("name"));
}

}  // namespace

void add_pgdump_routes(std::vector<Route>& routes) {
  routes.push_back(body_route("POST", "/pgdumpbackup", permission::kCreateDump, create));
  routes.push_back(query_route("GET", "/pgdump/{name}", permission::kShowBackup, show));
  routes.push_back(body_route("POST", "/pgdumprestore", permission::kRestoreDump, restore));
  routes.push_back(query_route("GET", "/backupsdelete/{name}", permission::kDeleteBackup, remove));
}

}  // namespace pgo::server
