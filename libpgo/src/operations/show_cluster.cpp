#include "operations/checks.h"
#include "operations/listing.h"
#include "pgo/model/names.h"
#include "pgo/operations/cluster.h"

namespace pgo::operations {
namespace {

using model::rest::ShowClusterDetail;
using model::rest::ShowClusterPod;

/// Pods of backups, dumps and restores are not part of what a cluster is.
bool is_shown(const kube::Object& pod) {
  for (const std::string_view key :
       {model::label::kBackrestJob, model::label::kBackrestRestore, model::label::kCloneStep1,
        model::label::kBackrestRepo, model::label::kPgbackup, model::label::kPgdump,
        model::label::kPgrestore}) {
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

}  // namespace

struct ShownClusters::Objects {
  ByCluster deployments, pods, services, replicas;

  static Result<Objects> read(const Context& context, std::string_view ns,
                              std::string_view cluster);
  ShowClusterDetail detail(model::PgCluster cluster) const;
};

Result<ShownClusters::Objects> ShownClusters::Objects::read(const Context& context,
                                                            std::string_view ns,
                                                            std::string_view cluster) {
  Objects objects;
  PGO_TRY(objects.deployments, ByCluster::read(context, kube::types::kDeployment, ns, cluster));
  PGO_TRY(objects.pods, ByCluster::read(context, kube::types::kPod, ns, cluster));
  PGO_TRY(objects.services, ByCluster::read(context, kube::types::kService, ns, cluster));
  PGO_TRY(objects.replicas, ByCluster::read(context, kube::types::kPgReplica, ns, cluster));
  return objects;
}

ShowClusterDetail ShownClusters::Objects::detail(model::PgCluster cluster) const {
  ShowClusterDetail shown;
  const std::string name = cluster.name();
  const std::vector<std::string> policies = policies_of(cluster);
  for (const ListedPtr& deployment : deployments.of(name)) {
    shown.deployments.push_back({std::string(deployment->name()), policies});
  }
  for (const ListedPtr& listed : pods.of(name)) {
    const ObjectPtr pod = listed->object();
    if (is_shown(*pod)) shown.pods.push_back(shown_pod(*pod));
  }
  shown.services = shown_services(services.of(name), name);
  for (const ListedPtr& replica : replicas.of(name)) {
    shown.replicas.push_back({std::string(replica->name())});
  }
  shown.cluster = std::move(cluster);
  return shown;
}

ShownClusters::ShownClusters(std::string image_tag) : image_tag_(std::move(image_tag)) {}
ShownClusters::ShownClusters(ShownClusters&&) noexcept = default;
ShownClusters& ShownClusters::operator=(ShownClusters&&) noexcept = default;
ShownClusters::~ShownClusters() = default;

Result<ShownClusters> ShownClusters::find(const Context& context,
                                          const model::rest::ShowClusterRequest& request) {
  const bool every = request.all_flag || request.clustername == "all";
  ShownClusters shown(request.ccpimagetag);
  if (!every && request.selector.empty() && request.clustername.empty()) return shown;
  PGO_TRY(shown.clusters_, find_clusters(context, request.ns, request.selector,
                                         every ? std::string() : request.clustername));
  if (shown.clusters_.empty()) return shown;
  const std::string_view only =
      shown.clusters_.size() == 1 ? shown.clusters_.front()->name() : std::string_view();
  PGO_TRY(Objects objects, Objects::read(context, request.ns, only));
  shown.objects_ = std::make_unique<const Objects>(std::move(objects));
  return shown;
}

Result<std::optional<ShowClusterDetail>> ShownClusters::next() {
  while (at_ < clusters_.size()) {
    PGO_TRY(model::PgCluster cluster, model::PgCluster::from(*clusters_[at_++]->object()));
    if (!image_tag_.empty() && cluster.spec.ccp_image_tag != image_tag_) continue;
    return objects_->detail(std::move(cluster));
  }
  return std::nullopt;
}

Result<model::rest::ShowClusterResponse> show_clusters(
    const Context& context, const model::rest::ShowClusterRequest& request) {
  model::rest::ShowClusterResponse response;
  response.status.code = "ok";
  PGO_TRY(ShownClusters shown, ShownClusters::find(context, request));
  while (true) {
    PGO_TRY(std::optional<ShowClusterDetail> detail, shown.next());
    if (!detail) return response;
    response.results.push_back(*std::move(detail));
  }
}

}  // namespace pgo::operations
