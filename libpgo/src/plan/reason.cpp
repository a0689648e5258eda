#include "pgo/plan/reason.h"

namespace pgo::plan {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::primary_ready:
      return "primary_ready";
    case Reason::instance_ready:
      return "instance_ready";
    case Reason::primary_ambiguous:
      return "primary_ambiguous";
    case Reason::repo_ready:
      return "repo_ready";
    case Reason::stanza:
      return "stanza";
    case Reason::first_backup:
      return "first_backup";
    case Reason::backup:
      return "backup";
    case Reason::dump:
      return "dump";
    case Reason::repo_copy:
      return "repo_copy";
    case Reason::restore:
      return "restore";
    case Reason::job_failed:
      return "job_failed";
    case Reason::pods_gone:
      return "pods_gone";
    case Reason::objects_gone:
      return "objects_gone";
    case Reason::jobs_gone:
      return "jobs_gone";
    case Reason::old_removal_job:
      return "old_removal_job";
    case Reason::target_is_primary:
      return "target_is_primary";
    case Reason::policy:
      return "policy";
    case Reason::sql:
      return "sql";
    case Reason::pool:
      return "pool";
    case Reason::failover:
      return "failover";
    case Reason::patroni_config:
      return "patroni_config";
    case Reason::name_taken:
      return "name_taken";
    case Reason::invalid_object:
      return "invalid_object";
    case Reason::render_failed:
      return "render_failed";
  }
  return "unknown";
}

std::string_view explain(Reason reason) {
  switch (reason) {
    case Reason::primary_ready:
      return "waiting for the primary: one pod must lead and have its database container ready";
    case Reason::instance_ready:
      return "waiting for an instance to be ready";
    case Reason::primary_ambiguous:
      return "several pods say they are the primary; waiting for Patroni to settle it";
    case Reason::repo_ready:
      return "waiting for the backup repository's pod to be ready";
    case Reason::stanza:
      return "waiting for the Job that prepares the backup repository";
    case Reason::first_backup:
      return "waiting for the first full backup; replicas are made from it";
    case Reason::backup:
      return "waiting for a backup Job to succeed";
    case Reason::dump:
      return "waiting for a Job that writes or loads a dump";
    case Reason::repo_copy:
      return "waiting for the Job that copies the backup repository of the source";
    case Reason::restore:
      return "waiting for the Job that restores the backup";
    case Reason::job_failed:
      return "a Job failed for good; look at its log, remove the cause, delete the Job and it is "
             "made again";
    case Reason::pods_gone:
      return "waiting for the pods of removed instances to end";
    case Reason::objects_gone:
      return "waiting for removed objects to be gone";
    case Reason::jobs_gone:
      return "waiting for removed Jobs and their pods to be gone";
    case Reason::old_removal_job:
      return "waiting for a removal Job that an older operator started";
    case Reason::target_is_primary:
      return "the instance to remove is the primary and is kept; fail over first";
    case Reason::policy:
      return "a policy that the new cluster or a schedule asks for does not exist; create it, or "
             "delete what asks for it to go on without";
    case Reason::sql:
      return "waiting for the SQL of a policy to end; it holds nothing else up";
    case Reason::pool:
      return "waiting for pgBouncer; clients of the cluster's own Services are not held up";
    case Reason::failover:
      return "waiting for Patroni to hand over to the instance that was asked for";
    case Reason::patroni_config:
      return "waiting for Patroni to write its configuration";
    case Reason::name_taken:
      return "an object of that name exists and belongs to something else; rename or remove it";
    case Reason::invalid_object:
      return "the resource cannot be understood; correct it with kubectl edit";
    case Reason::render_failed:
      return "a manifest cannot be made from the resource and the configuration; correct them";
  }
  return "unknown";
}

std::string details(const Condition& condition) {
  std::string text = condition.detail;
  if (condition.failures == 0) return text;
  if (!text.empty()) text += "; ";
  text += "its pods failed so far: " + std::to_string(condition.failures);
  if (condition.reason == Reason::job_failed) return text;
  return text + "; Kubernetes tries again a few times, ever more rarely";
}

}  // namespace pgo::plan
