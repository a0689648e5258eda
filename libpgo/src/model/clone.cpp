#include "pgo/model/clone.h"

#include "pgo/base/ids.h"
#include "pgo/model/names.h"
#include "pgo/model/task_outcome.h"

#include <initializer_list>

namespace pgo::model {
namespace {

std::string_view step_label(TaskType step) {
  switch (step) {
    case TaskType::clone_step1:
      return label::kCloneStep1;
    case TaskType::clone_step2:
      return label::kCloneStep2;
    default:
      return label::kCloneStep3;
  }
}

constexpr std::string_view kWorkflowEnd = "-cloneworkflow";

std::string suffixed(std::initializer_list<std::string_view> parts, std::string_view what,
                     const CloneWork& work) {
  std::string name;
  for (const std::string_view part : parts) name += part;
  return name + "-" + derived_suffix(work.workflow_id + "/" + std::string(what));
}

}  // namespace

PgTask clone_task(std::string_view ns, TaskType step, const CloneWork& work) {
  PgTask task = new_task(ns, names::clone_step(step, work), step, work.target);
  task.metadata.labels.emplace(label::kClone, kTrue);
  task.metadata.labels.emplace(step_label(step), kTrue);
  task.metadata.labels.emplace(label::kPgouser, work.user);
  auto& parameters = task.spec.parameters;
  parameters.emplace(param::kCloneSourceCluster, work.source);
  parameters.emplace(param::kCloneTargetCluster, work.target);
  parameters.emplace(param::kCloneTaskName, task.name());
  parameters.emplace(param::kTimestamp, work.timestamp);
  parameters.emplace(param::kWorkflowId, work.workflow_id);
  parameters.emplace(param::kCloneStorageType, work.storage_type);
  if (!work.pitr_target.empty()) parameters.emplace(param::kPitrTarget, work.pitr_target);
  if (!work.replicas.empty()) parameters.emplace(param::kReplicaCount, work.replicas);
  return task;
}

CloneWork clone_of(const PgTask& task) {
  return {.source = std::string(task.parameter(param::kCloneSourceCluster)),
          .target = std::string(task.parameter(param::kCloneTargetCluster)),
          .workflow_id = std::string(task.parameter(param::kWorkflowId)),
          .user = std::string(task.metadata.label(label::kPgouser)),
          .storage_type = std::string(task.parameter(param::kCloneStorageType)),
          .pitr_target = std::string(task.parameter(param::kPitrTarget)),
          .replicas = std::string(task.parameter(param::kReplicaCount)),
          .timestamp = std::string(task.parameter(param::kTimestamp))};
}

bool is_clone(const PgTask& task) {
  const auto type = task.type();
  return type == TaskType::clone_step1 || type == TaskType::clone_step2 ||
         type == TaskType::clone_step3;
}

bool is_failed_clone_workflow(const PgTask& task) {
  return task.type() == TaskType::workflow && task.name().ends_with(kWorkflowEnd) &&
         !task.parameter(step::kFailed).empty();
}

namespace names {

std::string clone_workflow(const CloneWork& work) {
  return suffixed({work.target}, "workflow", work) + std::string(kWorkflowEnd);
}

std::string clone_step(TaskType step, const CloneWork& work) {
  return suffixed({to_string(step), "-", work.target}, to_string(step), work);
}

std::string repo_sync_job(const CloneWork& work) {
  // A Job's name becomes a label of its pod, which may have 63 characters.
  return suffixed({"pgo-backrest-repo-sync-", std::string_view(work.target).substr(0, 35)}, "sync",
                  work);
}

}  // namespace names

namespace selector {
std::string clone_tasks(std::string_view target) {
  return selector::cluster(target) + "," + std::string(label::kClone) + "=" + std::string(kTrue);
}
std::string workflows(std::string_view target) {
  const std::string any(label::kWorkflowId);
  return target.empty() ? any : selector::cluster(target) + "," + any;
}
}  // namespace selector

}  // namespace pgo::model
