#include "embedded/node/pod_worker.h"

#include "embedded/node/files.h"
#include "pgo/base/text.h"

#include <algorithm>
#include <utility>

namespace pgo::embedded::node {

namespace {

constexpr std::chrono::milliseconds kFirstRetry{50};
constexpr std::chrono::milliseconds kLastRetry{2000};
constexpr std::chrono::milliseconds kRefreshDelay{50};
constexpr int kTokenTries = 60;  // within the life of a token
constexpr std::int64_t kDefaultGrace = 30;

RestartPolicy policy_of(const kube::Object& pod) {
  std::string_view policy = pod["spec"]["restartPolicy"].as_string("Always");
  if (policy == "Never") return RestartPolicy::never;
  return policy == "OnFailure" ? RestartPolicy::on_failure : RestartPolicy::always;
}

const json::Value& status_of(const kube::Object& pod, std::string_view list,
                             std::string_view container) {
  static const json::Value kNone;
  for (const json::Value& status : pod["status"][list].items())
    if (status["name"].as_string() == container) return status;
  return kNone;
}

bool older(const kube::Object& a, const kube::Object& b) {
  auto left = text::to_int(a.resource_version());
  auto right = text::to_int(b.resource_version());
  return left && right && *left < *right;
}

bool uses_downward_volume(const kube::Object& pod) {
  for (const json::Value& volume : pod["spec"]["volumes"].items()) {
    if (volume["downwardAPI"].is_object()) return true;
    for (const json::Value& source : volume["projected"]["sources"].items())
      if (source["downwardAPI"].is_object()) return true;
  }
  return false;
}

}  // namespace

PodWorker::PodWorker(NodeContext& context, const kube::Object& pod, std::function<void()> freed)
    : context_(context),
      pod_{pod,
           {{}, context.options.host_ip},
           context.pod_dir(pod.uid()),
           PodVolumes(context, context.pod_dir(pod.uid()))},
      freed_(std::move(freed)) {
  start_time_ = parse_rfc3339(pod["status"]["startTime"].as_string()).value_or(context.clock.now());
  std::string_view phase = pod["status"]["phase"].as_string();
  over_ = phase == "Succeeded" || phase == "Failed";
  pod_.addresses.pod_ip = over_ ? pod["status"]["podIP"].as_string() : std::string_view();
  make_runners();
  resume();
}

PodWorker::~PodWorker() {
  for (EventLoop::TimerId timer : {retry_, refresh_, token_}) context_.loop.cancel(timer);
}

void PodWorker::make_runners() {
  RestartPolicy policy = policy_of(pod_.object);
  main_ = runners_for(ContainerRunner::Kind::main, policy);
  init_ = runners_for(ContainerRunner::Kind::init, policy == RestartPolicy::never
                                                       ? RestartPolicy::never
                                                       : RestartPolicy::on_failure);
}

PodWorker::Runners PodWorker::runners_for(ContainerRunner::Kind kind, RestartPolicy policy) {
  std::string_view list = kind == ContainerRunner::Kind::init ? "initContainers" : "containers";
  Runners runners;
  for (const json::Value& container : pod_.object["spec"][list].items())
    runners.push_back(std::make_shared<ContainerRunner>(context_, pod_, container, kind, policy,
                                                        [this] { advance(); }));
  return runners;
}

// A pod that another life of this node ran: its containers start again, in place. Init containers
// run again too, as after a reboot.
void PodWorker::resume() {
  for (auto& runner : main_) {
    const json::Value& status = status_of(pod_.object, "containerStatuses", runner->state().name);
    if (over_)
      runner->resume_finished(status);
    else
      runner->resume(status);
  }
  if (!over_) return;
  for (auto& runner : init_)
    runner->resume_finished(status_of(pod_.object, "initContainerStatuses", runner->state().name));
}

void PodWorker::update(const kube::Object& pod) {
  if (older(pod, pod_.object) || finished_) return;
  bool metadata_changed =
      pod.labels() != pod_.object.labels() || pod.annotations() != pod_.object.annotations();
  // Somebody else (the node controller while we were silent) may have written our conditions.
  if (condition_status(pod["status"], "Ready") != condition_status(sent_, "Ready")) sent_ = {};
  bool was_held = context_.held(pod_.object);
  pod_.object = pod;
  if (!was_held && context_.held(pod)) kill();
  if (metadata_changed && uses_downward_volume(pod)) refresh_volumes();
  advance();
}

void PodWorker::vanished() {
  vanished_ = true;
  advance();
}

void PodWorker::content_changed(const kube::ResourceType& type, std::string_view name) {
  bool mentioned = false;
  each_volume_reference(pod_.object, [&](const kube::ResourceType& of, std::string_view used) {
    mentioned = mentioned || (of == type && used == name);
  });
  if (!mentioned) return;
  if (prepared_)
    refresh_volumes();
  else
    advance();
}

void PodWorker::refresh_volumes() {
  if (!prepared_ || ending_ || over_ || refresh_ != 0) return;
  refresh_ = context_.loop.after(kRefreshDelay, [this] {
    refresh_ = 0;
    (void)refresh_now();
  });
}

bool PodWorker::refresh_now() {
  if (!prepared_ || ending_) return true;
  auto done = pod_.volumes.refresh(pod_.object, pod_.addresses);
  if (!done)
    context_.log.warn("volume not refreshed",
                      {{"pod", pod_.object.text()}, {"problem", done.error().text()}});
  return done.has_value();
}

// Well before they expire, and for as long as the pod runs.
void PodWorker::renew_tokens_after(std::chrono::milliseconds delay) {
  token_ = context_.loop.after(delay, [this] {
    const std::chrono::milliseconds life = context_.options.token_life;
    renew_tokens_after(refresh_now() ? life / 2 : life / kTokenTries);
  });
}

bool PodWorker::active() const {
  auto active = [](const auto& runner) { return runner->active(); };
  return std::ranges::any_of(main_, active) || std::ranges::any_of(init_, active);
}

void PodWorker::advance() {
  if (finished_ || !context_.cleared) return;
  if (vanished_ || pod_.object.being_deleted()) {
    auto grace = std::chrono::seconds(
        pod_.object["metadata"]["deletionGracePeriodSeconds"].as_int(kDefaultGrace));
    begin_end(vanished_ ? std::chrono::seconds(0) : grace);
  } else if (!over_ && !context_.stopping) {
    run();
  }
  if (!vanished_) publish();
  if (ending_ && !active()) finish_end();
  if (context_.stopping && !finished_ && !active() && !std::exchange(stop_told_, true)) freed_();
}

void PodWorker::run() {
  if (!prepare() || !run_init_containers()) return;
  for (auto& runner : main_) runner->advance();
  if (std::ranges::all_of(main_, [](const auto& runner) { return runner->state().final; }))
    complete();
}

// True when addresses and volumes are there.
bool PodWorker::prepare() {
  if (prepared_) return true;
  auto steps = [this]() -> Result<void> {
    std::string uid(pod_.object.uid());
    if (!is_file_name(uid)) return fail(Code::invalid_argument, "a pod without a usable UID");
    PGO_TRY(pod_.addresses.pod_ip, context_.addresses.lease(uid));
    context_.names.set_pod(std::string(pod_.object.ns()), std::string(pod_.object.name()),
                           pod_.addresses.pod_ip);
    PGO_TRY_VOID(context_.names.publish());
    PGO_TRY_VOID(make_directory(pod_.dir));
    return pod_.volumes.prepare(pod_.object, pod_.addresses);
  };
  if (context_.held(pod_.object)) {
    trouble_ = "the local node was told to hold this pod down";
    return false;
  }
  auto done = steps();
  if (!done) {
    if (trouble_ != done.error().text() && delay_ >= std::chrono::seconds(1)) {
      trouble_ = done.error().text();
      context_.event(pod_.object, "Warning", "FailedMount", trouble_);
      context_.log.info("pod waits", {{"pod", pod_.object.text()}, {"for", trouble_}});
    }
    retry_later();
    return false;
  }
  trouble_.clear();
  prepared_ = true;
  renew_tokens_after(context_.options.token_life / 2);
  return true;
}

// True when all have succeeded.
bool PodWorker::run_init_containers() {
  for (auto& runner : init_) {
    const ContainerState& state = runner->state();
    if (!state.final) {
      runner->advance();
      return false;
    }
    if (state.exit_code == 0) continue;
    failed_ = true;
    complete();
    return false;
  }
  return true;
}

// Nothing will run any more; logs stay until the pod is deleted, the address is free.
void PodWorker::complete() {
  over_ = true;
  context_.loop.cancel(token_);
  std::string uid(pod_.object.uid());
  context_.addresses.release(uid);
  context_.names.set_pod(std::string(pod_.object.ns()), std::string(pod_.object.name()), {});
  (void)context_.names.publish();
}

void PodWorker::retry_later() {
  context_.loop.cancel(retry_);
  retry_ = context_.loop.after(delay_, [this] { advance(); });
  delay_ = std::min(delay_ * 2, kLastRetry);
}

void PodWorker::begin_end(std::chrono::milliseconds grace) {
  auto kill_at = EventLoop::Steady::now() + grace;
  if (!ending_) {
    ending_ = true;
    context_.loop.cancel(retry_);
    for (const std::string& claim : PodVolumes::claims_of(pod_.object))
      context_.ending_claims[claim].insert(std::string(pod_.object.uid()));
    if (active()) {
      context_.event(pod_.object, "Normal", "Killing", "Stopping the pod's containers");
      context_.log.info("pod ends", {{"pod", pod_.object.text()}, {"grace", to_human(grace)}});
    }
  } else if (kill_at + std::chrono::seconds(1) > kill_at_) {
    return;  // not shorter than what it has been told
  }
  kill_at_ = kill_at;
  for (Runners* runners : {&main_, &init_})
    for (auto& runner : *runners) runner->terminate(grace);
}

// Gives back everything the pod holds on this host.
void PodWorker::forget_locally() {
  if (std::exchange(cleaned_, true)) return;
  std::string uid(pod_.object.uid());
  std::string ns(pod_.object.ns());
  std::string name(pod_.object.name());
  context_.registry.remove_pod(ns, name);
  context_.names.set_pod(ns, name, {});
  (void)context_.names.publish();
  context_.addresses.release(uid);
  auto removed = remove_tree(context_.options.state_dir / "pods", pod_.dir);
  if (!removed) context_.log.warn("pod folder not removed", {{"problem", removed.error().text()}});
  for (const std::string& claim : PodVolumes::claims_of(pod_.object)) {
    auto found = context_.ending_claims.find(claim);
    if (found == context_.ending_claims.end()) continue;
    found->second.erase(uid);
    if (found->second.empty()) context_.ending_claims.erase(found);
  }
}

void PodWorker::finish_end() {
  forget_locally();
  if (!vanished_) {
    kube::DeleteOptions options;
    options.uid = pod_.object.uid();
    options.grace_period_seconds = 0;
    auto removed =
        context_.client.remove(kube::types::kPod, pod_.object.ns(), pod_.object.name(), options);
    bool gone = removed || removed.error().code == Code::not_found ||
                removed.error().code == Code::conflict;
    if (!gone) {
      context_.log.warn("pod not removed",
                        {{"pod", pod_.object.text()}, {"problem", removed.error().text()}});
      return retry_later();
    }
  }
  finished_ = true;
  freed_();
}

json::Value PodWorker::current_status() const {
  auto states = [](const Runners& runners) {
    std::vector<const ContainerState*> list;
    for (const auto& runner : runners) list.push_back(&runner->state());
    return list;
  };
  auto init = states(init_);
  auto main = states(main_);
  PodState state{.init = init,
                 .main = main,
                 .pod_ip = pod_.addresses.pod_ip,
                 .host_ip = pod_.addresses.host_ip,
                 .start_time = start_time_,
                 .reason = {},
                 .message = trouble_,
                 .failed = failed_,
                 .suspended = context_.stopping};
  return pod_status(pod_.object, state, context_.clock.now());
}

void PodWorker::publish() {
  if (finished_ || cleaned_) return;
  std::string_view phase = pod_.object["status"]["phase"].as_string();
  if (phase == "Succeeded" || phase == "Failed") return;  // that is final
  json::Value status = current_status();
  if (status == sent_) return;
  // A merge patch keeps what is not mentioned: what no longer holds is named.
  json::Value patch = status;
  for (std::string_view key : {"reason", "message"})
    if (status[key].is_null()) patch.set(key, nullptr);
  auto answer = context_.client.patch(
      kube::types::kPod, pod_.object.ns(), pod_.object.name(), kube::PatchType::merge,
      json::Value::object(
          {{"metadata", json::Value::object({{"uid", pod_.object.uid()}})}, {"status", patch}}),
      "status");
  if (answer) {
    delay_ = kFirstRetry;
    sent_ = std::move(status);
    if (!older(*answer, pod_.object)) pod_.object = *std::move(answer);
    return;
  }
  if (answer.error().code == Code::not_found || answer.error().code == Code::conflict) return;
  context_.log.warn("pod status not written",
                    {{"pod", pod_.object.text()}, {"problem", answer.error().text()}});
  retry_later();
}

void PodWorker::stop(std::chrono::milliseconds grace) {
  auto own = std::chrono::seconds(
      pod_.object["spec"]["terminationGracePeriodSeconds"].as_int(kDefaultGrace));
  context_.loop.cancel(retry_);
  for (Runners* runners : {&main_, &init_})
    for (auto& runner : *runners)
      runner->terminate(std::min<std::chrono::milliseconds>(grace, own));
}

void PodWorker::kill() {
  for (Runners* runners : {&main_, &init_})
    for (auto& runner : *runners) runner->kill();
}

}  // namespace pgo::embedded::node
