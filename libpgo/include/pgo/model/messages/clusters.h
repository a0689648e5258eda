#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"
#include "pgo/model/pgcluster.h"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

/// Messages of the cluster routes: create, show, delete, update, test, scale.
namespace pgo::model::rest {

struct ShowClusterRequest {
  std::string clustername, selector, ccpimagetag, client_version, ns;
  bool all_flag = false;

  static constexpr auto fields() {
    using S = ShowClusterRequest;
    return std::tuple{
        json::field("clustername", &S::clustername, json::Emit::always)
            .describe("The cluster; nothing is shown when there is none."),
        json::field("selector", &S::selector, json::Emit::always)
            .describe(
                "A label selector that takes the clusters, \"env=test\"; in place of a name."),
        json::field("ccpimagetag", &S::ccpimagetag, json::Emit::always)
            .describe("Only clusters of this image tag."),
        json::field("clientversion", &S::client_version, json::Emit::always),
        json::field("namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("allflag", &S::all_flag, json::Emit::always)
            .describe("Takes every cluster of the namespace.")};
  }
  bool operator==(const ShowClusterRequest&) const = default;
};

struct CreateClusterRequest {
  std::string name, ns, node_label, password, secret_from, user_labels, policies;
  std::string ccp_image, ccp_image_tag;
  int series = 0;
  int replica_count = 0;
  std::string service_type;
  bool metrics_flag = false;
  bool badger_flag = false;
  bool autofail_flag = false;
  bool archive_flag = false;
  std::string backrest_storage_type;
  bool pgbouncer_flag = false;
  std::string pgbouncer_secret, pgbouncer_pass, pgbouncer_user, custom_config;
  std::string storage_config, replica_storage_config, container_resources;
  std::string client_version, pod_anti_affinity;
  std::optional<bool> sync_replication;
  std::string backrest_s3_key, backrest_s3_key_secret, backrest_s3_bucket;
  std::string backrest_s3_region, backrest_s3_endpoint;
  std::string username, database;  ///< beyond 4.2.0; empty means pgo.yaml decides

