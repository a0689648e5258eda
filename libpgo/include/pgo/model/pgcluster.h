#pragma once

#include "pgo/model/meta.h"

#include <optional>
#include <string>
#include <tuple>

namespace pgo::model {

/// `spec` of a Pgcluster with the keys of 4.2.0, its odd spellings included. No key is ever left
/// out, as JSON patches of 4.2.0 replace single ones.
struct PgClusterSpec {
  std::string ns;            ///< copy of the namespace
  std::string name;          ///< cluster name, equals metadata.name
  std::string cluster_name;  ///< the same again
  std::string policies;      ///< comma list
  std::string ccp_image;     ///< image name without prefix and tag
  std::string ccp_image_tag;
  std::string port, badger_port, exporter_port;
  std::string node_name;  ///< unused
  StorageSpec primary_storage, archive_storage, replica_storage, backrest_storage;
  ContainerResources container_resources;
  std::string primary_host;  ///< name of the primary Service
  std::string user;          ///< the ordinary database user
  std::string database;
  std::string replicas;  ///< replicas to make when the cluster is created
  std::string strategy;  ///< legacy, always "1"
  std::string secret_from;
  std::string user_secret_name, root_secret_name, primary_secret_name, collect_secret_name;
  std::string status;  ///< "" or progress::kCompleted
  std::string password_last_update;
  std::string custom_config;
  Labels user_labels;             ///< features and labels that instances get, where valid
  std::string pod_anti_affinity;  ///< required, preferred, disabled or ""
  std::optional<bool> sync_replication;
  std::string s3_bucket, s3_region, s3_endpoint;
  json::Extra extra;

  static constexpr auto fields() {
    using S = PgClusterSpec;
    using enum json::Emit;
    return std::tuple{json::field("namespace", &S::ns, always),
                      json::field("name", &S::name, always),
                      json::field("clustername", &S::cluster_name, always),
                      json::field("policies", &S::policies, always),
                      json::field("ccpimage", &S::ccp_image, always),
                      json::field("ccpimagetag", &S::ccp_image_tag, always),
                      json::field("port", &S::port, always),
                      json::field("pgbadgerport", &S::badger_port, always),
                      json::field("exporterport", &S::exporter_port, always),
                      json::field("nodename", &S::node_name, always),
                      json::field("PrimaryStorage", &S::primary_storage, always),
                      json::field("ArchiveStorage", &S::archive_storage, always),
                      json::field("ReplicaStorage", &S::replica_storage, always),
                      json::field("BackrestStorage", &S::backrest_storage, always),
                      json::field("ContainerResources", &S::container_resources, always),
                      json::field("primaryhost", &S::primary_host, always),
                      json::field("user", &S::user, always),
                      json::field("database", &S::database, always),
                      json::field("replicas", &S::replicas, always),
                      json::field("strategy", &S::strategy, always),
                      json::field("secretfrom", &S::secret_from, always),
                      json::field("usersecretname", &S::user_secret_name, always),
                      json::field("rootsecretname", &S::root_secret_name, always),
                      json::field("primarysecretname", &S::primary_secret_name, always),
                      json::field("collectSecretName", &S::collect_secret_name, always),
                      json::field("status", &S::status, always),
                      json::field("pswlastupdate", &S::password_last_update, always),
                      json::field("customconfig", &S::custom_config, always),
                      json::field("userlabels", &S::user_labels, always_null_when_empty),
                      json::field("podPodAntiAffinity", &S::pod_anti_affinity, always),
                      json::field("syncReplication", &S::sync_replication, always),
                      json::field("backrestS3Bucket", &S::s3_bucket, always),
                      json::field("backrestS3Region", &S::s3_region, always),
                      json::field("backrestS3Endpoint", &S::s3_endpoint, always),
                      json::extra(&S::extra)};
  }
  bool operator==(const PgClusterSpec&) const = default;
};

/// One PostgreSQL cluster as the user wants it.
struct PgCluster {
  std::string kind = "Pgcluster";
  std::string api_version = "crunchydata.com/v1";
  ObjectMeta metadata;
  PgClusterSpec spec;
  CrStatus status;
  json::Extra extra;

  static constexpr auto fields() {
    using enum json::Emit;
    return std::tuple{json::field("kind", &PgCluster::kind),
                      json::field("apiVersion", &PgCluster::api_version),
                      json::field("metadata", &PgCluster::metadata, always),
                      json::field("spec", &PgCluster::spec, always),
                      json::field("status", &PgCluster::status, always),
                      json::extra(&PgCluster::extra)};
  }
  bool operator==(const PgCluster&) const = default;

  /// Reads an object without loss; keys are matched without regard to case, as 4.2.0 did.
  static Result<PgCluster> from(const kube::Object& object);
  kube::Object object() const;

  const std::string& name() const { return metadata.name; }
  /// Patroni's scope: the label, else the cluster's name.
  std::string scope() const;
  /// The first full backup has succeeded, so replicas may be made.
  bool initialized() const;
  /// A user label, or empty.
  std::string_view user_label(std::string_view key) const;
  /// Patroni decides on failover by itself; a missing or odd label counts as true (K39).
  bool autofail() const;
  /// Storage types of the repository, from the user label: none means local.
  bool uses_s3() const;
  bool uses_local_repository() const;
};

}  // namespace pgo::model
