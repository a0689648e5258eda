#pragma once

#include "pgo/json/field.h"

#include <string>
#include <tuple>

/// The requests of routes that take no body: what stands in their path and query. The key of a
/// field is its name there; a field that the path names ({name}) goes into the path.
namespace pgo::model::rest {

/// A route that asks for nothing.
struct NoRequest {
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const NoRequest&) const = default;
};

/// What is about a namespace and nothing in it.
struct NamespaceQuery {
  std::string version, ns;

  static constexpr auto fields() {
    using S = NamespaceQuery;
    return std::tuple{json::field("version", &S::version, json::Emit::always),
                      json::field("namespace", &S::ns, json::Emit::always)};
  }
  bool operator==(const NamespaceQuery&) const = default;
};

/// What is about one cluster.
struct ClusterQuery {
  std::string name, version, ns;

  static constexpr auto fields() {
    using S = ClusterQuery;
    return std::tuple{
        json::field("name", &S::name, json::Emit::always).describe("The cluster. Required."),
        json::field("version", &S::version, json::Emit::always),
        json::field("namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty.")};
  }
  bool operator==(const ClusterQuery&) const = default;
};

/// What is about one cluster, or about those that a label selector takes; name "all" takes all.
struct SelectionQuery {
  std::string name, version, selector, ns;

  static constexpr auto fields() {
    using S = SelectionQuery;
    return std::tuple{
        json::field("name", &S::name, json::Emit::always).describe("The cluster, or \"all\"."),
        json::field("version", &S::version, json::Emit::always),
        json::field("selector", &S::selector, json::Emit::always)
            .describe(
                "A label selector that takes the clusters, \"env=test\"; in place of a name."),
        json::field("namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty.")};
  }
  bool operator==(const SelectionQuery&) const = default;
};

/// Adds replicas to a cluster.
struct ScaleClusterQuery {
  std::string name;
  int replica_count = 1;
  std::string resources_config, storage_config, node_label, version, ccp_image_tag;
  std::string service_type, ns;

  static constexpr auto fields() {
    using S = ScaleClusterQuery;
    return std::tuple{
        json::field("name", &S::name, json::Emit::always).describe("The cluster. Required."),
        json::field("replica-count", &S::replica_count, json::Emit::always)
            .describe("How many replicas to add."),
        json::field("resources-config", &S::resources_config, json::Emit::always)
            .describe("The container resources entry of pgo.yaml for them."),
        json::field("storage-config", &S::storage_config, json::Emit::always)
            .describe("The storage entry of pgo.yaml for them."),
        json::field("node-label", &S::node_label, json::Emit::always)
            .describe("\"key=value\": the label that their nodes must have."),
        json::field("version", &S::version, json::Emit::always),
        json::field("ccp-image-tag", &S::ccp_image_tag, json::Emit::always)
            .describe("The image tag of the new replicas; the cluster's when empty."),
        json::field("service-type", &S::service_type, json::Emit::always)
            .describe(
                "Of the Service of the replicas: \"ClusterIP\", \"NodePort\" or \"LoadBalancer\"."),
        json::field("namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty.")};
  }
  bool operator==(const ScaleClusterQuery&) const = default;
};

/// Removes one replica of a cluster.
struct ScaleDownQuery {
  std::string name, version, replica_name;
  bool delete_data = true;
  std::string ns;

  static constexpr auto fields() {
    using S = ScaleDownQuery;
    return std::tuple{
        json::field("name", &S::name, json::Emit::always).describe("The cluster. Required."),
        json::field("version", &S::version, json::Emit::always),
        json::field("replica-name", &S::replica_name, json::Emit::always)
            .describe("The replica to remove, as query_scale names it. Required."),
        json::field("delete-data", &S::delete_data, json::Emit::always)
            .describe("Destroys its data volume too."),
        json::field("namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty.")};
  }
  bool operator==(const ScaleDownQuery&) const = default;
};

/// The progress of one workflow.
struct WorkflowQuery {
  std::string id, version, ns;

  static constexpr auto fields() {
    using S = WorkflowQuery;
    return std::tuple{json::field("id", &S::id, json::Emit::always)
                          .describe("As the answer to the request told it. Required."),
                      json::field("version", &S::version, json::Emit::always),
                      json::field("namespace", &S::ns, json::Emit::always)
                          .describe("The namespace; the client's own when empty.")};
  }
  bool operator==(const WorkflowQuery&) const = default;
};

}  // namespace pgo::model::rest
