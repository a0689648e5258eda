#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/kube/transport.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace pgo::embedded {

struct ControllersOptions {
  /// Published as ConfigMap kube-root-ca.crt in every namespace; empty = none.
  std::string root_ca_pem{};
  /// Directory under which provisioned volumes name their place: ROOT/NAMESPACE/CLAIM.
  std::string volume_root = "/var/lib/pgo/volumes";
  /// Finalizer put on provisioned volumes for whoever removes their data; empty = none.
  std::string volume_finalizer{};
  /// A node whose Lease was not renewed for this long is not ready. Nodes without Lease are
  /// trusted.
  Duration node_grace = std::chrono::seconds(40);
  /// Pods of a node that does not exist are removed after this long.
  Duration vanished_node_grace = std::chrono::seconds(40);
  /// Write EndpointSlices beside Endpoints, for clients that read only those (kubectl describe).
  bool endpoint_slices = true;
  /// Record Kubernetes Events about what was done.
  bool events = true;
  /// Events older than this are removed.
  Duration event_ttl = std::chrono::hours(1);
  /// Called from any thread when `step` should be called soon; must return at once.
  std::function<void()> on_ready{};
};

/// What one step did and when the next is due.
struct ControllersStep {
  bool progressed = false;  ///< something was done: stepping again at once may do more
  TimePoint next{};         ///< call again at this time even when nothing calls on_ready
};

/// The controllers of a small Kubernetes: Deployment, ReplicaSet, Job, scheduler, Endpoints,
/// PersistentVolumeClaim and -Volume, Namespace, ServiceAccount, garbage collection, node heartbeat
/// and pod garbage collection. They work over any Transport, decide level-triggered from what they
/// observe, and keep nothing that a restart would lose.
///
/// Steppable and deterministic: no thread and no clock of their own. One thread calls `step`.
/// Failures are logged and retried with backoff.
class Controllers {
 public:
  /// All references must outlive this object.
  Controllers(kube::Transport& transport, const Clock& clock, IdSource& ids, Log log,
              ControllersOptions options = {});
  Controllers(const Controllers&) = delete;
  Controllers& operator=(const Controllers&) = delete;
  ~Controllers();

  /// Takes in what has changed and does a bounded amount of work.
  ControllersStep step();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

/// One thread that runs Controllers from construction to destruction, asleep while nothing changes.
class ControllersRunner {
 public:
  /// `options.on_ready` is taken by the runner.
  ControllersRunner(kube::Transport& transport, const Clock& clock, IdSource& ids, Log log,
                    ControllersOptions options = {});
  ControllersRunner(const ControllersRunner&) = delete;
  ControllersRunner& operator=(const ControllersRunner&) = delete;
  /// Stops and waits for the step that runs.
  ~ControllersRunner();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgo::embedded
