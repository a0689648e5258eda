#include "operations/listing.h"

#include "pgo/model/names.h"

#include <algorithm>

namespace pgo::operations {
namespace {

std::string_view cluster_of(const ListedPtr& object) {
  return object->cluster().value_or(std::string_view());
}

}  // namespace

Result<ByCluster> ByCluster::read(const Context& context, const kube::ResourceType& type,
                                  std::string_view ns, std::string_view cluster) {
  const std::string selector =
      cluster.empty() ? std::string(model::label::kCluster) : model::selector::cluster(cluster);
  ByCluster result;
  PGO_TRY(result.objects_, context.reader.find(type, ns, selector));
  std::ranges::stable_sort(result.objects_, {}, cluster_of);
  return result;
}

std::span<const ListedPtr> ByCluster::of(std::string_view cluster) const {
  return std::ranges::equal_range(objects_, cluster, {}, cluster_of);
}

Readiness readiness(const kube::Object& pod) {
  Readiness result;
  for (const json::Value& container : pod["status"]["containerStatuses"].items()) {
    ++result.total;
    if (container["ready"].as_bool()) ++result.ready;
  }
  return result;
}

std::vector<model::rest::ShowClusterService> shown_services(std::span<const ListedPtr> services,
                                                            const std::string& cluster) {
  std::vector<model::rest::ShowClusterService> shown;
  for (const ListedPtr& listed : services) {
    if (listed->name() == model::names::repo_service(cluster)) continue;
    const ObjectPtr service = listed->object();
    if (service->label(model::label::kBackrestRepo) == model::kTrue) continue;
    model::rest::ShowClusterService& one = shown.emplace_back();
    one.name = std::string(service->name());
    const json::Value& spec = (*service)["spec"];
    one.cluster_ip = std::string(spec["clusterIP"].as_string());
    one.external_ip = std::string(spec["externalIPs"][std::size_t{0}].as_string());
    const json::Value& ingress = (*service)["status"]["loadBalancer"]["ingress"][std::size_t{0}];
    if (const std::string_view ip = ingress["ip"].as_string(); !ip.empty()) {
      one.external_ip = std::string(ip);
    }
    if (one.name == model::names::pgbouncer(cluster)) {
      one.pgbouncer = true;
      one.cluster_name = cluster;
    }
  }
  return shown;
}

std::string role_text(const kube::Object& pod) {
  const std::string_view role = pod.label(model::label::kRole);
  if (role == model::role::kMaster) return "primary";
  if (role == model::role::kReplica) return "replica";
  return "unknown";
}

}  // namespace pgo::operations
