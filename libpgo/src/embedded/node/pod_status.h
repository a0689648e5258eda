#pragma once

#include "pgo/base/clock.h"
#include "pgo/kube/object.h"

#include <span>
#include <string>
#include <string_view>

namespace pgo::embedded::node {

/// What is known about one container of a pod.
struct ContainerState {
  enum class Phase { waiting, running, terminated };

  std::string name;
  Phase phase = Phase::waiting;
  std::string reason = "ContainerCreating";  ///< of waiting or terminated
  std::string message;
  TimePoint started_at{};
  TimePoint finished_at{};
  int exit_code = 0;
  int signal = 0;
  bool started = false;  ///< running and past its startup probe
  bool ready = false;    ///< running and past its readiness probe
  bool final = false;    ///< terminated, and will not be run again
  int restart_count = 0;
  std::string container_id;
  std::string image;
  std::string image_id;
  json::Value last_state;  ///< how its last run ended, as in `lastState`; null when there was none
};

/// What is known about a pod. The spans are in the order of the specification.
struct PodState {
  std::span<const ContainerState* const> init;
  std::span<const ContainerState* const> main;
  std::string pod_ip;
  std::string host_ip;
  TimePoint start_time{};
  std::string reason;  ///< of the pod's failure, else empty
  std::string message;
  bool failed = false;  ///< an init container failed for good
  /// The node is stopping: what ended did so because of that, and the pod goes on later.
  bool suspended = false;
};

/// One `state`: waiting, running or terminated.
json::Value state_value(const ContainerState& container);

/// The pod's `status`. Conditions of others are kept; a condition keeps its lastTransitionTime
/// while its status does not change. Source: Kubernetes API, "PodStatus".
json::Value pod_status(const kube::Object& pod, const PodState& state, TimePoint now);

/// The status of one condition, or empty.
std::string_view condition_status(const json::Value& status, std::string_view type);

}  // namespace pgo::embedded::node
