#pragma once

#include "pgo/model/messages/clusters.h"
#include "pgo/operations/context.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What `show cluster` and `test` both read of a cluster's objects.
namespace pgo::operations {

/// Objects of one type in a namespace, by the cluster they belong to: one read for many clusters.
class ByCluster {
 public:
  /// Reads those of `cluster`, or of every cluster when it is empty.
  static Result<ByCluster> read(const Context& context, const kube::ResourceType& type,
                                std::string_view ns, std::string_view cluster);
  std::span<const ListedPtr> of(std::string_view cluster) const;

 private:
  std::vector<ListedPtr> objects_;  ///< by cluster, then by name
};

/// How many containers of a pod are ready, of how many.
struct Readiness {
  int ready = 0;
  int total = 0;
};
Readiness readiness(const kube::Object& pod);

/// The Services that clients of a cluster use: not the repository's.
std::vector<model::rest::ShowClusterService> shown_services(std::span<const ListedPtr> services,
                                                            const std::string& cluster);

/// "primary", "replica" or "unknown", by Patroni's role label (K1).
std::string role_text(const kube::Object& pod);

}  // namespace pgo::operations
