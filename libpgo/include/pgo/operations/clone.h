#pragma once

#include "pgo/model/messages/clone.h"
#include "pgo/model/pgtask.h"
#include "pgo/operations/context.h"

#include <string>
#include <string_view>
#include <vector>

namespace pgo::operations {

/// Asks for a copy of a cluster under another name: a workflow task and the task of the first step.
/// Refused before anything is written: a source that is missing, without pgBackRest or without the
/// repository that is asked for; a target that exists, is being made, or of which volumes are left.
Result<model::rest::CloneResponse> clone_cluster(const Context& context, const Caller& caller,
                                                 const model::rest::CloneRequest& request);

/// The tasks of clones into `target`, also of those that failed: they stay until what they made is
/// gone.
Result<std::vector<model::PgTask>> clone_steps(const Context& context, std::string_view ns,
                                               std::string_view target);

/// Ends the clone into `target`; what it made goes. False when there is none.
Result<bool> cancel_clone(const Context& context, std::string_view ns, std::string_view target);

/// Removes the records of clones into `target` (empty: any) that failed or were cancelled, unless a
/// cluster has the name by now. Returns the targets, each once.
Result<std::vector<std::string>> forget_failed_clones(const Context& context, std::string_view ns,
                                                      std::string_view target);

}  // namespace pgo::operations
