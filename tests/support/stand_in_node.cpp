#include "support/stand_in_node.h"

#include "pgo/base/text.h"
#include "support/stand_in_patroni.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>

namespace pgo::test {

namespace {

json::Value condition(std::string_view type, bool holds, TimePoint now) {
  return json::Value::object({{"type", type},
                              {"status", holds ? "True" : "False"},
                              {"lastTransitionTime", to_rfc3339(now)}});
}

json::Value conditions(bool ready, TimePoint now) {
  return json::Value::array({condition("PodScheduled", true, now),
                             condition("Initialized", true, now), condition("Ready", ready, now),
                             condition("ContainersReady", ready, now)});
}

json::Value container_statuses(const StandInPod& pod, bool ready, const json::Value& state) {
  json::Array list;
  for (const std::string& name : pod.containers) {
    list.push_back(json::Value::object({{"name", name},
                                        {"ready", ready},
                                        {"started", ready},
                                        {"restartCount", 0},
                                        {"image", "stand-in"},
                                        {"imageID", "stand-in"},
                                        {"containerID", "stand-in://" + pod.uid},
                                        {"state", state}}));
  }
  return list;
}

json::Value running_status(const StandInPod& pod, const std::string& ip, bool ready,
                           TimePoint now) {
  std::string time = to_rfc3339(now);
  json::Value state =
      json::Value::object({{"running", json::Value::object({{"startedAt", time}})}});
  json::Value status;
  status.set("phase", "Running");
  status.set("podIP", ip);
  status.set("podIPs", json::Value::array({json::Value::object({{"ip", ip}})}));
  status.set("hostIP", "127.0.0.1");
  status.set("startTime", time);
  status.set("conditions", conditions(ready, now));
  status.set("containerStatuses", container_statuses(pod, ready, state));
  return status;
}

json::Value ended_status(const StandInPod& pod, bool failed, TimePoint now) {
  std::string time = to_rfc3339(now);
  json::Value state = json::Value::object(
      {{"running", nullptr},
       {"terminated", json::Value::object({{"exitCode", failed ? 1 : 0},
                                           {"reason", failed ? "Error" : "Completed"},
                                           {"startedAt", time},
                                           {"finishedAt", time}})}});
  json::Value status;
  status.set("phase", failed ? "Failed" : "Succeeded");
  status.set("conditions", conditions(false, now));
  status.set("containerStatuses", container_statuses(pod, false, state));
  return status;
}

}  // namespace

StandInPod StandInPod::from(const kube::Object& pod) {
  StandInPod made;
  made.ns = pod.ns();
  made.name = pod.name();
  made.uid = pod.uid();
  made.node = pod["spec"]["nodeName"].as_string();
  made.phase = pod["status"]["phase"].as_string();
  made.ip = pod["status"]["podIP"].as_string();
  if (pod.label("pgo-pg-database") == "true") made.scope = pod.label("crunchy-pgha-scope");
  made.role = pod.label("role");
  for (const json::Value& container : pod["spec"]["containers"].items()) {
    made.containers.emplace_back(container["name"].as_string());
  }
  std::string_view policy = pod["spec"]["restartPolicy"].as_string("Always");
  made.runs_to_end = policy != "Always";
  made.deleting = pod.being_deleted();
  for (const json::Value& item : pod["status"]["conditions"].items()) {
    if (item["type"].as_string() == "Ready") made.ready = item["status"].as_string() == "True";
  }
  return made;
}

struct StandInNode::State {
  State(kube::Transport& transport, const Clock& time, IdSource& ids, StandInOptions chosen, Log to)
      : options(std::move(chosen)),
        client(transport),
        clock(time),
        log(std::move(to)),
        pods(client, time, ids, log, kube::types::kPod, "", {}, {.on_ready = options.on_ready},
             [](const StandInPod& pod) {
               std::vector<std::string> keys;
               if (!pod.scope.empty()) {
                 keys.push_back(StandInPatroni::members_key(pod.ns, pod.scope));
               }
               return keys;
             }),
        patroni(client, time, options.fails_over_after) {}

