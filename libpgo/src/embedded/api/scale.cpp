#include "embedded/api/scale.h"

#include "embedded/api/status.h"
#include "pgo/base/text.h"
#include "pgo/kube/selector.h"

namespace pgo::embedded::api {
namespace {

constexpr std::size_t kMaxPath = 64;

}  // namespace

json::Value scale_of(const Resource& resource, const json::Value& document) {
  const json::Value& from = document["metadata"];
  json::Value metadata = json::Value::object({{"name", from["name"]}});
  for (const char* member : {"namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    if (!from[member].is_null()) metadata.set(member, from[member]);
  }
  const auto number_at = [&document](const std::string& path) {
    const json::Value* value = path.empty() ? nullptr : document.pointer(path);
    return value == nullptr ? std::int64_t{0} : value->as_int();
  };
  json::Value status = json::Value::object({{"replicas", number_at(resource.scale_status_path)}});
  if (const auto selector = kube::LabelSelector::from_json(document["spec"]["selector"]);
      selector && !selector->selects_nothing()) {
    status.set("selector", selector->text());
  }
  return json::Value::object(
      {{"kind", "Scale"},
       {"apiVersion", "autoscaling/v1"},
       {"metadata", std::move(metadata)},
       {"spec", json::Value::object({{"replicas", number_at(resource.scale_spec_path)}})},
       {"status", std::move(status)}});
}

Result<void> apply_scale(const Resource& resource, const json::Value& scale,
                         json::Value& document) {
  const std::int64_t replicas = scale["spec"]["replicas"].as_int(0);
  if (replicas < 0) {
    return invalid("Scale", scale["metadata"]["name"].as_string(), "spec.replicas",
                   "Invalid value: must be greater than or equal to 0");
  }
  const std::vector<std::string> parts = text::split_list(resource.scale_spec_path, '/');
  // A definition may name any path, and this makes every level of it.
  if (parts.size() > kMaxPath) {
    return invalid("Scale", scale["metadata"]["name"].as_string(), "spec.replicas",
                   "the path of the definition, specReplicasPath, is too long");
  }
  json::Value* at = &document;
  for (const std::string& part : parts) {
    at = &at->at_or_add(part);
  }
  *at = replicas;
  return {};
}

}  // namespace pgo::embedded::api
