#pragma once

#include "pgo/model/messages/clusters.h"
#include "pgo/operations/context.h"

namespace pgo::operations {

/// Whether the services and instances of clusters are available.
Result<model::rest::ClusterTestResponse> test_clusters(
    const Context& context, const model::rest::ClusterTestRequest& request);

}  // namespace pgo::operations
