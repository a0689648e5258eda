#pragma once

#include "pgo/model/meta.h"

#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace pgo::model {

/// One entry of `Storage`.
struct StorageConfig {
  std::string access_mode, size, storage_type, storage_class, fs_group, supplemental_groups;
  std::string match_labels;

  static constexpr auto fields() {
    using S = StorageConfig;
    using enum json::Emit;
    return std::tuple{json::field("AccessMode", &S::access_mode, always).coerce(),
                      json::field("Size", &S::size, always).coerce(),
                      json::field("StorageType", &S::storage_type, always).coerce(),
                      json::field("StorageClass", &S::storage_class, always).coerce(),
                      json::field("Fsgroup", &S::fs_group, always).coerce(),
                      json::field("SupplementalGroups", &S::supplemental_groups, always).coerce(),
                      json::field("MatchLabels", &S::match_labels, always).coerce()};
  }
  bool operator==(const StorageConfig&) const = default;
  /// As it is stored in custom resources; the claim's name stays empty.
  StorageSpec spec() const;
};

/// One entry of `ContainerResources`.
struct ResourceConfig {
  std::string requests_memory, requests_cpu, limits_memory, limits_cpu;

  static constexpr auto fields() {
    using S = ResourceConfig;
    using enum json::Emit;
    return std::tuple{json::field("RequestsMemory", &S::requests_memory, always).coerce(),
                      json::field("RequestsCPU", &S::requests_cpu, always).coerce(),
                      json::field("LimitsMemory", &S::limits_memory, always).coerce(),
                      json::field("LimitsCPU", &S::limits_cpu, always).coerce()};
  }
  bool operator==(const ResourceConfig&) const = default;
  ContainerResources resources() const;
};

/// Section `Cluster`: what new clusters get.
struct ClusterDefaults {
  std::string ccp_image_prefix, ccp_image_tag, primary_node_label, replica_node_label, policies;
  std::string log_statement, log_min_duration_statement;
  bool metrics = false;
  bool badger = false;
  std::string port, badger_port, exporter_port, user, archive_timeout, database;
  std::string password_age_days, password_length, strategy, replicas, service_type;
  int backrest_port = 0;
  bool backrest = false;
  std::string s3_bucket, s3_endpoint, s3_region;
  bool disable_autofail = false;
  bool autofail_replace_replica = false;  ///< read, without effect
  std::string pgmonitor_password;
  bool enable_crunchyadm = false;
  bool disable_replica_start_fail_reinit = false;
  std::string pod_anti_affinity;
  bool sync_replication = false;

  static constexpr auto fields() {
    using S = ClusterDefaults;
    using enum json::Emit;
    return std::tuple{
        json::field("CCPImagePrefix", &S::ccp_image_prefix, always).coerce(),
        json::field("CCPImageTag", &S::ccp_image_tag, always).coerce(),
        json::field("PrimaryNodeLabel", &S::primary_node_label, always).coerce(),
        json::field("ReplicaNodeLabel", &S::replica_node_label, always).coerce(),
        json::field("Policies", &S::policies, always).coerce(),
        json::field("LogStatement", &S::log_statement, always).coerce(),
        json::field("LogMinDurationStatement", &S::log_min_duration_statement, always).coerce(),
        json::field("Metrics", &S::metrics, always).coerce(),
        json::field("Badger", &S::badger, always).coerce(),
        json::field("Port", &S::port, always).coerce(),
        json::field("PGBadgerPort", &S::badger_port, always).coerce(),
        json::field("ExporterPort", &S::exporter_port, always).coerce(),
        json::field("User", &S::user, always).coerce(),
        json::field("ArchiveTimeout", &S::archive_timeout, always).coerce(),
        json::field("Database", &S::database, always).coerce(),
        json::field("PasswordAgeDays", &S::password_age_days, always).coerce(),
        json::field("PasswordLength", &S::password_length, always).coerce(),
        json::field("Strategy", &S::strategy, always).coerce(),
        json::field("Replicas", &S::replicas, always).coerce(),
        json::field("ServiceType", &S::service_type, always).coerce(),
        json::field("BackrestPort", &S::backrest_port, always).coerce(),
        json::field("Backrest", &S::backrest, always).coerce(),
        json::field("BackrestS3Bucket", &S::s3_bucket, always).coerce(),
        json::field("BackrestS3Endpoint", &S::s3_endpoint, always).coerce(),
        json::field("BackrestS3Region", &S::s3_region, always).coerce(),
        json::field("DisableAutofail", &S::disable_autofail, always).coerce(),
        json::field("AutofailReplaceReplica", &S::autofail_replace_replica, always).coerce(),
        json::field("PgmonitorPassword", &S::pgmonitor_password, always).coerce(),
        json::field("EnableCrunchyadm", &S::enable_crunchyadm, always).coerce(),
        json::field("DisableReplicaStartFailReinit", &S::disable_replica_start_fail_reinit, always)
            .coerce(),
        json::field("PodAntiAffinity", &S::pod_anti_affinity, always).coerce(),
        json::field("SyncReplication", &S::sync_replication, always).coerce()};
  }
  bool operator==(const ClusterDefaults&) const = default;
};

