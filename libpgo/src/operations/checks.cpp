#include "operations/checks.h"

#include "pgo/base/text.h"
#include "pgo/kube/selector.h"
#include "pgo/model/names.h"

#include <algorithm>

namespace pgo::operations {

Result<std::optional<std::pair<std::string, std::string>>> check_node_label(const Context& context,
                                                                            std::string_view text,
                                                                            std::string_view flag) {
  if (text.empty()) return std::nullopt;
  const std::string shown(text);
  const std::vector<std::string> parts = text::split(text, '=');
  if (parts.size() != 2 || parts[0].empty()) {
    return fail(Code::invalid_argument,
                "The node label \"" + shown + "\" must have the form key=value.",
                std::string(flag));
  }
  PGO_TRY(const std::vector<ObjectPtr> nodes, context.reader.list(kube::types::kNode, "", ""));
  bool key_known = false;
  for (const ObjectPtr& node : nodes) {
    const auto labels = node->labels();
    const auto found = labels.find(parts[0]);
    if (found == labels.end()) continue;
    key_known = true;
    if (found->second == parts[1]) return std::pair{parts[0], parts[1]};
  }
  return fail(Code::invalid_argument,
              key_known
                  ? "No node has the label " + parts[0] + " with the value \"" + parts[1] + "\"."
                  : "No node has a label " + parts[0] + ".",
              std::string(flag));
}

Result<void> check_service_type(std::string_view type) {
  if (type.empty() || type == "ClusterIP" || type == "NodePort" || type == "LoadBalancer")
    return {};
  return fail(Code::invalid_argument,
              "Service type \"" + std::string(type) +
                  "\" is not known; use ClusterIP, NodePort or LoadBalancer.",
              "ServiceType");
}

Result<model::PgCluster> find_cluster(const Context& context, std::string_view ns,
                                      std::string_view name) {
  const std::string shown(name);
  // Checked first, so that no odd text becomes part of an API path.
  if (!text::is_dns1123_subdomain(name)) {
    return fail(Code::not_found, "There is no cluster \"" + shown + "\".", shown);
  }
  PGO_TRY(const ObjectPtr object, get_if_exists(context.reader, kube::types::kPgCluster, ns, name));
  if (!object) {
    return fail(Code::not_found,
                "There is no cluster " + shown + " in namespace " + std::string(ns) + ".", shown);
  }
  return model::PgCluster::from(*object);
}

Result<void> check_no_removal(const Context& context, std::string_view ns,
                              std::string_view target) {
  PGO_TRY(const ObjectPtr task, get_if_exists(context.reader, kube::types::kPgTask, ns,
                                              model::names::removal_task(target)));
  if (!task) return {};
  return fail(Code::failed_precondition,
              std::string(target) + " is still being removed; try again when it is gone.",
              std::string(target));
}

Result<std::vector<model::PgCluster>> select_clusters(const Context& context, std::string_view ns,
                                                      std::string_view selector,
                                                      std::string_view name) {
  std::vector<model::PgCluster> clusters;
  if (selector.empty() && !name.empty()) {
    auto cluster = find_cluster(context, ns, name);
    if (cluster) {
      clusters.push_back(*std::move(cluster));
    } else if (cluster.error().code != Code::not_found) {
      return fail(std::move(cluster).error());
    }
    return clusters;
  }
  PGO_TRY(const std::vector<ObjectPtr> found,
          context.reader.list(kube::types::kPgCluster, ns, selector));
  for (const ObjectPtr& object : found) {
    PGO_TRY(model::PgCluster cluster, model::PgCluster::from(*object));
    clusters.push_back(std::move(cluster));
  }
  return clusters;
}

Result<void> ensure(const Context& context, const kube::ResourceType& type,
                    const kube::Object& object) {
  auto created = context.client.create(type, object);
  if (!created && created.error().code != Code::already_exists) {
    return fail(std::move(created).error());
  }
  return {};
}

}  // namespace pgo::operations
