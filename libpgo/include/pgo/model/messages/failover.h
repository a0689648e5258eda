#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <string>
#include <tuple>
#include <vector>

/// Messages of the failover routes.
namespace pgo::model::rest {

struct FailoverTargetSpec {
  std::string name, node;
  bool preferred_node = false;
  int replication_lag = 0;
  std::string status;
  int timeline = 0;

  static constexpr auto fields() {
    using S = FailoverTargetSpec;
    return std::tuple{json::field("Name", &S::name, json::Emit::always),
                      json::field("Node", &S::node, json::Emit::always),
                      json::field("PreferredNode", &S::preferred_node, json::Emit::always),
                      json::field("ReplicationLag", &S::replication_lag, json::Emit::always),
                      json::field("Status", &S::status, json::Emit::always),
                      json::field("Timeline", &S::timeline, json::Emit::always)};
  }
  bool operator==(const FailoverTargetSpec&) const = default;
};

struct QueryFailoverResponse {
  std::vector<FailoverTargetSpec> results;
  Status status;

  static constexpr auto fields() {
    using S = QueryFailoverResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const QueryFailoverResponse&) const = default;
};

struct CreateFailoverResponse {
  std::vector<std::string> results;
  std::string targets;
  Status status;

  static constexpr auto fields() {
    using S = CreateFailoverResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::field("Targets", &S::targets, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const CreateFailoverResponse&) const = default;
};

struct CreateFailoverRequest {
  std::string ns, cluster_name, target, client_version;

  static constexpr auto fields() {
    using S = CreateFailoverRequest;
    return std::tuple{
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("ClusterName", &S::cluster_name, json::Emit::always)
            .describe("The cluster. Required."),
        json::field("Target", &S::target, json::Emit::always)
            .describe("The replica that is to lead, as query_failover names it. Required."),
        json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const CreateFailoverRequest&) const = default;
};

struct QueryFailoverRequest {
  std::string cluster_name, client_version;

  static constexpr auto fields() {
    using S = QueryFailoverRequest;
    return std::tuple{json::field("ClusterName", &S::cluster_name, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const QueryFailoverRequest&) const = default;
};

}  // namespace pgo::model::rest