/// Section `Pgo`: the operator itself.
struct PgoSettings {
  std::string preferred_failover_node;  ///< label selector of nodes, or empty
  std::string autofail_sleep_seconds;   ///< read, without effect
  int autofail_sleep_seconds_value = 0;
  bool audit = false;
  std::string pgo_image_prefix, pgo_image_tag;

  static constexpr auto fields() {
    using S = PgoSettings;
    using enum json::Emit;
    return std::tuple{
        json::field("PreferredFailoverNode", &S::preferred_failover_node, always).coerce(),
        json::field("AutofailSleepSeconds", &S::autofail_sleep_seconds, always).coerce(),
        json::field("AutofailSleepSecondsValue", &S::autofail_sleep_seconds_value, always).coerce(),
        json::field("Audit", &S::audit, always).coerce(),
        json::field("PGOImagePrefix", &S::pgo_image_prefix, always).coerce(),
        json::field("PGOImageTag", &S::pgo_image_tag, always).coerce()};
  }
  bool operator==(const PgoSettings&) const = default;
};

/// `pgo.yaml`: how the operator sets up new clusters. Read once, then never changed.
struct Config {
  std::string basic_auth;
  ClusterDefaults cluster;
  PgoSettings pgo;
  std::map<std::string, ResourceConfig> container_resources;
  std::string primary_storage, backup_storage, replica_storage, backrest_storage;
  std::map<std::string, StorageConfig> storage;
  std::string default_container_resources, default_load_resources, default_rmdata_resources;
  std::string default_backup_resources, default_badger_resources, default_pgbouncer_resources;

  static constexpr auto fields() {
    using S = Config;
    using enum json::Emit;
    return std::tuple{
        json::field("BasicAuth", &S::basic_auth, always).coerce(),
        json::field("Cluster", &S::cluster, always),
        json::field("Pgo", &S::pgo, always),
        json::field("ContainerResources", &S::container_resources, always),
        json::field("PrimaryStorage", &S::primary_storage, always).coerce(),
        json::field("BackupStorage", &S::backup_storage, always).coerce(),
        json::field("ReplicaStorage", &S::replica_storage, always).coerce(),
        json::field("BackrestStorage", &S::backrest_storage, always).coerce(),
        json::field("Storage", &S::storage, always),
        json::field("DefaultContainerResources", &S::default_container_resources, always).coerce(),
        json::field("DefaultLoadResources", &S::default_load_resources, always).coerce(),
        json::field("DefaultRmdataResources", &S::default_rmdata_resources, always).coerce(),
        json::field("DefaultBackupResources", &S::default_backup_resources, always).coerce(),
        json::field("DefaultBadgerResources", &S::default_badger_resources, always).coerce(),
        json::field("DefaultPgbouncerResources", &S::default_pgbouncer_resources, always).coerce()};
  }
  bool operator==(const Config&) const = default;

  /// The configuration that is built in: 4.2.0's shipped pgo.yaml.
  static const Config& defaults();

  /// The entry, or `invalid_argument` naming what is missing and what there is.
  Result<StorageSpec> storage_spec(std::string_view name) const;
  /// As above; an empty name gives empty resources.
  Result<ContainerResources> resources(std::string_view name) const;

  /// Whether passwords are checked at all (BasicAuth).
  bool check_passwords() const;
  /// Letters of a generated password when the request names no length (K7).
  int generated_password_length() const;
  /// Days until a new password expires when the request says nothing.
  int default_password_age_days() const;
};

/// Text of the built-in pgo.yaml.
std::string_view default_pgo_yaml();

/// Reads and checks a pgo.yaml, filling what 4.2.0 filled for absent keys. Errors are
/// `invalid_argument` with the subject "FILE:LINE". Keys that nobody knows are errors too, but for
/// the few that shipped files hold without effect (ArchiveMode, LoadTemplate).
/// `environment` may hold CCP_IMAGE_PREFIX, CCP_IMAGE_TAG, PGO_IMAGE_PREFIX and PGO_IMAGE_TAG,
/// which win over the file where not empty; other entries are ignored.
Result<Config> parse_config(std::string_view yaml, std::string_view file = "pgo.yaml",
                            const std::map<std::string, std::string>& environment = {});

}  // namespace pgo::model