  // NOLINTNEXTLINE(readability-function-size): a table, with a row for each field
  static constexpr auto fields() {
    using S = CreateClusterRequest;
    return std::tuple{
        json::field("Name", &S::name, json::Emit::always).describe("The cluster's name. Required."),
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("NodeLabel", &S::node_label, json::Emit::always)
            .describe("\"key=value\": the label that the primary's node must have."),
        json::field("Password", &S::password, json::Emit::always)
            .describe("Of the three first database users; drawn when empty."),
        json::field("SecretFrom", &S::secret_from, json::Emit::always)
            .describe("Takes the passwords of this cluster."),
        json::field("UserLabels", &S::user_labels, json::Emit::always)
            .describe("Labels of your own, \"key=value\" with commas between."),
        json::field("Policies", &S::policies, json::Emit::always)
            .describe("Policies to apply once the cluster is up, with commas between."),
        json::field("CCPImage", &S::ccp_image, json::Emit::always)
            .describe("The database image, without prefix and tag; pgo.yaml's when empty."),
        json::field("CCPImageTag", &S::ccp_image_tag, json::Emit::always)
            .describe("The tag of the database image; pgo.yaml's when empty."),
        json::field("Series", &S::series, json::Emit::always)
            .describe("So many clusters: NAME0, NAME1, ... if more than one."),
        json::field("ReplicaCount", &S::replica_count, json::Emit::always)
            .describe("Replicas that are made together with the cluster."),
        json::field("ServiceType", &S::service_type, json::Emit::always)
            .describe("Of the cluster's Service: \"ClusterIP\", \"NodePort\" or \"LoadBalancer\"."),
        json::field("MetricsFlag", &S::metrics_flag, json::Emit::always)
            .describe("Adds the metrics container."),
        json::field("BadgerFlag", &S::badger_flag, json::Emit::always)
            .describe("Adds the pgBadger container."),
        json::field("AutofailFlag", &S::autofail_flag, json::Emit::always)
            .describe("A replica takes over when the primary fails."),
        json::field("ArchiveFlag", &S::archive_flag, json::Emit::always)
            .describe("Of 4.2.0; not used: WAL is always archived."),
        json::field("BackrestStorageType", &S::backrest_storage_type, json::Emit::always)
            .describe("Where backups go: \"local\", \"s3\" or \"local,s3\"."),
        json::field("PgbouncerFlag", &S::pgbouncer_flag, json::Emit::always)
            .describe("A pgBouncer beside the cluster."),
        json::field("PgbouncerSecret", &S::pgbouncer_secret, json::Emit::always)
            .describe("Of 4.2.0; not used."),
        json::field("PgbouncerPass", &S::pgbouncer_pass, json::Emit::always)
            .describe("Password of pgBouncer's own account; empty: a random one."),
        json::field("PgbouncerUser", &S::pgbouncer_user, json::Emit::always)
            .describe("Name of that account; empty: pgbouncer."),
        json::field("CustomConfig", &S::custom_config, json::Emit::always)
            .describe("The ConfigMap with PostgreSQL configuration of your own."),
        json::field("StorageConfig", &S::storage_config, json::Emit::always)
            .describe("The storage entry of pgo.yaml for the primary."),
        json::field("ReplicaStorageConfig", &S::replica_storage_config, json::Emit::always)
            .describe("The storage entry of pgo.yaml for replicas."),
        json::field("ContainerResources", &S::container_resources, json::Emit::always)
            .describe("The container resources entry of pgo.yaml."),
        json::field("ClientVersion", &S::client_version, json::Emit::always),
        json::field("PodAntiAffinity", &S::pod_anti_affinity, json::Emit::always)
            .describe("How instances are spread over nodes: \"required\", \"preferred\" or "
                      "\"disabled\"."),
        json::field("SyncReplication", &S::sync_replication, json::Emit::always)
            .describe("Synchronous replication; pgo.yaml decides when it is not set."),
        json::field("BackrestS3Key", &S::backrest_s3_key, json::Emit::always)
            .describe("The access key of S3. A secret."),
        json::field("BackrestS3KeySecret", &S::backrest_s3_key_secret, json::Emit::always)
            .describe("The secret key of S3."),
        json::field("BackrestS3Bucket", &S::backrest_s3_bucket, json::Emit::always)
            .describe("The bucket of S3."),
        json::field("BackrestS3Region", &S::backrest_s3_region, json::Emit::always)
            .describe("The region of S3."),
        json::field("BackrestS3Endpoint", &S::backrest_s3_endpoint, json::Emit::always)
            .describe("The host of S3."),
        json::field("Username", &S::username)
            .describe("The ordinary database user; pgo.yaml's when empty."),
        json::field("Database", &S::database).describe("The database; pgo.yaml's when empty.")};
  }
  bool operator==(const CreateClusterRequest&) const = default;
};

struct CreateClusterResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = CreateClusterResponse;
    return std::tuple{json::field("results", &S::results, json::Emit::always),
                      json::field("status", &S::status, json::Emit::always)};
  }
  bool operator==(const CreateClusterResponse&) const = default;
};

struct ShowClusterService {
  std::string name, data, cluster_ip, external_ip, cluster_name;
  bool pgbouncer = false;
  bool backrest_repo = false;

  static constexpr auto fields() {
    using S = ShowClusterService;
    return std::tuple{json::field("Name", &S::name, json::Emit::always),
                      json::field("Data", &S::data, json::Emit::always),
                      json::field("ClusterIP", &S::cluster_ip, json::Emit::always),
                      json::field("ExternalIP", &S::external_ip, json::Emit::always),
                      json::field("ClusterName", &S::cluster_name, json::Emit::always),
                      json::field("Pgbouncer", &S::pgbouncer, json::Emit::always),
                      json::field("BackrestRepo", &S::backrest_repo, json::Emit::always)};
  }
  bool operator==(const ShowClusterService&) const = default;
};

