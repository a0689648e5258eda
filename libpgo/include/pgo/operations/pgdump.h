#pragma once

#include "pgo/model/messages/backups.h"
#include "pgo/operations/context.h"

#include <string>
#include <string_view>

namespace pgo::operations {

/// Asks for a dump of each cluster (task backup-NAME-pgdump, in the place of an older one).
/// Everything is checked for all clusters before the first write.
Result<model::rest::CreatepgDumpBackupResponse> create_dumps(
    const Context& context, const Caller& caller,
    const model::rest::CreatepgDumpBackupRequest& request);

/// The last dump of each cluster that a selector, a name or "all" stands for; a selector wins.
Result<model::rest::ShowBackupResponse> show_dumps(const Context& context, std::string_view ns,
                                                   std::string_view selector,
                                                   std::string_view cluster);

/// Asks to load a dump into a running cluster (task restore-NAME-pgdump). `pitr_target` is the time
/// stamp of one of the dumps in the volume; empty stands for the newest.
Result<model::rest::PgRestoreResponse> restore_dump(const Context& context, const Caller& caller,
                                                    const model::rest::PgRestoreRequest& request);

/// Asks for the removal of a cluster's dumps and their volume (O8); the cluster may be gone. A
/// pg_basebackup of an older version goes as well. `not_found` when there is nothing to remove.
Result<model::rest::DeleteBackupResponse> delete_backup(const Context& context, std::string_view ns,
                                                        std::string_view cluster);

}  // namespace pgo::operations
