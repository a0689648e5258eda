#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"
#include "work.h"

// `pgo failover --target` (contract 8.3). Patroni does the work; the task records whom it was asked
// for, who led then, and how it ended. K38: it has succeeded when the target leads, not before. A
// paused Patroni (autofail off) hands over to a named target too; whether that one lags too far
// behind a leader is Patroni's to judge.
namespace pgo::plan {
namespace {

namespace types = kube::types;
using json::Value;

/// Patroni gives up by itself within a minute; more time has only what interrupts us.
constexpr Duration kLimit = std::chrono::minutes(2);
constexpr Duration kPause = std::chrono::seconds(5);

bool is_open(const Task& task) {
  if (!task.object || task.meta.deleting) return false;
  if (task.object->type() != model::TaskType::failover) return false;
  if (task.status == model::progress::kCompleted || task.status == model::progress::kFailed) {
    return false;
  }
  // One that an older operator took up has had its chance; doing it now would surprise everybody.
  return task.failover_from || task.parameter(model::param::kFailoverStarted).empty();
}

Event failover_event(const ClusterView& view, const Task& task, std::string_view type) {
  Event event = cluster_event(view, type);
  event.user = std::string(task.label(model::label::kPgouser));
  event.payload.emplace_back("target", task.label(model::label::kTarget));
  return event;
}

/// Bound to this very task: a newer request has replaced it under the same name.
void patch_task(Work& work, const Task& task, Value body, std::string_view reason) {
  body.at_or_add("metadata").set("uid", task.meta.uid);
  work.plan.patch(types::kPgTask, task.meta, std::move(body), reason);
}

void end(Work& work, const Task& task, std::string_view status, const std::string& message) {
  patch_task(work, task,
             Value::object({{"spec", Value::object({{"status", status}})},
                            {"status", Value::object({{"state", model::state::kTaskProcessed},
                                                      {"message", message}})}}),
             "the failover has ended");
}

void fail_task(Work& work, const Task& task, const std::string& why) {
  Event event = failover_event(work.view, task, "FailoverClusterFailure");
  event.payload.emplace_back("errormessage", why);
  event.warning = true;
  work.plan.event(std::move(event), "the target does not lead");
  end(work, task, model::progress::kFailed, why);
}

/// What stands against starting, or empty.
std::string obstacle(const ClusterView& view, const std::string& target) {
  const Deployment* deployment = view.deployment(target);
  if (deployment == nullptr || !deployment->instance || deployment->meta.deleting) {
    return "there is no instance " + target;
  }
  const Pod* pod = view.pod_of(target);
  if (pod == nullptr) return target + " has no running pod, or more than one";
  if (pod->role == model::role::kMaster) return target + " leads already";
  if (pod->role != model::role::kReplica) return target + " is no replica now";
  if (!pod->database_ready) return "PostgreSQL of " + target + " is not ready";
  return {};
}

void start(Work& work, const Task& task, const std::string& target, const Pod* leader) {
  if (const std::string why = obstacle(work.view, target); !why.empty()) {
    return fail_task(work, task, why);
  }
  work.plan.event(failover_event(work.view, task, "FailoverCluster"), "the failover starts");
  Value body = processed_task();
  body.at_or_add("status").set("message", "Patroni is asked to hand over to " + target);
  body.at_or_add("spec")
      .at_or_add("parameters")
      .set(model::param::kFailoverStarted, to_rfc3339(work.plan.now()));
  body.at_or_add("metadata")
      .at_or_add("annotations")
      .set(model::annotation::kFailoverFrom, leader == nullptr ? "" : leader->deployment);
  patch_task(work, task, std::move(body), "the failover starts");
}

std::string request_id(const Task& task) { return "failover/" + task.meta.uid; }

/// Ends badly when Patroni refuses. Asking again is harmless: the target is already the candidate,
/// or leads and has nothing to take over. 408 means that Patroni does not know the end yet.
Exec ask_patroni(const Task& task, const Pod& target) {
  const std::string url = "http://127.0.0.1:" + std::to_string(model::fixed::kPatroniPort) +
                          std::string(model::fixed::kPatroniFailoverPath);
  const std::string candidate = json::write(Value::object({{"candidate", target.meta.name}}));
  const std::string script =
      "answer=$(curl -s -m 50 -w '\n%{http_code}' " + url + " -XPOST -d '" + candidate +
      "') || { echo \"Patroni did not answer (curl ended with $?)\" >&2; exit 1; }\n"
      "case ${answer##*$'\\n'} in 2??|408) exit 0 ;; esac\n"
      "echo \"Patroni refused: ${answer%$'\\n'*}\" >&2; exit 1";
  return {.id = request_id(task),
          .ns = target.meta.ns,
          .pod = target.meta.name,
          .container = std::string(model::container::kDatabase),
          .command = {"/bin/bash", "-c", script}};
}

void go_on(Work& work, const Task& task, const std::string& target, const Pod* leader) {
  const std::string& from = *task.failover_from;
  if (leader != nullptr && leader->deployment != target && leader->deployment != from) {
    return fail_task(work, task, leader->deployment + " took the lead instead of " + target);
  }
  const bool leads = leader != nullptr && leader->deployment == target;
  const ExecState* asked = work.view.exec(request_id(task));
  if (asked != nullptr) work.plan.keep(asked->id);
  if (!leads && asked != nullptr && asked->outcome == ExecState::Outcome::failed) {
    return fail_task(work, task, asked->why);
  }
  const auto started = parse_rfc3339(task.parameter(model::param::kFailoverStarted));
  if (!leads && (!started || *started + kLimit < work.plan.now())) {
    return fail_task(work, task, target + " did not take the lead within " + to_human(kLimit));
  }
  work.plan.wait(Reason::failover, target);
  work.plan.look_again_in(kPause);
  // Between two leaders Patroni is at work.
  const bool handing_over = leader == nullptr && !from.empty();
  if (leads || handing_over) return;
  const bool lately =
      asked != nullptr && (asked->running() || asked->ended + kPause > work.plan.now());
  if (lately) return;
  const Pod* pod = work.view.pod_of(target);
  if (pod != nullptr) work.plan.exec(ask_patroni(task, *pod), "the target is to lead");
}

void fail_over(Work& work, const Task& task) {
  const std::string target(task.label(model::label::kTarget));
  if (target.empty()) return fail_task(work, task, "the task names no target");
  const Pod* leader = work.view.primary();
  const bool leads = leader != nullptr && leader->deployment == target && !leader->promoting;
  // The labels follow first, so that who waits for the end finds everything in place.
  if (leads && task.failover_from && work.view.cluster->current_primary == target) {
    work.plan.event(failover_event(work.view, task, "FailoverClusterCompleted"),
                    "the target leads");
    return end(work, task, model::progress::kCompleted, target + " leads");
  }
  if (!task.failover_from) return start(work, task, target, leader);
  go_on(work, task, target, leader);
}

}  // namespace

void failover(Work& work) {
  for (const auto& task : work.view.tasks) {
    if (is_open(*task)) fail_over(work, *task);
  }
}

}  // namespace pgo::plan
