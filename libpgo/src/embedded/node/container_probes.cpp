#include "embedded/node/container_probes.h"

#include "pgo/base/text.h"

#include <algorithm>
#include <utility>

namespace pgo::embedded::node {

namespace {

// Scripts take their time on a busy machine, and kubelets of 4.2.0's day put no limit on exec
// probes at all; a second, the default, would only make healthy pods look sick.
constexpr std::chrono::seconds kLeastExecTimeout{5};
constexpr std::size_t kMostMessage = 300;

std::string exec_message(const kube::ExecResult& result) {
  std::string text(text::trim(result.out + result.err));
  if (text.size() > kMostMessage) text.resize(kMostMessage);
  return "exit code " + std::to_string(result.exit_code) + (text.empty() ? "" : ": " + text);
}

}  // namespace

ContainerProbes::ContainerProbes(EventLoop& loop, Supervisor& supervisor,
                                 const json::Value& specification, Target target,
                                 OnVerdict on_verdict)
    : loop_(loop),
      supervisor_(supervisor),
      target_(std::move(target)),
      on_verdict_(std::move(on_verdict)) {
  constexpr std::pair<std::string_view, ProbeKind> kFields[] = {
      {"startupProbe", ProbeKind::startup},
      {"livenessProbe", ProbeKind::liveness},
      {"readinessProbe", ProbeKind::readiness}};
  auto now = EventLoop::Steady::now();
  for (const auto& [field, kind] : kFields) {
    auto spec = parse_probe(specification[field], specification, target_.pod_ip);
    if (!spec) continue;
    ProbeVerdict verdict(kind, *spec, now);
    probes_.push_back(
        std::make_unique<Probe>(Probe{kind, *std::move(spec), verdict, false, 0, nullptr}));
  }
}

ContainerProbes::~ContainerProbes() {
  *alive_ = false;
  for (auto& probe : probes_) loop_.cancel(probe->timer);
}

bool ContainerProbes::has(ProbeKind kind) const {
  return std::ranges::any_of(probes_, [&](const auto& probe) { return probe->kind == kind; });
}

void ContainerProbes::start() {
  bool startup = has(ProbeKind::startup);
  for (auto& probe : probes_)
    if (!startup || probe->kind == ProbeKind::startup) begin(*probe);
}

void ContainerProbes::begin(Probe& probe) {
  if (std::exchange(probe.begun, true)) return;
  schedule(probe);
}

void ContainerProbes::schedule(Probe& probe) {
  loop_.cancel(probe.timer);
  probe.timer = loop_.after(probe.verdict.next_try() - EventLoop::Steady::now(),
                            [this, &probe] { run(probe); });
}

void ContainerProbes::run(Probe& probe) {
  if (probe.spec.action != ProbeSpec::Action::exec) {
    probe.network = std::make_unique<NetworkProbe>(
        loop_, probe.spec, [this, &probe](bool success, const std::string& message) {
          auto finished = std::move(probe.network);  // lives until this returns
          on_result(probe, success, message);
        });
    return;
  }
  supervisor_.exec(
      target_.container,
      {.command = probe.spec.command,
       .env = target_.env,
       .working_dir = target_.working_dir,
       .stdin_data = {},
       .timeout = std::max<std::chrono::seconds>(probe.spec.timeout, kLeastExecTimeout)},
      // On the supervisor's thread, when this may be gone: nothing of it is touched there.
      [this, &probe, loop = &loop_, alive = alive_](Result<kube::ExecResult> result) {
        bool success = result && result->exit_code == 0;
        std::string message = result ? exec_message(*result) : result.error().message;
        loop->post([this, &probe, alive, success, message = std::move(message)] {
          if (*alive) on_result(probe, success, message);
        });
      });
}

void ContainerProbes::on_result(Probe& probe, bool success, const std::string& message) {
  auto verdict = probe.verdict.result(success, EventLoop::Steady::now());
  // A startup probe that has passed has done its work.
  bool over = probe.kind == ProbeKind::startup && verdict == true;
  if (!over) schedule(probe);
  if (over)
    for (auto& other : probes_) begin(*other);
  if (verdict) on_verdict_(probe.kind, *verdict, message);  // may destroy this
}

}  // namespace pgo::embedded::node
