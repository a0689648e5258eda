#pragma once

#include <string_view>

/// The label, annotation and task parameter keys of the objects of a PostgreSQL cluster, as 4.2.0
/// wrote them. Code elsewhere uses these constants and never repeats the text.
namespace pgo::model {

inline constexpr std::string_view kTrue = "true";
inline constexpr std::string_view kFalse = "false";

/// Label keys. Who carries one is said where it is not obvious.
namespace label {
inline constexpr std::string_view kVendor = "vendor";  ///< value kVendorValue; marks all we own
inline constexpr std::string_view kVendorValue = "crunchydata";
inline constexpr std::string_view kName = "name";
inline constexpr std::string_view kCluster = "pg-cluster";  ///< the cluster an object belongs to
inline constexpr std::string_view kClusterId = "pg-cluster-id";
inline constexpr std::string_view kDatabase =
    "pgo-pg-database";  ///< "true": instance Deployment, Pod
inline constexpr std::string_view kDeploymentName = "deployment-name";  ///< identity of an instance
inline constexpr std::string_view kServiceName = "service-name";
inline constexpr std::string_view kReplicaName = "replica-name";
inline constexpr std::string_view kCurrentPrimary = "current-primary";  ///< on the pgcluster
inline constexpr std::string_view kScope = "crunchy-pgha-scope";        ///< Patroni's scope
inline constexpr std::string_view kDefaultConfigMap = "pgha-default-config";
inline constexpr std::string_view kRole = "role";  ///< written by Patroni, see `role` below
inline constexpr std::string_view kAutofail = "autofail";
inline constexpr std::string_view kPgouser = "pgouser";  ///< who asked for the object
inline constexpr std::string_view kWorkflowId = "workflowid";
inline constexpr std::string_view kPgoVersion = "pgo-version";
inline constexpr std::string_view kUpgradeDate = "operator-upgrade-date";
inline constexpr std::string_view kArchiveTimeout = "archive-timeout";
inline constexpr std::string_view kCustomConfig = "custom-config";
inline constexpr std::string_view kNodeLabelKey = "NodeLabelKey";
inline constexpr std::string_view kNodeLabelValue = "NodeLabelValue";
inline constexpr std::string_view kImageTag = "ccp-image-tag";
inline constexpr std::string_view kServiceType = "service-type";
inline constexpr std::string_view kPodAntiAffinity = "pg-pod-anti-affinity";
inline constexpr std::string_view kSyncReplication = "sync-replication";
inline constexpr std::string_view kCollect = "crunchy_collect";
inline constexpr std::string_view kBadger = "crunchy-pgbadger";
inline constexpr std::string_view kMinorUpgrade = "minor-upgrade";
inline constexpr std::string_view kUpgradeInProgress = "upgrade-in-progress";  ///< a value
inline constexpr std::string_view kUpgradeComplete = "upgrade-complete";       ///< a value
inline constexpr std::string_view kPolicyValue = "pgpolicy";  ///< <policy name>=pgpolicy
inline constexpr std::string_view kTarget = "target";         ///< on failover tasks

inline constexpr std::string_view kRemovable = "pgremove";  ///< PVC made by us, may be deleted
inline constexpr std::string_view kRmdata = "pgrmdata";
inline constexpr std::string_view kTask = "pg-task";  ///< the task a Job reports to

inline constexpr std::string_view kBackrest = "pgo-backrest";
inline constexpr std::string_view kBackrestJob = "pgo-backrest-job";
inline constexpr std::string_view kBackrestRestore = "pgo-backrest-restore";
inline constexpr std::string_view kBackrestRepo = "pgo-backrest-repo";
inline constexpr std::string_view kBackrestCommand = "backrest-command";
inline constexpr std::string_view kBackrestStorageType = "backrest-storage-type";
inline constexpr std::string_view kBackrestRestoreToPvc = "backrest-restore-to-pvc";
inline constexpr std::string_view kBackupType = "pgha-backup-type";
inline constexpr std::string_view kPgdump = "pgdump";
inline constexpr std::string_view kPgrestore = "pgrestore";
inline constexpr std::string_view kPgbackup = "pgbackup";  ///< legacy pg_basebackup objects

inline constexpr std::string_view kPgbouncer = "crunchy-pgbouncer";
inline constexpr std::string_view kPgbouncerSecret = "pgbouncer-secret";
inline constexpr std::string_view kPgbouncerUser = "pgbouncer-user";
inline constexpr std::string_view kPgbouncerPassword =
    "pgbouncer-password";  ///< read, never written (K31)
inline constexpr std::string_view kPgbouncerAdd = "pgbouncer-add";
inline constexpr std::string_view kPgbouncerDelete = "pgbouncer-delete";
inline constexpr std::string_view kPgbouncerReconfigure = "pgbouncer-reconfigure";

inline constexpr std::string_view kScheduler = "crunchy-scheduler";
inline constexpr std::string_view kPolicy = "pg-policy";
inline constexpr std::string_view kSchedule = "pg-schedule";
inline constexpr std::string_view kSqlRunner = "pgo-sqlrunner";
inline constexpr std::string_view kLoad = "pgo-load";
inline constexpr std::string_view kBenchmark = "pgo-benchmark";
inline constexpr std::string_view kWorkflowName = "workflowName";
inline constexpr std::string_view kClone = "pgo-clone";
inline constexpr std::string_view kCloneStep1 = "pgo-clone-step-1";
inline constexpr std::string_view kCloneStep2 = "pgo-clone-step-2";
inline constexpr std::string_view kCloneStep3 = "pgo-clone-step-3";

inline constexpr std::string_view kInstallation = "pgo-installation-name";  ///< on namespaces
inline constexpr std::string_view kCreatedBy = "pgo-created-by";
inline constexpr std::string_view kUpdatedBy = "pgo-updated-by";
inline constexpr std::string_view kDefaultStorageClass = "pgo-default-sc";
inline constexpr std::string_view kPgoUserSecret = "pgo-pgouser";
inline constexpr std::string_view kPgoRoleSecret = "pgo-pgorole";
inline constexpr std::string_view kUsername = "username";
inline constexpr std::string_view kRolename = "rolename";

inline constexpr std::string_view kJobName = "job-name";                   ///< Kubernetes' own
inline constexpr std::string_view kPodTemplateHash = "pod-template-hash";  ///< Kubernetes' own
inline constexpr std::string_view kHostname = "kubernetes.io/hostname";    ///< Kubernetes' own
}  // namespace label

/// Values of the pod label `role`. Patroni 1.6 writes `promoted` between taking the leader lock and
/// the end of the promotion; Debian's Patroni goes from `replica` to `master` at once.
namespace role {
inline constexpr std::string_view kMaster = "master";
inline constexpr std::string_view kReplica = "replica";
inline constexpr std::string_view kPromoted = "promoted";
}  // namespace role

namespace annotation {
inline constexpr std::string_view kBootstrapReplica = "pgo-pgha-bootstrap-replica";
inline constexpr std::string_view kCloneSource = "clone-source-cluster-name";
inline constexpr std::string_view kCloneTarget = "clone-target-cluster-name";
/// On a pgcluster and on the backup task that answers it: the promotion (UID of the pod that was
/// promoted) that still owes the cluster a backup. Ours, not 4.2.0's.
inline constexpr std::string_view kFailoverBackup = "pgo-failover-backup";
/// On a pgcluster, "true": we paused Patroni, so we may resume it. Ours, not 4.2.0's.
inline constexpr std::string_view kPausedByUs = "pgo-autofail-paused";
/// On a removal task: the UID of the pgcluster it was made for. Ours, not 4.2.0's.
inline constexpr std::string_view kRemoves = "pgo-removes-uid";
/// On a Job: the UID of the task it works for; a newer task of that name is not its. Ours.
inline constexpr std::string_view kTaskUid = "pgo-task-uid";
/// On a failover task: the instance that led when it was taken up, or empty. Ours, not 4.2.0's.
inline constexpr std::string_view kFailoverFrom = "pgo-failover-from";
/// On a task, or on a policy schedule's ConfigMap: why its last command ended badly. Ours.
inline constexpr std::string_view kCommandFailed = "pgo-command-failed";
/// On a schedule's ConfigMap, RFC 3339: the firing that was carried out last, and the one that is
/// being carried out. Ours, not 4.2.0's.
inline constexpr std::string_view kLastFiring = "pgo-schedule-last";
inline constexpr std::string_view kDueFiring = "pgo-schedule-due";
/// On a task that a schedule made: the firing that it answers. Ours, not 4.2.0's.
inline constexpr std::string_view kFiring = "pgo-schedule-firing";
/// On the task of a new cluster's policies, before a policy's name: why its SQL failed. Ours.
inline constexpr std::string_view kPolicyFailed = "pgo-policy-failed/";
/// On pgBouncer's secret: UID of the pgcluster and the scope in whose databases its account is set
/// up. Data that was restored, or belongs to a cluster made anew, lacks it. Ours, not 4.2.0's.
inline constexpr std::string_view kPoolReady = "pgo-pgbouncer-ready";
/// On a data volume that was kept, "true": its instance led when the cluster went, so a new cluster
/// of the name begins with it. Ours, not 4.2.0's.
inline constexpr std::string_view kLedLast = "pgo-led-last";
/// On Patroni's `<scope>-config`: the dynamic configuration as JSON text.
inline constexpr std::string_view kPatroniConfig = "config";
/// On an instance's pod: what Patroni knows about it, as JSON text.
inline constexpr std::string_view kPatroniStatus = "status";
inline constexpr std::string_view kPatroniHistory = "history";
inline constexpr std::string_view kPatroniInitialize = "initialize";
/// On Patroni's `<scope>-leader`: the pod that holds the lock.
inline constexpr std::string_view kPatroniLeader = "leader";
}  // namespace annotation

/// Keys of `spec.parameters` of a pgtask.
namespace param {
inline constexpr std::string_view kCluster = "pg-cluster";
inline constexpr std::string_view kJobName = "job-name";
inline constexpr std::string_view kPodName = "podname";
inline constexpr std::string_view kContainerName = "containername";
inline constexpr std::string_view kBackrestCommand = "backrest-command";
inline constexpr std::string_view kBackrestOpts = "backrest-opts";
inline constexpr std::string_view kBackrestStorageType = "backrest-storage-type";
inline constexpr std::string_view kBackupType = "pgha-backup-type";
inline constexpr std::string_view kDeleteData = "delete-data";
inline constexpr std::string_view kDeleteDataStarted = "delete-data-started";
inline constexpr std::string_view kDeleteBackups = "delete-backups";
inline constexpr std::string_view kIsReplica = "is-replica";
inline constexpr std::string_view kIsBackup = "is-backup";
inline constexpr std::string_view kReplicaName = "replica-name";
inline constexpr std::string_view kScope = "crunchy-pgha-scope";
inline constexpr std::string_view kWorkflowId = "workflowid";
inline constexpr std::string_view kNodeLabelKey = "NodeLabelKey";
inline constexpr std::string_view kNodeLabelValue = "NodeLabelValue";
inline constexpr std::string_view kFailoverStarted = "failover-started";
inline constexpr std::string_view kCcpImageTagKey = "CCPImageTag";
inline constexpr std::string_view kImageTag = "ccp-image-tag";
inline constexpr std::string_view kUpgradePrimary = "upgrade-primary";
inline constexpr std::string_view kUpgradeReplicas = "upgrade-replicas";
inline constexpr std::string_view kUpgradeBackrest = "upgrade-backrest";
inline constexpr std::string_view kRestoreFromCluster = "backrest-restore-from-cluster";
inline constexpr std::string_view kRestoreToPvc = "backrest-restore-to-pvc";
inline constexpr std::string_view kRestoreOpts = "backrest-restore-opts";
inline constexpr std::string_view kPitrTarget = "backrest-pitr-target";
inline constexpr std::string_view kStanza = "pgbackrest-stanza";
inline constexpr std::string_view kDbPath = "pgbackrest-db-path";
inline constexpr std::string_view kRepoPath = "pgbackrest-repo-path";
inline constexpr std::string_view kRepoHost = "pgbackrest-repo-host";
inline constexpr std::string_view kPgbouncerCluster = "pgbouncer-cluster";
inline constexpr std::string_view kPgbouncerUser = "pgbouncer-user";
inline constexpr std::string_view kPgbouncerPassword = "pgbouncer-password";
inline constexpr std::string_view kPgdump = "pgdump";
inline constexpr std::string_view kPgdumpHost = "pgdump-host";
inline constexpr std::string_view kPgdumpDb = "pgdump-db";
inline constexpr std::string_view kPgdumpUser = "pgdump-user";
inline constexpr std::string_view kPgdumpPort = "pgdump-port";
inline constexpr std::string_view kPgdumpAll = "pgdump-all";
inline constexpr std::string_view kPgdumpOpts = "pgdump-opts";
inline constexpr std::string_view kPvcName = "pvc-name";
inline constexpr std::string_view kPgrestore = "pgrestore";
inline constexpr std::string_view kPgrestoreHost = "pgrestore-host";
inline constexpr std::string_view kPgrestoreDb = "pgrestore-db";
inline constexpr std::string_view kPgrestoreUser = "pgrestore-user";
inline constexpr std::string_view kPgrestorePort = "pgrestore-port";
inline constexpr std::string_view kPgrestoreFromCluster = "pgrestore-from-cluster";
inline constexpr std::string_view kPgrestoreFromPvc = "pgrestore-from-pvc";
inline constexpr std::string_view kPgrestoreOpts = "pgrestore-opts";
inline constexpr std::string_view kPgrestorePitrTarget = "pgrestore-pitr-target";
inline constexpr std::string_view kCloneSourceCluster = "sourceClusterName";
inline constexpr std::string_view kCloneTargetCluster = "targetClusterName";
inline constexpr std::string_view kCloneTaskName = "taskName";
inline constexpr std::string_view kTimestamp = "timestamp";
inline constexpr std::string_view kCloneStorageType = "backrestStorageType";
}  // namespace param

}  // namespace pgo::model
