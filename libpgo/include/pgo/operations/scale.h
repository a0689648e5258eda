#pragma once

#include "pgo/model/messages/clusters.h"
#include "pgo/operations/context.h"

#include <string>

namespace pgo::operations {

/// The query of GET /clusters/scale/{name}.
struct ScaleRequest {
  std::string cluster, ns;
  std::string replica_count = "1";  ///< as sent; must be a number from 1
  std::string resources_config, storage_config, node_label, image_tag, service_type;
};

/// Writes one pgreplica per asked replica.
Result<model::rest::ClusterScaleResponse> scale(const Context& context, const Caller& caller,
                                                const ScaleRequest& request);

/// Every instance that scale_down may remove, with its lag as Patroni tells; unknown where it
/// cannot.
Result<model::rest::ScaleQueryResponse> query_scale(const Context& context, std::string_view ns,
                                                    std::string_view cluster);

/// The query of GET /scaledown/{name}.
struct ScaleDownRequest {
  std::string cluster, ns, replica;
  bool delete_data = true;
};

/// Asks for the removal of one replica (task REPLICA-rmdata). Any instance that is not the primary
/// can go, the first primary after a failover included (K14).
Result<model::rest::ScaleDownResponse> scale_down(const Context& context,
                                                  const ScaleDownRequest& request);

}  // namespace pgo::operations
