#pragma once

#include "pgo/model/pgtask.h"
#include "pgo/operations/context.h"

#include <string>

namespace pgo::operations {

/// Writes the removal task of `target` (a cluster or a replica). One that is there with the same
/// switches is the same request again; one with others, or a finished one, is replaced (K22).
Result<void> request_removal(const Context& context, const std::string& ns,
                             const std::string& target, const model::Removal& removal);
/// The same for a task of any name.
Result<void> request_removal_task(const Context& context, const std::string& ns,
                                  const std::string& name, const model::Removal& removal);

}  // namespace pgo::operations
