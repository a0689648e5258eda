#pragma once

#include <optional>
#include <string_view>

/// States, progress texts and task types: the words by which objects say how far they are.
namespace pgo::model {

/// `status.state` of the custom resources.
namespace state {
inline constexpr std::string_view kClusterCreated = "pgcluster Created";
inline constexpr std::string_view kClusterProcessed = "pgcluster Processed";
inline constexpr std::string_view kClusterInitialized = "pgcluster Initialized";
inline constexpr std::string_view kClusterRestoring = "pgcluster Restoring";
inline constexpr std::string_view kReplicaCreated = "pgreplica Created";
inline constexpr std::string_view kReplicaPendingInit = "pgreplica Pending init";
inline constexpr std::string_view kReplicaPendingRestore = "pgreplica Pending restore";
inline constexpr std::string_view kReplicaProcessed = "pgreplica Processed";
inline constexpr std::string_view kTaskCreated = "pgtask Created";
inline constexpr std::string_view kTaskProcessed = "pgtask Processed";
inline constexpr std::string_view kPolicyCreated = "pgpolicy Created";
inline constexpr std::string_view kPolicyProcessed = "pgpolicy Processed";
inline constexpr std::string_view kBackupCreated = "pgbackup Created";
inline constexpr std::string_view kBackupProcessed = "pgbackup Processed";
}  // namespace state

/// `spec.status` of clusters, replicas and tasks.
namespace progress {
inline constexpr std::string_view kCompleted = "completed";
inline constexpr std::string_view kFailed = "failed";  ///< ours: status.message says why
inline constexpr std::string_view kInProgress = "in progress";
inline constexpr std::string_view kRequested = "requested";
inline constexpr std::string_view kRestore = "restore";  ///< a replica to be made again
inline constexpr std::string_view kSubmitted = "submitted";
inline constexpr std::string_view kJobSubmitted = "job submitted";
inline constexpr std::string_view kJobCompleted = "job completed";
inline constexpr std::string_view kJobError = "job error";
inline constexpr std::string_view kBackupJobSubmitted = "Backup Job Submitted";
inline constexpr std::string_view kBackupJobResubmitted = "Backup Job Re-Submitted";
inline constexpr std::string_view kBackupJobInProgress = "Backup Job In Progress";
inline constexpr std::string_view kBackupJobCompleted = "Backup Job Completed";
inline constexpr std::string_view kBackupJobError = "Backup Job Error";
}  // namespace progress

/// Step keys in the parameters of workflow tasks; the value is an RFC 3339 time.
namespace step {
inline constexpr std::string_view kSubmitted = "task submitted";
inline constexpr std::string_view kCompleted = "task completed";
inline constexpr std::string_view kRestoreJobCreated = "restore job created";
inline constexpr std::string_view kRestorePrimaryCreated = "restored Primary created";
inline constexpr std::string_view kClonePvc = "clone 1.1: create pvc";
inline constexpr std::string_view kCloneRepoSync = "clone 1.2: sync pgbackrest repo";
inline constexpr std::string_view kCloneRestore = "clone 2: restoring backup";
inline constexpr std::string_view kCloneCreate = "clone 3: cluster creating";
inline constexpr std::string_view kJobCompleted = "job completed";
/// Before a policy's name; the value says why it could not be applied to the new cluster. Ours.
inline constexpr std::string_view kPolicyFailed = "failed policy: ";
}  // namespace step

/// Values of `pgha-backup-type`: why the operator took a backup.
namespace backup_type {
inline constexpr std::string_view kBootstrap = "bootstrap";
inline constexpr std::string_view kFailover = "failover";
}  // namespace backup_type

/// Values of `backrest-command`.
namespace backrest_command {
inline constexpr std::string_view kBackup = "backup";
inline constexpr std::string_view kStanzaCreate = "stanza-create";
inline constexpr std::string_view kInfo = "info";
}  // namespace backrest_command

/// `spec.tasktype` of a pgtask.
enum class TaskType {
  add_pgbouncer,
  delete_pgbouncer,
  reconfigure_pgbouncer,
  update_pgbouncer_auths,
  delete_backups,
  delete_data,
  failover,
  autofailover,
  add_policies,
  minor_upgrade,
  workflow,
  backrest,
  restore,
  pgdump,
  pgrestore,
  pgbasebackup_restore,
  benchmark,
  clone_step1,
  clone_step2,
  clone_step3,
};

std::string_view to_string(TaskType type);
/// Empty for a word that 4.2.0 does not know either.
std::optional<TaskType> task_type(std::string_view text);

}  // namespace pgo::model
