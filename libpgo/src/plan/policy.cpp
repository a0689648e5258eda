#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgtask.h"
#include "pgo/model/psql.h"
#include "work.h"

// Policies at creation (contract 14): each is applied to the first primary when that is ready. What
// fails is told of (K13) and keeps neither the others nor the cluster from being made. An operator
// that dies between the SQL and the label runs the SQL again, as 4.2.0's did at every restart.
namespace pgo::plan {
namespace {

namespace types = kube::types;
using json::Value;

constexpr Duration kPause = std::chrono::seconds(10);

std::string failure_key(const std::string& policy) {
  return std::string(model::annotation::kPolicyFailed) + policy;
}

Value label_patch(const std::string& policy) {
  return Value::object({{"metadata", Value::object({{"labels", Value::object({{
                                                                   policy,
                                                                   model::label::kPolicyValue,
                                                               }})}})}});
}

void apply(Work& work, const Task& task, const Policy& policy, const Pod& primary) {
  const std::string& name = policy.meta.name;
  work.plan.exec(
      run_policy(policy, primary, model::psql_command(),
                 {types::kPgTask, task.meta.ns, task.meta.name, task.meta.uid, failure_key(name)}),
      "the cluster was created with this policy");
  if (const Deployment* deployment = work.view.deployment(primary.deployment)) {
    work.plan.patch(types::kDeployment, deployment->meta, label_patch(name), "it is applied");
  }
  work.plan.patch(types::kPgCluster, work.view.cluster->meta, label_patch(name), "it is applied");
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

Exec run_policy(const Policy& policy, const Pod& primary, std::vector<std::string> psql,
                FailureNote on_failure) {
  return {.ns = primary.meta.ns,
          .pod = primary.meta.name,
          .container = std::string(model::container::kDatabase),
          .command = std::move(psql),
          .input = policy.url.empty() ? policy.sql : std::string(),
          .input_url = policy.url,
          .timeout = model::kSqlTimeout,
          .on_failure = std::move(on_failure)};
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
  bool open = false;
  for (const auto& [name, value] : task->object->spec.parameters) {
    if (cluster.label(name) == model::label::kPolicyValue) continue;
    if (const auto why = annotations.find(failure_key(name)); why != annotations.end()) {
      failures.emplace(name, why->second);
      continue;
    }
    open = true;
    if (const Policy* policy = work.view.policy(name)) {
      apply(work, *task, *policy, primary);
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
