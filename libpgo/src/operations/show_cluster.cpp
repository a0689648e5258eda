#include "operations/checks.h"
#include "operations/listing.h"
#include "pgo/model/names.h"
#include "pgo/operations/cluster.h"

namespace pgo::operations {
namespace {

using model::rest::ShowClusterDetail;
using model::rest::ShowClusterPod;

/// Helper pods of backups and restores are not part of what a cluster is.
bool is_shown(const kube::Object& pod) {
  for (const std::string_view key :
       {model::label::kBackrestJob, model::label::kBackrestRestore, model::label::kCloneStep1,
        model::label::kBackrestRepo, model::label::kPgbackup}) {
    const std::string_view value = pod.label(key);
    if (value == model::kTrue || (key == model::label::kPgbackup && value == model::kFalse)) {
      return false;
    }
  }
  return true;
}

std::string pod_type(const kube::Object& pod) {
  if (pod.label(model::label::kPgbouncer) == model::kTrue) return "pgbouncer";
  return role_text(pod);
}

ShowClusterPod shown_pod(const kube::Object& pod) {
  ShowClusterPod shown;
  shown.name = std::string(pod.name());
  shown.phase = std::string(pod["status"]["phase"].as_string());
  shown.node_name = std::string(pod["spec"]["nodeName"].as_string());
  for (const json::Value& volume : pod["spec"]["volumes"].items()) {
    const std::string_view name = volume["name"].as_string();
    const std::string_view claim = volume["persistentVolumeClaim"]["claimName"].as_string();
    if (!claim.empty() && (name == "pgdata" || name == "backrestrepo" || name == "pgwal-volume")) {
      shown.pvc_name[std::string(name)] = std::string(claim);
    }
  }
  const Readiness containers = readiness(pod);
  shown.ready_status = std::to_string(containers.ready) + "/" + std::to_string(containers.total);
  shown.ready = containers.ready == containers.total;
  shown.type = pod_type(pod);
  shown.primary = shown.type == "primary";
  return shown;
}

std::vector<std::string> policies_of(const model::PgCluster& cluster) {
  std::vector<std::string> policies;
  for (const auto& [key, value] : cluster.metadata.labels) {
    if (value == model::label::kPolicyValue) policies.push_back(key);
  }
  return policies;
}

struct Objects {
  ByCluster deployments, pods, services, replicas;
};

Result<Objects> read_objects(const Context& context, std::string_view ns,
                             std::string_view cluster) {
  Objects objects;
  PGO_TRY(objects.deployments, ByCluster::read(context, kube::types::kDeployment, ns, cluster));
  PGO_TRY(objects.pods, ByCluster::read(context, kube::types::kPod, ns, cluster));
  PGO_TRY(objects.services, ByCluster::read(context, kube::types::kService, ns, cluster));
  PGO_TRY(objects.replicas, ByCluster::read(context, kube::types::kPgReplica, ns, cluster));
  return objects;
}

ShowClusterDetail detail(model::PgCluster cluster, const Objects& objects) {
  ShowClusterDetail shown;
  const std::string name = cluster.name();
  const std::vector<std::string> policies = policies_of(cluster);
  for (const ObjectPtr& deployment : objects.deployments.of(name)) {
    shown.deployments.push_back({std::string(deployment->name()), policies});
  }
  for (const ObjectPtr& pod : objects.pods.of(name)) {
    if (is_shown(*pod)) shown.pods.push_back(shown_pod(*pod));
  }
  shown.services = shown_services(objects.services.of(name), name);
  for (const ObjectPtr& replica : objects.replicas.of(name)) {
    shown.replicas.push_back({std::string(replica->name())});
  }
  shown.cluster = std::move(cluster);
  return shown;
}

}  // namespace

Result<model::rest::ShowClusterResponse> show_clusters(
    const Context& context, const model::rest::ShowClusterRequest& request) {
  const bool every = request.all_flag || request.clustername == "all";
  model::rest::ShowClusterResponse response;
  response.status.code = "ok";
  if (!every && request.selector.empty() && request.clustername.empty()) return response;
  PGO_TRY(std::vector<model::PgCluster> clusters,
          select_clusters(context, request.ns, request.selector,
                          every ? std::string() : request.clustername));
  if (!request.ccpimagetag.empty()) {
    std::erase_if(clusters, [&](const model::PgCluster& cluster) {
      return cluster.spec.ccp_image_tag != request.ccpimagetag;
    });
  }
  if (clusters.empty()) return response;
  PGO_TRY(const Objects objects,
          read_objects(context, request.ns, clusters.size() == 1 ? clusters[0].name() : ""));
  for (model::PgCluster& cluster : clusters) {
    response.results.push_back(detail(std::move(cluster), objects));
  }
  return response;
}

}  // namespace pgo::operations
