#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"
#include "work.h"

#include <algorithm>

// `pgo scaledown`: one instance goes, its data with it if the task says so (contract 7).
namespace pgo::plan {
namespace {

namespace types = kube::types;

bool is_scaledown(const Task& task) {
  return task.object && task.object->type() == model::TaskType::delete_data &&
         task.is(model::param::kIsReplica) && !task.meta.deleting;
}

/// 4.2.0 kept an acting primary too. The task goes, so that it neither fires after the next
/// failover, when nobody expects it any more, nor stands in the way of a new request.
void refuse(Work& work, const Task& task) {
  Event event = cluster_event(work.view, "ScaleDownClusterFailure");
  event.payload.emplace_back("replicaname", task.parameter(model::param::kReplicaName));
  event.payload.emplace_back("errormessage", "the instance is the primary and was kept");
  event.warning = true;
  work.plan.event(std::move(event), "the instance leads");
  work.plan.remove(types::kPgTask, task.meta, "the instance leads and is kept");
}

bool leads(const ClusterView& view, std::string_view instance) {
  if (const Pod* primary = view.primary()) return primary->deployment == instance;
  // Without a leader the last one counts: it may be coming back with the newest data.
  return view.cluster && view.cluster->current_primary == instance;
}

void start(Work& work, const Task& task) {
  if (!task.parameter(model::param::kDeleteDataStarted).empty()) return;
  json::Value body = processed_task();
  body.at_or_add("spec")
      .at_or_add("parameters")
      .set(model::param::kDeleteDataStarted, to_rfc3339(work.plan.now()));
  work.plan.patch(types::kPgTask, task.meta, std::move(body), "the removal starts");
}

bool instance_gone(Work& work, std::string_view instance) {
  const ClusterView& view = work.view;
  // K14: an original primary has no pgreplica, and that is fine.
  const Replica* replica = view.replica(instance);
  if (replica != nullptr) {
    work.plan.remove(types::kPgReplica, replica->meta, "the instance is removed");
  }
  const Deployment* deployment = view.deployment(instance);
  if (deployment != nullptr) {
    work.plan.remove(types::kDeployment, deployment->meta, "the instance is removed", "Foreground");
  }
  const bool pods = std::none_of(view.pods.begin(), view.pods.end(), [&](const auto& pod) {
    return pod->instance && pod->deployment == instance;
  });
  if (replica != nullptr || deployment != nullptr) {
    work.plan.wait(Reason::objects_gone, std::string(instance));
  }
  if (!pods) work.plan.wait(Reason::pods_gone, std::string(instance));
  return replica == nullptr && deployment == nullptr && pods;
}

/// K15: the Service for replicas is there exactly while there are replicas. The pgreplica of an
/// only instance, which leads since the first primary was removed, stands for none.
void remove_replica_service(Work& work) {
  const bool one_to_come =
      std::any_of(work.view.replicas.begin(), work.view.replicas.end(), [&](const auto& replica) {
        return !replica->meta.deleting && work.view.deployment(replica->meta.name) == nullptr;
      });
  if (work.view.instances() > 1 || one_to_come) return;
  if (const Service* service = work.view.service(model::names::replica_service(work.view.name))) {
    work.plan.remove(types::kService, service->meta, "no replica is left");
  }
}

void scale_down(Work& work, const Task& task) {
  const model::Removal what = model::removal_of(*task.object);
  if (what.replica.empty()) return refuse(work, task);
  const Deployment* deployment = work.view.deployment(what.replica);
  const bool going = deployment == nullptr || deployment->meta.deleting;
  if (!going && leads(work.view, what.replica)) return refuse(work, task);
  start(work, task);
  if (!instance_gone(work, what.replica)) return;
  remove_replica_service(work);
  if (what.delete_data) {
    // It was promoted while it went: nothing newer than its data exists until another one leads.
    if (leads(work.view, what.replica)) return work.plan.wait(Reason::primary_ready);
    if (const Volume* volume = work.view.volume(model::names::data_volume(what.replica))) {
      work.plan.remove(types::kPersistentVolumeClaim, volume->meta, "the task says delete-data",
                       "Foreground");
      return work.plan.wait(Reason::objects_gone, what.replica);
    }
  }
  Event event = cluster_event(work.view, "ScaleDownCluster");
  event.payload.emplace_back("replicaname", what.replica);
  work.plan.event(std::move(event), "the instance is gone");
  // K6: this task alone goes; the others of the cluster stay.
  work.plan.remove(types::kPgTask, task.meta, "the removal is done");
}

}  // namespace

bool being_removed(const ClusterView& view, std::string_view instance) {
  return std::any_of(view.tasks.begin(), view.tasks.end(), [&](const auto& task) {
    return is_scaledown(*task) && task->parameter(model::param::kReplicaName) == instance;
  });
}

void scaledown(Work& work) {
  for (const auto& task : work.view.tasks) {
    if (is_scaledown(*task)) scale_down(work, *task);
  }
}

}  // namespace pgo::plan
