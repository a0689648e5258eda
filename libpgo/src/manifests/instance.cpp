#include "pgo/manifests/instance.h"

#include "fragments.h"
#include "pgo/base/text.h"
#include "pgo/manifests/cluster.h"
#include "pgo/model/names.h"

#include <utility>

namespace pgo::manifests {
namespace {

namespace label = model::label;
namespace names = model::names;

/// What tells the three kinds of instance apart.
struct Kind {
  std::string name;          ///< of the Deployment
  std::string scope;         ///< Patroni's
  std::string service_name;  ///< label: which Service it is believed to stand behind
  const model::StorageSpec& storage;
  const model::ContainerResources& resources;
  std::string image_tag;
  NodeChoice node;
  bool init = false;
  bool monitor_password = false;
};

/// The labels that instances inherit from the custom resource: those that are valid ones. A
/// password never becomes a label (K31).
json::Object user_labels(const model::PgCluster& cluster) {
  json::Object labels;
  for (const auto& [key, value] : cluster.spec.user_labels) {
    if (key == label::kPgbouncerPassword) continue;
    if (model::is_label_key(key) && model::is_label_value(value)) labels.set(key, value);
  }
  return labels;
}

void add_identity(json::Object& labels, const model::PgCluster& cluster, const Kind& kind) {
  labels.set(label::kVendor, label::kVendorValue);
  labels.set(label::kCluster, cluster.name());
  labels.set(label::kDeploymentName, kind.name);
}

struct LabelSets {
  json::Object selector, pod, deployment;
};

/// A selector can never change, so it has only what stays the same for the life of the instance.
LabelSets label_sets(const Kind& kind, json::Object selector) {
  LabelSets sets{.selector = std::move(selector), .pod = {}, .deployment = {}};
  sets.pod = sets.selector;
  sets.pod.set(label::kScope, kind.scope);
  sets.pod.set(label::kDatabase, model::kTrue);
  sets.deployment = sets.pod;
  sets.deployment.set(label::kServiceName, kind.service_name);
  return sets;
}

NodeChoice node_of(const model::Labels& labels, bool avoid) {
  const auto find = [&](std::string_view key) -> std::string_view {
    const auto it = labels.find(std::string(key));
    return it == labels.end() ? std::string_view{} : std::string_view(it->second);
  };
  return {.key = find(label::kNodeLabelKey), .value = find(label::kNodeLabelValue), .avoid = avoid};
}

Result<kube::Object> instance(const Renderer& renderer, const model::PgCluster& cluster,
                              const model::Config& config, const InstanceExtras& extras,
                              const Kind& kind, LabelSets labels) {
  const auto& spec = cluster.spec;
  const bool metrics = text::to_bool(cluster.user_label(label::kCollect)).value_or(false);
  const auto& monitor = config.cluster.pgmonitor_password;
  PGO_TRY(auto security, security_context(kind.storage));
  PGO_TRY(auto rules, affinity(renderer, cluster, config, kind.node));
  PGO_TRY(auto environment, s3_environment(renderer, cluster, config));
  PGO_TRY(auto badger_port, port("spec.pgbadgerport", spec.badger_port));
  PGO_TRY(auto exporter_port, port("spec.exporterport", spec.exporter_port));
  PGO_TRY(const auto badger, config.resources(config.default_badger_resources));
  return renderer.object(
      "cluster-deployment.yaml",
      json::Object{
          {"Name", kind.name},
          {"Namespace", cluster.metadata.ns},
          {"ClusterName", cluster.name()},
          {"DeploymentLabels", std::move(labels.deployment)},
          {"SelectorLabels", std::move(labels.selector)},
          {"PodLabels", std::move(labels.pod)},
          {"SecurityContext", std::move(security)},
          {"Affinity", std::move(rules)},
          {"CCPImagePrefix", config.cluster.ccp_image_prefix},
          {"CCPImage",
           spec.ccp_image.empty() ? model::fixed::kDefaultImage : std::string_view(spec.ccp_image)},
          {"CCPImageTag", kind.image_tag},
          {"ContainerResources", resources(kind.resources)},
          {"Port", spec.port},
          {"IsInit", kind.init},
          {"DefaultConfigMap", names::default_config(cluster.name())},
          {"ConfVolume", extras.custom_config},
          {"DataPath", names::data_path(kind.name)},
          {"PgmonitorPassword",
           metrics && kind.monitor_password ? (monitor.empty() ? "password" : monitor) : ""},
          {"PgbackrestStanza", model::fixed::kStanza},
          {"PgbackrestRepo1Host", names::repo_service(cluster.name())},
          {"PgbackrestRepo1Path", names::repo_path(cluster.name())},
          {"PgbackrestRepo1Type", repo_type(cluster)},
          {"PgbackrestLocalAndS3Storage", local_and_s3(cluster)},
          {"S3EnvVars", std::move(environment)},
          {"Database", spec.database},
          {"ReplicaReinitOnStartFail", !config.cluster.disable_replica_start_fail_reinit},
          {"SyncReplication", spec.sync_replication.value_or(config.cluster.sync_replication)},
          {"EnableCrunchyadm", config.cluster.enable_crunchyadm},
          {"Metrics", metrics},
          {"ExporterPort", std::move(exporter_port)},
          {"Badger", cluster.metadata.flag(label::kBadger)},
          {"BadgerResources", resources(badger)},
          {"PGBadgerPort", std::move(badger_port)},
          {"PVCName", claim_name(kind.storage, kind.name)},
          {"UserSecretName", spec.user_secret_name},
          {"PrimarySecretName", spec.primary_secret_name},
          {"RootSecretName", spec.root_secret_name},
          {"CollectSecretName", spec.collect_secret_name},
          {"SshdSecretName", names::backrest_secret(cluster.name())}});
}

Result<kube::Object> leading_instance(const Renderer& renderer, const model::PgCluster& cluster,
                                      const model::Config& config, const InstanceExtras& extras,
                                      const Kind& kind) {
  json::Object labels = user_labels(cluster);
  add_identity(labels, cluster, kind);
  labels.set(label::kName, cluster.name());
  labels.set(label::kScope, kind.scope);
  labels.set(label::kPgouser, cluster.metadata.label(label::kPgouser));
  // K33: one identifier for the life of the cluster, its UID where 4.2.0 stored none.
  const auto id = cluster.metadata.label(label::kClusterId);
  labels.set(label::kClusterId, id.empty() ? std::string_view(cluster.metadata.uid) : id);
  return instance(renderer, cluster, config, extras, kind, label_sets(kind, std::move(labels)));
}

}  // namespace

Result<kube::Object> primary(const Renderer& renderer, const model::PgCluster& cluster,
                             const model::Config& config, const InstanceExtras& extras) {
  const Kind kind{.name = cluster.name(),
                  .scope = cluster.name(),
                  .service_name = names::primary_service(cluster.name()),
                  .storage = cluster.spec.primary_storage,
                  .resources = cluster.spec.container_resources,
                  .image_tag = cluster.spec.ccp_image_tag,
                  .node = node_of(cluster.spec.user_labels, false),
                  .init = true,
                  .monitor_password = true};
  return leading_instance(renderer, cluster, config, extras, kind);
}

Result<kube::Object> restored_primary(const Renderer& renderer, const model::PgCluster& cluster,
                                      std::string_view claim, const model::Config& config,
                                      const InstanceExtras& extras) {
  // A restore always makes a claim of its own, whatever the type of the cluster's storage.
  model::StorageSpec storage = cluster.spec.primary_storage;
  storage.storage_type = "create";
  const NodeChoice node = extras.node_key.empty()
                              ? node_of(cluster.spec.user_labels, false)
                              : NodeChoice{.key = extras.node_key, .value = extras.node_value};
  const Kind kind{.name = std::string(claim),
                  .scope = std::string(claim),
                  .service_name = names::primary_service(cluster.name()),
                  .storage = storage,
                  .resources = cluster.spec.container_resources,
                  .image_tag = cluster.spec.ccp_image_tag,
                  .node = node,
                  .init = true,
                  .monitor_password = true};
  return leading_instance(renderer, cluster, config, extras, kind);
}

Result<kube::Object> replica(const Renderer& renderer, const model::PgCluster& cluster,
                             const model::PgReplica& replica, const model::Config& config,
                             const InstanceExtras& extras) {
  const auto own_node = node_of(replica.spec.user_labels, false);
  const auto tag = replica.user_label(label::kImageTag);
  const bool own_resources = !replica.spec.container_resources.limits_cpu.empty();
  const Kind kind{.name = replica.name(),
                  .scope = cluster.scope(),
                  .service_name = names::replica_service(cluster.name()),
                  .storage = replica.spec.storage,
                  .resources = own_resources ? replica.spec.container_resources
                                             : cluster.spec.container_resources,
                  .image_tag = tag.empty() ? cluster.spec.ccp_image_tag : std::string(tag),
                  // Without a wish of its own a replica avoids the nodes that the primary prefers.
                  .node = own_node.key.empty() ? node_of(cluster.spec.user_labels, true) : own_node,
                  .init = false,
                  .monitor_password = true};
  json::Object labels = user_labels(cluster);
  add_identity(labels, cluster, kind);
  labels.set(label::kName, names::replica_service(cluster.name()));
  labels.set(label::kReplicaName, replica.name());
  return instance(renderer, cluster, config, extras, kind, label_sets(kind, std::move(labels)));
}

}  // namespace pgo::manifests
