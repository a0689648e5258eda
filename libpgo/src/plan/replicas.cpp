#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgreplica.h"
#include "render.h"
#include "work.h"

// Replicas are made from a backup, so none is made before the first full one (contract 4.5, 5.2).
namespace pgo::plan {
namespace {

namespace types = kube::types;

json::Value replica_status(std::string_view state, std::string_view message) {
  return json::Value::object({{"state", state}, {"message", message}});
}

void mark_pending(Work& work, const Replica& replica) {
  if (!replica.state.empty() && replica.state != model::state::kReplicaCreated) return;
  work.plan.patch(
      types::kPgReplica, replica.meta,
      json::Value::object({{"status", replica_status(model::state::kReplicaPendingInit,
                                                     "waits for the first full backup")}}),
      "replicas are made from the first full backup");
}

void make(Work& work, const Replica& replica) {
  const ClusterView& view = work.view;
  Plan& plan = work.plan;
  const std::string& name = replica.meta.name;
  plan.on_failure("ScaleClusterFailure");  // K28: a failure is not told as a success
  if (!ensure_data_volume(work, name, replica.object->spec.storage)) return;
  if (view.service(model::names::replica_service(view.name)) == nullptr &&
      !plan.create(types::kService, replica_service(work, replica), "replicas need a service")) {
    return;
  }
  if (view.deployment(name) == nullptr &&
      !plan.create(types::kDeployment, replica_instance(work, replica), "the replica")) {
    return;
  }
  // K28: which is the cluster and which the replica.
  Event event = cluster_event(view, "ScaleCluster");
  event.payload.emplace_back("replicaname", name);
  plan.event(std::move(event), "the replica is made");
  json::Value body = json::Value::object(
      {{"spec", json::Value::object({{"status", model::progress::kCompleted},
                                     {"replicastorage", json::Value::object({{"name", name}})}})},
       {"status", replica_status(model::state::kReplicaProcessed, "the replica was made")}});
  if (replica.state == model::state::kReplicaPendingInit) {
    body.at_or_add("metadata")
        .at_or_add("annotations")
        .set(model::annotation::kBootstrapReplica, model::kTrue);
  }
  plan.patch(types::kPgReplica, replica.meta, std::move(body), "the replica is made");
}

}  // namespace

void replicas(Work& work) {
  for (const auto& replica : work.view.replicas) {
    if (replica->meta.deleting || replica->status == model::progress::kCompleted) continue;
    if (being_removed(work.view, replica->meta.name)) continue;
    if (!replica->object) {
      work.plan.wait(Reason::invalid_object, subject("Pgreplica", replica->meta.name),
                     replica->problem);
      continue;
    }
    if (work.view.initialized()) {
      make(work, *replica);
    } else {
      mark_pending(work, *replica);
      work.plan.wait(Reason::first_backup, replica->meta.name);
    }
  }
}

}  // namespace pgo::plan
