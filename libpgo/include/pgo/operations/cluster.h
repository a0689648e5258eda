#pragma once

#include "pgo/model/messages/clusters.h"
#include "pgo/operations/context.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pgo::operations {

/// Writes what a new cluster is made from: credentials, the repository's secret, the policies task,
/// the workflow task and, last, the pgcluster itself. An attempt that was cut off leaves only
/// objects that the next attempt takes over. With `series` above 1 a failure after the first
/// cluster is in the answer's status, beside the results so far.
Result<model::rest::CreateClusterResponse> create_cluster(
    const Context& context, const Caller& caller, const model::rest::CreateClusterRequest& request);

/// Clusters by selector, all, or one name, with their deployments, pods, services and replicas, one
/// after the other: all of them at once would be much. An unknown name gives none. Answers what was
/// known at `find`.
class ShownClusters {
 public:
  static Result<ShownClusters> find(const Context& context,
                                    const model::rest::ShowClusterRequest& request);
  ShownClusters(ShownClusters&& other) noexcept;
  ShownClusters& operator=(ShownClusters&& other) noexcept;
  ~ShownClusters();

  /// Nothing after the last.
  Result<std::optional<model::rest::ShowClusterDetail>> next();
  /// How many there are at most.
  std::size_t size() const { return clusters_.size(); }

 private:
  struct Objects;
  explicit ShownClusters(std::string image_tag);

  std::string image_tag_;  ///< of those shown; empty: of any
  std::vector<ListedPtr> clusters_;
  std::size_t at_ = 0;
  std::unique_ptr<const Objects> objects_;
};

/// All of `ShownClusters` in one answer.
Result<model::rest::ShowClusterResponse> show_clusters(
    const Context& context, const model::rest::ShowClusterRequest& request);

/// Asks for the removal of clusters (task NAME-rmdata); `not_found` when none matches.
Result<model::rest::DeleteClusterResponse> delete_clusters(
    const Context& context, const model::rest::DeleteClusterRequest& request);

/// Switches automatic failover on or off (K9: a request that says neither is refused, it changes
/// nothing). The clusters are all, those of the selector, or those named, in this order.
Result<model::rest::UpdateClusterResponse> update_clusters(
    const Context& context, const model::rest::UpdateClusterRequest& request);

}  // namespace pgo::operations
