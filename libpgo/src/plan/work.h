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
/// Instances that a task asks to remove.
void scaledown(Work& work);
/// True when an open task removes this instance.
bool being_removed(const ClusterView& view, std::string_view instance);

/// Volumes, secrets, services, repository, first primary, and the pgreplicas asked for.
void bootstrap(Work& work);
/// Labels follow the leader; a backup is owed after a failover; autofail; the first readiness.
void promotion(Work& work);
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

/// "Job hippo-stanza-create".
std::string subject(std::string_view kind, std::string_view name);

/// Events of 4.2.0 about this cluster.
Event cluster_event(const ClusterView& view, std::string_view type);

}  // namespace pgo::plan
