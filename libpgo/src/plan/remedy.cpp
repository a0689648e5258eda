#include "pgo/plan/remedy.h"

namespace pgo::plan {

std::string_view remedy(Reason reason) {
  switch (reason) {
    case Reason::primary_ready:
      return "it ends when an instance leads and answers; look at the instances' pods and the log "
             "of their container database";
    case Reason::primary_ambiguous:
      return "it ends when Patroni's leader lock names one of them; look at the ConfigMap "
             "SCOPE-leader and the pods' label role";
    case Reason::repo_ready:
      return "it ends when the one pod of Deployment CLUSTER-backrest-shared-repo is ready; look "
             "at "
             "that pod and its volume";
    case Reason::stanza:
    case Reason::first_backup:
    case Reason::backup:
    case Reason::repo_copy:
    case Reason::restore:
      return "it ends when the Job succeeds; look at the log of its pods";
    case Reason::dump:
      return "it ends when the Job succeeds or fails; look at the log of its pods";
    case Reason::job_failed:
      return "remove the cause that the log of its pods names, then delete the Job: it is made "
             "again";
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
      return "create the policy, or delete what asks for it: the task CLUSTER-policies of a new "
             "cluster, or the schedule";
    case Reason::sql:
      return "it ends with its last statement, or after half an hour as failed; pg_stat_activity "
             "of "
             "the primary shows where it is";
    case Reason::failover:
      return "it ends when the target leads, or after two minutes as failed; look at the target's "
             "log";
    case Reason::patroni_config:
      return "it ends when the first instance has started; look at the log of its container "
             "database";
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
