#include "pgo/model/restore.h"

#include "pgo/manifests/cluster.h"
#include "pgo/manifests/instance.h"
#include "pgo/manifests/restore.h"
#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgreplica.h"
#include "pgo/model/task_outcome.h"
#include "render.h"
#include "work.h"

#include <algorithm>

// `pgo restore` (contract 9), in another order than 4.2.0's: the backup is restored into a new
// volume while the cluster still runs, so that a restore that fails has touched nothing (O5). Then
// the instances stop, replicas first: nobody can take over, and the last primary archives all it
// has. The new primary has the volume's name, which is also its Patroni scope.
namespace pgo::plan {
namespace {

namespace types = kube::types;
using json::Value;

struct Restoring {
  Work& work;
  const Task& task;
  model::RestoreWork what;

  const ClusterView& view() const { return work.view; }
  Plan& plan() const { return work.plan; }
  const manifests::Renderer& renderer() const { return *work.settings.renderer; }
};

bool is_restore(const Task& task) {
  return task.object && task.object->type() == model::TaskType::restore && !task.meta.deleting;
}

bool is_open(const Task& task) {
  return task.status != model::progress::kCompleted && task.status != model::progress::kFailed;
}

/// Its data are restored and the instances go for it: there is no way back, so it is finished
/// first.
bool changes_over(const ClusterView& view, const Task& task) {
  if (view.cluster == nullptr || view.cluster->state != model::state::kClusterRestoring) {
    return false;
  }
  const Job* job = view.job(
      model::names::restore_job(view.name, std::string(task.parameter(model::param::kWorkflowId))));
  return job != nullptr && job->succeeded && !job->meta.deleting;
}

/// The restore that changes over, else the one that was asked for last: its request made the
/// workflow anew.
const Task* open_restore(const ClusterView& view) {
  const Task* workflow = view.task(model::names::restore_workflow(view.name));
  const Task* found = nullptr;
  for (const auto& task : view.tasks) {
    if (!is_restore(*task) || !is_open(*task)) continue;
    if (changes_over(view, *task)) return task.get();
    const bool current = workflow != nullptr && task->parameter(model::param::kWorkflowId) ==
                                                    workflow->parameter(model::param::kWorkflowId);
    if (found == nullptr || current) found = task.get();
  }
  return found;
}

Event failure(const Restoring& restore, const std::string& reason) {
  Event event = cluster_event(restore.view(), "RestoreClusterFailure");
  event.payload.emplace_back("errormessage", reason);
  event.warning = true;
  return event;
}

void give_up(Restoring& restore, const std::string& reason) {
  restore.plan().event(failure(restore, reason), "the restore failed");
  fail_workflow(restore.work, model::names::restore_workflow(restore.view().name), reason);
  mark_failed(restore.work, restore.task, reason);
}

/// Requests that a newer one overtook.
void end_superseded(Work& work, const Task& current) {
  if (changes_over(work.view, current)) return;
  for (const auto& task : work.view.tasks) {
    if (!is_restore(*task) || !is_open(*task) || task.get() == &current) continue;
    mark_failed(work, *task, "a newer restore was asked for");
  }
}

/// What a failed restore made goes; the Job of one that gave up stays until the cluster goes, for
/// its log.
void clean_up(Work& work, const Task& task) {
  const model::RestoreWork what = model::restore_of(*task.object);
  const Job* job = work.view.job(model::names::restore_job(work.view.name, what.workflow_id));
  if (job != nullptr && !job->failed) {
    work.plan.remove(types::kJob, job->meta, "the restore was given up", "Foreground");
    return work.plan.wait(Reason::jobs_gone, job->meta.name);
  }
  const Volume* volume = work.view.volume(what.to_pvc);
  if (volume == nullptr || volume->meta.made_for != what.workflow_id) return;
  if (work.view.deployment(what.to_pvc) != nullptr || work.view.scope() == what.to_pvc) return;
  work.plan.remove(types::kPersistentVolumeClaim, volume->meta, "the restore was given up",
                   "Foreground");
}

Result<kube::Object> new_primary(const Restoring& restore) {
  return manifests::restored_primary(restore.renderer(), complete_cluster(*restore.view().cluster),
                                     restore.what.to_pvc, *restore.work.settings.config,
                                     {.custom_config = restore.view().custom_config_name(),
                                      .node_key = restore.what.node_key,
                                      .node_value = restore.what.node_value});
}

/// O5: everything that will be needed can be made. False ends the restore.
bool check(Restoring& restore) {
  const std::string& to = restore.what.to_pvc;
  if (to.empty()) {
    give_up(restore, "the task names no volume to restore into");
    return false;
  }
  if (restore.view().deployment(to) != nullptr) {
    give_up(restore, "the volume " + to + " is in use");
    return false;
  }
  if (auto primary = new_primary(restore); !primary) {
    give_up(restore, primary.error().text());
    return false;
  }
  return true;
}

bool volume(Restoring& restore) {
  const ClusterView& view = restore.view();
  if (view.volume(restore.what.to_pvc) != nullptr) return stays(restore.work, restore.what.to_pvc);
  auto claim = manifests::volume(restore.renderer(), view.ns, view.name, restore.what.to_pvc,
                                 view.cluster->object->spec.primary_storage);
  if (!claim) {
    give_up(restore, claim.error().text());
    return false;
  }
  claim->set_annotation(model::annotation::kMadeFor, restore.what.workflow_id);
  restore.plan().create(types::kPersistentVolumeClaim, *std::move(claim),
                        "the backup is restored into a volume of its own");
  return true;
}

void start_job(Restoring& restore) {
  if (ready_repo(restore.work) == nullptr) return;
  auto job = manifests::restore_job(restore.renderer(), *restore.view().cluster->object,
                                    restore.what, *restore.work.settings.config);
  if (!job) return give_up(restore, job.error().text());
  restore.plan().create(types::kJob, *std::move(job), "the backup is restored");
  restore.plan().event(cluster_event(restore.view(), "RestoreCluster"), "the restore starts");
}

/// True when the data is in its new volume.
bool data_restored(Restoring& restore) {
  const std::string name = model::names::restore_job(restore.view().name, restore.what.workflow_id);
  const Job* job = restore.view().job(name);
  if (job != nullptr) {
    note_step(restore.work, model::names::restore_workflow(restore.view().name),
              model::step::kRestoreJobCreated);
  }
  if (job != nullptr && job->succeeded && !job->meta.deleting) return true;
  restore.plan().wait_for_job(Reason::restore, name);
  if (job == nullptr) {
    if (check(restore) && volume(restore)) start_job(restore);
  } else if (job->failed) {
    give_up(restore, subject("Job", name) + " failed " + std::to_string(job->failures) +
                         " times; its log says why");
  }
  return false;
}

/// First of all the cluster says so; then no chapter makes instances or backups any more.
void announce(Restoring& restore) {
  const Cluster& cluster = *restore.view().cluster;
  if (cluster.state == model::state::kClusterRestoring) return;
  restore.plan().patch(
      types::kPgCluster, cluster.meta,
      Value::object({{"status", Value::object({{"state", model::state::kClusterRestoring},
                                               {"message", "the cluster is being restored"}})}}),
      "the instances change over");
}

/// They are made again on their old volumes once there is a backup of the new timeline.
void replicas_wait(Restoring& restore) {
  for (const auto& replica : restore.view().replicas) {
    if (replica->meta.deleting || replica->status == model::progress::kRestore) continue;
    restore.plan().patch(
        types::kPgReplica, replica->meta,
        Value::object(
            {{"spec", Value::object({{"status", model::progress::kRestore}})},
             {"status", Value::object({{"state", model::state::kReplicaPendingRestore},
                                       {"message", "waits for the restored primary's backup"}})}}),
        "replicas are made again");
  }
}

/// Asks for the end of the old instances that `chosen` picks. False while any of their pods is
/// there: only one primary may write to the repository.
template <typename Chosen>
bool stopped(Restoring& restore, Chosen chosen) {
  const ClusterView& view = restore.view();
  bool gone = true;
  for (const auto& deployment : view.deployments) {
    if (!deployment->instance || !chosen(deployment->meta.name)) continue;
    gone = false;
    restore.plan().remove(types::kDeployment, deployment->meta, "the restored data takes over",
                          "Foreground");
  }
  for (const auto& pod : view.pods) {
    if (pod->instance && chosen(pod->deployment)) gone = false;
  }
  if (!gone) restore.plan().wait(Reason::pods_gone, restore.task.meta.name);
  return gone;
}

bool old_instances_gone(Restoring& restore) {
  const std::string& to = restore.what.to_pvc;
  const Pod* primary = restore.view().primary();
  const std::string leader =
      primary != nullptr ? primary->deployment : restore.view().cluster->current_primary;
  return stopped(restore, [&](const std::string& name) { return name != to && name != leader; }) &&
         stopped(restore, [&](const std::string& name) { return name != to; });
}

/// K17, O7: what Patroni kept of the old scope would stay for ever.
void forget_old_scope(Restoring& restore) {
  for (const auto& map : restore.view().config_maps) {
    if (map->scope.empty() || map->scope == restore.what.to_pvc) continue;
    restore.plan().remove(types::kConfigMap, map->meta, "the old instances are gone");
  }
}

/// The new primary finds data and must make the accounts and open it.
bool ensure_init(Restoring& restore) {
  const ClusterView& view = restore.view();
  const std::string name = model::names::default_config(view.name);
  const ConfigMap* map = view.config_map(name);
  if (map == nullptr) {
    return restore.plan().create(
        types::kConfigMap,
        manifests::default_config(restore.renderer(), *view.cluster->object,
                                  *restore.work.settings.config, !view.custom_config_has_patroni()),
        "how the instances are set up");
  }
  if (map->init == model::kTrue) return true;
  restore.plan().patch(
      types::kConfigMap, map->meta,
      Value::object({{"data", Value::object({{model::data_key::kInit, model::kTrue}})}}),
      "the restored data is opened by hand first");
  return true;
}

void change_over(Restoring& restore) {
  const ClusterView& view = restore.view();
  const std::string& to = restore.what.to_pvc;
  announce(restore);
  replicas_wait(restore);
  if (!old_instances_gone(restore)) return;
  forget_old_scope(restore);
  if (view.deployment(to) == nullptr) {
    if (!ensure_init(restore)) return;
    if (!restore.plan().create(types::kDeployment, new_primary(restore), "the restored primary")) {
      return;
    }
  }
  restore.plan().patch(
      types::kPgCluster, view.cluster->meta,
      Value::object(
          {{"metadata",
            Value::object(
                {{"labels", Value::object({{model::label::kScope, to},
                                           {model::label::kCurrentPrimary, to},
                                           {model::label::kDeploymentName, to},
                                           {model::label::kWorkflowId, restore.what.workflow_id}})},
                 {"annotations",
                  Value::object({{model::annotation::kFailoverBackup, nullptr}})}})}}),
      "the restored primary");
  note_step(restore.work, model::names::restore_workflow(view.name),
            model::step::kRestorePrimaryCreated);
  restore.plan().event(cluster_event(view, "RestoreClusterCompleted"), "the restored primary");
  mark_completed(restore.work, restore.task);
}

}  // namespace

bool being_restored(const ClusterView& view) { return open_restore(view) != nullptr; }

void restore(Work& work) {
  for (const auto& task : work.view.tasks) {
    if (is_restore(*task) && task->status == model::progress::kFailed) clean_up(work, *task);
  }
  const Task* task = open_restore(work.view);
  if (task == nullptr) return;
  end_superseded(work, *task);
  Restoring restoring{work, *task, model::restore_of(*task->object)};
  if (task->state != model::state::kTaskProcessed) {
    work.plan.patch(types::kPgTask, task->meta, processed_task(), "the operator has seen it");
  }
  if (data_restored(restoring)) change_over(restoring);
}

}  // namespace pgo::plan
