#pragma once

#include "pgo/model/messages/status.h"
#include "pgo/operations/context.h"

#include <string_view>

namespace pgo::operations {

/// Counts of one namespace, and the nodes.
Result<model::rest::StatusResponse> show_status(const Context& context, std::string_view ns);

}  // namespace pgo::operations
