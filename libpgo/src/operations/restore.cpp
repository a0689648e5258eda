#include "pgo/operations/restore.h"

#include "operations/backup_options.h"
#include "operations/checks.h"
#include "operations/point_in_time.h"
#include "pgo/base/ids.h"
#include "pgo/base/text.h"
#include "pgo/manifests/cluster.h"
#include "pgo/manifests/instance.h"
#include "pgo/manifests/restore.h"
#include "pgo/model/names.h"

#include <array>

namespace pgo::operations {
namespace {

namespace types = kube::types;
using Request = model::rest::RestoreRequest;

/// A restore that changes over cannot be overtaken: its data are all that the cluster has.
Result<void> check_not_changing_over(const Context& context, const model::PgCluster& cluster) {
  if (cluster.status.state != model::state::kClusterRestoring) return {};
  // They carry no label of the cluster.
  PGO_TRY(const std::vector<ObjectPtr> tasks,
          context.reader.list(types::kPgTask, cluster.metadata.ns, ""));
  for (const ObjectPtr& object : tasks) {
    const auto task = model::PgTask::from(*object);
    if (!task || task->type() != model::TaskType::restore || !model::is_open(*task) ||
        model::restore_of(*task).cluster != cluster.name()) {
      continue;
    }
    return fail(Code::failed_precondition,
                "Cluster " + cluster.name() +
                    " is changing over to restored data; try again when the restored primary has "
                    "started.",
                cluster.name());
  }
  return {};
}

Result<model::PgCluster> check_cluster(const Context& context, const Request& request) {
  PGO_TRY(model::PgCluster cluster, find_cluster(context, request.ns, request.from_cluster));
  PGO_TRY_VOID(check_no_removal(context, request.ns, request.from_cluster));
  PGO_TRY_VOID(check_uses_backrest(cluster, "it cannot be restored", "FromCluster"));
  PGO_TRY_VOID(check_storage_type(cluster, request.backrest_storage_type, StorageTypes::one,
                                  "BackrestStorageType"));
  PGO_TRY_VOID(check_not_changing_over(context, cluster));
  return cluster;
}

/// A target in time, unless the options say of what kind it is.
Result<void> check_target(const Context& context, const model::PgCluster& cluster,
                          const Request& request, const BackupOptions& options) {
  if (request.pitr_target.empty()) return {};
  PGO_TRY_VOID(check_target_text(request.pitr_target, "PITRTarget"));
  if (options.has("--target")) {
    return refuse("The target is given twice: as --pitr-target and as --target.", "PITRTarget");
  }
  const std::string_view type = options.value("--type").value_or("time");
  if (type == "time") {
    return check_point_in_time(context, cluster, request.backrest_storage_type, request.pitr_target,
                               "PITRTarget");
  }
  if (type == "name" || type == "xid" || type == "lsn") return {};
  return refuse("A target has no meaning with --type=" + std::string(type) + ".", "PITRTarget");
}

/// The volume's name also becomes that of a Deployment and of Patroni's scope, and nothing is ever
/// restored over data that is there.
Result<std::string> check_volume(const Context& context, const Request& request,
                                 const std::string& workflow_id) {
  std::string name = request.to_pvc.empty()
                         ? request.from_cluster + "-" + derived_suffix(workflow_id)
                         : request.to_pvc;
  constexpr std::size_t kLongest = 63 - std::string_view("-failover").size();
  if (!text::is_dns1035_label(name) || name.size() > kLongest) {
    return refuse("\"" + name + "\" cannot name a volume to restore into.", "ToPVC");
  }
  const std::array<const kube::ResourceType*, 3> kinds{&types::kPersistentVolumeClaim,
                                                       &types::kDeployment, &types::kPgCluster};
  for (const kube::ResourceType* type : kinds) {
    PGO_TRY(const ObjectPtr object, get_if_exists(context.reader, *type, request.ns, name));
    if (!object) continue;
    return fail(Code::already_exists,
                "There is a " + std::string(type->kind) + " " + name +
                    "; choose another name for the volume to restore into.",
                "ToPVC");
  }
  return name;
}

/// O5: 4.2.0 deleted the instances first and then found that it could not make the Job.
Result<void> check_manifests(const Context& context, const model::PgCluster& cluster,
                             const model::RestoreWork& work) {
  const auto& renderer = manifests::Renderer::built_in();
  PGO_TRY_VOID(manifests::volume(renderer, cluster.metadata.ns, cluster.name(), work.to_pvc,
                                 cluster.spec.primary_storage));
  PGO_TRY_VOID(manifests::restore_job(renderer, cluster, work, context.config));
  PGO_TRY_VOID(
      manifests::restored_primary(renderer, cluster, work.to_pvc, context.config,
                                  {.node_key = work.node_key, .node_value = work.node_value}));
  return {};
}

/// What an earlier restore into a volume of this name left makes room; null without one.
Result<ObjectPtr> former_task(const Context& context, const model::RestoreWork& work,
                              const std::string& ns) {
  PGO_TRY(ObjectPtr former,
          current_task(context, ns, model::names::restore_task(work.cluster, work.to_pvc)));
  if (!former) return former;
  PGO_TRY(const model::PgTask task, model::PgTask::from(*former));
  if (!model::is_open(task)) return former;
  return fail(
      Code::already_exists,
      "A restore into " + work.to_pvc + " is under way; choose another name for the volume.",
      "ToPVC");
}

/// The record of an earlier restore makes room.
Result<void> renew_workflow(const Context& context, const Request& request,
                            const std::string& workflow_id) {
  const std::string name = model::names::restore_workflow(request.from_cluster);
  const model::PgTask task = model::workflow_task(request.ns, name, request.from_cluster,
                                                  workflow_id, {}, to_rfc3339(context.clock.now()));
  PGO_TRY(const ObjectPtr old, current_task(context, request.ns, name));
  return replace_task(context, task.object(), old);
}

}  // namespace

Result<model::rest::RestoreResponse> restore_cluster(const Context& context, const Caller& caller,
                                                     const Request& request) {
  PGO_TRY(const model::PgCluster cluster, check_cluster(context, request));
  PGO_TRY(const BackupOptions options, parse_backup_options(BackupTool::pgbackrest_restore,
                                                            request.restore_opts, "RestoreOpts"));
  PGO_TRY_VOID(check_target(context, cluster, request, options));
  PGO_TRY(const auto node, check_node_label(context, request.node_label, "NodeLabel"));
  const std::string workflow_id = context.ids.uuid();
  PGO_TRY(const std::string volume, check_volume(context, request, workflow_id));
  const model::RestoreWork work{
      .cluster = cluster.name(),
      .to_pvc = volume,
      .options = options.text(),
      .pitr_target = request.pitr_target,
      .storage_type = request.backrest_storage_type,
      .node_key = node ? node->first : std::string(),
      .node_value = node ? node->second : std::string(),
      .workflow_id = workflow_id,
      .cluster_id = std::string(cluster.metadata.label(model::label::kClusterId)),
      .user = caller.user};
  PGO_TRY_VOID(check_manifests(context, cluster, work));
  PGO_TRY(const ObjectPtr former, former_task(context, work, request.ns));

  PGO_TRY_VOID(renew_workflow(context, request, workflow_id));
  PGO_TRY_VOID(replace_task(context, model::restore_task(request.ns, work).object(), former));
  context.log.info("restore requested", {{"namespace", request.ns},
                                         {"cluster", cluster.name()},
                                         {"volume", volume},
                                         {"user", caller.user}});
  model::rest::RestoreResponse response;
  response.status.code = "ok";
  response.results = {"restore of " + cluster.name() + " to " + volume +
                          " requested, opts=" + work.options + " pitr-target=" + work.pitr_target,
                      "workflow id " + workflow_id};
  return response;
}

}  // namespace pgo::operations
