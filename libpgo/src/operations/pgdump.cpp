#include "pgo/operations/pgdump.h"

#include "operations/backup_options.h"
#include "operations/checks.h"
#include "operations/removal.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"

#include <algorithm>

namespace pgo::operations {
namespace {

namespace param = model::param;
namespace rest = model::rest;

constexpr std::string_view kDumpAll = "--dump-all";
/// What is dumped and where a dump is loaded, as in 4.2.0; --dump-all takes every database.
constexpr std::string_view kDatabase = "postgres";

void set(model::PgTask& task, std::string_view key, std::string_view value) {
  task.spec.parameters.insert_or_assign(std::string(key), std::string(value));
}

std::string port_of(const Context& context, const model::PgCluster& cluster) {
  return cluster.spec.port.empty() ? context.config.cluster.port : cluster.spec.port;
}

std::string superuser_secret(const model::PgCluster& cluster) {
  const std::string& own = cluster.spec.root_secret_name;
  return own.empty() ? model::names::postgres_secret(cluster.name()) : own;
}

Result<void> check_cluster(const Context& context, const std::string& ns,
                           const std::string& cluster) {
  PGO_TRY_VOID(check_no_removal(context, ns, cluster));
  PGO_TRY(const ObjectPtr removal, get_if_exists(context.reader, kube::types::kPgTask, ns,
                                                 model::names::backup_removal_task(cluster)));
  if (removal) {
    return fail(
        Code::failed_precondition,
        "The dumps of " + cluster + " are still being removed; try again when they are gone.",
        cluster);
  }
  PGO_TRY_VOID(ready_primary_pod(context, ns, cluster));
  return {};
}

/// What a request for dumps comes to, for every cluster of it.
struct CheckedDump {
  BackupOptions options;
  model::StorageSpec storage;
};

Result<CheckedDump> check_dump(const Context& context,
                               const rest::CreatepgDumpBackupRequest& request) {
  CheckedDump checked;
  PGO_TRY(checked.options,
          parse_backup_options(dump_tool(request.backup_opts), request.backup_opts, "BackupOpts"));
  const std::string& config = context.config.backup_storage;
  auto storage =
      context.config.storage_spec(request.storage_config.empty() ? config : request.storage_config);
  if (!storage) {
    storage.error().subject = "StorageConfig";
    return fail(std::move(storage).error());
  }
  checked.storage = *std::move(storage);
  if (!request.pvc_name.empty() && !text::is_dns1123_subdomain(request.pvc_name)) {
    return fail(Code::invalid_argument,
                "\"" + request.pvc_name + "\" cannot be the name of a volume claim.", "PVCName");
  }
  return checked;
}

model::PgTask dump_task(const Context& context, const Caller& caller,
                        const rest::CreatepgDumpBackupRequest& request, const CheckedDump& checked,
                        const model::PgCluster& cluster) {
  const std::string& name = cluster.name();
  model::PgTask task =
      model::new_task(request.ns, model::names::pgdump_task(name), model::TaskType::pgdump, name);
  task.metadata.labels.emplace(model::label::kPgouser, caller.user);
  task.spec.storage = checked.storage;
  task.spec.storage.name.clear();
  set(task, param::kCluster, name);
  set(task, param::kPgdumpHost, model::names::primary_service(name));
  set(task, param::kContainerName, model::container::kDatabase);
  set(task, param::kPgdump, param::kPgdump);
  set(task, param::kPgdumpOpts, checked.options.text_without(kDumpAll));
  set(task, param::kPgdumpDb, kDatabase);
  set(task, param::kPgdumpUser, superuser_secret(cluster));
  set(task, param::kPgdumpPort, port_of(context, cluster));
  set(task, param::kPgdumpAll, checked.options.has(kDumpAll) ? model::kTrue : model::kFalse);
  set(task, param::kPvcName,
      request.pvc_name.empty() ? model::names::pgdump_volume(name) : request.pvc_name);
  set(task, param::kImageTag, context.config.cluster.ccp_image_tag);
  return task;
}

model::PgBackup shown(const kube::Object& object, const model::PgTask& task) {
  model::PgBackup backup;
  backup.kind.clear();
  backup.api_version.clear();
  backup.metadata.creation_timestamp = object["metadata"]["creationTimestamp"].as_string();
  const auto parameter = [&](std::string_view key) { return std::string(task.parameter(key)); };
  auto& spec = backup.spec;
  spec.name = task.name();
  spec.storage.access_mode = task.spec.storage.access_mode;
  spec.storage.size = task.spec.storage.size;
  spec.ccp_image_tag = parameter(param::kImageTag);
  spec.host = parameter(param::kPgdumpHost);
  spec.user_secret = parameter(param::kPgdumpUser);
  spec.port = parameter(param::kPgdumpPort);
  spec.backup_status = task.spec.status;
  spec.pvc = parameter(param::kPvcName);
  spec.options = parameter(param::kPgdumpOpts);
  if (parameter(param::kPgdumpAll) == model::kTrue) {
    spec.options =
        text::join(text::split_list(std::string(kDumpAll) + " " + spec.options, ' '), " ");
  }
  return backup;
}

/// A directory of the volume, so nothing that leads elsewhere.
Result<void> check_timestamp(const std::string& timestamp) {
  const bool plain =
      std::ranges::all_of(timestamp, [](char c) { return (c >= '0' && c <= '9') || c == '-'; });
  if (plain) return {};
  return fail(Code::invalid_argument,
              "\"" + timestamp +
                  "\" is no dump; dumps are named by time, such as "
                  "2026-01-31-23-59-59.",
              "PITRTarget");
}

/// The task that dumps into a claim: of the cluster that it is labelled with, else of `cluster`.
Result<ObjectPtr> task_of_claim(const Context& context, const kube::Object& claim,
                                const std::string& cluster) {
  const std::string labelled(claim.label(model::label::kCluster));
  for (const std::string& one : {labelled, cluster}) {
    if (one.empty()) continue;
    PGO_TRY(ObjectPtr task, get_if_exists(context.reader, kube::types::kPgTask, claim.ns(),
                                          model::names::pgdump_task(one)));
    if (task && (*task)["spec"]["parameters"][param::kPvcName].as_string() == claim.name()) {
      return task;
    }
  }
  return ObjectPtr{};
}

/// A claim that its task made holds what that task has done and no more; an older one may hold
/// dumps of former tasks, which nobody remembers.
Result<void> check_dumped(const Context& context, const kube::Object& claim,
                          const rest::PgRestoreRequest& request) {
  PGO_TRY(const ObjectPtr task, task_of_claim(context, claim, request.from_cluster));
  if (!task) return {};
  const std::string_view status = (*task)["spec"]["status"].as_string();
  if (status.starts_with(model::progress::kJobCompleted)) return {};
  const bool over = status.starts_with(model::progress::kJobError);
  const bool made_for_it = claim["metadata"]["creationTimestamp"].as_string() >=
                           (*task)["metadata"]["creationTimestamp"].as_string();
  // Without a target the newest is loaded, which is the one that is being made.
  if (!made_for_it && (over || !request.pitr_target.empty())) return {};
  const std::string name(claim.name());
  return fail(Code::failed_precondition,
              over ? "The dump into " + name + " failed, and it holds no other; make a new one."
                   : "The dump into " + name +
                         " is not complete; load it when pgo show backup "
                         "--backup-type=pgdump says \"job completed\".",
              "FromPVC");
}

}  // namespace

Result<rest::CreatepgDumpBackupResponse> create_dumps(
    const Context& context, const Caller& caller, const rest::CreatepgDumpBackupRequest& request) {
  PGO_TRY(const CheckedDump checked, check_dump(context, request));
  PGO_TRY(const std::vector<model::PgCluster> clusters,
          named_clusters(context, request.ns, request.selector, request.args));
  rest::CreatepgDumpBackupResponse response;
  response.status.code = "ok";
  if (clusters.empty()) response.results.emplace_back(rest::kNoClusterMatches);
  for (const model::PgCluster& cluster : clusters) {
    PGO_TRY_VOID(check_cluster(context, request.ns, cluster.name()));
    if (request.pvc_name.empty()) continue;
    // Whoever deletes that cluster or its dumps would delete these too.
    PGO_TRY_VOID(check_not_anothers(context, kube::types::kPersistentVolumeClaim, request.ns,
                                    request.pvc_name, cluster.name(), "PVCName"));
  }
  for (const model::PgCluster& cluster : clusters) {
    const model::PgTask task = dump_task(context, caller, request, checked, cluster);
    PGO_TRY(const ObjectPtr old, current_task(context, request.ns, task.name()));
    auto asked = replace_task(context, task.object(), old);
    if (!asked) {
      if (response.results.empty()) return fail(std::move(asked).error());
      response.status = {.code = "error", .msg = asked.error().text()};
      break;
    }
    context.log.info("dump requested", {{"namespace", request.ns}, {"cluster", cluster.name()}});
    response.results.push_back("created Pgtask " + task.name());
  }
  return response;
}

Result<rest::ShowBackupResponse> show_dumps(const Context& context, std::string_view ns,
                                            std::string_view selector, std::string_view cluster) {
  rest::ShowBackupResponse response;
  response.status.code = "ok";
  PGO_TRY(const std::vector<model::PgCluster> clusters,
          select_clusters(context, ns, selector, cluster == "all" ? std::string_view() : cluster));
  for (const model::PgCluster& one : clusters) {
    PGO_TRY(const ObjectPtr object, get_if_exists(context.reader, kube::types::kPgTask, ns,
                                                  model::names::pgdump_task(one.name())));
    if (!object) continue;
    PGO_TRY(const model::PgTask task, model::PgTask::from(*object));
    response.backup_list.items.push_back(shown(*object, task));
  }
  return response;
}

Result<rest::PgRestoreResponse> restore_dump(const Context& context, const Caller& caller,
                                             const rest::PgRestoreRequest& request) {
  PGO_TRY(const BackupOptions options,
          parse_backup_options(BackupTool::pg_restore, request.restore_opts, "RestoreOpts"));
  PGO_TRY_VOID(check_timestamp(request.pitr_target));
  PGO_TRY(const model::PgCluster cluster, find_cluster(context, request.ns, request.from_cluster));
  ObjectPtr claim;
  if (text::is_dns1123_subdomain(request.from_pvc)) {
    PGO_TRY(claim, get_if_exists(context.reader, kube::types::kPersistentVolumeClaim, request.ns,
                                 request.from_pvc));
  }
  if (!claim) {
    return fail(Code::invalid_argument,
                "There is no volume claim \"" + request.from_pvc + "\" in namespace " + request.ns +
                    "; name the one that holds the dump (--backup-pvc).",
                "FromPVC");
  }
  PGO_TRY_VOID(check_dumped(context, *claim, request));
  PGO_TRY(const auto node, check_node_label(context, request.node_label, "NodeLabel"));
  const std::string& name = cluster.name();
  PGO_TRY_VOID(check_cluster(context, request.ns, name));

  model::PgTask task = model::new_task(request.ns, model::names::pgrestore_task(name),
                                       model::TaskType::pgrestore, name);
  task.metadata.labels.emplace(model::label::kPgouser, caller.user);
  set(task, param::kPgrestoreDb, kDatabase);
  set(task, param::kPgrestoreHost, model::names::primary_service(name));
  set(task, param::kPgrestoreFromCluster, name);
  set(task, param::kPgrestoreFromPvc, request.from_pvc);
  set(task, param::kPgrestorePitrTarget, request.pitr_target);
  set(task, param::kPgrestoreOpts, options.text());
  set(task, param::kPgrestoreUser, superuser_secret(cluster));
  set(task, param::kPgrestore, param::kPgrestore);
  set(task, param::kPgrestorePort, port_of(context, cluster));
  set(task, param::kImageTag, context.config.cluster.ccp_image_tag);
  if (node) {
    set(task, param::kNodeLabelKey, node->first);
    set(task, param::kNodeLabelValue, node->second);
  }
  PGO_TRY(const ObjectPtr old, current_task(context, request.ns, task.name()));
  PGO_TRY_VOID(replace_task(context, task.object(), old));
  context.log.info("load of a dump requested", {{"namespace", request.ns}, {"cluster", name}});
  rest::PgRestoreResponse response;
  response.status.code = "ok";
  response.results.push_back("restore performed on " + name + " to " + request.from_pvc + " opts=" +
                             request.restore_opts + " pitr-target=" + request.pitr_target);
  return response;
}

Result<rest::DeleteBackupResponse> delete_backup(const Context& context, std::string_view ns,
                                                 std::string_view cluster) {
  const std::string name(cluster), space(ns);
  if (name.empty() || name == "all") {
    return fail(Code::invalid_argument, "Dumps are deleted cluster by cluster; name one.", "name");
  }
  PGO_TRY_VOID(check_no_removal(context, ns, cluster));
  PGO_TRY(const ObjectPtr task, get_if_exists(context.reader, kube::types::kPgTask, ns,
                                              model::names::pgdump_task(cluster)));
  PGO_TRY(const ObjectPtr claim, get_if_exists(context.reader, kube::types::kPersistentVolumeClaim,
                                               ns, model::names::pgdump_volume(cluster)));
  PGO_TRY(const ObjectPtr legacy,
          get_if_exists(context.reader, kube::types::kPgBackup, ns, cluster));
  if (!task && !claim && !legacy) {
    return fail(Code::not_found, "There is no dump of " + name + " in namespace " + space + ".",
                name);
  }
  model::Removal removal;
  removal.cluster = name;
  removal.is_backup = true;
  PGO_TRY_VOID(
      request_removal_task(context, space, model::names::backup_removal_task(name), removal));
  if (legacy) {
    auto removed = context.client.remove(kube::types::kPgBackup, space, name);
    if (!removed && removed.error().code != Code::not_found) {
      return fail(std::move(removed).error());
    }
  }
  context.log.info("removal of dumps requested", {{"namespace", space}, {"cluster", name}});
  rest::DeleteBackupResponse response;
  response.status.code = "ok";
  response.results.push_back(name);
  return response;
}

}  // namespace pgo::operations
