#pragma once

#include "pgo/model/pgcluster.h"
#include "pgo/operations/context.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How far the replicas of a cluster are, as Patroni tells: what scaledown and failover list.
namespace pgo::operations {

struct ReplicaStatus {
  std::string instance;  ///< its Deployment
  std::string node;      ///< empty without a pod
  std::string state;     ///< Patroni's word: running, stopped, ...; kUnknownState without one
  int lag = 0;           ///< MB behind the leader; kUnknownLag when Patroni does not know
  int timeline = 0;
};

/// 4.2.0's messages hold a whole number here.
inline constexpr int kUnknownLag = -1;

inline constexpr std::string_view kUnknownState = "unknown";

/// The members that do not lead, as Patroni lists them. Empty when no pod could follow;
/// `unavailable` when Patroni cannot be asked.
Result<std::vector<ReplicaStatus>> replication_status(const Context& context, std::string_view ns,
                                                      std::string_view cluster);

/// Every instance that may be removed, by name: also one without a pod, or that Patroni cannot tell
/// of, because just those are removed.
Result<std::vector<ReplicaStatus>> removable_instances(const Context& context,
                                                       const model::PgCluster& cluster);

/// The instances that must stay: those that lead or, when none does, the last that did, which may
/// be coming back with the newest data.
Result<std::vector<std::string>> leading_instances(const Context& context,
                                                   const model::PgCluster& cluster);

}  // namespace pgo::operations
