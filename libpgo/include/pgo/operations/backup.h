#pragma once

#include "pgo/model/messages/backups.h"
#include "pgo/operations/context.h"

#include <string>

namespace pgo::operations {

/// Asks for a pgBackRest backup of each cluster (task backrest-backup-NAME, in the place of an
/// older one). Everything is checked for all clusters before the first write. A selector that fits
/// no cluster is answered with a line that says so.
Result<model::rest::CreateBackrestBackupResponse> create_backups(
    const Context& context, const Caller& caller,
    const model::rest::CreateBackrestBackupRequest& request);

/// The query of GET /backrest/{name}.
struct ShowBackupsRequest {
  std::string ns, selector;
  std::string cluster;      ///< a name, or "all"; a selector wins
  bool structured = false;  ///< fields instead of text
};

/// What the repositories of clusters hold, as pgBackRest itself tells. A repository that cannot be
/// asked has the reason in its text (or status).
Result<model::rest::ShowBackrestResponse> show_backups(const Context& context,
                                                       const ShowBackupsRequest& request);

}  // namespace pgo::operations
