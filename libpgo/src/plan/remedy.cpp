#include "pgo/plan/remedy.h"

#include "pgo/model/names.h"
#include "work.h"

#include <string_view>

namespace pgo::plan {
namespace {

std::string kubectl(const ClusterView& view, std::string_view command) {
  return "kubectl -n " + view.ns + " " + std::string(command);
}

/// Of all pods of a Job, or of all instances: each attempt has a pod of its own.
std::string logs(const ClusterView& view, std::string_view label, std::string_view value) {
  return kubectl(view,
                 "logs --prefix --tail=50 -l " + std::string(label) + "=" + std::string(value));
}

std::string instance_logs(const ClusterView& view) {
  return logs(view, model::label::kCluster, view.name) + "," +
         std::string(model::label::kDatabase) + "=true -c " +
         std::string(model::container::kDatabase);
}

/// With the log of the Job that is waited for, where it is one.
std::string with_log(std::string text, const Condition& condition, const ClusterView& view) {
  const std::string_view job = job_in(condition.subject);
  if (job.empty()) return text;
  return std::move(text) + "; its log: " + logs(view, model::label::kJobName, job);
}

/// An instance that can take the lead now, or empty.
std::string candidate(const ClusterView& view) {
  for (const auto& pod : view.pods) {
    if (!pod->instance || pod->meta.deleting || pod->finished() || !pod->database_ready) continue;
    if (pod->role == model::role::kReplica) return pod->deployment;
  }
  return {};
}

std::string primary_remedy(const ClusterView& view) {
  const std::string look = "look at the log of the instances: " + instance_logs(view);
  if (!view.initialized()) return "it ends when an instance leads and answers; " + look;
  if (view.cluster->autofail) {
    return "Patroni starts the primary again or lets a replica take over: nothing is to be done; "
           "should it last, " +
           look;
  }
  const std::string of = " -n " + view.ns;
  const std::string enable = "pgo update cluster " + view.name + " --enable-autofail" + of +
                             " lets Patroni start or choose one";
  const std::string target = candidate(view);
  if (target.empty()) {
    return "autofail is off and no replica is ready to take over: " + enable + "; " + look;
  }
  return "autofail is off, so no replica takes over by itself: pgo failover " + view.name +
         " --target=" + target + of + " makes that one the primary, " + enable;
}

std::string instance_remedy(const Condition& condition, const ClusterView& view) {
  const std::string selector =
      " -l " + std::string(model::label::kDeploymentName) + "=" + condition.subject;
  return "it ends when all its containers are ready; should it last, look at what its pod says: " +
         kubectl(view, "describe pods" + selector) +
         "; and at its log: " + kubectl(view, "logs --tail=50" + selector + " -c ") +
         std::string(model::container::kDatabase);
}

std::string pool_remedy(const ClusterView& view) {
  return "it ends when its pod is ready and its account is in the databases, which is tried again; "
         "should it last, look at its log: " +
         logs(view, model::label::kCluster, view.name) + "," +
         std::string(model::label::kPgbouncer) + "=true";
}

}  // namespace

std::string remedy(const Condition& condition, const ClusterView& view) {
  switch (condition.reason) {
    case Reason::primary_ready:
      return primary_remedy(view);
    case Reason::instance_ready:
      return instance_remedy(condition, view);
    case Reason::primary_ambiguous:
      return "it ends when Patroni's leader lock names one of them; look at the ConfigMap " +
             model::names::scope_leader(view.scope()) + " and the pods' label role";
    case Reason::repo_ready:
      // A clone waits for the repository of its source and names that.
      return "it ends when the one pod of Deployment " +
             model::names::repo_deployment(condition.subject.empty() ? view.name
                                                                     : condition.subject) +
             " is ready; look at that pod and its volume";
    case Reason::first_backup:
      return with_log("it ends when the backup's Job succeeds", condition, view);
    case Reason::stanza:
    case Reason::backup:
    case Reason::repo_copy:
    case Reason::restore:
      return with_log("it ends when the Job succeeds", condition, view);
    case Reason::dump:
      return with_log("it ends when the Job succeeds or fails", condition, view);
    case Reason::job_failed:
      return with_log(
          "remove the cause that its log names, then delete the Job, which is made again",
          condition, view);
    case Reason::pods_gone:
      return "it ends when the pods have stopped; look at what keeps them, such as a node that is "
             "gone";
    case Reason::objects_gone:
      return "it ends when nothing uses the objects any more; look at their finalizers";
    case Reason::jobs_gone:
      return "it ends when the pods of the Job have stopped; look at the Job's finalizers";
    case Reason::old_removal_job:
      return "it ends with that Job; delete the Job when it will never end";
    case Reason::target_is_primary:
      return "make another instance the primary with pgo failover; then the removal goes on";
    case Reason::policy:
      return "create the policy with pgo create policy, or delete what asks for it: the task " +
             model::names::policies_task(view.name) + " of a new cluster, or the schedule";
    case Reason::sql:
      return "it ends with its last statement, or after half an hour as failed; pg_stat_activity "
             "of the primary shows where it is";
    case Reason::pool:
      return pool_remedy(view);
    case Reason::failover:
      return "it ends when the target leads, or after two minutes as failed; look at the target's "
             "log";
    case Reason::patroni_config:
      return "it ends when the first instance has started; look at its log: " + instance_logs(view);
    case Reason::name_taken:
      return "rename or remove the object that has the name";
    case Reason::invalid_object:
      return "correct the object that is named, or delete it and make it anew";
    case Reason::render_failed:
      return "correct what the detail names in the custom resource or in the configuration";
  }
  return "";
}

}  // namespace pgo::plan
