#pragma once

#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgreplica.h"

#include <string>
#include <string_view>

/// PostgreSQL instances: one Deployment of one pod each.
namespace pgo::manifests {

/// What an instance needs to know beyond its custom resources.
struct InstanceExtras {
  /// The user's ConfigMap of PostgreSQL settings that exists, or empty.
  std::string custom_config = {};
  /// The node that a restored primary prefers (K3); empty: the cluster's own choice.
  std::string node_key = {}, node_value = {};
};

/// The first primary, which bootstraps the cluster or takes over the data it finds.
Result<kube::Object> primary(const Renderer& renderer, const model::PgCluster& cluster,
                             const model::Config& config, const InstanceExtras& extras = {});

/// A replica, which copies itself from the repository or the primary.
Result<kube::Object> replica(const Renderer& renderer, const model::PgCluster& cluster,
                             const model::PgReplica& replica, const model::Config& config,
                             const InstanceExtras& extras = {});

/// The primary after a restore: as `primary` but named after its claim, which is also its scope.
Result<kube::Object> restored_primary(const Renderer& renderer, const model::PgCluster& cluster,
                                      std::string_view claim, const model::Config& config,
                                      const InstanceExtras& extras = {});

}  // namespace pgo::manifests
