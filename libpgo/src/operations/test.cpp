#include "pgo/operations/test.h"

#include "operations/checks.h"
#include "operations/listing.h"
#include "pgo/model/names.h"

#include <algorithm>
#include <functional>
#include <set>
#include <span>
#include <string>

namespace pgo::operations {
namespace {

using model::rest::ClusterTestDetail;
using model::rest::ClusterTestResult;

/// What 4.2.0's client expects where nothing is found.
ClusterTestDetail nothing() {
  return {.available = false, .message = "", .instance_type = "primary"};
}

using Names = std::set<std::string, std::less<>>;

/// The Endpoints that somebody is behind.
Result<Names> ready_endpoints(const Context& context, std::string_view ns) {
  // Patroni may own an Endpoints object and its labels, so these are read without a selector.
  PGO_TRY(const std::vector<ListedPtr> found, context.reader.find(kube::types::kEndpoints, ns, ""));
  Names ready;
  for (const ListedPtr& one : found) {
    const ObjectPtr endpoints = one->object();
    const auto has_address = [](const json::Value& subset) {
      return !subset["addresses"].items().empty();
    };
    if (std::ranges::any_of((*endpoints)["subsets"].items(), has_address)) {
      ready.emplace(one->name());
    }
  }
  return ready;
}

std::string service_type(const model::rest::ShowClusterService& service,
                         const std::string& cluster) {
  if (service.pgbouncer) return "pgbouncer";
  return service.name == model::names::replica_service(cluster) ? "replica" : "primary";
}

ClusterTestResult test_cluster(const model::PgCluster& cluster, std::span<const ListedPtr> services,
                               const Names& ready, std::span<const ListedPtr> pods) {
  ClusterTestResult result;
  result.cluster_name = cluster.name();
  for (const auto& service : shown_services(services, cluster.name())) {
    result.endpoints.push_back({.available = ready.contains(service.name),
                                .message = service.cluster_ip + ":" + cluster.spec.port,
                                .instance_type = service_type(service, cluster.name())});
  }
  for (const ListedPtr& listed : pods) {
    const ObjectPtr pod = listed->object();
    if (pod->label(model::label::kDatabase) != model::kTrue) continue;
    const Readiness containers = readiness(*pod);
    result.instances.push_back(
        {.available = containers.total > 0 && containers.ready == containers.total,
         .message = std::string(pod->name()),
         .instance_type = role_text(*pod)});
  }
  // The primary first, as in 4.2.0.
  std::ranges::stable_partition(result.instances, [](const ClusterTestDetail& instance) {
    return instance.instance_type == "primary";
  });
  if (result.endpoints.empty()) result.endpoints.push_back(nothing());
  if (result.instances.empty()) result.instances.push_back(nothing());
  return result;
}

}  // namespace

Result<model::rest::ClusterTestResponse> test_clusters(
    const Context& context, const model::rest::ClusterTestRequest& request) {
  const bool every = request.all_flag || request.clustername == "all";
  model::rest::ClusterTestResponse response;
  response.status.code = "ok";
  if (!every && request.selector.empty() && request.clustername.empty()) return response;
  PGO_TRY(const std::vector<ListedPtr> clusters,
          find_clusters(context, request.ns, request.selector,
                        every ? std::string() : request.clustername));
  if (clusters.empty()) return response;
  const std::string_view only = clusters.size() == 1 ? clusters[0]->name() : std::string_view();
  PGO_TRY(const ByCluster services,
          ByCluster::read(context, kube::types::kService, request.ns, only));
  PGO_TRY(const ByCluster pods, ByCluster::read(context, kube::types::kPod, request.ns, only));
  PGO_TRY(const Names ready, ready_endpoints(context, request.ns));
  for (const ListedPtr& one : clusters) {
    PGO_TRY(const model::PgCluster cluster, model::PgCluster::from(*one->object()));
    response.results.push_back(
        test_cluster(cluster, services.of(cluster.name()), ready, pods.of(cluster.name())));
  }
  return response;
}

}  // namespace pgo::operations
