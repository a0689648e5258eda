#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgtask.h"
#include "pgo/model/psql.h"
#include "work.h"

// Policies at creation (contract 14): one after the other is applied to the first primary when that
// is ready. What fails is told of (K13) and keeps neither the others nor the cluster from being
// made. A new cluster must not lack what it was asked for with, so where it is not known how the
// SQL ended (the operator died, the way to the pod broke) it is run again, as 4.2.0 did.
namespace pgo::plan {
namespace {

namespace types = kube::types;
using json::Value;

constexpr Duration kPause = std::chrono::seconds(10);
/// SQL that is over sooner is nothing to tell of.
constexpr Duration kShown = std::chrono::seconds(5);
constexpr std::string_view kSql = "sql/";

std::string failure_key(const std::string& policy) {
  return std::string(model::annotation::kPolicyFailed) + policy;
}

Value label_patch(const std::string& policy) {
  return Value::object({{"metadata", Value::object({{"labels", Value::object({{
                                                                   policy,
                                                                   model::label::kPolicyValue,
                                                               }})}})}});
}

void applied(Work& work, const std::string& policy, const Pod& primary) {
  if (const Deployment* deployment = work.view.deployment(primary.deployment)) {
    work.plan.patch(types::kDeployment, deployment->meta, label_patch(policy), "it is applied");
  }
  work.plan.patch(types::kPgCluster, work.view.cluster->meta, label_patch(policy), "it is applied");
}

void note_failure(Work& work, const Task& task, const std::string& policy, const std::string& why) {
  Value body;
  Value& metadata = body.at_or_add("metadata");
  metadata.set("uid", task.meta.uid);  // another task of the name has nothing to do with it
  metadata.at_or_add("annotations").set(failure_key(policy), why);
  work.plan.patch(types::kPgTask, task.meta, std::move(body), "a policy could not be applied");
}

/// True when the SQL of this policy is over, so that the next one's may begin. What still ends in
/// an instance that leads no longer is waited for, and then run again where it is wanted.
bool apply(Work& work, const Task& task, const Policy& policy, const Pod& primary) {
  const std::string& name = policy.meta.name;
  std::string id = sql_id(name, task.meta.uid);
  const ExecState* exec = work.view.exec(id);
  if (exec != nullptr && exec->running()) return false;
  if (exec != nullptr && exec->outcome == ExecState::Outcome::succeeded) {
    work.plan.keep(std::move(id));
    applied(work, name, primary);
    return true;
  }
  if (exec != nullptr && exec->outcome == ExecState::Outcome::failed) {
    work.plan.keep(std::move(id));
    note_failure(work, task, name, exec->why);
    return true;
  }
  if (exec != nullptr && !may_try_again(work, *exec)) return false;
  if (exec_room(work, name)) {
    work.plan.exec(run_policy(std::move(id), policy, primary, model::psql_command()),
                   "the cluster was created with this policy");
  }
  return false;
}

/// Who follows the creation's workflow reads there what went wrong.
void tell_of_failures(Work& work, const model::Labels& failures) {
  if (failures.empty()) return;
  Value parameters = Value::object();
  for (const auto& [policy, why] : failures) {
    work.plan.event(policy_failure(work.view, policy, why), "a policy could not be applied");
    parameters.set(std::string(model::step::kPolicyFailed) + policy, why);
  }
  const Task* workflow = work.view.task(model::names::create_workflow(work.view.name));
  if (workflow == nullptr) return;
  work.plan.patch(types::kPgTask, workflow->meta,
                  Value::object({{"spec", Value::object({{"parameters", std::move(parameters)}})}}),
                  "a policy could not be applied");
}

}  // namespace

std::string sql_id(std::string_view policy, std::string_view asker, std::string_view firing) {
  std::string id(kSql);
  id.append(policy).append("/").append(asker).append("/").append(firing);
  return id;
}

Exec run_policy(std::string id, const Policy& policy, const Pod& primary,
                std::vector<std::string> psql) {
  return {.id = std::move(id),
          .ns = primary.meta.ns,
          .pod = primary.meta.name,
          .container = std::string(model::container::kDatabase),
          .command = std::move(psql),
          .input = policy.url.empty() ? policy.sql : std::string(),
          .input_url = policy.url,
          .timeout = model::kSqlTimeout};
}

bool superseded(const ClusterView& view, const ExecState& exec) {
  const Pod* primary = view.primary();
  return primary != nullptr && primary->meta.name != exec.pod;
}

void keep_sql(Work& work) {
  for (const ExecState& exec : work.view.execs) {
    if (!exec.running() || !exec.id.starts_with(kSql) || superseded(work.view, exec)) continue;
    work.plan.keep(exec.id);
    const Duration elapsed = work.plan.now() - exec.started;
    if (elapsed < kShown) {
      work.plan.look_again_in(kShown - elapsed);
    } else {
      work.plan.wait(Reason::sql,
                     exec.id.substr(kSql.size(), exec.id.find('/', kSql.size()) - kSql.size()));
    }
  }
}

bool may_try_again(Work& work, const ExecState& exec) {
  work.plan.keep(exec.id);
  const Duration elapsed = work.plan.now() - exec.ended;
  if (elapsed >= kPause) return true;
  work.plan.look_again_in(kPause - elapsed);
  return false;
}

bool exec_room(Work& work, std::string_view policy) {
  if (work.view.exec_room) return true;
  work.plan.wait(Reason::sql, std::string(policy),
                 "as much runs as may at once; it waits its turn");
  work.plan.look_again_in(kPause);
  return false;
}

Event policy_failure(const ClusterView& view, std::string_view policy, std::string_view why) {
  Event event = cluster_event(view, "ApplyPolicyFailure");
  event.topics = {"policytopic"};
  event.payload.emplace_back("policyname", policy);
  event.payload.emplace_back("errormessage", why);
  event.warning = true;
  return event;
}

bool policies(Work& work, const Pod& primary) {
  const Task* task = work.view.task(model::names::policies_task(work.view.name));
  if (task == nullptr || task->meta.deleting || !task->object) return true;
  if (task->object->type() != model::TaskType::add_policies) return true;
  const model::Labels& annotations = task->object->metadata.annotations;
  const model::ObjectMeta& cluster = work.view.cluster->object->metadata;
  model::Labels failures;
  bool open = false, busy = false;
  for (const auto& [name, value] : task->object->spec.parameters) {
    if (cluster.label(name) == model::label::kPolicyValue) continue;
    if (const auto why = annotations.find(failure_key(name)); why != annotations.end()) {
      failures.emplace(name, why->second);
      continue;
    }
    open = true;
    if (const Policy* policy = work.view.policy(name)) {
      busy = busy || !apply(work, *task, *policy, primary);
    } else {
      work.plan.wait(Reason::policy, name);
      work.plan.look_again_in(kPause);
    }
  }
  if (open) return false;
  tell_of_failures(work, failures);
  work.plan.remove(types::kPgTask, task->meta, "its policies are applied");
  return true;
}

}  // namespace pgo::plan
