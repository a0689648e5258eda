#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <string>
#include <tuple>

/// Messages of `/clone`.
namespace pgo::model::rest {

struct CloneRequest {
  std::string ns, source_cluster_name, target_cluster_name, client_version;
  std::string backrest_storage_source;
  // Ours, not 4.2.0's; left out when empty, so that its server is asked as it expects.
  std::string pitr_target;
  int replica_count = 0;

  static constexpr auto fields() {
    using S = CloneRequest;
    return std::tuple{
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("SourceClusterName", &S::source_cluster_name, json::Emit::always)
            .describe("The cluster to copy. Required."),
        json::field("TargetClusterName", &S::target_cluster_name, json::Emit::always)
            .describe("The name of the new cluster. Required."),
        json::field("ClientVersion", &S::client_version, json::Emit::always),
        json::field("BackrestStorageSource", &S::backrest_storage_source, json::Emit::always)
            .describe(
                "The repository to restore from when the source has both: \"local\" or \"s3\"."),
        json::field("PITRTarget", &S::pitr_target)
            .describe(
                "The data as it was then, \"2026-11-22 14:30:00+00\"; all there is when empty."),
        json::field("ReplicaCount", &S::replica_count).describe("Replicas of the new cluster.")};
  }
  bool operator==(const CloneRequest&) const = default;
};

struct CloneResponse {
  Status status;
  std::string target_cluster_name, workflow_id;

  static constexpr auto fields() {
    using S = CloneResponse;
    return std::tuple{json::inlined(&S::status),
                      json::field("TargetClusterName", &S::target_cluster_name, json::Emit::always),
                      json::field("WorkflowID", &S::workflow_id, json::Emit::always)};
  }
  bool operator==(const CloneResponse&) const = default;
};

}  // namespace pgo::model::rest
