#include "operations/checks.h"

#include "operations/listing.h"
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

namespace {

Result<ObjectPtr> find_cluster_object(const Context& context, std::string_view ns,
                                      std::string_view name) {
  const std::string shown(name);
  // Checked first, so that no odd text becomes part of an API path.
  if (!text::is_dns1123_subdomain(name)) {
    return fail(Code::not_found, "There is no cluster \"" + shown + "\".", shown);
  }
  PGO_TRY(ObjectPtr object, get_if_exists(context.reader, kube::types::kPgCluster, ns, name));
  if (!object) {
    return fail(Code::not_found,
                "There is no cluster " + shown + " in namespace " + std::string(ns) + ".", shown);
  }
  return object;
}

}  // namespace

Result<model::PgCluster> find_cluster(const Context& context, std::string_view ns,
                                      std::string_view name) {
  PGO_TRY(const ObjectPtr object, find_cluster_object(context, ns, name));
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

Result<void> check_image(const Context& context, std::string_view image, std::string_view needed_by,
                         std::string_view field) {
  if (context.images.empty() || std::ranges::find(context.images, image) != context.images.end()) {
    return {};
  }
  return fail(Code::failed_precondition,
              "The nodes of this installation have no image " + std::string(image) + ", which " +
                  std::string(needed_by) + " needs; they have " + text::join(context.images, ", ") +
                  ".",
              std::string(field));
}

Result<void> check_not_anothers(const Context& context, const kube::ResourceType& type,
                                std::string_view ns, const std::string& name,
                                std::string_view cluster, std::string_view field) {
  PGO_TRY(const ObjectPtr object, get_if_exists(context.reader, type, ns, name));
  if (!object) return {};
  const std::string_view owner = object->label(model::label::kCluster);
  if (owner.empty() || owner == cluster) return {};
  return fail(Code::already_exists,
              "There is a " + std::string(type.kind) + " " + name + " of cluster " +
                  std::string(owner) + ", which " + std::string(cluster) +
                  " cannot use; choose another name.",
              std::string(field));
}

Result<void> check_policy_name(std::string_view policy, std::string_view field) {
  if (!model::is_operators_label(policy)) return {};
  return refuse("No policy can be called " + std::string(policy) +
                    ": where it is applied it is noted as a label of that name, which the operator "
                    "uses itself.",
                field);
}

Result<void> check_policy_exists(const Context& context, std::string_view ns,
                                 const std::string& policy, std::string_view field) {
  PGO_TRY_VOID(check_policy_name(policy, field));
  ObjectPtr found;
  if (text::is_dns1123_subdomain(policy)) {
    PGO_TRY(found, get_if_exists(context.reader, kube::types::kPgPolicy, ns, policy));
  }
  if (found) return {};
  return fail(
      Code::invalid_argument,
      "There is no policy " + policy + " in namespace " + std::string(ns) + "; make it first.",
      std::string(field));
}

Result<std::vector<ListedPtr>> find_clusters(const Context& context, std::string_view ns,
                                             std::string_view selector, std::string_view name) {
  if (!selector.empty() || name.empty()) {
    return context.reader.find(kube::types::kPgCluster, ns, selector);
  }
  auto object = find_cluster_object(context, ns, name);
  if (object) return std::vector{listed(*std::move(object))};
  if (object.error().code == Code::not_found) return std::vector<ListedPtr>();
  return fail(std::move(object).error());
}

Result<std::vector<model::PgCluster>> select_clusters(const Context& context, std::string_view ns,
                                                      std::string_view selector,
                                                      std::string_view name) {
  PGO_TRY(const std::vector<ListedPtr> found, find_clusters(context, ns, selector, name));
  std::vector<model::PgCluster> clusters;
  for (const ListedPtr& one : found) {
    PGO_TRY(model::PgCluster cluster, model::PgCluster::from(*one->object()));
    clusters.push_back(std::move(cluster));
  }
  return clusters;
}

Result<std::vector<model::PgCluster>> named_clusters(const Context& context, std::string_view ns,
                                                     std::string_view selector,
                                                     const std::vector<std::string>& names) {
  if (!selector.empty()) return select_clusters(context, ns, selector, {});
  if (names.empty()) {
    return fail(Code::invalid_argument, "The request names no cluster; give a name or a selector.",
                "Args");
  }
  std::vector<model::PgCluster> clusters;
  for (const std::string& name : names) {
    PGO_TRY(model::PgCluster cluster, find_cluster(context, ns, name));
    clusters.push_back(std::move(cluster));
  }
  return clusters;
}

namespace {

Result<ObjectPtr> the_ready_pod(const Context& context, std::string_view ns,
                                const std::string& selector, const std::string& what) {
  PGO_TRY(std::vector<ObjectPtr> pods, context.reader.list(kube::types::kPod, ns, selector));
  std::erase_if(pods, [](const ObjectPtr& pod) {
    const std::string_view phase = (*pod)["status"]["phase"].as_string();
    return pod->being_deleted() || phase == "Succeeded" || phase == "Failed";
  });
  if (pods.size() != 1) {
    return fail(Code::failed_precondition,
                what + (pods.empty() ? " has no pod" : " has several pods") +
                    " at the moment; nothing was started. Try again when it has one.");
  }
  const Readiness state = readiness(*pods.front());
  if (state.total == 0 || state.ready < state.total) {
    return fail(Code::failed_precondition, what + " is not ready (pod " +
                                               std::string(pods.front()->name()) +
                                               "); nothing was started. Try again when it is.");
  }
  return pods.front();
}

}  // namespace

Result<void> check_uses_backrest(const model::PgCluster& cluster, std::string_view consequence,
                                 std::string_view subject) {
  if (cluster.metadata.label(model::label::kBackrest) == model::kTrue) return {};
  return fail(
      Code::failed_precondition,
      "Cluster " + cluster.name() + " does not use pgBackRest; " + std::string(consequence) + ".",
      std::string(subject));
}

Result<ObjectPtr> ready_repo_pod(const Context& context, std::string_view ns,
                                 std::string_view cluster) {
  return the_ready_pod(context, ns, model::selector::repo(cluster),
                       "The backup repository of " + std::string(cluster));
}

Result<ObjectPtr> ready_primary_pod(const Context& context, std::string_view ns,
                                    std::string_view cluster) {
  return the_ready_pod(context, ns, model::selector::primary_pod(cluster),
                       "The primary of " + std::string(cluster));
}

Result<ObjectPtr> current_task(const Context& context, std::string_view ns, std::string_view name) {
  auto found = context.client.get(kube::types::kPgTask, ns, name);
  if (found) return std::make_shared<const kube::Object>(*std::move(found));
  if (found.error().code == Code::not_found) return ObjectPtr();
  return fail(std::move(found).error());
}

Result<void> remove_task(const Context& context, const kube::Object& task) {
  kube::DeleteOptions only_this;
  only_this.uid = std::string(task.uid());
  auto removed = context.client.remove(kube::types::kPgTask, task.ns(), task.name(), only_this);
  if (!removed && removed.error().code != Code::not_found) return removed;
  return {};
}

Result<void> replace_task(const Context& context, const kube::Object& task, const ObjectPtr& old) {
  if (old) {
    PGO_TRY_VOID(remove_task(context, *old));
  }
  auto created = context.client.create(kube::types::kPgTask, task);
  if (created) return {};
  if (created.error().code != Code::already_exists) return fail(std::move(created).error());
  return fail(Code::conflict, "Something else asked for the same at this moment; try again.",
              std::string(task.name()));
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
