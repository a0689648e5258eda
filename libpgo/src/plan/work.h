#pragma once

#include "pgo/plan/cluster.h"
#include "pgo/plan/plan.h"

#include <string_view>

/// The chapters of plan_cluster, in the order in which they are read.
namespace pgo::plan {

/// What every chapter is given.
struct Work {
  const ClusterView& view;
  const Settings& settings;
  Plan& plan;
};

/// A cluster on its way out does nothing else: true when a task asks for the whole cluster's
/// removal. Works without the pgcluster, which goes before the work is done.
bool removal(Work& work);
/// The task that asks for the removal of the whole cluster, or null.
const Task* removal_task(const ClusterView& view);
/// Instances that a task asks to remove.
void scaledown(Work& work);
/// True when an open task removes this instance.
bool being_removed(const ClusterView& view, std::string_view instance);

/// A clone into this cluster, which may not exist yet.
void clone(Work& work);
/// The task of a clone into this cluster that is under way, of several that of the last step; null
/// without one.
const Task* open_clone(const ClusterView& view);
/// A restore in place: first into a new volume, then the instances change over to it.
void restore(Work& work);
/// True while a restore that was asked for has not changed over; backups would get in its way.
bool being_restored(const ClusterView& view);

/// Volumes, secrets, services, repository, first primary, and the pgreplicas asked for.
void bootstrap(Work& work);
/// Labels follow the leader; a backup is owed after a failover; autofail; the first readiness.
void promotion(Work& work);
/// The policies that the cluster was created with; true when none is left to apply.
bool policies(Work& work, const Pod& primary);
/// What runs of policies' SQL goes on, whatever became of who asked for it, unless another instance
/// leads by now.
void keep_sql(Work& work);
/// Who asks for the SQL of a policy (by UID), and for which of several times.
std::string sql_id(std::string_view policy, std::string_view asker, std::string_view firing = {});
/// A policy's SQL, run by this psql in the primary. It stops at the first error (K13).
Exec run_policy(std::string id, const Policy& policy, const Pod& primary,
                std::vector<std::string> psql);
/// Another instance leads than the one in whose pod this command runs.
bool superseded(const ClusterView& view, const ExecState& exec);
/// Keeps a command that was not carried out; true when it ended so long ago that it may be again.
bool may_try_again(Work& work, const ExecState& exec);
/// True when a command that may take long can be started now.
bool exec_room(Work& work, std::string_view policy);
Event policy_failure(const ClusterView& view, std::string_view policy, std::string_view why);
/// pgBouncer beside the cluster, while its label asks for one: secret, Deployment, Service, and an
/// account in the databases.
void pgbouncer(Work& work);
/// `pgo failover`: Patroni is asked to hand over to the target, and the task ends with the outcome.
void failover(Work& work);
/// Stanza and first full backup, then every other open pgBackRest task.
void backups(Work& work);
/// What the cluster's schedules ask for now, and when to look again.
void schedules(Work& work);
/// `pgo delete backup`: the dumps and their volume go. True while a task asks for it.
bool dump_removal(Work& work);
/// Dumps that tasks ask for, and loads of them.
void dumps(Work& work);
/// Nothing before the first full backup.
void replicas(Work& work);
/// Takes off the tag by which Patroni's callback asked for a backup.
void clear_promotion_tag(Work& work);

/// The primary when it leads and accepts connections; otherwise the reason is recorded.
const Pod* ready_primary(Work& work);
/// The repository's pod when it is ready; otherwise the reason is recorded.
const Pod* ready_repo(Work& work);
/// `service-name` an instance ought to carry.
std::string service_name_of(const ClusterView& view, bool leads);

inline constexpr std::string_view kTaskSeen = "the operator has taken it up";

/// Marks a task as seen, as every 4.2.0 controller did, with a status message.
json::Value processed_task();

/// Records the time of a step in a workflow's task, once.
void note_step(Work& work, std::string_view workflow, std::string_view step);
/// Records that and why a workflow failed.
void fail_workflow(Work& work, std::string_view workflow, std::string_view reason);
/// The two ends of a task that is no backup.
void mark_completed(Work& work, const Task& task);
void mark_failed(Work& work, const Task& task, std::string_view reason);

/// "Job hippo-stanza-create".
std::string subject(std::string_view kind, std::string_view name);
/// The name of the Job that a subject is about; empty for anything else.
std::string_view job_in(std::string_view subject);

/// Events of 4.2.0 about this cluster.
Event cluster_event(const ClusterView& view, std::string_view type);

}  // namespace pgo::plan