struct ShowClusterPod {
  std::string name, phase, node_name;
  std::map<std::string, std::string> pvc_name;
  std::string ready_status;
  bool ready = false;
  bool primary = false;
  std::string type;

  static constexpr auto fields() {
    using S = ShowClusterPod;
    return std::tuple{json::field("Name", &S::name, json::Emit::always),
                      json::field("Phase", &S::phase, json::Emit::always),
                      json::field("NodeName", &S::node_name, json::Emit::always),
                      json::field("PVCName", &S::pvc_name, json::Emit::always),
                      json::field("ReadyStatus", &S::ready_status, json::Emit::always),
                      json::field("Ready", &S::ready, json::Emit::always),
                      json::field("Primary", &S::primary, json::Emit::always),
                      json::field("Type", &S::type, json::Emit::always)};
  }
  bool operator==(const ShowClusterPod&) const = default;
};

struct ShowClusterDeployment {
  std::string name;
  std::vector<std::string> policy_labels;

  static constexpr auto fields() {
    using S = ShowClusterDeployment;
    return std::tuple{json::field("Name", &S::name, json::Emit::always),
                      json::field("PolicyLabels", &S::policy_labels, json::Emit::always)};
  }
  bool operator==(const ShowClusterDeployment&) const = default;
};

struct ShowClusterReplica {
  std::string name;

  static constexpr auto fields() {
    using S = ShowClusterReplica;
    return std::tuple{json::field("Name", &S::name, json::Emit::always)};
  }
  bool operator==(const ShowClusterReplica&) const = default;
};

struct ShowClusterDetail {
  PgCluster cluster;
  std::vector<ShowClusterDeployment> deployments;
  std::vector<ShowClusterPod> pods;
  std::vector<ShowClusterService> services;
  std::vector<ShowClusterReplica> replicas;

  static constexpr auto fields() {
    using S = ShowClusterDetail;
    return std::tuple{json::field("cluster", &S::cluster, json::Emit::always),
                      json::field("Deployments", &S::deployments, json::Emit::always),
                      json::field("Pods", &S::pods, json::Emit::always),
                      json::field("Services", &S::services, json::Emit::always),
                      json::field("Replicas", &S::replicas, json::Emit::always)};
  }
  bool operator==(const ShowClusterDetail&) const = default;
};

struct ShowClusterResponse {
  std::vector<ShowClusterDetail> results;
  Status status;

  static constexpr auto fields() {
    using S = ShowClusterResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowClusterResponse&) const = default;
};

struct DeleteClusterRequest {
  std::string clustername, selector, client_version, ns;
  bool all_flag = false;
  bool delete_backups = false;
  bool delete_data = false;

  static constexpr auto fields() {
    using S = DeleteClusterRequest;
    return std::tuple{
        json::field("Clustername", &S::clustername, json::Emit::always).describe("The cluster."),
        json::field("Selector", &S::selector, json::Emit::always)
            .describe(
                "A label selector that takes the clusters, \"env=test\"; in place of a name."),
        json::field("ClientVersion", &S::client_version, json::Emit::always),
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("AllFlag", &S::all_flag, json::Emit::always)
            .describe("Takes every cluster of the namespace."),
        json::field("DeleteBackups", &S::delete_backups, json::Emit::always)
            .describe("Destroys the backups too."),
        json::field("DeleteData", &S::delete_data, json::Emit::always)
            .describe("Destroys the data volumes too; kept data is taken over by a new cluster of "
                      "the name.")};
  }
  bool operator==(const DeleteClusterRequest&) const = default;
};

struct DeleteClusterResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = DeleteClusterResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const DeleteClusterResponse&) const = default;
};

struct UpdateClusterRequest {
  std::vector<std::string> clustername;
  std::string selector, client_version, ns;
  bool all_flag = false;
  std::optional<bool> autofail;  ///< on, off, or left as it is (K9); 4.2.0 knows two of them

