#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/log.h"
#include "pgo/embedded/local_node.h"
#include "pgo/kube/client.h"

#include <string>

namespace pgo::embedded::node {

/// Keeps the Node object and its heartbeat Lease up to date. On the node's loop.
class NodeObject {
 public:
  /// How often the lease is renewed. Source: Kubernetes, "Node heartbeats".
  static constexpr std::chrono::seconds kInterval{10};

  NodeObject(const LocalNodeOptions& options, kube::Client client, const Clock& clock, Log log);

  /// Registers the node, or says again that it is ready, and renews the lease. Trouble is logged
  /// once until it is over. Returns whether all is well.
  bool beat();

  /// The Node as it should be.
  kube::Object wanted() const;

 private:
  Result<void> ensure_node();
  Result<void> renew_lease();

  const LocalNodeOptions& options_;
  kube::Client client_;
  const Clock& clock_;
  Log log_;
  bool trouble_ = false;
};

}  // namespace pgo::embedded::node
