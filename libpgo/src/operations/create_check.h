#pragma once

#include "pgo/model/messages/clusters.h"
#include "pgo/model/pgcluster.h"
#include "pgo/operations/context.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pgo::operations {

/// A create request after all checks that do not depend on the cluster's number in a series, with
/// the defaults of pgo.yaml filled in.
struct CheckedCreate {
  std::vector<std::string> names;  ///< one per cluster of the series
  model::StorageSpec primary, replica, backrest;
  model::ContainerResources resources;
  model::Labels labels;  ///< from the request, checked
  std::optional<std::pair<std::string, std::string>> node_label;
  std::string custom_config;  ///< for the label: the request's, else the namespace's own
  std::vector<std::string> policies;
  std::string user, database;
  std::string replicas;
};

/// Refuses what cannot work before anything is written; the subject of a refusal is the key of the
/// request that is wrong.
Result<CheckedCreate> check_create(const Context& context,
                                   const model::rest::CreateClusterRequest& request);

/// Refuses what cannot name a cluster; `field` is the request's key.
Result<void> check_cluster_name(std::string_view name, std::string_view field);

/// Refuses a name that is taken, or whose former cluster is still being removed.
Result<void> check_free(const Context& context, std::string_view ns, std::string_view name);

}  // namespace pgo::operations
