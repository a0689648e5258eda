#pragma once

#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/model/pgcluster.h"

#include <string>
#include <string_view>

/// Parts that several objects share.
namespace pgo::manifests {

/// `securityContext` of a pod from its storage; {} when the storage asks for nothing.
Result<json::Value> security_context(const model::StorageSpec& storage);

/// `resources` of a container; {} unless all four are set.
json::Value resources(const model::ContainerResources& resources);

/// A node to prefer or to avoid; an empty key stands for none.
struct NodeChoice {
  std::string_view key, value;
  bool avoid = false;
};

/// `affinity` that holds the node alone, as Jobs have it; {} for none (K3: a valid one).
Result<json::Value> node_affinity(const Renderer& renderer, const NodeChoice& node);

/// `affinity` of a pod: the node it prefers and the pods it keeps away from; {} for neither.
Result<json::Value> affinity(const Renderer& renderer, const model::PgCluster& cluster,
                             const model::Config& config, const NodeChoice& node);

/// Environment for S3, or [] when the cluster does not use it. Key and secret stay in the
/// repository secret, which the environment refers to.
Result<json::Value> s3_environment(const Renderer& renderer, const model::PgCluster& cluster,
                                   const model::Config& config);

/// PGBACKREST_REPO_TYPE: "s3" when it is the only storage type, else "posix".
std::string_view repo_type(const model::PgCluster& cluster);
/// Both a local repository and S3.
bool local_and_s3(const model::PgCluster& cluster);

/// A Service of the cluster in front of the pods that `selector` picks.
Result<kube::Object> service(const Renderer& renderer, const model::PgCluster& cluster,
                             const std::string& name, json::Value selector, std::string_view type);
/// The type that a cluster's Services have: its user label, else pgo.yaml.
std::string_view service_type(const model::PgCluster& cluster, const model::Config& config);

/// A port that a custom resource holds as text. Errors: `invalid_argument` naming `key`.
Result<json::Value> port(std::string_view key, std::string_view text);

}  // namespace pgo::manifests
