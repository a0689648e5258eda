#pragma once

#include "pgo/model/messages/workflow.h"
#include "pgo/operations/context.h"

#include <string_view>

namespace pgo::operations {

/// The steps of the workflow with this id. `not_found` when no task carries it.
Result<model::rest::ShowWorkflowResponse> show_workflow(const Context& context, std::string_view ns,
                                                        std::string_view id);

}  // namespace pgo::operations
