#include "pgo/operations/clone.h"

#include "operations/backup_options.h"
#include "operations/checks.h"
#include "operations/create_check.h"
#include "operations/point_in_time.h"
#include "pgo/base/text.h"
#include "pgo/manifests/clone.h"
#include "pgo/manifests/cluster.h"
#include "pgo/model/clone.h"
#include "pgo/model/names.h"
#include "pgo/model/task_outcome.h"

#include <algorithm>
#include <array>

namespace pgo::operations {
namespace {

namespace types = kube::types;
using Request = model::rest::CloneRequest;

Result<model::PgCluster> check_source(const Context& context, const Request& request) {
  if (request.source_cluster_name.empty()) {
    return refuse("The request names no cluster to clone.", "SourceClusterName");
  }
  PGO_TRY(model::PgCluster source, find_cluster(context, request.ns, request.source_cluster_name));
  PGO_TRY_VOID(check_no_removal(context, request.ns, request.source_cluster_name));
  PGO_TRY_VOID(check_uses_backrest(source, "it cannot be cloned", "SourceClusterName"));
  PGO_TRY_VOID(check_storage_type(source, request.backrest_storage_source, StorageTypes::one,
                                  "BackrestStorageSource"));
  return source;
}

/// Data that was kept of an earlier cluster would be overwritten.
Result<void> check_target(const Context& context, const Request& request) {
  const std::string& target = request.target_cluster_name;
  if (target.empty()) return refuse("The request names no cluster to make.", "TargetClusterName");
  PGO_TRY_VOID(check_cluster_name(target, "TargetClusterName"));
  PGO_TRY_VOID(check_free(context, request.ns, target));
  const std::array<std::pair<const kube::ResourceType&, std::string>, 4> left{{
      {types::kPersistentVolumeClaim, model::names::data_volume(target)},
      {types::kPersistentVolumeClaim, model::names::repo_volume(target)},
      {types::kSecret, model::names::backrest_secret(target)},
      {types::kDeployment, model::names::repo_deployment(target)},
  }};
  for (const auto& [type, name] : left) {
    PGO_TRY(const ObjectPtr object, get_if_exists(context.reader, type, request.ns, name));
    if (!object) continue;
    return fail(Code::already_exists,
                "There is a " + std::string(type.kind) + " " + name +
                    " of an earlier cluster; remove it or choose another name.",
                "TargetClusterName");
  }
  return {};
}

/// What the plan will render is rendered once, so that nothing is begun that cannot be finished.
Result<void> check_manifests(const Context& context, const model::PgCluster& source,
                             const model::CloneWork& work) {
  const auto& renderer = manifests::Renderer::built_in();
  const model::PgCluster target = manifests::cloned_cluster(source, work);
  if (source.spec.primary_storage.storage_type == "emptydir") {
    return refuse("Cluster " + source.name() + " keeps its data in no volume; it cannot be cloned.",
                  "SourceClusterName");
  }
  PGO_TRY_VOID(manifests::volume(renderer, work.target, work.target, work.target,
                                 target.spec.primary_storage));
  PGO_TRY_VOID(manifests::volume(renderer, work.target, work.target, work.target,
                                 target.spec.backrest_storage));
  PGO_TRY_VOID(manifests::repo_sync_job(renderer, source, work, context.config));
  return {};
}

}  // namespace

Result<std::vector<model::PgTask>> clone_steps(const Context& context, std::string_view ns,
                                               std::string_view target) {
  std::vector<model::PgTask> steps;
  // Checked first, so that no odd text becomes part of a selector.
  if (!text::is_dns1123_label(target)) return steps;
  PGO_TRY(const std::vector<ObjectPtr> found,
          context.reader.list(types::kPgTask, ns, model::selector::clone_tasks(target)));
  for (const ObjectPtr& object : found) {
    PGO_TRY(model::PgTask task, model::PgTask::from(*object));
    if (model::is_clone(task)) steps.push_back(std::move(task));
  }
  return steps;
}

Result<std::vector<std::string>> forget_failed_clones(const Context& context, std::string_view ns,
                                                      std::string_view target) {
  std::vector<std::string> forgotten;
  if (!target.empty() && !text::is_dns1123_label(target)) return forgotten;
  PGO_TRY(const std::vector<ObjectPtr> found,
          context.reader.list(types::kPgTask, ns, model::selector::workflows(target)));
  for (const ObjectPtr& object : found) {
    PGO_TRY(const model::PgTask task, model::PgTask::from(*object));
    if (!model::is_failed_clone_workflow(task) || object->being_deleted()) continue;
    const std::string cluster(object->label(model::label::kCluster));
    // The record of one whose name a cluster has by now goes with that cluster.
    PGO_TRY(const ObjectPtr taken, get_if_exists(context.reader, types::kPgCluster, ns, cluster));
    if (taken) continue;
    kube::DeleteOptions only_this;
    only_this.uid = std::string(object->uid());
    auto removed = context.client.remove(types::kPgTask, ns, object->name(), only_this);
    if (!removed && removed.error().code != Code::not_found) {
      return fail(std::move(removed).error());
    }
    if (std::ranges::find(forgotten, cluster) == forgotten.end()) forgotten.push_back(cluster);
  }
  return forgotten;
}

Result<bool> cancel_clone(const Context& context, std::string_view ns, std::string_view target) {
  PGO_TRY(std::vector<model::PgTask> open, clone_steps(context, ns, target));
  std::erase_if(open, [](const model::PgTask& step) { return !model::is_open(step); });
  const json::Value cancelled = json::Value::object(
      {{"spec", json::Value::object(
                    {{"parameters", json::Value::object({{model::param::kCancelled,
                                                          to_rfc3339(context.clock.now())}})}})}});
  for (const model::PgTask& task : open) {
    PGO_TRY_VOID(
        context.client.patch(types::kPgTask, ns, task.name(), kube::PatchType::merge, cancelled));
    context.log.info("clone cancelled", {{"namespace", std::string(ns)}, {"task", task.name()}});
  }
  return !open.empty();
}

Result<model::rest::CloneResponse> clone_cluster(const Context& context, const Caller& caller,
                                                 const Request& request) {
  PGO_TRY(const model::PgCluster source, check_source(context, request));
  PGO_TRY_VOID(check_target(context, request));
  if (request.replica_count < 0 || request.replica_count > kMaxReplicas) {
    return refuse("The replica count is " + std::to_string(request.replica_count) +
                      "; it must be from 0 to " + std::to_string(kMaxReplicas) + ".",
                  "ReplicaCount");
  }
  if (!request.pitr_target.empty()) {
    PGO_TRY_VOID(check_point_in_time(context, source, request.backrest_storage_source,
                                     request.pitr_target, "PITRTarget"));
  }
  const std::string now = to_rfc3339(context.clock.now());
  const model::CloneWork work{
      .source = source.name(),
      .target = request.target_cluster_name,
      .workflow_id = context.ids.uuid(),
      .user = caller.user,
      .storage_type = request.backrest_storage_source,
      .pitr_target = request.pitr_target,
      .replicas = request.replica_count > 0 ? std::to_string(request.replica_count) : std::string(),
      .timestamp = now};
  PGO_TRY_VOID(check_manifests(context, source, work));

  const model::PgTask workflow = model::workflow_task(
      request.ns, model::names::clone_workflow(work), work.target, work.workflow_id, {}, now);
  const model::PgTask step = model::clone_task(request.ns, model::TaskType::clone_step1, work);
  PGO_TRY_VOID(forget_failed_clones(context, request.ns, work.target));
  PGO_TRY_VOID(context.client.create(types::kPgTask, workflow.object()));
  PGO_TRY_VOID(context.client.create(types::kPgTask, step.object()));
  context.log.info("clone requested", {{"namespace", request.ns},
                                       {"source", work.source},
                                       {"target", work.target},
                                       {"user", caller.user}});
  model::rest::CloneResponse response;
  response.status.code = "ok";
  response.target_cluster_name = work.target;
  response.workflow_id = work.workflow_id;
  return response;
}

}  // namespace pgo::operations
