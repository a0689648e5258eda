#include "pgo/model/pgtask.h"

#include "pgo/base/text.h"
#include "pgo/model/names.h"

#include <utility>

namespace pgo::model {
namespace {

std::string flag(bool value) { return std::string(value ? kTrue : kFalse); }

void set(PgTask& task, std::string_view key, std::string_view value) {
  task.spec.parameters.insert_or_assign(std::string(key), std::string(value));
}

bool is_set(const PgTask& task, std::string_view key) {
  return text::to_bool(task.parameter(key)).value_or(false);
}

}  // namespace

bool is_open(const PgTask& task) {
  return task.spec.status != progress::kCompleted && task.spec.status != progress::kFailed;
}

PgTask new_task(std::string_view ns, std::string_view name, TaskType type,
                std::string_view cluster) {
  PgTask task;
  task.metadata.ns = ns;
  task.metadata.name = name;
  task.metadata.labels.emplace(label::kCluster, cluster);
  task.spec.ns = ns;
  task.spec.name = name;
  task.spec.task_type = to_string(type);
  return task;
}

PgTask workflow_task(std::string_view ns, std::string_view name, std::string_view cluster,
                     std::string_view workflow_id, std::string_view pgouser,
                     std::string_view time) {
  PgTask task = new_task(ns, name, TaskType::workflow, cluster);
  task.metadata.labels.emplace(label::kWorkflowId, workflow_id);
  if (!pgouser.empty()) task.metadata.labels.emplace(label::kPgouser, pgouser);
  set(task, param::kCluster, cluster);
  set(task, param::kWorkflowId, workflow_id);
  set(task, step::kSubmitted, time);
  return task;
}

PgTask removal_task(std::string_view ns, std::string_view name, const Removal& removal) {
  PgTask task = new_task(ns, name, TaskType::delete_data, removal.cluster);
  task.metadata.labels.emplace(label::kRmdata, kTrue);
  set(task, param::kCluster, removal.cluster);
  set(task, param::kScope, removal.scope);
  set(task, param::kReplicaName, removal.replica);
  set(task, param::kDeleteData, flag(removal.delete_data));
  set(task, param::kDeleteBackups, flag(removal.delete_backups));
  set(task, param::kIsReplica, flag(removal.is_replica));
  set(task, param::kIsBackup, flag(removal.is_backup));
  return task;
}

Removal removal_of(const PgTask& task) {
  return {.cluster = std::string(task.parameter(param::kCluster)),
          .scope = std::string(task.parameter(param::kScope)),
          .replica = std::string(task.parameter(param::kReplicaName)),
          .delete_data = is_set(task, param::kDeleteData),
          .delete_backups = is_set(task, param::kDeleteBackups),
          .is_replica = is_set(task, param::kIsReplica),
          .is_backup = is_set(task, param::kIsBackup)};
}

PgTask backrest_task(std::string_view ns, std::string_view name, const BackrestWork& work) {
  PgTask task = new_task(ns, name, TaskType::backrest, work.cluster);
  set(task, param::kJobName, name);
  set(task, param::kCluster, work.cluster);
  set(task, param::kPodName, work.repo_pod);
  set(task, param::kContainerName, work.container);
  set(task, param::kBackrestCommand, work.command);
  set(task, param::kBackrestOpts, work.options);
  set(task, param::kBackrestStorageType, work.storage_type);
  if (!work.backup_type.empty()) set(task, param::kBackupType, work.backup_type);
  return task;
}

BackrestWork backrest_of(const PgTask& task) {
  return {.cluster = std::string(task.parameter(param::kCluster)),
          .command = std::string(task.parameter(param::kBackrestCommand)),
          .options = std::string(task.parameter(param::kBackrestOpts)),
          .storage_type = std::string(task.parameter(param::kBackrestStorageType)),
          .repo_pod = std::string(task.parameter(param::kPodName)),
          .backup_type = std::string(task.parameter(param::kBackupType)),
          .container = std::string(task.parameter(param::kContainerName))};
}

}  // namespace pgo::model
