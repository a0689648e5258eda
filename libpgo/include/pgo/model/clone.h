#pragma once

#include "pgo/model/pgtask.h"

#include <string>
#include <string_view>

/// `pgo clone`: its tasks, and the names of what they make. Every name follows from the workflow's
/// id, where 4.2.0 drew four letters each time.
namespace pgo::model {

/// What is asked for; the same in the tasks of all three steps.
struct CloneWork {
  std::string source = {}, target = {};
  std::string workflow_id = {};
  std::string user = {};          ///< who asked
  std::string storage_type = {};  ///< local, s3 or empty: which repository is restored from (K19)
  std::string pitr_target = {};   ///< a point in time; empty: all there is. Ours, not 4.2.0's
  std::string replicas = {};      ///< of the new cluster; empty: none. Ours, not 4.2.0's
  std::string timestamp = {};     ///< RFC 3339
  bool operator==(const CloneWork&) const = default;
};

namespace param {
inline constexpr std::string_view kReplicaCount = "replica-count";
}  // namespace param

/// The task of `step`, one of the three types; state and status are left to the caller.
PgTask clone_task(std::string_view ns, TaskType step, const CloneWork& work);
CloneWork clone_of(const PgTask& task);
bool is_clone(const PgTask& task);
/// The record of a clone that failed or was cancelled. It outlives the tasks of the steps, so that
/// people can see how it ended.
bool is_failed_clone_workflow(const PgTask& task);

namespace names {
std::string clone_workflow(const CloneWork& work);
std::string clone_step(TaskType step, const CloneWork& work);
std::string repo_sync_job(const CloneWork& work);
}  // namespace names

namespace selector {
std::string clone_tasks(std::string_view target);
/// Tasks that record workflows, of every target when it is empty.
std::string workflows(std::string_view target);
}  // namespace selector

}  // namespace pgo::model
