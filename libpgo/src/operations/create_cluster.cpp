#include "operations/checks.h"
#include "operations/create_check.h"
#include "operations/credentials.h"
#include "operations/pool_account.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"
#include "pgo/model/pgbouncer.h"
#include "pgo/model/pgtask.h"
#include "pgo/operations/cluster.h"

namespace pgo::operations {
namespace {

using Request = model::rest::CreateClusterRequest;

std::string_view bool_text(bool value) { return value ? model::kTrue : model::kFalse; }

model::Labels user_labels(const Context& context, const Request& request,
                          const CheckedCreate& checked, const std::string& workflow_id) {
  const auto& defaults = context.config.cluster;
  model::Labels labels = checked.labels;
  const auto set = [&labels](std::string_view key, std::string_view value) {
    labels.insert_or_assign(std::string(key), std::string(value));
  };
  if (!checked.custom_config.empty()) set(model::label::kCustomConfig, checked.custom_config);
  set(model::label::kCollect, bool_text(request.metrics_flag || defaults.metrics));
  if (!request.service_type.empty()) set(model::label::kServiceType, request.service_type);
  if (!request.backrest_storage_type.empty()) {
    set(model::label::kBackrestStorageType, request.backrest_storage_type);
  }
  set(model::label::kArchiveTimeout, defaults.archive_timeout);
  if (checked.node_label) {
    set(model::label::kNodeLabelKey, checked.node_label->first);
    set(model::label::kNodeLabelValue, checked.node_label->second);
  }
  set(model::label::kPodAntiAffinity, request.pod_anti_affinity);
  if (request.sync_replication) {
    set(model::label::kSyncReplication, bool_text(*request.sync_replication));
  }
  if (request.pgbouncer_flag) {
    // K31: its password is in its secret, and in no label.
    set(model::label::kPgbouncerUser, model::pool_user(request.pgbouncer_user));
    set(model::label::kPgbouncerSecret, "");
  }
  set(model::label::kPgoVersion, model::fixed::kPgoVersion);
  set(model::label::kWorkflowId, workflow_id);
  return labels;
}

model::Labels cluster_labels(const Context& context, const Caller& caller, const Request& request,
                             const std::string& name) {
  const auto& defaults = context.config.cluster;
  model::Labels labels;
  const auto set = [&labels](std::string_view key, std::string_view value) {
    labels.insert_or_assign(std::string(key), std::string(value));
  };
  set(model::label::kName, name);
  set(model::label::kAutofail, bool_text(request.autofail_flag && !defaults.disable_autofail));
  set(model::label::kBadger, bool_text(request.badger_flag || defaults.badger));
  set(model::label::kBackrest, model::kTrue);
  if (request.pgbouncer_flag) set(model::label::kPgbouncer, model::kTrue);
  set(model::label::kPgouser, caller.user);
  return labels;
}

model::PgCluster new_cluster(const Context& context, const Caller& caller, const Request& request,
                             const CheckedCreate& checked, const std::string& name,
                             const std::string& workflow_id) {
  const auto& defaults = context.config.cluster;
  const auto or_default = [](const std::string& value, const std::string& fallback) {
    return value.empty() ? fallback : value;
  };
  model::PgCluster cluster;
  cluster.metadata.name = name;
  cluster.metadata.ns = request.ns;
  cluster.metadata.labels = cluster_labels(context, caller, request, name);
  model::PgClusterSpec& spec = cluster.spec;
  spec.ns = request.ns;
  spec.name = name;
  spec.cluster_name = name;
  spec.primary_host = name;
  spec.policies = text::join(checked.policies, ",");
  spec.ccp_image = or_default(request.ccp_image, std::string(model::fixed::kDefaultImage));
  spec.ccp_image_tag = or_default(request.ccp_image_tag, defaults.ccp_image_tag);
  spec.port = defaults.port;
  spec.badger_port = defaults.badger_port;
  spec.exporter_port = defaults.exporter_port;
  spec.primary_storage = checked.primary;
  spec.replica_storage = checked.replica;
  spec.backrest_storage = checked.backrest;
  spec.container_resources = checked.resources;
  spec.user = checked.user;
  spec.database = checked.database;
  spec.replicas = checked.replicas;
  spec.strategy = or_default(defaults.strategy, "1");
  spec.secret_from = request.secret_from;
  spec.user_secret_name = model::names::user_secret(name, checked.user);
  spec.root_secret_name = model::names::postgres_secret(name);
  spec.primary_secret_name = model::names::primaryuser_secret(name);
  spec.collect_secret_name = model::names::collect_secret(name);
  spec.password_last_update = to_rfc3339(context.clock.now());
  spec.custom_config = request.custom_config;
  spec.user_labels = user_labels(context, request, checked, workflow_id);
  spec.pod_anti_affinity = request.pod_anti_affinity;
  spec.sync_replication = request.sync_replication;
  spec.s3_bucket = request.backrest_s3_bucket;
  spec.s3_region = request.backrest_s3_region;
  spec.s3_endpoint = request.backrest_s3_endpoint;
  cluster.status.state = std::string(model::state::kClusterCreated);
  cluster.status.message = std::string(kNotProcessed);
  return cluster;
}

/// One that an interrupted attempt left asks for what that was given.
Result<void> ensure_policies_task(const Context& context, const Request& request,
                                  const CheckedCreate& checked, const std::string& name) {
  const std::string task_name = model::names::policies_task(name);
  PGO_TRY(const ObjectPtr left, current_task(context, request.ns, task_name));
  if (checked.policies.empty()) {
    return left ? remove_task(context, *left) : Result<void>();
  }
  model::PgTask task = model::new_task(request.ns, task_name, model::TaskType::add_policies, name);
  for (const std::string& policy : checked.policies) task.spec.parameters[policy] = policy;
  task.spec.status = std::string(model::progress::kRequested);
  return replace_task(context, task.object(), left);
}

/// Writes the workflow task and returns its id. A task of that name without a cluster is what an
/// interrupted attempt left; its id is taken over, so that who followed it still can.
Result<std::string> ensure_workflow(const Context& context, const Caller& caller,
                                    const Request& request, const std::string& name) {
  const std::string task_name = model::names::create_workflow(name);
  std::string id = context.ids.uuid();
  const model::PgTask task = model::workflow_task(request.ns, task_name, name, id, caller.user,
                                                  to_rfc3339(context.clock.now()));
  auto created = context.client.create(kube::types::kPgTask, task.object());
  if (created) return id;
  if (created.error().code != Code::already_exists) return fail(std::move(created).error());
  PGO_TRY(const kube::Object object,
          context.client.get(kube::types::kPgTask, request.ns, task_name));
  PGO_TRY(const model::PgTask left, model::PgTask::from(object));
  const std::string_view left_id = left.parameter(model::param::kWorkflowId);
  if (!left_id.empty() && left.parameter(model::step::kCompleted).empty()) {
    return std::string(left_id);
  }
  // The record of an earlier cluster of this name.
  kube::DeleteOptions only_this;
  only_this.uid = std::string(object.uid());
  PGO_TRY_VOID(context.client.remove(kube::types::kPgTask, request.ns, task_name, only_this));
  PGO_TRY_VOID(context.client.create(kube::types::kPgTask, task.object()));
  return id;
}

/// Writes one cluster; the pgcluster comes last, because the plan acts once it is there.
Result<std::string> write_cluster(const Context& context, const Caller& caller,
                                  const Request& request, const CheckedCreate& checked,
                                  const std::string& name) {
  PGO_TRY_VOID(ensure_credentials(context, request, checked, name));
  PGO_TRY_VOID(ensure_repository_secret(context, request, name));
  PGO_TRY_VOID(ensure_policies_task(context, request, checked, name));
  PGO_TRY(std::string workflow_id, ensure_workflow(context, caller, request, name));
  const model::PgCluster cluster =
      new_cluster(context, caller, request, checked, name, workflow_id);
  if (request.pgbouncer_flag) {
    PGO_TRY_VOID(
        ensure_pool_secret(context, cluster, request.pgbouncer_user, request.pgbouncer_pass));
  }
  PGO_TRY_VOID(context.client.create(kube::types::kPgCluster, cluster.object()));
  context.log.info("cluster requested",
                   {{"namespace", request.ns}, {"cluster", name}, {"user", caller.user}});
  return workflow_id;
}

}  // namespace

Result<model::rest::CreateClusterResponse> create_cluster(const Context& context,
                                                          const Caller& caller,
                                                          const Request& request) {
  PGO_TRY(const CheckedCreate checked, check_create(context, request));
  model::rest::CreateClusterResponse response;
  response.status.code = "ok";
  for (const std::string& name : checked.names) {
    auto workflow_id = write_cluster(context, caller, request, checked, name);
    if (!workflow_id) {
      if (response.results.empty()) return fail(std::move(workflow_id).error());
      response.status = {.code = "error", .msg = workflow_id.error().text()};
      break;
    }
    response.results.push_back("created Pgcluster " + name);
    response.results.push_back("workflow id " + *workflow_id);
  }
  return response;
}

}  // namespace pgo::operations
