#include "operations/listing.h"

#include "pgo/model/names.h"

namespace pgo::operations {

Result<ByCluster> ByCluster::read(const Context& context, const kube::ResourceType& type,
                                  std::string_view ns, std::string_view cluster) {
  const std::string selector =
      cluster.empty() ? std::string(model::label::kCluster) : model::selector::cluster(cluster);
  PGO_TRY(const std::vector<ObjectPtr> objects, context.reader.list(type, ns, selector));
  ByCluster result;
  for (const ObjectPtr& object : objects) {
    result.objects_[std::string(object->label(model::label::kCluster))].push_back(object);
  }
  return result;
}

const std::vector<ObjectPtr>& ByCluster::of(const std::string& cluster) const {
  static const std::vector<ObjectPtr> kNone;
  const auto found = objects_.find(cluster);
  return found == objects_.end() ? kNone : found->second;
}

Readiness readiness(const kube::Object& pod) {
  Readiness result;
  for (const json::Value& container : pod["status"]["containerStatuses"].items()) {
    ++result.total;
    if (container["ready"].as_bool()) ++result.ready;
  }
  return result;
}

std::vector<model::rest::ShowClusterService> shown_services(const std::vector<ObjectPtr>& services,
                                                            const std::string& cluster) {
  std::vector<model::rest::ShowClusterService> shown;
  for (const ObjectPtr& service : services) {
    if (service->label(model::label::kBackrestRepo) == model::kTrue ||
        service->name() == model::names::repo_service(cluster)) {
      continue;
    }
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
