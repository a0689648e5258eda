#pragma once

#include "pgo/model/messages/workflow.h"
#include "pgo/operations/context.h"

#include <string_view>

namespace pgo::operations {

/// What is shown of a failover beside its target and its start: spec.status and status.message.
inline constexpr std::string_view kTaskStatus = "status";
inline constexpr std::string_view kTaskMessage = "message";

/// The steps of the workflow with this id, or how the failover task of this name stands.
/// `not_found` when there is neither.
Result<model::rest::ShowWorkflowResponse> show_workflow(const Context& context, std::string_view ns,
                                                        std::string_view id);

}  // namespace pgo::operations
