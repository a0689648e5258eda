#include "wait.h"

#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"
#include "pgo/model/task_outcome.h"

#include <algorithm>

namespace pgo::cli {
namespace {

using model::rest::ShowClusterDetail;
using model::rest::ShowClusterPod;
using model::rest::ShowWorkflowDetail;

constexpr std::chrono::milliseconds kPause{300};
constexpr std::chrono::seconds kLag{10};

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

/// The pod that PostgreSQL is to come up in: the primary's, or one that Patroni has given no role
/// yet (a replica is either there already or comes later), and none whose work is done.
const ShowClusterPod* primary_to_be(const std::vector<ShowClusterPod>& pods) {
  const auto rank = [](const ShowClusterPod& pod) {
    const bool done = pod.phase == "Succeeded" || pod.phase == "Failed";
    if (done || pod.type == "pgbouncer" || pod.type == "backup") return 3;
    if (pod.type == "primary") return 0;
    return pod.type == "unknown" ? 1 : 2;
  };
  const auto first = std::ranges::min_element(pods, {}, rank);
  return first == pods.end() || rank(*first) == 3 ? nullptr : &*first;
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
  const ShowClusterPod* primary = primary_to_be(detail.pods);
  if (primary == nullptr) return "the pod of the primary";
  const bool primary_ready = std::ranges::any_of(
      detail.pods, [](const ShowClusterPod& pod) { return is_ready(pod, "primary"); });
  if (!primary_ready) return "PostgreSQL in " + pod_text(*primary);
  const bool submitted = workflow.parameters.contains(std::string(model::step::kSubmitted));
  const bool completed = workflow.parameters.contains(std::string(model::step::kCompleted));
  // The workflows of clones and restores have no such step.
  const bool cloned = workflow.parameters.contains(std::string(model::step::kCloneCreate));
  const bool restored =
      workflow.parameters.contains(std::string(model::step::kRestorePrimaryCreated));
  if (submitted && !completed && !cloned && !restored)
    return "the operator to see the ready primary";
  if (state != model::state::kClusterInitialized) return "the first full backup";
  // After a restore those that there are: some that were once asked for may be gone by now.
  const auto wanted = restored ? static_cast<std::int64_t>(detail.replicas.size())
                               : text::to_int(detail.cluster.spec.replicas).value_or(0);
  const auto ready = std::ranges::count_if(
      detail.pods, [](const ShowClusterPod& pod) { return is_ready(pod, "replica"); });
  if (ready < wanted) {
    return "replicas (" + std::to_string(ready) + " of " + std::to_string(wanted) + " ready)";
  }
  return std::nullopt;
}

namespace {

bool has(const ShowWorkflowDetail& workflow, std::string_view step) {
  return workflow.parameters.contains(std::string(step));
}

/// What a clone waits for before its cluster exists; nothing from then on.
std::optional<std::string> clone_waits_for(const ShowWorkflowDetail& workflow) {
  if (has(workflow, model::step::kCloneCreate)) return std::nullopt;
  if (has(workflow, model::step::kCloneRestore)) return "the backup to be restored";
  if (has(workflow, model::step::kCloneRepoSync)) return "the copy of the repository";
  return "the operator to take up the request";
}

/// What a restore waits for before its primary is made; nothing from then on.
std::optional<std::string> restore_waits_for(const ShowWorkflowDetail& workflow) {
  if (has(workflow, model::step::kRestorePrimaryCreated)) return std::nullopt;
  if (has(workflow, model::step::kRestoreJobCreated)) return "the backup to be restored";
  return "the operator to take up the request";
}

using Stage = std::optional<std::string> (*)(const ShowWorkflowDetail&);

/// Follows the steps of a workflow until `stage` has nothing more to wait for.
Result<void> wait_for_steps(App& app, const std::string& what, const std::string& workflow_id,
                            Stage stage, std::chrono::seconds timeout) {
  const TimePoint start = app.host().clock->now();
  Progress progress(app);
  while (true) {
    PGO_TRY(const json::Value answer,
            app.get("/workflow/" + text::percent_encode(workflow_id),
                    {{"version", std::string(client_version())}, {"namespace", app.ns()}}));
    PGO_TRY(auto workflow, read_answer<model::rest::ShowWorkflowResponse>(answer));
    // The server that has just written the workflow may read it from a cache that lags.
    const bool new_one = app.host().clock->now() - start < kLag;
    if (auto known = accepted(workflow.status.code, workflow.status.msg); !known && !new_one) {
      progress.end();
      return fail(std::move(known).error());
    }
    ShowWorkflowDetail& detail = workflow.results;
    if (has(detail, model::step::kFailed)) {
      progress.end();
      return accepted(
          "error", what + " failed: " + detail.parameters[std::string(model::step::kReason)] + ".");
    }
    const auto waiting = stage(detail);
    if (!waiting) {
      progress.end();
      return {};
    }
    if (app.host().clock->now() - start > timeout) {
      progress.end();
      return fail(Code::deadline_exceeded, what + " is not done after " + to_human(timeout) +
                                               "; it still waits for " + *waiting + ".");
    }
    progress.show(*waiting);
    app.host().pause(kPause);
  }
}

/// What is left of the time.
std::chrono::seconds rest(App& app, TimePoint start, std::chrono::seconds timeout) {
  const auto used =
      std::chrono::duration_cast<std::chrono::seconds>(app.host().clock->now() - start);
  return std::max(timeout - used, std::chrono::seconds(1));
}

}  // namespace

Result<void> wait_for_clone(App& app, const std::string& target, const std::string& workflow_id,
                            std::chrono::seconds timeout) {
  const TimePoint start = app.host().clock->now();
  PGO_TRY_VOID(wait_for_steps(app, "the clone", workflow_id, clone_waits_for, timeout));
  return wait_for_cluster(app, target, workflow_id, rest(app, start, timeout));
}

Result<void> wait_for_restore(App& app, const std::string& cluster, const std::string& workflow_id,
                              std::chrono::seconds timeout) {
  const TimePoint start = app.host().clock->now();
  PGO_TRY_VOID(wait_for_steps(app, "the restore", workflow_id, restore_waits_for, timeout));
  return wait_for_cluster(app, cluster, workflow_id, rest(app, start, timeout));
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
