#include "embedded/api/resource.h"

#include "pgo/base/text.h"

#include <utility>

namespace pgo::embedded::api {
namespace {

/// Bits of the built-in table.
enum Flag : unsigned {
  kCluster = 1,
  kStatus = 2,
  kScale = 4,
  kGeneration = 8,
  kOrphan = 16,
  kReturns = 32,
};

struct BuiltIn {
  const char* group;
  const char* version;
  const char* kind;
  const char* plural;
  const char* short_names;
  unsigned flags;
  const char* fields;
};

/// Source: Kubernetes API reference; short names as `kubectl api-resources` prints them; selectable
/// fields from "Field Selectors".
constexpr BuiltIn kBuiltIns[] = {
    {"", "v1", "Namespace", "namespaces", "ns", kCluster | kStatus, "status.phase"},
    {"", "v1", "Node", "nodes", "no", kCluster | kStatus, "spec.unschedulable"},
    {"", "v1", "Pod", "pods", "po", kStatus | kReturns,
     "spec.nodeName,spec.restartPolicy,spec.schedulerName,spec.serviceAccountName,status.phase,"
     "status.podIP,status.nominatedNodeName"},
    {"", "v1", "Service", "services", "svc", kStatus | kReturns, "spec.clusterIP,spec.type"},
    {"", "v1", "Endpoints", "endpoints", "ep", 0, ""},
    {"", "v1", "ConfigMap", "configmaps", "cm", 0, ""},
    {"", "v1", "Secret", "secrets", "", 0, "type"},
    {"", "v1", "Event", "events", "ev", 0,
     "involvedObject.kind,involvedObject.namespace,involvedObject.name,involvedObject.uid,"
     "involvedObject.apiVersion,involvedObject.resourceVersion,involvedObject.fieldPath,reason,"
     "reportingComponent,source,type"},
    {"", "v1", "ServiceAccount", "serviceaccounts", "sa", kReturns, ""},
    {"", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", kStatus | kReturns, ""},
    {"", "v1", "PersistentVolume", "persistentvolumes", "pv", kCluster | kStatus | kReturns, ""},
    {"", "v1", "LimitRange", "limitranges", "limits", 0, ""},
    {"", "v1", "ResourceQuota", "resourcequotas", "quota", kStatus, ""},
    {"", "v1", "ReplicationController", "replicationcontrollers", "rc",
     kStatus | kScale | kGeneration, "status.replicas"},
    {"apps", "v1", "Deployment", "deployments", "deploy", kStatus | kScale | kGeneration, ""},
    {"apps", "v1", "ReplicaSet", "replicasets", "rs", kStatus | kScale | kGeneration,
     "status.replicas"},
    {"apps", "v1", "StatefulSet", "statefulsets", "sts", kStatus | kScale | kGeneration, ""},
    {"apps", "v1", "DaemonSet", "daemonsets", "ds", kStatus | kGeneration, ""},
    {"apps", "v1", "ControllerRevision", "controllerrevisions", "", 0, ""},
    {"batch", "v1", "Job", "jobs", "", kStatus | kGeneration | kOrphan, "status.successful"},
    {"batch", "v1", "CronJob", "cronjobs", "cj", kStatus | kGeneration, ""},
    {"coordination.k8s.io", "v1", "Lease", "leases", "", 0, ""},
    {"events.k8s.io", "v1", "Event", "events", "ev", 0,
     "reason,reportingController,type,regarding.kind,regarding.namespace,regarding.name,"
     "regarding.uid"},
    {"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "", 0, ""},
    {"storage.k8s.io", "v1", "StorageClass", "storageclasses", "sc", kCluster, ""},
    {"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", kStatus | kGeneration,
     ""},
    {"networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "netpol", kGeneration, ""},
    {"networking.k8s.io", "v1", "Ingress", "ingresses", "ing", kStatus | kGeneration, ""},
    {"scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", "pc", kCluster | kGeneration,
     ""},
    {"rbac.authorization.k8s.io", "v1", "Role", "roles", "", 0, ""},
    {"rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", "", 0, ""},
    {"rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", "", kCluster, ""},
    {"rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", "", kCluster,
     ""},
    {"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions",
     "crd,crds", kCluster | kStatus | kGeneration, ""},
};

/// Types that `kubectl get all` lists.
bool in_category_all(std::string_view kind) {
  for (std::string_view listed : {"Pod", "Service", "ReplicationController", "Deployment",
                                  "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob"}) {
    if (kind == listed) return true;
  }
  return false;
}

Resource from_built_in(const BuiltIn& entry) {
  Resource resource;
  resource.group = entry.group;
  resource.version = entry.version;
  resource.kind = entry.kind;
  resource.plural = entry.plural;
  resource.singular = text::to_lower(entry.kind);
  resource.short_names = text::split_list(entry.short_names);
  if (in_category_all(resource.kind)) resource.categories.emplace_back("all");
  resource.namespaced = (entry.flags & kCluster) == 0;
  resource.status = (entry.flags & kStatus) != 0;
  resource.scale = (entry.flags & kScale) != 0;
  resource.generation = (entry.flags & kGeneration) != 0;
  resource.orphan_by_default = (entry.flags & kOrphan) != 0;
  resource.returns_deleted = (entry.flags & kReturns) != 0;
  resource.fields = text::split_list(entry.fields);
  resource.table = resource.group + "/" + resource.plural;
  if (resource.scale) {
    resource.scale_spec_path = "/spec/replicas";
    resource.scale_status_path = "/status/replicas";
  }
  return resource;
}

/// ".spec.replicas" -> "/spec/replicas".
std::string pointer_of(std::string_view json_path) {
  std::string pointer(json_path);
  for (char& c : pointer) {
    if (c == '.') c = '/';
  }
  return pointer;
}

std::vector<std::string> strings_of(const json::Value& list) {
  std::vector<std::string> result;
  for (const json::Value& item : list.items()) result.emplace_back(item.as_string());
  return result;
}

Resource from_crd(const json::Value& crd, const json::Value& version) {
  const json::Value& spec = crd["spec"];
  const json::Value& names = spec["names"];
  Resource resource;
  resource.group = spec["group"].as_string();
  resource.version = version["name"].as_string();
  resource.kind = names["kind"].as_string();
  resource.plural = names["plural"].as_string();
  resource.singular = names["singular"].as_string(text::to_lower(resource.kind));
  resource.short_names = strings_of(names["shortNames"]);
  resource.categories = strings_of(names["categories"]);
  resource.namespaced = spec["scope"].as_string() != "Cluster";
  resource.generation = true;
  resource.custom = true;
  resource.ending = crd["metadata"]["deletionTimestamp"].is_string();
  const json::Value& subresources = version["subresources"];
  resource.status = subresources["status"].is_object();
  resource.scale = subresources["scale"].is_object();
  if (resource.scale) {
    resource.scale_spec_path = pointer_of(subresources["scale"]["specReplicasPath"].as_string());
    resource.scale_status_path =
        pointer_of(subresources["scale"]["statusReplicasPath"].as_string());
  }
  for (const json::Value& column : version["additionalPrinterColumns"].items()) {
    resource.columns.push_back({.name = std::string(column["name"].as_string()),
                                .type = std::string(column["type"].as_string()),
                                .json_path = std::string(column["jsonPath"].as_string()),
                                .format = std::string(column["format"].as_string()),
                                .description = std::string(column["description"].as_string()),
                                .priority = static_cast<int>(column["priority"].as_int())});
  }
  resource.table = resource.group + "/" + resource.plural;
  resource.schema = version["schema"]["openAPIV3Schema"];
  return resource;
}

std::string path_key(std::string_view group, std::string_view version, std::string_view plural) {
  std::string key(group);
  key += '/';
  key += version;
  key += '/';
  key += plural;
  return key;
}

}  // namespace

std::shared_ptr<const Registry> Registry::build(const std::vector<json::Value>& crds) {
  auto registry = std::make_shared<Registry>();
  for (const BuiltIn& entry : kBuiltIns) registry->add(from_built_in(entry));
  for (const json::Value& crd : crds) {
    for (const json::Value& version : crd["spec"]["versions"].items()) {
      if (version["served"].as_bool()) registry->add(from_crd(crd, version));
    }
  }
  return registry;
}

ResourcePtr Registry::of_definition(const json::Value& crd) {
  const auto& versions = crd["spec"]["versions"].items();
  if (versions.empty()) return nullptr;
  return std::make_shared<const Resource>(from_crd(crd, versions.front()));
}

void Registry::add(Resource resource) {
  auto key = path_key(resource.group, resource.version, resource.plural);
  auto shared = std::make_shared<const Resource>(std::move(resource));
  if (by_path_.emplace(std::move(key), shared).second) all_.push_back(std::move(shared));
}

ResourcePtr Registry::find(std::string_view group, std::string_view version,
                           std::string_view plural) const {
  const auto found = by_path_.find(path_key(group, version, plural));
  return found == by_path_.end() ? nullptr : found->second;
}

}  // namespace pgo::embedded::api
