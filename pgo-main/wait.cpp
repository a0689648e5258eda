#include "wait.h"

#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"

#include <algorithm>

namespace pgo::cli {
namespace {

using model::rest::ShowClusterDetail;
using model::rest::ShowClusterPod;
using model::rest::ShowWorkflowDetail;

constexpr std::chrono::milliseconds kPause{300};

Result<ShowWorkflowDetail> look_at_workflow(App& app, const std::string& id) {
  PGO_TRY(const json::Value answer,
          app.get("/workflow/" + text::percent_encode(id),
                  {{"version", std::string(client_version())}, {"namespace", app.ns()}}));
  PGO_TRY(auto workflow, read_answer<model::rest::ShowWorkflowResponse>(answer));
  PGO_TRY_VOID(accepted(workflow.status.code, workflow.status.msg));
  return std::move(workflow.results);
}

struct State {
  ShowClusterDetail cluster;
  ShowWorkflowDetail workflow;
};

Result<State> look(App& app, const std::string& name, const std::string& workflow_id) {
  model::rest::ShowClusterRequest request;
  request.clustername = name;
  request.ns = app.ns();
  request.client_version = std::string(client_version());
  PGO_TRY(auto shown, app.post<model::rest::ShowClusterResponse>("/showclusters", request));
  PGO_TRY_VOID(accepted(shown.status.code, shown.status.msg));
  if (shown.results.empty()) {
    return fail(Code::not_found, "cluster " + name + " is gone.");
  }
  State state;
  state.cluster = std::move(shown.results.front());
  // A workflow that may not be shown, or was cleaned up, only makes the text less exact.
  if (auto workflow = look_at_workflow(app, workflow_id)) state.workflow = *std::move(workflow);
  return state;
}

std::string pod_text(const ShowClusterPod& pod) {
  return pod.name + " (" + pod.phase + ", " + pod.ready_status + " containers ready)";
}

bool is_ready(const ShowClusterPod& pod, std::string_view type) {
  return pod.type == type && pod.phase == "Running" && pod.ready;
}

/// One line that tells what is waited for.
class Progress {
 public:
  explicit Progress(App& app) : app_(&app), since_(app.host().clock->now()) {}

  void show(const std::string& condition) {
    const TimePoint now = app_->host().clock->now();
    const bool changed = condition != condition_;
    if (changed) {
      condition_ = condition;
      since_ = now;
    }
    Output& output = app_->output();
    if (output.interactive()) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - since_);
      output.write("\r\x1b[Kwaiting for " + condition + ", " + to_human(seconds));
      output.flush();
    } else if (changed) {
      output.line("waiting for " + condition);
      output.flush();
    }
  }

  void end() {
    if (app_->output().interactive()) app_->output().write("\r\x1b[K");
  }

 private:
  App* app_;
  std::string condition_;
  TimePoint since_;
};

}  // namespace

std::optional<std::string> waiting_for(const ShowClusterDetail& detail,
                                       const ShowWorkflowDetail& workflow) {
  const std::string& state = detail.cluster.status.state;
  if (state == model::state::kClusterCreated) return "the operator to take up the request";
  const auto instance = [&](const ShowClusterPod& pod) {
    return pod.type != "pgbouncer" && pod.type != "backup";
  };
  const auto first = std::ranges::find_if(detail.pods, instance);
  if (first == detail.pods.end()) return "the pod of the primary";
  const bool primary_ready = std::ranges::any_of(
      detail.pods, [](const ShowClusterPod& pod) { return is_ready(pod, "primary"); });
  if (!primary_ready) return "PostgreSQL in " + pod_text(*first);
  const bool submitted = workflow.parameters.contains(std::string(model::step::kSubmitted));
  const bool completed = workflow.parameters.contains(std::string(model::step::kCompleted));
  if (submitted && !completed) return "the operator to see the ready primary";
  if (state != model::state::kClusterInitialized) return "the first full backup";
  const auto wanted = text::to_int(detail.cluster.spec.replicas).value_or(0);
  const auto ready = std::ranges::count_if(
      detail.pods, [](const ShowClusterPod& pod) { return is_ready(pod, "replica"); });
  if (ready < wanted) {
    return "replicas (" + std::to_string(ready) + " of " + std::to_string(wanted) + " ready)";
  }
  return std::nullopt;
}

Result<void> wait_for_cluster(App& app, const std::string& cluster, const std::string& workflow_id,
                              std::chrono::seconds timeout) {
  const TimePoint start = app.host().clock->now();
  Progress progress(app);
  std::string condition = "the apiserver";
  while (true) {
    auto state = look(app, cluster, workflow_id);
    if (!state) {
      progress.end();
      return fail(std::move(state).error());
    }
    const auto waiting = waiting_for(state->cluster, state->workflow);
    const Duration elapsed = app.host().clock->now() - start;
    if (!waiting) {
      progress.end();
      app.output().line("cluster " + cluster + " is ready after " + to_human(elapsed));
      return {};
    }
    condition = *waiting;
    if (elapsed > timeout) {
      progress.end();
      return fail(Code::deadline_exceeded, "cluster " + cluster + " is not ready after " +
                                               to_human(timeout) + "; it still waits for " +
                                               condition + ".");
    }
    progress.show(condition);
    app.host().pause(kPause);
  }
}

Result<void> wait_for_failover(App& app, const std::string& cluster, const std::string& target,
                               std::chrono::seconds timeout) {
  const TimePoint start = app.host().clock->now();
  Progress progress(app);
  while (true) {
    auto task = look_at_workflow(app, model::names::failover_task(cluster));
    const Duration elapsed = app.host().clock->now() - start;
    const std::string status = task ? task->parameters["status"] : std::string();
    if (task && status.empty() && elapsed <= timeout) {
      progress.show(target + " to lead " + cluster);
      app.host().pause(kPause);
      continue;
    }
    progress.end();
    if (!task) return fail(std::move(task).error());
    if (status == model::progress::kCompleted) {
      app.output().line(target + " leads " + cluster + " after " + to_human(elapsed));
      return {};
    }
    if (status.empty()) {
      return fail(Code::deadline_exceeded,
                  target + " does not lead " + cluster + " after " + to_human(timeout) + ".");
    }
    return accepted("error",
                    "the failover of " + cluster + " failed: " + task->parameters["message"] + ".");
  }
}

}  // namespace pgo::cli
