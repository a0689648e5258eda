#pragma once

#include "pgo/operations/context.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How far the replicas of a cluster are, as Patroni tells: what scaledown and failover list.
namespace pgo::operations {

struct ReplicaStatus {
  std::string instance;  ///< its Deployment; empty when no pod of the cluster is that member
  std::string node;
  std::string state;  ///< Patroni's word: running, stopped, ...
  int lag = 0;        ///< MB behind the leader; kUnknownLag when Patroni does not know
  int timeline = 0;
};

/// 4.2.0's messages hold a whole number here.
inline constexpr int kUnknownLag = -1;

/// Sorted as Patroni lists them, by member. Empty without replicas; `unavailable` when Patroni
/// cannot be asked.
Result<std::vector<ReplicaStatus>> replication_status(const Context& context, std::string_view ns,
                                                      std::string_view cluster);

}  // namespace pgo::operations
