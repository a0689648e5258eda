#include "embedded/node/container_runner.h"

#include "embedded/node/files.h"
#include "embedded/node/listeners.h"
#include "pgo/base/text.h"

#include <algorithm>
#include <utility>

namespace pgo::embedded::node {

namespace fs = std::filesystem;

namespace {

using Phase = ContainerState::Phase;

constexpr std::chrono::seconds kTryAgain{2};
constexpr int kStartError = 128;

std::string hostname_of(const kube::Object& pod) {
  return std::string(pod["spec"]["hostname"].as_string(pod.name()));
}

// The same error seen by a person who looks at the pod.
std::string_view waiting_reason(const Error& error) {
  return error.code == Code::not_found || error.code == Code::invalid_argument
             ? "CreateContainerConfigError"
             : "CreateContainerError";
}

std::string packages_missing(const Image& image) {
  auto missing = image.missing_packages();
  if (missing.empty()) return {};
  return "packages are not installed: apt-get install " + text::join(missing, " ");
}

}  // namespace

ContainerRunner::ContainerRunner(NodeContext& context, PodFacts& pod, json::Value specification,
                                 Kind kind, RestartPolicy policy, std::function<void()> changed)
    : context_(context),
      pod_(pod),
      specification_(std::move(specification)),
      kind_(kind),
      policy_(policy),
      changed_(std::move(changed)) {
  state_.name = specification_["name"].as_string();
  state_.image = specification_["image"].as_string();
  working_dir_ = specification_["workingDir"].as_string("/");
}

ContainerRunner::~ContainerRunner() {
  context_.loop.cancel(timer_);
  if (id_ != 0) context_.supervisor.terminate(id_, std::chrono::milliseconds(0));
}

void ContainerRunner::resume(const json::Value& status) {
  state_.restart_count = static_cast<int>(status["restartCount"].as_int());
  state_.last_state = status["lastState"];
  if (state_.last_state.members().empty()) state_.last_state = {};
  const json::Value& before = status["state"];
  std::string_view started =
      before["running"]["startedAt"].as_string(before["terminated"]["startedAt"].as_string());
  if (started.empty()) return;  // it never ran
  json::Value ended = before["terminated"];
  if (!ended.is_object())
    ended = json::Value::object({{"exitCode", 137},
                                 {"reason", "ContainerStatusUnknown"},
                                 {"message", "the local node ended while the container ran"},
                                 {"startedAt", started},
                                 {"finishedAt", to_rfc3339(context_.clock.now())}});
  state_.exit_code = static_cast<int>(ended["exitCode"].as_int());
  bool again = policy_ == RestartPolicy::always ||
               (policy_ == RestartPolicy::on_failure && state_.exit_code != 0);
  if (again) {
    state_.last_state = json::Value::object({{"terminated", ended}});
    run_ = ++state_.restart_count;
    return;
  }
  run_ = state_.restart_count;
  state_.phase = Phase::terminated;
  state_.reason = ended["reason"].as_string();
  state_.message = ended["message"].as_string();
  state_.signal = static_cast<int>(ended["signal"].as_int());
  state_.started_at = parse_rfc3339(started).value_or(TimePoint{});
  state_.finished_at =
      parse_rfc3339(ended["finishedAt"].as_string()).value_or(context_.clock.now());
  state_.final = true;
  publish_entry();
}

void ContainerRunner::resume_finished(const json::Value& status) {
  run_ = static_cast<int>(status["restartCount"].as_int());
  publish_entry();
}

fs::path ContainerRunner::log_path(int run) const {
  return pod_.dir / "logs" / state_.name / (std::to_string(run) + ".log");
}

void ContainerRunner::publish_entry() {
  context_.registry.put(std::string(pod_.object.ns()), std::string(pod_.object.name()), state_.name,
                        {.id = id_,
                         .init = kind_ == Kind::init,
                         .env = env_,
                         .working_dir = working_dir_,
                         .log = log_path(run_),
                         .log_rotation = log_rotation_,
                         .previous_log = run_ > 0 ? log_path(run_ - 1) : fs::path()});
}

void ContainerRunner::advance() {
  if (active() || ending_ || !due_ || state_.final || context_.stopping) return;
  if (context_.held(pod_.object)) {
    state_.phase = Phase::waiting;
    state_.reason = "Held";
    state_.message = "the local node was told to hold this pod down";
    return;
  }
  auto prepared = prepare();
  if (!prepared) return cannot_start(prepared.error());
  launch(*std::move(prepared));
}

Environment ContainerRunner::base_environment(const Image& image) const {
  const LocalNodeOptions& options = context_.options;
  std::string port = std::to_string(options.api_port);
  Environment env{{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                  {"HOME", "/home/" + image.user},
                  {"USER", image.user},
                  {"LOGNAME", image.user},
                  {"HOSTNAME", hostname_of(pod_.object)},
                  {"TZ", "UTC"},
                  {"LANG", "C.UTF-8"},
                  {"POD_IP", pod_.addresses.pod_ip},
                  {"PGO_LOCAL_NODE", "1"}};
  if (!options.api_host.empty()) {
    env["KUBERNETES_SERVICE_HOST"] = options.api_host;
    env["KUBERNETES_SERVICE_PORT"] = port;
    env["KUBERNETES_SERVICE_PORT_HTTPS"] = port;
  }
  for (const auto& [name, value] : image.env) env[name] = value;
  return env;
}

Result<Sandbox> ContainerRunner::sandbox_of(const Image& image) const {
  const kube::Object& pod = pod_.object;
  const json::Value& own = specification_["securityContext"];
  const json::Value& shared = pod["spec"]["securityContext"];
  Sandbox sandbox;
  sandbox.hostname = hostname_of(pod);
  sandbox.user = image.user;
  sandbox.uid = static_cast<int>(own["runAsUser"].as_int(shared["runAsUser"].as_int(image.uid)));
  sandbox.gid = static_cast<int>(own["runAsGroup"].as_int(shared["runAsGroup"].as_int(image.gid)));
  sandbox.init = context_.init;
  sandbox.private_dir = pod_.dir / "containers" / state_.name;
  PGO_TRY(sandbox.names_dir, context_.names.folder(std::string(pod.ns())));
  auto binds = image_binds(image);
  if (!binds) {
    Error error = std::move(binds).error();
    error.subject = state_.image;  // read as: there is no such image
    return fail(std::move(error));
  }
  sandbox.image = *std::move(binds);
  sandbox.writable = image.writable;
  PGO_TRY(sandbox.mounts, pod_.volumes.mounts_of(pod, specification_));
  sandbox.env = env_;
  sandbox.working_dir = working_dir_;
  return sandbox;
}

Result<Launch> ContainerRunner::prepare() {
  PGO_TRY(Image image, context_.images.find(state_.image));
  if (std::string missing = packages_missing(image); !missing.empty())
    return fail(Code::unavailable, missing, state_.image);
  state_.image_id = "local:" + image.folder.filename().string();
  const kube::Object& pod = pod_.object;
  auto lookup = [this](const kube::ResourceType& type, std::string_view name) {
    return context_.client.get(type, pod_.object.ns(), name);
  };
  PGO_TRY(env_, container_environment(pod, specification_, pod_.addresses, lookup,
                                      base_environment(image)));
  PGO_TRY(Sandbox sandbox, sandbox_of(image));
  PGO_TRY_VOID(prepare_private_dir(sandbox, pod_.dir, pod_.addresses.pod_ip));
  PGO_TRY_VOID(make_directory(log_path(run_).parent_path()));
  if (run_ > 1) {
    PGO_TRY_VOID(remove_tree(pod_.dir, log_path(run_ - 2)));
    PGO_TRY_VOID(remove_tree(pod_.dir, log_path(run_ - 2).string() + ".1"));
  }
  Launch launch;
  launch.options = sandbox_options(sandbox);
  launch.program = container_program(specification_, image, env_);
  launch.log = log_path(run_);
  launch.log_rotation = log_rotation_ = std::make_shared<LogRotation>();
  return launch;
}

// A listener on all addresses of the host keeps the pod's own server from binding its address.
void ContainerRunner::warn_of_taken_ports() const {
  for (const json::Value& declared : specification_["ports"].items()) {
    auto port = static_cast<std::uint16_t>(declared["containerPort"].as_int());
    std::string culprit = wildcard_culprit(port);
    if (culprit.empty()) continue;
    std::string message = "port " + std::to_string(port) + " is taken on every address by " +
                          culprit + "; stop it or make it listen on 127.0.0.1 only";
    context_.event(pod_.object, "Warning", "PortTaken", message);
    context_.log.warn("a pod's port is taken", {{"pod", pod_.object.text()}, {"problem", message}});
  }
}

void ContainerRunner::launch(Launch launch) {
  warn_of_taken_ports();
  // The supervisor calls from its own thread; this may be gone when the call arrives here.
  auto weak = weak_from_this();
  auto deliver = [loop = &context_.loop, weak](auto action) {
    loop->post([weak, action = std::move(action)] {
      if (auto self = weak.lock()) action(*self);
    });
  };
  auto id = std::make_shared<ContainerId>(0);
  launch.started = [deliver, id] {
    deliver([id](ContainerRunner& self) { self.on_started(*id); });
  };
  launch.ended = [deliver, id](const ContainerExit& exit) {
    deliver([id, exit](ContainerRunner& self) { self.on_ended(*id, exit); });
  };
  state_.phase = Phase::waiting;
  state_.reason = "ContainerCreating";
  state_.message.clear();
  kill_reason_.clear();
  launched_at_ = EventLoop::Steady::now();
  id_ = context_.supervisor.launch(std::move(launch));
  *id = id_;  // read on this loop only, later
  state_.container_id =
      "bwrap://" + std::string(pod_.object.uid()) + "-" + state_.name + "-" + std::to_string(run_);
}

void ContainerRunner::cannot_start(const Error& error) {
  bool no_image = error.subject == state_.image;
  std::string reason(no_image ? "ImagePullBackOff" : waiting_reason(error));
  bool news = state_.message != error.message || state_.phase != Phase::waiting;
  state_.phase = Phase::waiting;
  state_.reason = reason;
  state_.message = error.text();
  if (news && context_.options.events) {
    context_.event(pod_.object, "Warning", "Failed", error.text());
    context_.log.warn(
        "container cannot be started",
        {{"pod", pod_.object.text()}, {"container", state_.name}, {"problem", error.text()}});
  }
  wait_for_restart(kTryAgain);
}

void ContainerRunner::wait_for_restart(std::chrono::seconds delay) {
  due_ = false;
  context_.loop.cancel(timer_);
  timer_ = context_.loop.after(delay, [this] {
    due_ = true;
    changed_();
  });
}

void ContainerRunner::on_started(ContainerId id) {
  if (id != id_) return;
  state_.phase = Phase::running;
  state_.reason.clear();
  state_.started_at = context_.clock.now();
  publish_entry();
  probes_ = std::make_unique<ContainerProbes>(
      context_.loop, context_.supervisor, specification_,
      ContainerProbes::Target{id_, env_, working_dir_, pod_.addresses.pod_ip},
      [this](ProbeKind kind, bool passing, const std::string& message) {
        on_probe(kind, passing, message);
      });
  state_.started = !probes_->has(ProbeKind::startup);
  state_.ready = state_.started && !probes_->has(ProbeKind::readiness);
  context_.event(pod_.object, "Normal", "Started", "Started container " + state_.name);
  if (!ending_) probes_->start();
  changed_();
}

void ContainerRunner::on_probe(ProbeKind kind, bool passing, const std::string& message) {
  if (!passing)
    context_.event(
        pod_.object, "Warning", "Unhealthy",
        std::string(to_string(kind)) + " probe of " + state_.name + " failed: " + message);
  switch (kind) {
    case ProbeKind::startup:
      state_.started = passing;
      if (passing) state_.ready = !probes_->has(ProbeKind::readiness);
      break;
    case ProbeKind::readiness:
      state_.ready = passing;
      break;
    case ProbeKind::liveness:
      break;
  }
  if (!passing && kind != ProbeKind::readiness && kill_reason_.empty()) {
    kill_reason_ = std::string(to_string(kind)) + " probe failed: " + message;
    auto grace =
        std::chrono::seconds(pod_.object["spec"]["terminationGracePeriodSeconds"].as_int(30));
    context_.supervisor.terminate(id_, grace);
  }
  changed_();
}

void ContainerRunner::on_ended(ContainerId id, const ContainerExit& exit) {
  if (id != id_) return;
  id_ = 0;
  probes_.reset();
  state_.phase = Phase::terminated;
  state_.started = state_.ready = false;
  state_.finished_at = context_.clock.now();
  state_.exit_code = exit.failure.empty() ? exit.code : kStartError;
  state_.signal = exit.signal;
  state_.message = exit.failure.empty() ? kill_reason_ : exit.failure;
  state_.reason = !exit.failure.empty() ? "StartError" : exit.code == 0 ? "Completed" : "Error";
  publish_entry();
  if (!exit.failure.empty())
    context_.log.warn(
        "sandbox failed",
        {{"pod", pod_.object.text()}, {"container", state_.name}, {"problem", exit.failure}});
  decide_restart(exit);
  changed_();
}

void ContainerRunner::decide_restart(const ContainerExit& exit) {
  bool again = policy_ == RestartPolicy::always ||
               (policy_ == RestartPolicy::on_failure && (exit.code != 0 || !exit.failure.empty()));
  if (!again || ending_ || context_.stopping) {
    state_.final = true;
    return;
  }
  state_.last_state = state_value(state_);
  ++run_;
  ++state_.restart_count;
  auto delay = backoff_.next(EventLoop::Steady::now() - launched_at_);
  if (delay.count() == 0) return;
  state_.phase = Phase::waiting;
  state_.reason = "CrashLoopBackOff";
  state_.message = "starting again in " + to_human(delay);
  context_.event(pod_.object, "Warning", "BackOff",
                 "Back-off restarting failed container " + state_.name);
  wait_for_restart(delay);
}

void ContainerRunner::terminate(std::chrono::milliseconds grace) {
  ending_ = true;
  context_.loop.cancel(timer_);
  probes_.reset();
  if (active()) {
    context_.supervisor.terminate(id_, grace);
    return;
  }
  if (state_.phase == Phase::waiting) {
    // It waits for its next run, which will not come: it is as its last run left it.
    state_.phase = Phase::terminated;
    state_.reason = "Terminated";
    state_.exit_code = 137;
    state_.finished_at = context_.clock.now();
  }
  state_.final = true;
}

void ContainerRunner::kill() {
  if (active()) context_.supervisor.terminate(id_, std::chrono::milliseconds(0));
}

}  // namespace pgo::embedded::node
