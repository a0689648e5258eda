#pragma once

#include "pgo/model/messages/backups.h"
#include "pgo/operations/context.h"

namespace pgo::operations {

/// Asks for a restore in place from pgBackRest: the workflow task, made anew, and the restore task.
/// A restore that is under way is overtaken. Everything is checked before the first write, the
/// objects that the restore needs included (O5).
Result<model::rest::RestoreResponse> restore_cluster(const Context& context, const Caller& caller,
                                                     const model::rest::RestoreRequest& request);

}  // namespace pgo::operations
