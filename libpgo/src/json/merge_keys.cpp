#include "merge_keys.h"

#include <algorithm>
#include <array>

namespace pgo::json {

namespace {

struct Row {
  Shape shape;
  std::string_view field;
  FieldShape found;
};

// Source: the patchStrategy and patchMergeKey tags of k8s.io/api (core, apps, batch, meta v1),
// shown as "patch strategy: merge on key ..." in the API reference. Lists that are not here are
// atomic; so are tolerations, envFrom and projected sources, on purpose.
constexpr auto kRows = std::to_array<Row>({
    {Shape::metadata, "finalizers", {.shape = Shape::other, .merge_key = {}, .is_set = true}},
    {Shape::metadata, "ownerReferences", {Shape::other, "uid"}},

    {Shape::root, "spec", {Shape::workload_spec, {}}},
    {Shape::root, "status", {Shape::status, {}}},
    {Shape::workload_spec, "template", {Shape::pod_template, {}}},
    {Shape::workload_spec, "jobTemplate", {Shape::root, {}}},
    {Shape::pod_template_root, "template", {Shape::pod_template, {}}},
    {Shape::pod_template, "spec", {Shape::pod_spec, {}}},
    {Shape::status, "conditions", {Shape::other, "type"}},

    {Shape::pod, "spec", {Shape::pod_spec, {}}},
    {Shape::pod, "status", {Shape::pod_status, {}}},
    {Shape::pod_spec, "containers", {Shape::container, "name"}},
    {Shape::pod_spec, "initContainers", {Shape::container, "name"}},
    {Shape::pod_spec, "ephemeralContainers", {Shape::container, "name"}},
    {Shape::pod_spec, "volumes", {Shape::other, "name"}},
    {Shape::pod_spec, "imagePullSecrets", {Shape::other, "name"}},
    {Shape::pod_spec, "hostAliases", {Shape::other, "ip"}},
    {Shape::pod_spec, "topologySpreadConstraints", {Shape::other, "topologyKey"}},
    {Shape::pod_spec, "schedulingGates", {Shape::other, "name"}},
    {Shape::pod_spec, "resourceClaims", {Shape::other, "name"}},
    {Shape::container, "env", {Shape::other, "name"}},
    {Shape::container, "ports", {Shape::other, "containerPort"}},
    {Shape::container, "volumeMounts", {Shape::other, "mountPath"}},
    {Shape::container, "volumeDevices", {Shape::other, "devicePath"}},
    {Shape::pod_status, "conditions", {Shape::other, "type"}},
    {Shape::pod_status, "podIPs", {Shape::other, "ip"}},
    {Shape::pod_status, "hostIPs", {Shape::other, "ip"}},

    {Shape::service_root, "spec", {Shape::service_spec, {}}},
    {Shape::service_root, "status", {Shape::status, {}}},
    {Shape::service_spec, "ports", {Shape::other, "port"}},
    {Shape::service_account, "secrets", {Shape::other, "name"}},

    {Shape::node, "spec", {Shape::node_spec, {}}},
    {Shape::node, "status", {Shape::node_status, {}}},
    {Shape::node_spec, "podCIDRs", {.shape = Shape::other, .merge_key = {}, .is_set = true}},
    {Shape::node_status, "conditions", {Shape::other, "type"}},
    {Shape::node_status, "addresses", {Shape::other, "type"}},
    {Shape::webhooks, "webhooks", {Shape::other, "name"}},
});

struct KindRow {
  std::string_view kind;
  Shape shape;
};

constexpr auto kKinds = std::to_array<KindRow>({
    {"Pod", Shape::pod},
    {"PodTemplate", Shape::pod_template_root},
    {"Service", Shape::service_root},
    {"ServiceAccount", Shape::service_account},
    {"Node", Shape::node},
    {"MutatingWebhookConfiguration", Shape::webhooks},
    {"ValidatingWebhookConfiguration", Shape::webhooks},
    {"CustomResourceDefinition", Shape::custom_definition},
});

/// Shapes that are whole objects, and so have metadata.
bool has_metadata(Shape shape) { return shape >= Shape::root && shape <= Shape::custom_definition; }

}  // namespace

Shape root_shape(std::string_view kind) {
  const auto* const row = std::ranges::find(kKinds, kind, &KindRow::kind);
  return row == kKinds.end() ? Shape::root : row->shape;
}

FieldShape field_shape(Shape shape, std::string_view field) {
  if (field == "metadata" && (has_metadata(shape) || shape == Shape::pod_template)) {
    return {Shape::metadata, {}};
  }
  for (const Row& row : kRows) {
    if (row.shape == shape && row.field == field) return row.found;
  }
  return {};
}

}  // namespace pgo::json
