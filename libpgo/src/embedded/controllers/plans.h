#pragma once

#include "embedded/controllers/decision.h"

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// The pure halves of the controllers: what was observed and the time in, writes out. None of them
/// does I/O or remembers anything, so a crash between any two writes is harmless.
namespace pgo::embedded::controllers {

/// Owned pods in, creations, removals and status out. `pods` are those controlled by `set`.
Decision plan_replica_set(const kube::Object& set, std::span<const Seen> pods, TimePoint now);

/// `sets` are the ReplicaSets controlled by the Deployment, `pods` their pods by ReplicaSet UID.
struct DeploymentView {
  std::span<const Seen> sets;
  std::function<std::vector<Seen>(std::string_view set_uid)> pods_of;
};
Decision plan_deployment(const kube::Object& deployment, const DeploymentView& view, TimePoint now);
/// The pod-template-hash of a Deployment's current template.
std::string template_hash(const kube::Object& deployment);

/// `pods` are those controlled by `job`.
Decision plan_job(const kube::Object& job, std::span<const Seen> pods, TimePoint now);

/// What the scheduler looks at for one pod that waits for a node.
struct SchedulerView {
  std::span<const Seen> nodes;
  /// Pods that have a node and are not finished; asked only when the pod cares about others.
  std::function<std::vector<Seen>()> bound;
  /// Those of them with required anti-affinity of their own.
  std::span<const Seen> picky;
  std::function<std::size_t(std::string_view node)> load;  ///< how many pods a node has
};
Decision plan_binding(const kube::Object& pod, const SchedulerView& view, TimePoint now);

/// `endpoints` is null when there is none; `pods` are those of the Service's namespace.
Decision plan_endpoints(const kube::Object& service, const Seen& endpoints,
                        std::span<const Seen> pods);

inline constexpr kube::ResourceType kEndpointSlice{"discovery.k8s.io", "v1", "EndpointSlice",
                                                   "endpointslices"};
/// The same as an EndpointSlice, which newer clients read instead (kubectl describe service).
/// `slice` is the live one of that name, or null.
Decision plan_slice(const kube::Object& service, const kube::Object& endpoints, const Seen& slice);
/// The one slice of a Service.
std::string slice_name(const kube::Object& service);

/// How claims are served.
struct VolumeOptions {
  std::string root;       ///< directory under which volumes lie
  std::string finalizer;  ///< put on volumes; who removes the directory removes it; empty = none
};
/// `volume` is the one named by the claim or pvc-<uid>, or null. `in_use`: a pod that is not
/// finished mentions the claim.
Decision plan_claim(const kube::Object& claim, const Seen& volume, bool in_use,
                    const VolumeOptions& options);
/// `claim` is the live claim of the volume's claimRef, or null when it is gone for certain.
Decision plan_volume(const kube::Object& volume, const Seen& claim);

/// `default_account` and `root_ca` are null when absent.
struct NamespaceView {
  Seen default_account;
  Seen root_ca;
  std::string_view root_ca_pem;  ///< empty = publish none
};
/// The furniture of a living namespace: default ServiceAccount and kube-root-ca.crt.
Decision plan_namespace(const kube::Object& ns, const NamespaceView& view);

/// `heard` is when the node's Lease was last seen to change.
struct NodeView {
  TimePoint heard;
  Duration grace;
  std::span<const Seen> pods;  ///< the pods bound to it
};
Decision plan_node(const kube::Object& node, const NodeView& view, TimePoint now);

}  // namespace pgo::embedded::controllers