  Result<void> make_node();
  /// The time at which something is due for this pod; nothing when it rests.
  std::optional<TimePoint> due(const StandInPod& pod);
  Result<void> advance(const StandInPod& pod);
  Result<void> patch_status(const StandInPod& pod, json::Value status);
  std::string address_of(const StandInPod& pod);
  /// Addresses in use before this stand-in was made are not given again.
  void keep_clear_of(std::string_view address);

  StandInOptions options;
  kube::Client client;
  const Clock& clock;
  Log log;
  kube::Informer<StandInPod> pods;
  StandInPatroni patroni;
  /// When a pod was first seen in its present state ("uid/bound", "uid/Running", "uid/deleting").
  std::map<std::string, TimePoint> since;
  std::map<std::string, std::string> addresses;
  std::set<kube::ObjectKey> restless;  ///< pods that changed or for which something is due
  unsigned next_address = 1;
  bool node_made = false, held = false;
  mutable std::mutex exec_mutex;
  std::vector<kube::ExecRequest> execs;
};

StandInNode::StandInNode(kube::Transport& transport, const Clock& clock, IdSource& ids,
                         StandInOptions options, Log log)
    : state_(std::make_unique<State>(transport, clock, ids, std::move(options), std::move(log))) {
  state_->pods.on_change([state = state_.get()](const kube::ObjectKey& key, const StandInPod* was,
                                                const StandInPod* is) {
    for (const StandInPod* pod : {was, is}) {
      if (pod != nullptr && !pod->scope.empty()) state->patroni.look_at({pod->ns, pod->scope});
    }
    if (is != nullptr) {
      state->restless.insert(key);
      state->keep_clear_of(is->ip);
    }
    if (was == nullptr || (is != nullptr && was->uid == is->uid)) return;
    for (const char* what : {"/bound", "/Running", "/deleting"})
      state->since.erase(was->uid + what);
    state->addresses.erase(was->uid);
  });
}

StandInNode::~StandInNode() = default;

Result<void> StandInNode::State::make_node() {
  if (node_made) return {};
  if (options.make_node && !client.get(kube::types::kNode, "", options.name)) {
    kube::Object node(kube::types::kNode, "", options.name);
    node.set_label("kubernetes.io/hostname", options.name);
    auto made = client.create(kube::types::kNode, node);
    if (!made && made.error().code != Code::already_exists) return fail(std::move(made).error());
    json::Value status;
    status.set("conditions", json::Value::array({condition("Ready", true, clock.now())}));
    PGO_TRY(auto told, client.patch(kube::types::kNode, "", options.name, kube::PatchType::merge,
                                    json::Value::object({{"status", status}}), "status"));
  }
  node_made = true;
  return {};
}

std::string StandInNode::State::address_of(const StandInPod& pod) {
  std::string& address = addresses[pod.uid];
  if (address.empty()) {
    unsigned n = next_address++;
    address = "127.79." + std::to_string(n / 250 % 250) + "." + std::to_string(n % 250 + 1);
  }
  return address;
}

void StandInNode::State::keep_clear_of(std::string_view address) {
  auto parts = text::split(address, '.');
  if (parts.size() != 4 || !address.starts_with("127.79.")) return;
  auto number = text::to_int(parts[2]).value_or(0) * 250 + text::to_int(parts[3]).value_or(1) - 1;
  next_address = std::max(next_address, static_cast<unsigned>(number + 1));
}

std::optional<TimePoint> StandInNode::State::due(const StandInPod& pod) {
  if (pod.node != options.name) return std::nullopt;
  auto after = [&](const char* what, Duration delay) {
    return since.try_emplace(pod.uid + what, clock.now()).first->second + delay;
  };
  if (pod.deleting) return after("/deleting", options.stops_after);
  if (pod.phase == "Pending" || pod.phase.empty()) return after("/bound", options.ready_after);
  if (pod.phase == "Running" && pod.runs_to_end) return after("/Running", options.ends_after);
  return std::nullopt;
}

Result<void> StandInNode::State::patch_status(const StandInPod& pod, json::Value status) {
  json::Value patch = json::Value::object(
      {{"metadata", json::Value::object({{"uid", pod.uid}})}, {"status", std::move(status)}});
  auto answer =
      client.patch(kube::types::kPod, pod.ns, pod.name, kube::PatchType::merge, patch, "status");
  if (answer) {
    pods.applied(*std::move(answer));
    return {};
  }
  if (answer.error().code == Code::not_found) return {};
  return fail(std::move(answer).error());
}

Result<void> StandInNode::State::advance(const StandInPod& pod) {
  if (pod.deleting) {
    kube::DeleteOptions now{.uid = pod.uid, .resource_version = {}, .grace_period_seconds = 0};
    auto gone = client.remove(kube::types::kPod, pod.ns, pod.name, now);
    if (!gone && gone.error().code != Code::not_found) return gone;
    return {};
  }
  if (pod.phase == "Running") {
    bool failed = options.fails && options.fails(pod);
    return patch_status(pod, ended_status(pod, failed, clock.now()));
  }
  return patch_status(pod, running_status(pod, address_of(pod), true, clock.now()));
}

StandInNode::Step StandInNode::step() {
  State& state = *state_;
  kube::InformerStep seen = state.pods.step();
  Step result{.progressed = seen.progressed, .next = seen.next};
  if (!state.pods.synced()) return result;
  TimePoint now = state.clock.now();
  TimePoint retry = now + std::chrono::milliseconds(100);
  auto failed = [&](const Error& error) {
    state.log.debug("stand-in will try again", {{"error", error.text()}});
    result.next = std::min(result.next, retry);
  };
  if (!state.node_made) {
    auto made = state.make_node();
    if (!made) failed(made.error());
    result.progressed = result.progressed || made.has_value();
  }
  if (!state.held) {
    std::set<kube::ObjectKey> todo = std::exchange(state.restless, {});
    for (const kube::ObjectKey& key : todo) {
      auto pod = state.pods.get(key.ns, key.name);
      std::optional<TimePoint> at = pod ? state.due(*pod) : std::nullopt;
      if (!at) continue;
      // It stays here until it is seen to have moved on.
      state.restless.insert(key);
      if (*at > now) {
        result.next = std::min(result.next, *at);
      } else if (auto done = state.advance(*pod); !done) {
        failed(done.error());
      } else {
        result.progressed = true;
      }
    }
  }
  if (state.options.patroni && !state.held) {
    StandInPatroni::Step played = state.patroni.step(state.pods);
    if (played.error) failed(*played.error);
    result.progressed = result.progressed || played.progressed;
    result.next = std::min(result.next, played.next);
  }
  return result;
}

void StandInNode::hold(bool held) { state_->held = held; }

Result<void> StandInNode::set_ready(const std::string& ns, const std::string& name, bool ready) {
  auto pod = state_->pods.get(ns, name);
  if (!pod) return fail(Code::not_found, "no such pod is known", ns + "/" + name);
  std::string ip = pod->ip.empty() ? state_->address_of(*pod) : pod->ip;
  return state_->patch_status(*pod, running_status(*pod, ip, ready, state_->clock.now()));
}

std::vector<kube::ExecRequest> StandInNode::execs() const {
  std::lock_guard lock(state_->exec_mutex);
  return state_->execs;
}

Result<kube::ExecResult> StandInNode::exec(const kube::ExecRequest& request) {
  {
    std::lock_guard lock(state_->exec_mutex);
    state_->execs.push_back(request);
  }
  if (state_->options.on_exec) return state_->options.on_exec(request);
  if (state_->options.command_fails) {
    std::string why = state_->options.command_fails(request);
    if (!why.empty()) return kube::ExecResult{.exit_code = 3, .out = {}, .err = std::move(why)};
  }
  const bool failover = std::ranges::any_of(
      request.command, [](const std::string& word) { return word.find("/failover") != word.npos; });
  if (failover && state_->options.patroni) {
    PGO_TRY_VOID(StandInPatroni::hand_over(state_->client, state_->clock, request.ns, request.pod));
  }
  return kube::ExecResult{};
}

Result<std::string> StandInNode::log(const std::string&, const std::string& pod,
                                     const std::string& container, int, bool) {
  return "stand-in for " + pod + "/" + container + "\n";
}

}  // namespace pgo::test
