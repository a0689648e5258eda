#pragma once

#include "pgo/model/messages/failover.h"
#include "pgo/operations/context.h"

#include <string_view>

namespace pgo::operations {

/// The replicas that could lead, with their lag, as Patroni tells; those on nodes that pgo.yaml
/// prefers (PreferredFailoverNode) are marked. A lag of -1 is one that Patroni does not know.
Result<model::rest::QueryFailoverResponse> query_failover(const Context& context,
                                                          std::string_view ns,
                                                          std::string_view cluster);

/// Asks for the promotion of one replica (task CLUSTER-failover); how it ended stands in the task's
/// spec.status ("completed" or "failed") and status.message, and `show_workflow` tells it. Refused:
/// a target that is no ready replica of the cluster, a paused Patroni, a restore in progress.
Result<model::rest::CreateFailoverResponse> create_failover(
    const Context& context, const Caller& caller,
    const model::rest::CreateFailoverRequest& request);

}  // namespace pgo::operations
