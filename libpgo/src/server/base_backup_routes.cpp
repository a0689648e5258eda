#include "pgo/model/messages/backups.h"
#include "pgo/model/permissions.h"
#include "server/route.h"

/// The routes of pg_basebackup, which 4.2.0 kept for old clients. They answer what took its place.
namespace pgo::server {
namespace {

namespace permission = model::permission;
namespace rest = model::rest;

std::unexpected<Error> refuse(std::string_view instead) {
  return fail(Code::unimplemented,
              "pg_basebackup is not supported; " + std::string(instead) + ". Nothing was done.");
}

Result<rest::CreateBackupResponse> create(const Call&, const rest::CreateBackupRequest&) {
  return refuse("take a backup with pgBackRest: pgo backup, POST /backrestbackup");
}

Result<rest::ShowBackupResponse> show(const Call&) {
  return refuse("pgBackRest's backups are shown by pgo show backup, GET /backrest/{name}");
}

Result<rest::PgbasebackupRestoreResponse> restore(const Call&,
                                                  const rest::PgbasebackupRestoreRequest&) {
  return refuse("restore a pgBackRest backup: pgo restore, POST /restore");
}

}  // namespace

void add_base_backup_routes(std::vector<Route>& routes) {
  routes.push_back(body_route("POST", "/backups", permission::kCreateBackup, create));
  routes.push_back(query_route("GET", "/backups/{name}", permission::kShowBackup, show));
  routes.push_back(
      body_route("POST", "/pgbasebackuprestore", permission::kRestorePgbasebackup, restore));
}

}  // namespace pgo::server
