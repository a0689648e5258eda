#include "embedded/node/pod_status.h"

#include <algorithm>

namespace pgo::embedded::node {

namespace {

using Phase = ContainerState::Phase;

bool succeeded(const ContainerState& container) {
  return container.phase == Phase::terminated && container.final && container.exit_code == 0;
}

json::Value container_status(const ContainerState& container) {
  json::Value status = json::Value::object({{"name", container.name},
                                            {"ready", container.ready},
                                            {"started", container.started},
                                            {"restartCount", container.restart_count},
                                            {"image", container.image},
                                            {"imageID", container.image_id},
                                            {"state", state_value(container)}});
  if (!container.container_id.empty()) status.set("containerID", container.container_id);
  status.set("lastState",
             container.last_state.is_null() ? json::Value::object() : container.last_state);
  return status;
}

// Init containers that are done count as ready; they are not `started` any more.
json::Value init_status(const ContainerState& container) {
  json::Value status = container_status(container);
  status.set("ready", succeeded(container));
  status.set("started", container.phase == Phase::running);
  return status;
}

std::string_view phase_of(const PodState& state) {
  if (state.failed) return "Failed";
  if (!std::ranges::all_of(state.init, [](auto* c) { return succeeded(*c); })) return "Pending";
  auto over = [](auto* c) { return c->phase == Phase::terminated && c->final; };
  if (!state.main.empty() && std::ranges::all_of(state.main, over))
    return std::ranges::all_of(state.main, [](auto* c) { return succeeded(*c); }) ? "Succeeded"
                                                                                  : "Failed";
  auto untouched = [](auto* c) { return c->phase == Phase::waiting && c->last_state.is_null(); };
  return std::ranges::any_of(state.main, untouched) ? "Pending" : "Running";
}

struct Condition {
  std::string_view type;
  bool holds;
  std::string_view reason;
  std::string message;
};

json::Value condition_value(const Condition& condition, const json::Value& before, TimePoint now) {
  std::string_view status = condition.holds ? "True" : "False";
  json::Value since = before["status"].as_string() == status ? before["lastTransitionTime"]
                                                             : json::Value(to_rfc3339(now));
  json::Value value = json::Value::object({{"type", condition.type},
                                           {"status", status},
                                           {"lastProbeTime", nullptr},
                                           {"lastTransitionTime", since}});
  if (!condition.holds && !condition.reason.empty()) {
    value.set("reason", condition.reason);
    value.set("message", condition.message);
  }
  return value;
}

std::string names_of(std::string_view what, std::span<const ContainerState* const> containers,
                     bool (*left)(const ContainerState&)) {
  std::string names;
  for (const ContainerState* container : containers)
    if (left(*container)) names += (names.empty() ? "" : " ") + container->name;
  return std::string(what) + ": [" + names + "]";
}

json::Value conditions_of(const kube::Object& pod, const PodState& state, std::string_view phase,
                          TimePoint now) {
  bool initialized = std::ranges::all_of(state.init, [](auto* c) { return succeeded(*c); });
  bool ready = initialized && phase == "Running" &&
               std::ranges::all_of(state.main, [](auto* c) { return c->ready; });
  std::string_view unready = phase == "Succeeded" ? "PodCompleted" : "ContainersNotReady";
  std::string waiting_for = names_of("containers with unready status", state.main,
                                     [](const ContainerState& c) { return !c.ready; });
  const Condition ours[] = {{"Initialized", initialized, "ContainersNotInitialized",
                             names_of("containers with incomplete status", state.init,
                                      [](const ContainerState& c) { return !succeeded(c); })},
                            {"Ready", ready, unready, waiting_for},
                            {"ContainersReady", ready, unready, waiting_for},
                            {"PodScheduled", true, {}, {}}};
  json::Value result = json::Value::array();
  const json::Array& before = pod["status"]["conditions"].items();
  auto find = [&](std::string_view type) -> json::Value {
    auto found = std::ranges::find_if(
        before, [&](const json::Value& c) { return c["type"].as_string() == type; });
    return found == before.end() ? json::Value() : *found;
  };
  for (const Condition& condition : ours)
    result.push_back(condition_value(condition, find(condition.type), now));
  for (const json::Value& other : before) {
    bool own = std::ranges::any_of(
        ours, [&](const Condition& c) { return c.type == other["type"].as_string(); });
    if (!own) result.push_back(other);
  }
  return result;
}

}  // namespace

json::Value state_value(const ContainerState& container) {
  json::Value detail = json::Value::object();
  switch (container.phase) {
    case Phase::waiting:
      detail.set("reason", container.reason);
      if (!container.message.empty()) detail.set("message", container.message);
      return json::Value::object({{"waiting", detail}});
    case Phase::running:
      detail.set("startedAt", to_rfc3339(container.started_at));
      return json::Value::object({{"running", detail}});
    case Phase::terminated:
      break;
  }
  detail.set("exitCode", container.exit_code);
  if (container.signal != 0) detail.set("signal", container.signal);
  detail.set("reason", container.reason);
  if (!container.message.empty()) detail.set("message", container.message);
  if (container.started_at != TimePoint{})
    detail.set("startedAt", to_rfc3339(container.started_at));
  detail.set("finishedAt", to_rfc3339(container.finished_at));
  if (!container.container_id.empty()) detail.set("containerID", container.container_id);
  return json::Value::object({{"terminated", detail}});
}

json::Value pod_status(const kube::Object& pod, const PodState& state, TimePoint now) {
  std::string_view phase =
      state.suspended ? pod["status"]["phase"].as_string("Pending") : phase_of(state);
  json::Value status = json::Value::object({{"phase", phase}});
  status.set("conditions", conditions_of(pod, state, phase, now));
  if (!state.reason.empty()) status.set("reason", state.reason);
  if (!state.message.empty()) status.set("message", state.message);
  if (!state.host_ip.empty()) status.set("hostIP", state.host_ip);
  if (!state.pod_ip.empty()) {
    status.set("podIP", state.pod_ip);
    status.set("podIPs", json::Value::array({json::Value::object({{"ip", state.pod_ip}})}));
  }
  if (state.start_time != TimePoint{}) status.set("startTime", to_rfc3339(state.start_time));
  auto list = [](std::span<const ContainerState* const> containers, auto make) {
    json::Value values = json::Value::array();
    for (const ContainerState* container : containers) values.push_back(make(*container));
    return values;
  };
  if (!state.init.empty()) status.set("initContainerStatuses", list(state.init, init_status));
  status.set("containerStatuses", list(state.main, container_status));
  status.set("qosClass", pod["status"]["qosClass"].as_string("BestEffort"));
  return status;
}

std::string_view condition_status(const json::Value& status, std::string_view type) {
  for (const json::Value& condition : status["conditions"].items())
    if (condition["type"].as_string() == type) return condition["status"].as_string();
  return {};
}

}  // namespace pgo::embedded::node
