#pragma once

#include "pgo/model/labels.h"
#include "pgo/model/status.h"

#include <string>
#include <string_view>

/// Names of the objects of a cluster, and the selectors that find them. All are the names of 4.2.0;
/// a name never depends on chance, so that doing a step twice finds the object of the first time.
namespace pgo::model {

/// Names that do not depend on a cluster.
namespace fixed {
inline constexpr std::string_view kPgoVersion = "4.2.0";  ///< written as label pgo-version
inline constexpr std::string_view kOperator = "postgres-operator";
inline constexpr std::string_view kConfigMap = "pgo-config";  ///< in the operator's namespace
inline constexpr std::string_view kConfigKey = "pgo.yaml";
inline constexpr std::string_view kRepoConfigSecret = "pgo-backrest-repo-config";  ///< likewise
inline constexpr std::string_view kTlsSecret = "pgo.tls";                          ///< likewise
inline constexpr std::string_view kCustomConfigMap = "pgo-custom-pg-config";
inline constexpr std::string_view kDefaultStorage = "pgo-default-sc";
inline constexpr std::string_view kDefaultImage = "crunchy-postgres-ha";
inline constexpr std::string_view kSuperuser = "postgres";
inline constexpr std::string_view kReplicationUser = "primaryuser";
inline constexpr std::string_view kMonitoringUser = "ccp_monitoring";
inline constexpr std::string_view kPoolImage = "crunchy-pgbouncer";
inline constexpr std::string_view kPoolUser = "pgbouncer";  ///< unless the cluster says another
inline constexpr std::string_view kStanza = "db";
inline constexpr int kPatroniPort = 8009;
inline constexpr std::string_view kPatroniFailoverPath = "/failover";  ///< of its REST API
inline constexpr int kRepoPort = 2022;
inline constexpr int kPostgresPort = 5432;
}  // namespace fixed

/// Service accounts of the pods in a target namespace.
namespace account {
inline constexpr std::string_view kInstance = "pgo-pg";
inline constexpr std::string_view kDefault = "pgo-default";
inline constexpr std::string_view kBackrest = "pgo-backrest";
inline constexpr std::string_view kTarget = "pgo-target";
}  // namespace account

namespace container {
inline constexpr std::string_view kDatabase = "database";  ///< instances and the repository
inline constexpr std::string_view kBackrest = "backrest";
inline constexpr std::string_view kCollect = "collect";
inline constexpr std::string_view kBadger = "pgbadger";
inline constexpr std::string_view kCrunchyadm = "crunchyadm";
inline constexpr std::string_view kPgbouncer = "pgbouncer";
}  // namespace container

/// Keys of ConfigMap and Secret data.
namespace data_key {
inline constexpr std::string_view kInit = "init";                    ///< pgha-default-config
inline constexpr std::string_view kPostgresHa = "postgres-ha.yaml";  ///< pgha-default-config
inline constexpr std::string_view kUsername = "username";
inline constexpr std::string_view kPassword = "password";
inline constexpr std::string_view kAuthorizedKeys = "authorized_keys";  ///< repository secret
inline constexpr std::string_view kS3Ca = "aws-s3-ca.crt";
inline constexpr std::string_view kS3Credentials = "aws-s3-credentials.yaml";
inline constexpr std::string_view kS3Key = "aws-s3-key";  ///< ours: for the environment
inline constexpr std::string_view kS3KeySecret = "aws-s3-key-secret";  ///< likewise
inline constexpr std::string_view kSshConfig = "config";
inline constexpr std::string_view kSshPrivateKey = "id_rsa";
inline constexpr std::string_view kSshdConfig = "sshd_config";
inline constexpr std::string_view kSshHostKey = "ssh_host_rsa_key";
inline constexpr std::string_view kPoolUsers = "users.txt";      ///< pgBouncer's secret
inline constexpr std::string_view kRoles = "roles";              ///< pgouser secret
inline constexpr std::string_view kNamespaces = "namespaces";    ///< pgouser secret
inline constexpr std::string_view kRolename = "rolename";        ///< pgorole secret
inline constexpr std::string_view kPermissions = "permissions";  ///< pgorole secret
}  // namespace data_key

/// Names derived from the name of a cluster, an instance or a Patroni scope.
namespace names {
/// Deployment, PVC and Service of the first primary all have the cluster's name.
std::string primary_service(std::string_view cluster);
std::string replica_service(std::string_view cluster);
std::string data_volume(std::string_view instance);
std::string repo_deployment(std::string_view cluster);
std::string repo_service(std::string_view cluster);
std::string repo_volume(std::string_view cluster);
std::string repo_path(std::string_view cluster);   ///< "/backrestrepo/<c>-backrest-shared-repo"
std::string data_path(std::string_view instance);  ///< "/pgdata/<d>"
std::string postgres_secret(std::string_view cluster);
std::string primaryuser_secret(std::string_view cluster);
std::string user_secret(std::string_view cluster, std::string_view user);
std::string collect_secret(std::string_view cluster);
std::string backrest_secret(std::string_view cluster);
std::string pgbouncer(std::string_view cluster);  ///< Deployment and Service
std::string pgbouncer_secret(std::string_view cluster);
std::string default_config(std::string_view cluster);  ///< "<c>-pgha-default-config"
std::string pgdump_volume(std::string_view cluster);
std::string legacy_backup_volume(std::string_view cluster);

/// The four ConfigMaps Patroni keeps; the last two exist only after a failover or in sync mode.
std::string scope_config(std::string_view scope);
std::string scope_leader(std::string_view scope);
std::string scope_failover(std::string_view scope);
std::string scope_sync(std::string_view scope);

std::string stanza_create(std::string_view cluster);   ///< task and Job
std::string backup(std::string_view cluster);          ///< task and Job "backrest-backup-<c>"
std::string pgdump_task(std::string_view cluster);     ///< "backup-<c>-pgdump"
std::string pgrestore_task(std::string_view cluster);  ///< "restore-<c>-pgdump"
/// A name with four letters that follow from the task's UID, so that each attempt makes the same.
std::string pgdump_job(std::string_view cluster, std::string_view task_uid);
std::string pgrestore_job(std::string_view cluster, std::string_view volume,
                          std::string_view task_uid);
std::string backup_removal_task(std::string_view cluster);  ///< of `pgo delete backup`
std::string create_workflow(std::string_view cluster);
std::string removal_task(std::string_view target);  ///< cluster or replica
std::string policies_task(std::string_view cluster);
std::string failover_task(std::string_view cluster);
std::string pgbouncer_add_task(std::string_view cluster);
std::string pgbouncer_delete_task(std::string_view cluster);

std::string backrest_schedule(std::string_view cluster, std::string_view type);
std::string policy_schedule(std::string_view cluster, std::string_view policy);
/// Task and Job of a scheduled backup: "<c>-backrest-<full|diff|incr>-backup-schedule".
std::string scheduled_backup(std::string_view cluster, std::string_view type);

/// "<c>-abcd"; the suffix follows from the cluster's UID and the ordinal alone.
std::string replica(std::string_view cluster, std::string_view cluster_uid, unsigned ordinal);

std::string pgouser_secret(std::string_view user);
std::string pgorole_secret(std::string_view role);

/// True when `pod` is a pod of Deployment `deployment`: "<deployment>-<hash>-<5 characters>".
/// A prefix test would also match the replica "<deployment>-abcd" (K4).
bool is_pod_of(std::string_view pod, std::string_view deployment);
}  // namespace names

/// Labels by which the operator finds its objects; another value would hide them from it.
bool is_identifying_label(std::string_view key);
/// Those, and every other label that says something to the operator or to Patroni. A policy, which
/// is noted as a label of its own name, cannot be called so.
bool is_operators_label(std::string_view key);

/// Label selectors as text for the API.
namespace selector {
std::string cluster(std::string_view cluster);      ///< all objects of a cluster
std::string primary_pod(std::string_view cluster);  ///< by the role label: the truth (K1)
std::string replica_pods(std::string_view cluster);
std::string instances(std::string_view cluster);
std::string repo(std::string_view cluster);
std::string scope(std::string_view scope);  ///< Patroni's ConfigMaps
std::string backup_jobs(std::string_view cluster);
}  // namespace selector

}  // namespace pgo::model
