#include "pgo/operations/backup.h"

#include "operations/backrest_info.h"
#include "operations/backup_options.h"
#include "operations/checks.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"

#include <algorithm>

namespace pgo::operations {
namespace {

namespace rest = model::rest;

struct Checked {
  model::PgCluster cluster;
  std::string repo_pod;
};

/// The task's Job has a pod at work and nothing has gone wrong with it so far. As it is now, not as
/// a cache remembers it.
Result<bool> is_running(const Context& context, const kube::Object& task) {
  DirectReader present(context.client);
  PGO_TRY(const ObjectPtr job, get_if_exists(present, kube::types::kJob, task.ns(), task.name()));
  if (!job || job->being_deleted()) return false;
  const std::string_view works_for = job->annotation(model::annotation::kTaskUid);
  if (!works_for.empty() && works_for != task.uid()) return false;
  const json::Value& status = (*job)["status"];
  if (status["succeeded"].as_int() > 0 || status["failed"].as_int() > 0) return false;
  PGO_TRY(const std::vector<ObjectPtr> pods,
          present.list(kube::types::kPod, task.ns(),
                       std::string(model::label::kJobName) + "=" + std::string(job->name())));
  return std::ranges::any_of(pods, [](const ObjectPtr& pod) {
    return (*pod)["status"]["phase"].as_string() == "Running";
  });
}

/// 4.2.0 cut off a backup that was running. One that has not begun, or that fails and is tried
/// again, may be replaced: nobody would get rid of it otherwise.
Result<void> check_none_runs(const Context& context, const std::string& ns,
                             const std::string& cluster) {
  PGO_TRY(const ObjectPtr object, current_task(context, ns, model::names::backup(cluster)));
  if (!object) return {};
  PGO_TRY(const model::PgTask task, model::PgTask::from(*object));
  const std::string& status = task.spec.status;
  if (status == model::progress::kJobCompleted || status == model::progress::kJobError) return {};
  PGO_TRY(const bool running, is_running(context, *object));
  if (!running) return {};
  const std::string_view owed = task.parameter(model::param::kBackupType);
  const std::string_view which = owed == model::backup_type::kBootstrap ? "The first backup"
                                 : owed == model::backup_type::kFailover
                                     ? "The backup after a failover"
                                     : "A backup";
  const std::string options(task.parameter(model::param::kBackrestOpts));
  return fail(Code::failed_precondition,
              std::string(which) + " of " + cluster + " is running (Job " + task.name() +
                  (options.empty() ? std::string() : ", " + options) + ", asked for at " +
                  task.metadata.creation_timestamp + "), and a new one would stop it. " +
                  "Ask again when pgo show backup " + cluster + " lists it.",
              cluster);
}

Result<Checked> check(const Context& context, const rest::CreateBackrestBackupRequest& request,
                      model::PgCluster cluster) {
  const std::string name = cluster.name();
  PGO_TRY_VOID(check_uses_backrest(cluster, "nothing was started", name));
  if (cluster.status.state == model::state::kClusterRestoring) {
    return fail(Code::failed_precondition,
                "Cluster " + name + " is being restored; try again when it is done.", name);
  }
  PGO_TRY_VOID(check_storage_type(cluster, request.backrest_storage_type, StorageTypes::any,
                                  "BackrestStorageType"));
  PGO_TRY_VOID(check_no_removal(context, request.ns, name));
  PGO_TRY(const ObjectPtr repo, ready_repo_pod(context, request.ns, name));
  PGO_TRY_VOID(ready_primary_pod(context, request.ns, name));
  PGO_TRY_VOID(check_none_runs(context, request.ns, name));
  return Checked{std::move(cluster), std::string(repo->name())};
}

/// A backup that the operator owes (the first one, or a promotion's) and that this one replaces is
/// owed no longer: the new task takes over what it was for.
Result<void> take_over(model::PgTask& task, const kube::Object& object) {
  PGO_TRY(const model::PgTask old, model::PgTask::from(object));
  const std::string_view type = old.parameter(model::param::kBackupType);
  if (old.spec.status == model::progress::kJobCompleted || type.empty()) return {};
  task.spec.parameters.insert_or_assign(std::string(model::param::kBackupType), type);
  const std::string_view promotion = object.annotation(model::annotation::kFailoverBackup);
  if (!promotion.empty()) {
    task.metadata.annotations.emplace(model::annotation::kFailoverBackup, promotion);
  }
  return {};
}

Result<void> ask_for(const Context& context, const Caller& caller,
                     const rest::CreateBackrestBackupRequest& request, const std::string& options,
                     const Checked& checked) {
  const std::string& cluster = checked.cluster.name();
  const std::string name = model::names::backup(cluster);
  model::BackrestWork work;
  work.cluster = cluster;
  work.command = model::backrest_command::kBackup;
  work.options = options;
  work.storage_type = request.backrest_storage_type;
  work.repo_pod = checked.repo_pod;
  model::PgTask task = model::backrest_task(request.ns, name, work);
  task.metadata.labels.emplace(model::label::kClusterId,
                               checked.cluster.metadata.label(model::label::kClusterId));
  task.metadata.labels.emplace(model::label::kPgouser, caller.user);
  // K6, O6: no older task is nothing to clean. Its Jobs are the plan's to remove.
  PGO_TRY(const ObjectPtr old, current_task(context, request.ns, name));
  if (old) PGO_TRY_VOID(take_over(task, *old));
  return replace_task(context, task.object(), old);
}

void tell_text(const Context& context, const kube::Object& repo, const std::string& type,
               rest::ShowBackrestDetail& into) {
  auto text = run_info(context, repo, type, false);
  into.info += "\nStorage Type: " + type + "\n";
  into.info += text ? *text : text.error().text() + "\n";
}

void tell_fields(const Context& context, const kube::Object& repo, const std::string& type,
                 rest::ShowBackrestDetail& into) {
  auto found = ask_repository(context, repo, type);
  if (!found) {
    rest::BackrestRepository unknown;
    unknown.status = found.error().text();
    found = std::vector{std::move(unknown)};
  }
  for (rest::BackrestRepository& one : *found) {
    one.storage_type = type;
    into.repositories.push_back(std::move(one));
  }
}

}  // namespace

Result<rest::CreateBackrestBackupResponse> create_backups(
    const Context& context, const Caller& caller,
    const rest::CreateBackrestBackupRequest& request) {
  PGO_TRY(const BackupOptions options,
          parse_backup_options(BackupTool::pgbackrest_backup, request.backup_opts, "BackupOpts"));
  rest::CreateBackrestBackupResponse response;
  response.status.code = "ok";
  PGO_TRY(std::vector<model::PgCluster> clusters,
          named_clusters(context, request.ns, request.selector, request.args));
  if (clusters.empty()) {
    response.results.emplace_back(rest::kNoClusterMatches);
    return response;
  }
  std::vector<Checked> all;
  for (model::PgCluster& cluster : clusters) {
    PGO_TRY(Checked checked, check(context, request, std::move(cluster)));
    all.push_back(std::move(checked));
  }
  for (const Checked& checked : all) {
    auto asked = ask_for(context, caller, request, options.text(), checked);
    if (!asked) {
      if (response.results.empty()) return fail(std::move(asked).error());
      response.status = {.code = "error", .msg = asked.error().text()};
      break;
    }
    const std::string& name = checked.cluster.name();
    context.log.info("backup requested", {{"namespace", request.ns}, {"cluster", name}});
    response.results.push_back("created Pgtask " + model::names::backup(name));
  }
  return response;
}

Result<rest::ShowBackrestResponse> show_backups(const Context& context,
                                                const ShowBackupsRequest& request) {
  rest::ShowBackrestResponse response;
  response.status.code = "ok";
  const std::string name = request.cluster == "all" ? std::string() : request.cluster;
  PGO_TRY(const std::vector<model::PgCluster> clusters,
          select_clusters(context, request.ns, request.selector, name));
  if (clusters.empty() && !name.empty() && request.selector.empty()) {
    return fail(Code::not_found,
                "There is no cluster " + name + " in namespace " + request.ns + ".", name);
  }
  for (const model::PgCluster& cluster : clusters) {
    PGO_TRY(const ObjectPtr repo, ready_repo_pod(context, request.ns, cluster.name()));
    rest::ShowBackrestDetail& item = response.items.emplace_back();
    item.name = cluster.name();
    const auto tell = request.structured ? tell_fields : tell_text;
    if (cluster.uses_local_repository()) tell(context, *repo, "local", item);
    if (cluster.uses_s3()) tell(context, *repo, "s3", item);
  }
  return response;
}

}  // namespace pgo::operations
