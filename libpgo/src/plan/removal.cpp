#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"
#include "work.h"

#include <algorithm>
#include <array>

// `pgo delete cluster`. The plan removes step by step what 4.2.0's rmdata Job removed, in the same
// order (contract 20.2). Everything it needs is in the task and in labels, because the pgcluster
// goes half way. Each step asks for what is still there and holds the next one back until it is
// gone, so that a crash anywhere changes nothing.
namespace pgo::plan {
namespace {

namespace types = kube::types;

/// Recorded when there was no pgcluster at the start.
constexpr const char* kNothing = "none";

struct Removing {
  const ClusterView& view;
  const Task& task;
  model::Removal what;
  Plan& plan;
};

/// Asks for the deletion of every object that `chosen` picks. False while any is there.
template <typename T, typename Chosen>
bool all_gone(Removing& work, const kube::ResourceType& type, const Many<T>& objects,
              std::string_view reason, std::string_view propagation, Chosen chosen) {
  bool gone = true;
  for (const auto& object : objects) {
    if (!chosen(*object)) continue;
    gone = false;
    work.plan.remove(type, object->meta, reason, propagation);
  }
  return gone;
}

bool waiting(Removing& work, bool gone, Reason reason) {
  if (!gone) work.plan.wait(reason, work.task.meta.name);
  return !gone;
}

/// A removal Job that an older operator started does the same work; two at once would race.
bool old_job_runs(Removing& work) {
  for (const auto& job : work.view.jobs) {
    if (job->rmdata && !job->succeeded && !job->failed && !job->meta.deleting) {
      work.plan.wait_for_job(Reason::old_removal_job, job->meta.name);
      return true;
    }
  }
  return false;
}

void start(Removing& work) {
  if (!work.task.parameter(model::param::kDeleteDataStarted).empty()) return;
  // K41: only the removal of a whole cluster says DeleteCluster.
  work.plan.event(cluster_event(work.view, "DeleteCluster"), "the removal starts");
  json::Value body = processed_task();
  body.at_or_add("spec")
      .at_or_add("parameters")
      .set(model::param::kDeleteDataStarted, to_rfc3339(work.plan.now()));
  const std::string removes = work.view.cluster ? work.view.cluster->meta.uid : kNothing;
  body.at_or_add("metadata").at_or_add("annotations").set(model::annotation::kRemoves, removes);
  work.plan.patch(types::kPgTask, work.task.meta, std::move(body), "the removal starts");
}

void pause_patroni(Removing& work) {
  // K16: a cluster that never came up has no configuration to pause.
  const ConfigMap* config = work.view.config_map(model::names::scope_config(work.what.scope));
  if (config == nullptr || config->meta.deleting || config->patroni_config.empty()) return;
  auto document = json::parse(config->patroni_config);
  if (!document || (*document)["pause"].as_bool()) return;
  document->set("pause", true);
  work.plan.patch(
      types::kConfigMap, config->meta,
      json::Value::object(
          {{"metadata", json::Value::object({{"annotations", json::Value::object({{
                                                                 model::annotation::kPatroniConfig,
                                                                 json::write(*document),
                                                             }})}})}}),
      "no failover while the instances go", config->version);
}

/// The pgcluster that this removal is about: not one that was made since.
bool is_ours(const Removing& work) {
  if (!work.view.cluster) return false;
  return work.task.removes.empty() || work.task.removes == work.view.cluster->meta.uid;
}

/// Of data that is kept the newest must be known: who led may not be the first instance any more.
void mark_newest_data(Removing& work) {
  if (work.what.delete_data || !work.view.cluster || !is_ours(work)) return;
  const std::string newest = model::names::data_volume(work.view.cluster->current_primary);
  if (work.view.volume(newest) == nullptr) return;
  for (const auto& volume : work.view.volumes) {
    const bool is_newest = volume->meta.name == newest;
    if (volume->led_last == is_newest || volume->meta.deleting) continue;
    json::Value body;
    json::Value& metadata = body.at_or_add("metadata");
    metadata.set("uid", volume->meta.uid);
    metadata.at_or_add("annotations")
        .set(model::annotation::kLedLast, is_newest ? json::Value(model::kTrue) : json::Value());
    work.plan.patch(types::kPersistentVolumeClaim, volume->meta, std::move(body),
                    "its data is kept");
  }
}

void remove_credentials(Removing& work) {
  if (!work.what.delete_data) return;
  // They go before the pgcluster, so once it is gone any secret here is a new cluster's.
  if (!is_ours(work) && work.task.removes != kNothing) return;
  all_gone(work, types::kSecret, work.view.secrets, "credentials go with the data", "Background",
           [](const Secret& secret) { return !secret.repo; });
}

/// Deployments first, then their pods: a pod that still runs would write to its volume (K5) and
/// Patroni in it would make its ConfigMaps again (K17).
bool instances_gone(Removing& work) {
  const bool deployments =
      all_gone(work, types::kDeployment, work.view.deployments, "the cluster is removed",
               "Foreground", [](const Deployment& one) { return !one.repo; });
  // A Job that restores writes to a volume too; it is gone when its pods are.
  const bool jobs = all_gone(work, types::kJob, work.view.jobs, "the cluster is removed",
                             "Foreground", [](const Job& one) { return one.restore; });
  const bool pods = std::none_of(work.view.pods.begin(), work.view.pods.end(),
                                 [](const auto& pod) { return pod->job.empty() && !pod->repo; });
  if (!jobs) work.plan.wait(Reason::jobs_gone, work.task.meta.name);
  if (!deployments) work.plan.wait(Reason::objects_gone, work.task.meta.name);
  if (!pods) work.plan.wait(Reason::pods_gone, work.task.meta.name);
  return deployments && jobs && pods;
}

bool cluster_gone(Removing& work) {
  if (!is_ours(work)) return true;
  work.plan.remove(types::kPgCluster, work.view.cluster->meta, "the cluster is removed");
  return false;
}

bool records_gone(Removing& work) {
  Removing& w = work;
  bool gone = cluster_gone(w);
  gone &= all_gone(w, types::kService, w.view.services, "the cluster is removed", "Background",
                   [](const Service&) { return true; });
  gone &= all_gone(w, types::kPgReplica, w.view.replicas, "the cluster is removed", "Background",
                   [](const Replica&) { return true; });
  gone &= all_gone(w, types::kPgTask, w.view.tasks, "the cluster is removed", "Background",
                   [&](const Task& task) { return task.meta.uid != w.task.meta.uid; });
  const std::array<std::string, 5> maps{
      model::names::default_config(w.view.name), model::names::scope_config(w.what.scope),
      model::names::scope_leader(w.what.scope), model::names::scope_failover(w.what.scope),
      model::names::scope_sync(w.what.scope)};
  // K17: by scope, all four; O7: whatever else Patroni made for this cluster's scopes.
  gone &= all_gone(w, types::kConfigMap, w.view.config_maps, "the cluster is removed", "Background",
                   [&](const ConfigMap& map) {
                     return std::find(maps.begin(), maps.end(), map.meta.name) != maps.end() ||
                            !map.scope.empty();
                   });
  return gone;
}

bool is_backup_volume(const ClusterView& view, const Volume& volume) {
  const std::string& name = volume.meta.name;
  return volume.pgdump || name == model::names::repo_volume(view.name) ||
         name == model::names::pgdump_volume(view.name) ||
         name == model::names::legacy_backup_volume(view.name);
}

bool data_gone(Removing& work) {
  if (!work.what.delete_data) return true;
  return all_gone(work, types::kPersistentVolumeClaim, work.view.volumes,
                  "the task says delete-data", "Foreground",
                  [&](const Volume& volume) { return !is_backup_volume(work.view, volume); });
}

bool jobs_gone(Removing& work) {
  const auto ours = [](const Job& job) {
    return job.backrest || job.pgdump || job.pgrestore || job.pgbackup;
  };
  const bool jobs =
      all_gone(work, types::kJob, work.view.jobs, "the cluster is removed", "Foreground",
               [&](const Job& job) { return ours(job) || job.succeeded; });
  const bool pods =
      std::none_of(work.view.pods.begin(), work.view.pods.end(), [&](const auto& pod) {
        const Job* job = pod->job.empty() ? nullptr : work.view.job(pod->job);
        return job != nullptr && ours(*job);
      });
  return jobs && pods;
}

bool repository_gone(Removing& work) {
  const bool deployment =
      all_gone(work, types::kDeployment, work.view.deployments, "the cluster is removed",
               "Foreground", [](const Deployment& one) { return one.repo; });
  const bool pods = std::none_of(work.view.pods.begin(), work.view.pods.end(),
                                 [](const auto& pod) { return pod->repo && pod->job.empty(); });
  return deployment && pods;
}

bool backups_gone(Removing& work) {
  if (!work.what.delete_backups) return true;
  const bool secret =
      all_gone(work, types::kSecret, work.view.secrets, "the task says delete-backups",
               "Background", [](const Secret& one) { return one.repo; });
  const bool volumes = all_gone(
      work, types::kPersistentVolumeClaim, work.view.volumes, "the task says delete-backups",
      "Foreground", [&](const Volume& volume) { return is_backup_volume(work.view, volume); });
  return secret && volumes;
}

}  // namespace

const Task* removal_task(const ClusterView& view) {
  for (const auto& task : view.tasks) {
    if (task->meta.deleting || !task->object) continue;
    if (task->object->type() != model::TaskType::delete_data) continue;
    if (task->is(model::param::kIsReplica) || task->is(model::param::kIsBackup)) continue;
    return task.get();
  }
  return nullptr;
}

bool removal(Work& work) {
  const Task* task = removal_task(work.view);
  if (task == nullptr) return false;
  Removing removing{work.view, *task, model::removal_of(*task->object), work.plan};
  if (removing.what.scope.empty()) removing.what.scope = work.view.scope();

  if (old_job_runs(removing)) return true;
  start(removing);
  pause_patroni(removing);
  mark_newest_data(removing);
  all_gone(removing, types::kConfigMap, work.view.config_maps, "schedules end with the cluster",
           "Background", [](const ConfigMap& map) { return map.schedule; });
  remove_credentials(removing);
  if (!instances_gone(removing)) return true;
  if (waiting(removing, records_gone(removing), Reason::objects_gone)) return true;
  if (waiting(removing, data_gone(removing), Reason::objects_gone)) return true;
  if (waiting(removing, jobs_gone(removing), Reason::jobs_gone)) return true;
  if (waiting(removing, repository_gone(removing), Reason::pods_gone)) return true;
  if (waiting(removing, backups_gone(removing), Reason::objects_gone)) return true;
  work.plan.event(cluster_event(work.view, "DeleteClusterCompleted"), "the removal is done");
  work.plan.remove(types::kPgTask, task->meta, "the removal is done");
  return true;
}

}  // namespace pgo::plan
