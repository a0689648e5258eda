#pragma once

#include "pgo/model/meta.h"

#include <string>
#include <tuple>

namespace pgo::model {

/// `spec` of a Pgreplica.
struct PgReplicaSpec {
  std::string ns;
  std::string name;  ///< also the name of the Deployment and of its claim
  std::string cluster_name;
  StorageSpec storage;
  ContainerResources container_resources;  ///< count when limitscpu is set, else the cluster's
  std::string status;                      ///< "", progress::kCompleted or progress::kRestore
  Labels user_labels;
  json::Extra extra;

  static constexpr auto fields() {
    using S = PgReplicaSpec;
    using enum json::Emit;
    return std::tuple{json::field("namespace", &S::ns, always),
                      json::field("name", &S::name, always),
                      json::field("clustername", &S::cluster_name, always),
                      json::field("replicastorage", &S::storage, always),
                      json::field("containerresources", &S::container_resources, always),
                      json::field("status", &S::status, always),
                      json::field("userlabels", &S::user_labels, always_null_when_empty),
                      json::extra(&S::extra)};
  }
  bool operator==(const PgReplicaSpec&) const = default;
};

/// One replica of a cluster as the user wants it.
struct PgReplica {
  std::string kind = "Pgreplica";
  std::string api_version = "crunchydata.com/v1";
  ObjectMeta metadata;
  PgReplicaSpec spec;
  CrStatus status;
  json::Extra extra;

  static constexpr auto fields() {
    using enum json::Emit;
    return std::tuple{json::field("kind", &PgReplica::kind),
                      json::field("apiVersion", &PgReplica::api_version),
                      json::field("metadata", &PgReplica::metadata, always),
                      json::field("spec", &PgReplica::spec, always),
                      json::field("status", &PgReplica::status, always),
                      json::extra(&PgReplica::extra)};
  }
  bool operator==(const PgReplica&) const = default;

  static Result<PgReplica> from(const kube::Object& object);
  kube::Object object() const;

  const std::string& name() const { return metadata.name; }
  std::string_view user_label(std::string_view key) const;
};

}  // namespace pgo::model
