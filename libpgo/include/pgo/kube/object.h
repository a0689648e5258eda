#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/result.h"
#include "pgo/json/value.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::kube {

class PackedObject;

/// One resource type: group, version, kind, and the plural under which the API serves it.
struct ResourceType {
  std::string_view group;    ///< "" for the core group
  std::string_view version;  ///< "v1"
  std::string_view kind;     ///< "Deployment"
  std::string_view plural;   ///< "deployments"
  bool namespaced = true;

  /// "v1" or "apps/v1", as in `apiVersion`.
  std::string api_version() const;
  bool operator==(const ResourceType&) const = default;
};

/// The types this project reads or writes. Source: Kubernetes API reference.
namespace types {
inline constexpr ResourceType kNamespace{"", "v1", "Namespace", "namespaces", false};
inline constexpr ResourceType kNode{"", "v1", "Node", "nodes", false};
inline constexpr ResourceType kPod{"", "v1", "Pod", "pods"};
inline constexpr ResourceType kService{"", "v1", "Service", "services"};
inline constexpr ResourceType kEndpoints{"", "v1", "Endpoints", "endpoints"};
inline constexpr ResourceType kConfigMap{"", "v1", "ConfigMap", "configmaps"};
inline constexpr ResourceType kSecret{"", "v1", "Secret", "secrets"};
inline constexpr ResourceType kEvent{"", "v1", "Event", "events"};
inline constexpr ResourceType kServiceAccount{"", "v1", "ServiceAccount", "serviceaccounts"};
inline constexpr ResourceType kPersistentVolumeClaim{"", "v1", "PersistentVolumeClaim",
                                                     "persistentvolumeclaims"};
inline constexpr ResourceType kPersistentVolume{"", "v1", "PersistentVolume", "persistentvolumes",
                                                false};
inline constexpr ResourceType kDeployment{"apps", "v1", "Deployment", "deployments"};
inline constexpr ResourceType kReplicaSet{"apps", "v1", "ReplicaSet", "replicasets"};
inline constexpr ResourceType kJob{"batch", "v1", "Job", "jobs"};
inline constexpr ResourceType kLease{"coordination.k8s.io", "v1", "Lease", "leases"};
inline constexpr ResourceType kStorageClass{"storage.k8s.io", "v1", "StorageClass",
                                            "storageclasses", false};
inline constexpr ResourceType kRole{"rbac.authorization.k8s.io", "v1", "Role", "roles"};
inline constexpr ResourceType kRoleBinding{"rbac.authorization.k8s.io", "v1", "RoleBinding",
                                           "rolebindings"};
inline constexpr ResourceType kClusterRole{"rbac.authorization.k8s.io", "v1", "ClusterRole",
                                           "clusterroles", false};
inline constexpr ResourceType kClusterRoleBinding{
    "rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false};
inline constexpr ResourceType kCustomResourceDefinition{
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false};
inline constexpr ResourceType kPgCluster{"crunchydata.com", "v1", "Pgcluster", "pgclusters"};
inline constexpr ResourceType kPgReplica{"crunchydata.com", "v1", "Pgreplica", "pgreplicas"};
inline constexpr ResourceType kPgTask{"crunchydata.com", "v1", "Pgtask", "pgtasks"};
inline constexpr ResourceType kPgPolicy{"crunchydata.com", "v1", "Pgpolicy", "pgpolicies"};
inline constexpr ResourceType kPgBackup{"crunchydata.com", "v1", "Pgbackup", "pgbackups"};
}  // namespace types

/// Sorted, as label maps are small and order must not matter.
using Labels = std::map<std::string, std::string, std::less<>>;

struct OwnerReference {
  std::string api_version{}, kind{}, name{}, uid{};
  bool controller = false;
  bool block_owner_deletion = false;
  bool operator==(const OwnerReference&) const = default;
};

/// A Kubernetes object as a document, with the metadata everybody needs read out on demand.
/// A value type, as cheap to copy as its document.
class Object {
 public:
  Object() = default;
  explicit Object(json::Value document) : document_(std::move(document)) {}
  /// For PackedObject.
  Object(json::Value document, std::shared_ptr<const PackedObject> packed)
      : document_(std::move(document)), packed_(std::move(packed)) {}
  /// An object of `type` with only apiVersion, kind, name and (when namespaced) namespace.
  Object(const ResourceType& type, std::string_view ns, std::string_view name);

  const json::Value& document() const { return document_; }
  json::Value& document() {
    packed_.reset();
    return document_;
  }
  /// As its source holds it anyway, if it does: who holds that needs no memory of his own.
  const std::shared_ptr<const PackedObject>& packed() const { return packed_; }
  const json::Value& operator[](std::string_view key) const { return document_[key]; }

  std::string_view api_version() const { return document_["apiVersion"].as_string(); }
  std::string_view kind() const { return document_["kind"].as_string(); }
  std::string_view name() const { return document_["metadata"]["name"].as_string(); }
  std::string_view ns() const { return document_["metadata"]["namespace"].as_string(); }
  std::string_view uid() const { return document_["metadata"]["uid"].as_string(); }
  std::string_view resource_version() const {
    return document_["metadata"]["resourceVersion"].as_string();
  }
  /// The value of one label or annotation, or empty; use `labels()` to tell absent from empty.
  std::string_view label(std::string_view key) const;
  std::string_view annotation(std::string_view key) const;
  Labels labels() const;
  Labels annotations() const;
  std::vector<OwnerReference> owners() const;
  bool being_deleted() const;

  void set_label(std::string_view key, std::string_view value);
  void set_annotation(std::string_view key, std::string_view value);
  void add_owner(const OwnerReference& owner);

  /// "Deployment ns/name", for messages.
  std::string text() const;

  bool operator==(const Object& other) const { return document_ == other.document_; }

 private:
  json::Value document_;
  std::shared_ptr<const PackedObject> packed_;  ///< null as soon as the document may differ
};

/// Names one object.
struct ObjectKey {
  json::String ns{}, name{};
  auto operator<=>(const ObjectKey&) const = default;
  std::string text() const;
};

}  // namespace pgo::kube
