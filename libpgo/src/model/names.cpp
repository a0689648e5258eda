#include "pgo/model/names.h"

#include "pgo/base/ids.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace pgo::model {
namespace {

std::string cat(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (auto part : parts) size += part.size();
  std::string out;
  out.reserve(size);
  for (auto part : parts) out += part;
  return out;
}

/// The letters and digits Kubernetes draws generated names and hashes from; no vowels, no 0 1 3.
/// Source: k8s.io/apimachinery, util/rand.
bool is_generated(std::string_view text) {
  static constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  return !text.empty() && text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

/// "BASE-<r4>". Pods add six characters to it, and their label job-name holds 63.
std::string job_name(std::string base, std::string_view task_uid) {
  constexpr std::size_t kLongest = 57 - std::string_view("-abcd").size();
  const std::string suffix = derived_suffix(cat({task_uid, "/job"}));
  if (base.size() > kLongest) base.resize(kLongest);
  while (base.ends_with('-') || base.ends_with('.')) base.pop_back();
  return cat({base, "-", suffix});
}

}  // namespace

namespace names {

std::string primary_service(std::string_view cluster) { return std::string(cluster); }
std::string replica_service(std::string_view cluster) { return cat({cluster, "-replica"}); }
std::string data_volume(std::string_view instance) { return std::string(instance); }
std::string repo_deployment(std::string_view cluster) {
  return cat({cluster, "-backrest-shared-repo"});
}
std::string repo_service(std::string_view cluster) { return repo_deployment(cluster); }
std::string repo_volume(std::string_view cluster) { return cat({cluster, "-pgbr-repo"}); }
std::string repo_path(std::string_view cluster) {
  return cat({"/backrestrepo/", cluster, "-backrest-shared-repo"});
}
std::string data_path(std::string_view instance) { return cat({"/pgdata/", instance}); }
std::string postgres_secret(std::string_view cluster) { return cat({cluster, "-postgres-secret"}); }
std::string primaryuser_secret(std::string_view cluster) {
  return cat({cluster, "-primaryuser-secret"});
}
std::string user_secret(std::string_view cluster, std::string_view user) {
  return cat({cluster, "-", user, "-secret"});
}
std::string collect_secret(std::string_view cluster) { return cat({cluster, "-collect-secret"}); }
std::string backrest_secret(std::string_view cluster) {
  return cat({cluster, "-backrest-repo-config"});
}
std::string pgbouncer(std::string_view cluster) { return cat({cluster, "-pgbouncer"}); }
std::string pgbouncer_secret(std::string_view cluster) {
  return cat({cluster, "-pgbouncer-secret"});
}
std::string default_config(std::string_view cluster) {
  return cat({cluster, "-pgha-default-config"});
}
std::string pgdump_volume(std::string_view cluster) {
  return cat({"backup-", cluster, "-pgdump-pvc"});
}
std::string legacy_backup_volume(std::string_view cluster) { return cat({cluster, "-backup"}); }

std::string scope_config(std::string_view scope) { return cat({scope, "-config"}); }
std::string scope_leader(std::string_view scope) { return cat({scope, "-leader"}); }
std::string scope_failover(std::string_view scope) { return cat({scope, "-failover"}); }
std::string scope_sync(std::string_view scope) { return cat({scope, "-sync"}); }

std::string stanza_create(std::string_view cluster) { return cat({cluster, "-stanza-create"}); }
std::string backup(std::string_view cluster) { return cat({"backrest-backup-", cluster}); }
std::string pgdump_task(std::string_view cluster) { return cat({"backup-", cluster, "-pgdump"}); }
std::string pgrestore_task(std::string_view cluster) {
  return cat({"restore-", cluster, "-pgdump"});
}
std::string pgdump_job(std::string_view cluster, std::string_view task_uid) {
  return job_name(pgdump_task(cluster), task_uid);
}
std::string pgrestore_job(std::string_view cluster, std::string_view volume,
                          std::string_view task_uid) {
  return job_name(cat({"pgrestore-", cluster, "-from-", volume}), task_uid);
}
std::string backup_removal_task(std::string_view cluster) {
  return cat({cluster, "-rmdata-backup"});
}
std::string create_workflow(std::string_view cluster) { return cat({cluster, "-createcluster"}); }
std::string removal_task(std::string_view target) { return cat({target, "-rmdata"}); }
std::string policies_task(std::string_view cluster) { return cat({cluster, "-policies"}); }
std::string failover_task(std::string_view cluster) { return cat({cluster, "-failover"}); }
std::string pgbouncer_add_task(std::string_view cluster) {
  return cat({"pgbouncer-add-", cluster});
}
std::string pgbouncer_delete_task(std::string_view cluster) {
  return cat({"pgbouncer-delete-", cluster});
}

std::string backrest_schedule(std::string_view cluster, std::string_view type) {
  return cat({cluster, "-pgbackrest-", type});
}
std::string policy_schedule(std::string_view cluster, std::string_view policy) {
  return cat({cluster, "-policy-", policy});
}
std::string scheduled_backup(std::string_view cluster, std::string_view type) {
  return cat({cluster, "-backrest-", type, "-backup-schedule"});
}

std::string replica(std::string_view cluster, std::string_view cluster_uid, unsigned ordinal) {
  const std::string key = cat({cluster_uid, "/", cluster, "/replica/", std::to_string(ordinal)});
  return cat({cluster, "-", derived_suffix(key)});
}

std::string pgouser_secret(std::string_view user) { return cat({"pgouser-", user}); }
std::string pgorole_secret(std::string_view role) { return cat({"pgorole-", role}); }

bool is_pod_of(std::string_view pod, std::string_view deployment) {
  if (!pod.starts_with(deployment)) return false;
  std::string_view rest = pod.substr(deployment.size());
  if (rest.empty() || rest.front() != '-') return false;
  rest.remove_prefix(1);
  const auto dash = rest.find('-');
  if (dash == std::string_view::npos) return false;
  const std::string_view suffix = rest.substr(dash + 1);
  return is_generated(rest.substr(0, dash)) && suffix.size() == 5 && is_generated(suffix);
}

}  // namespace names

bool is_identifying_label(std::string_view key) {
  static constexpr std::array kLabels = {
      label::kVendor,         label::kName,           label::kCluster,     label::kClusterId,
      label::kDatabase,       label::kDeploymentName, label::kServiceName, label::kReplicaName,
      label::kCurrentPrimary, label::kScope,          label::kRole,        label::kWorkflowId,
      label::kBackrestRepo,   label::kBackrestJob,    label::kBackrest,    label::kPodTemplateHash};
  return std::ranges::find(kLabels, key) != kLabels.end();
}

bool is_operators_label(std::string_view key) {
  static constexpr std::array kLabels = {label::kAutofail,
                                         label::kPgouser,
                                         label::kPgoVersion,
                                         label::kUpgradeDate,
                                         label::kArchiveTimeout,
                                         label::kCustomConfig,
                                         label::kNodeLabelKey,
                                         label::kNodeLabelValue,
                                         label::kImageTag,
                                         label::kServiceType,
                                         label::kPodAntiAffinity,
                                         label::kSyncReplication,
                                         label::kCollect,
                                         label::kBadger,
                                         label::kMinorUpgrade,
                                         label::kRemovable,
                                         label::kRmdata,
                                         label::kBackrestRestore,
                                         label::kBackrestCommand,
                                         label::kBackrestStorageType,
                                         label::kBackupType,
                                         label::kPgdump,
                                         label::kPgrestore,
                                         label::kPgbackup,
                                         label::kPgbouncer,
                                         label::kPgbouncerSecret,
                                         label::kPgbouncerUser,
                                         label::kScheduler,
                                         label::kDefaultConfigMap,
                                         label::kJobName,
                                         label::kClone,
                                         label::kInstallation};
  return is_identifying_label(key) || std::ranges::find(kLabels, key) != kLabels.end();
}

namespace selector {

std::string cluster(std::string_view cluster) { return cat({label::kCluster, "=", cluster}); }
std::string primary_pod(std::string_view cluster) {
  return cat({label::kCluster, "=", cluster, ",", label::kRole, "=", role::kMaster});
}
std::string replica_pods(std::string_view cluster) {
  return cat({label::kCluster, "=", cluster, ",", label::kRole, "=", role::kReplica});
}
std::string instances(std::string_view cluster) {
  return cat({label::kCluster, "=", cluster, ",", label::kDatabase, "=", kTrue});
}
std::string repo(std::string_view cluster) {
  return cat({label::kCluster, "=", cluster, ",", label::kBackrestRepo, "=", kTrue});
}
std::string scope(std::string_view scope) {
  return cat({label::kScope, "=", scope, ",", label::kVendor, "=", label::kVendorValue});
}
std::string backup_jobs(std::string_view cluster) {
  return cat({label::kBackrestCommand, "=", backrest_command::kBackup, ",", label::kCluster, "=",
              cluster, ",", label::kBackrest, "=", kTrue});
}

}  // namespace selector
}  // namespace pgo::model
