#include "embedded/api/validate.h"

#include "embedded/api/status.h"
#include "pgo/kube/selector.h"

#include <string>

namespace pgo::embedded::api {
namespace {

using json::Value;

std::string_view name_of(const Value& document) { return document["metadata"]["name"].as_string(); }

Result<void> require_member(const Resource& type, const Value& document, const char* pointer,
                            std::string field) {
  const Value* value = document.pointer(pointer);
  const bool there = value != nullptr && !value->is_null() &&
                     !(value->is_array() && value->items().empty()) &&
                     !(value->is_string() && value->as_string().empty());
  if (there) return {};
  return invalid(type.kind, name_of(document), std::move(field), "Required value");
}

/// A workload's selector must take the pods of its own template.
Result<void> check_selector(const Resource& type, const Value& document) {
  PGO_TRY_VOID(require_member(type, document, "/spec/selector", "spec.selector"));
  auto selector = kube::LabelSelector::from_json(document["spec"]["selector"]);
  if (!selector) {
    return invalid(type.kind, name_of(document), "spec.selector", selector.error().message);
  }
  if (!selector->matches_json(document["spec"]["template"]["metadata"]["labels"])) {
    return invalid(type.kind, name_of(document), "spec.template.metadata.labels",
                   "Invalid value: `selector` does not match template `labels`");
  }
  return {};
}

Result<void> check_containers(const Resource& type, const Value& document, const Value& pod_spec,
                              const std::string& path) {
  if (pod_spec["containers"].items().empty()) {
    return invalid(type.kind, name_of(document), path + ".containers", "Required value");
  }
  std::size_t index = 0;
  for (const Value& container : pod_spec["containers"].items()) {
    const std::string at = path + ".containers[" + std::to_string(index++) + "]";
    if (container["name"].as_string().empty()) {
      return invalid(type.kind, name_of(document), at + ".name", "Required value");
    }
    if (container["image"].as_string().empty()) {
      return invalid(type.kind, name_of(document), at + ".image", "Required value");
    }
  }
  return {};
}

Result<void> check_crd(const Resource& type, const Value& document) {
  PGO_TRY_VOID(require_member(type, document, "/spec/group", "spec.group"));
  PGO_TRY_VOID(require_member(type, document, "/spec/names/plural", "spec.names.plural"));
  PGO_TRY_VOID(require_member(type, document, "/spec/names/kind", "spec.names.kind"));
  PGO_TRY_VOID(require_member(type, document, "/spec/versions", "spec.versions"));
  const std::string wanted = std::string(document["spec"]["names"]["plural"].as_string()) + "." +
                             std::string(document["spec"]["group"].as_string());
  if (name_of(document) != wanted) {
    return invalid(type.kind, name_of(document), "metadata.name",
                   "must be spec.names.plural+\".\"+spec.group");
  }
  return {};
}

Result<void> unchanged(const Resource& type, const Value& current, const Value& wanted,
                       const char* pointer, std::string field) {
  const Value* before = current.pointer(pointer);
  const Value* after = wanted.pointer(pointer);
  const Value none;
  if ((before ? *before : none) == (after ? *after : none)) return {};
  return invalid(type.kind, name_of(wanted), std::move(field), "Invalid value: field is immutable");
}

/// Source: Pod API, "pod updates may not change fields other than ...".
Result<void> check_pod_update(const Resource& type, const Value& current, const Value& wanted) {
  PGO_TRY_VOID(unchanged(type, current, wanted, "/spec/volumes", "spec.volumes"));
  const auto& before = current["spec"]["containers"].items();
  const auto& after = wanted["spec"]["containers"].items();
  const Value& node = current["spec"]["nodeName"];
  const bool moved = !node.as_string().empty() && !(node == wanted["spec"]["nodeName"]);
  if (before.size() == after.size() && !moved) return {};
  return api_error(422, "Invalid",
                   "Pod \"" + std::string(name_of(wanted)) +
                       "\" is invalid: spec: Forbidden: pod updates may not change fields other "
                       "than image, activeDeadlineSeconds, tolerations");
}

Result<void> check_immutable_data(const Resource& type, const Value& current, const Value& wanted) {
  if (!current["immutable"].as_bool()) return {};
  PGO_TRY_VOID(unchanged(type, current, wanted, "/immutable", "immutable"));
  return unchanged(type, current, wanted, "/data", "data");
}

}  // namespace

Result<void> validate_create(const Resource& type, const Value& document) {
  if (type.custom) return {};
  const std::string_view kind = type.kind;
  const Value& spec = document["spec"];
  if (kind == "Pod") return check_containers(type, document, spec, "spec");
  if (kind == "Deployment" || kind == "ReplicaSet" || kind == "StatefulSet" ||
      kind == "DaemonSet") {
    PGO_TRY_VOID(check_selector(type, document));
    return check_containers(type, document, spec["template"]["spec"], "spec.template.spec");
  }
  if (kind == "Job") {
    PGO_TRY_VOID(check_containers(type, document, spec["template"]["spec"], "spec.template.spec"));
    if (spec["template"]["spec"]["restartPolicy"].as_string() == "Always") {
      return invalid(kind, name_of(document), "spec.template.spec.restartPolicy",
                     "Required value: valid values: \"OnFailure\", \"Never\"");
    }
    return {};
  }
  if (kind == "PersistentVolumeClaim") {
    PGO_TRY_VOID(require_member(type, document, "/spec/accessModes", "spec.accessModes"));
    return require_member(type, document, "/spec/resources/requests/storage",
                          "spec.resources.requests.storage");
  }
  if (kind == "CustomResourceDefinition") return check_crd(type, document);
  return {};
}

Result<void> validate_update(const Resource& type, const Value& current, const Value& wanted) {
  if (type.custom) return {};
  const std::string_view kind = type.kind;
  if (kind == "Pod") return check_pod_update(type, current, wanted);
  if (kind == "ConfigMap" || kind == "Secret") {
    if (kind == "Secret") {
      PGO_TRY_VOID(unchanged(type, current, wanted, "/type", "type"));
    }
    return check_immutable_data(type, current, wanted);
  }
  if (kind == "Deployment" || kind == "ReplicaSet" || kind == "StatefulSet" ||
      kind == "DaemonSet") {
    PGO_TRY_VOID(unchanged(type, current, wanted, "/spec/selector", "spec.selector"));
    return check_selector(type, wanted);
  }
  if (kind == "Job") {
    PGO_TRY_VOID(unchanged(type, current, wanted, "/spec/selector", "spec.selector"));
    return unchanged(type, current, wanted, "/spec/template", "spec.template");
  }
  if (kind == "Service" && wanted["spec"]["type"].as_string() != "ExternalName" &&
      !current["spec"]["clusterIP"].as_string().empty()) {
    return unchanged(type, current, wanted, "/spec/clusterIP", "spec.clusterIP");
  }
  if (kind == "RoleBinding" || kind == "ClusterRoleBinding") {
    return unchanged(type, current, wanted, "/roleRef", "roleRef");
  }
  return {};
}

}  // namespace pgo::embedded::api