  static constexpr auto fields() {
    using S = UpdateClusterRequest;
    return std::tuple{
        json::field("Clustername", &S::clustername, json::Emit::always).describe("The clusters."),
        json::field("Selector", &S::selector, json::Emit::always)
            .describe(
                "A label selector that takes the clusters, \"env=test\"; in place of a name."),
        json::field("ClientVersion", &S::client_version, json::Emit::always),
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("AllFlag", &S::all_flag, json::Emit::always)
            .describe("Takes every cluster of the namespace."),
        json::field("Autofail", &S::autofail, json::Emit::always)
            .describe("Whether a replica takes over when the primary fails; must be set.")};
  }
  bool operator==(const UpdateClusterRequest&) const = default;
};

struct UpdateClusterResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = UpdateClusterResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const UpdateClusterResponse&) const = default;
};

struct ClusterTestRequest {
  std::string clustername, selector, client_version, ns;
  bool all_flag = false;

  static constexpr auto fields() {
    using S = ClusterTestRequest;
    return std::tuple{
        json::field("Clustername", &S::clustername, json::Emit::always).describe("The cluster."),
        json::field("Selector", &S::selector, json::Emit::always)
            .describe(
                "A label selector that takes the clusters, \"env=test\"; in place of a name."),
        json::field("ClientVersion", &S::client_version, json::Emit::always),
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("AllFlag", &S::all_flag, json::Emit::always)
            .describe("Takes every cluster of the namespace.")};
  }
  bool operator==(const ClusterTestRequest&) const = default;
};

struct ClusterTestDetail {
  bool available = false;
  std::string message, instance_type;

  static constexpr auto fields() {
    using S = ClusterTestDetail;
    return std::tuple{json::field("Available", &S::available, json::Emit::always),
                      json::field("Message", &S::message, json::Emit::always),
                      json::field("InstanceType", &S::instance_type, json::Emit::always)};
  }
  bool operator==(const ClusterTestDetail&) const = default;
};

struct ClusterTestResult {
  std::string cluster_name;
  std::vector<ClusterTestDetail> endpoints;
  std::vector<ClusterTestDetail> instances;

  static constexpr auto fields() {
    using S = ClusterTestResult;
    return std::tuple{json::field("ClusterName", &S::cluster_name, json::Emit::always),
                      json::field("Endpoints", &S::endpoints, json::Emit::always),
                      json::field("Instances", &S::instances, json::Emit::always)};
  }
  bool operator==(const ClusterTestResult&) const = default;
};

struct ClusterTestResponse {
  std::vector<ClusterTestResult> results;
  Status status;

  static constexpr auto fields() {
    using S = ClusterTestResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ClusterTestResponse&) const = default;
};

struct ScaleQueryTargetSpec {
  std::string name, node;
  int replication_lag = 0;
  std::string status;
  int timeline = 0;

  static constexpr auto fields() {
    using S = ScaleQueryTargetSpec;
    return std::tuple{json::field("Name", &S::name, json::Emit::always),
                      json::field("Node", &S::node, json::Emit::always),
                      json::field("ReplicationLag", &S::replication_lag, json::Emit::always),
                      json::field("Status", &S::status, json::Emit::always),
                      json::field("Timeline", &S::timeline, json::Emit::always)};
  }
  bool operator==(const ScaleQueryTargetSpec&) const = default;
};

struct ScaleQueryResponse {
  std::vector<ScaleQueryTargetSpec> results;
  Status status;

  static constexpr auto fields() {
    using S = ScaleQueryResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ScaleQueryResponse&) const = default;
};

struct ScaleDownResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = ScaleDownResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ScaleDownResponse&) const = default;
};

struct ClusterScaleResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = ClusterScaleResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ClusterScaleResponse&) const = default;
};

}  // namespace pgo::model::rest
