#pragma once

#include "pgo/base/result.h"
#include "pgo/json/field.h"
#include "pgo/kube/object.h"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace pgo::model {

using Labels = std::map<std::string, std::string>;

/// Who owns an object. Source: Kubernetes API, meta/v1 OwnerReference.
struct OwnerReference {
  std::string api_version, kind, name, uid;
  bool controller = false;
  bool block_owner_deletion = false;

  static constexpr auto fields() {
    return std::tuple{json::field("apiVersion", &OwnerReference::api_version, json::Emit::always),
                      json::field("kind", &OwnerReference::kind, json::Emit::always),
                      json::field("name", &OwnerReference::name, json::Emit::always),
                      json::field("uid", &OwnerReference::uid, json::Emit::always),
                      json::field("controller", &OwnerReference::controller),
                      json::field("blockOwnerDeletion", &OwnerReference::block_owner_deletion)};
  }
  bool operator==(const OwnerReference&) const = default;
};

/// What we read and write of an object's metadata; the rest travels in `extra`, so that a decoded
/// and encoded object loses nothing. Source: Kubernetes API, meta/v1 ObjectMeta.
struct ObjectMeta {
  std::string name, ns, uid, resource_version;
  std::int64_t generation = 0;
  std::string creation_timestamp, deletion_timestamp;  ///< RFC 3339, or empty
  Labels labels, annotations;
  std::vector<OwnerReference> owner_references;
  std::vector<std::string> finalizers;
  json::Extra extra;

  static constexpr auto fields() {
    return std::tuple{json::field("name", &ObjectMeta::name),
                      json::field("namespace", &ObjectMeta::ns),
                      json::field("uid", &ObjectMeta::uid),
                      json::field("resourceVersion", &ObjectMeta::resource_version),
                      json::field("generation", &ObjectMeta::generation),
                      json::field("creationTimestamp", &ObjectMeta::creation_timestamp),
                      json::field("deletionTimestamp", &ObjectMeta::deletion_timestamp),
                      json::field("labels", &ObjectMeta::labels),
                      json::field("annotations", &ObjectMeta::annotations),
                      json::field("ownerReferences", &ObjectMeta::owner_references),
                      json::field("finalizers", &ObjectMeta::finalizers),
                      json::extra(&ObjectMeta::extra)};
  }
  bool operator==(const ObjectMeta&) const = default;

  /// The value of a label, or empty.
  std::string_view label(std::string_view key) const;
  /// True when the label is a Go boolean that is true.
  bool flag(std::string_view key) const;
};

/// `status` of every custom resource; written as {} while nothing is known.
struct CrStatus {
  std::string state;
  std::string message;
  json::Extra extra;

  static constexpr auto fields() {
    return std::tuple{json::field("state", &CrStatus::state),
                      json::field("message", &CrStatus::message), json::extra(&CrStatus::extra)};
  }
  bool operator==(const CrStatus&) const = default;
};

/// Storage of one purpose inside a custom resource. All keys are always written: 4.2.0 replaces
/// single ones by JSON patch, which needs the path to exist.
struct StorageSpec {
  std::string name;           ///< claim in use; for storage type "existing" the claim to use
  std::string storage_class;  ///< for storage type "dynamic" only
  std::string access_mode;
  std::string size;                 ///< quantity
  std::string storage_type;         ///< "", emptydir, existing, create, dynamic
  std::string fs_group;             ///< group id as text, or empty
  std::string supplemental_groups;  ///< group ids as text, comma separated, or empty
  std::string match_labels;         ///< "key=value" for storage type "create", or empty

  static constexpr auto fields() {
    using enum json::Emit;
    return std::tuple{json::field("name", &StorageSpec::name, always),
                      json::field("storageclass", &StorageSpec::storage_class, always),
                      json::field("accessmode", &StorageSpec::access_mode, always),
                      json::field("size", &StorageSpec::size, always),
                      json::field("storagetype", &StorageSpec::storage_type, always),
                      json::field("fsgroup", &StorageSpec::fs_group, always),
                      json::field("supplementalgroups", &StorageSpec::supplemental_groups, always),
                      json::field("matchLabels", &StorageSpec::match_labels, always)};
  }
  bool operator==(const StorageSpec&) const = default;
};

/// Resources of a container; they apply only when all four are set.
struct ContainerResources {
  std::string requests_memory, requests_cpu, limits_memory, limits_cpu;

  static constexpr auto fields() {
    using enum json::Emit;
    return std::tuple{json::field("requestsmemory", &ContainerResources::requests_memory, always),
                      json::field("requestscpu", &ContainerResources::requests_cpu, always),
                      json::field("limitsmemory", &ContainerResources::limits_memory, always),
                      json::field("limitscpu", &ContainerResources::limits_cpu, always)};
  }
  bool complete() const {
    return !requests_memory.empty() && !requests_cpu.empty() && !limits_memory.empty() &&
           !limits_cpu.empty();
  }
  bool operator==(const ContainerResources&) const = default;
};

/// A Kubernetes label value: at most 63 of letters, digits, '-', '_', '.', at its ends a letter or
/// digit; may be empty.
bool is_label_value(std::string_view text);
/// A label key: a name as above, not empty, after an optional "dns.subdomain/".
bool is_label_key(std::string_view text);

}  // namespace pgo::model
