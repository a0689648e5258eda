#include "operations/slim.h"

#include <initializer_list>
#include <string_view>

namespace pgo::operations {
namespace {

using json::Value;

Value only(const Value& object, std::initializer_list<std::string_view> keys) {
  Value result = Value::object();
  for (const std::string_view key : keys) {
    if (const Value* member = object.members().find(key)) result.set(key, *member);
  }
  return result;
}

Value only_each(const Value& list, std::initializer_list<std::string_view> keys) {
  Value result = Value::array();
  for (const Value& item : list.items()) result.push_back(only(item, keys));
  return result;
}

Value slim_pod_spec(const Value& spec) {
  Value result = only(spec, {"nodeName"});
  result.set("containers", only_each(spec["containers"], {"name", "image"}));
  result.set("volumes", only_each(spec["volumes"], {"name", "persistentVolumeClaim"}));
  return result;
}

Value slim_pod_status(const Value& status) {
  Value result = only(status, {"phase", "startTime", "podIP"});
  result.set("containerStatuses", only_each(status["containerStatuses"], {"name", "ready"}));
  return result;
}

}  // namespace

Value slim(const kube::Object& object) {
  const Value& whole = object.document();
  const std::string_view kind = object.kind();
  Value result = only(whole, {"apiVersion", "kind"});
  const bool many = kind == kube::types::kPod.kind || kind == kube::types::kService.kind ||
                    kind == kube::types::kDeployment.kind;
  Value metadata = whole["metadata"];
  if (many) metadata = only(metadata, {"name", "namespace", "uid", "labels", "deletionTimestamp"});
  metadata.erase("managedFields");
  result.set("metadata", std::move(metadata));
  if (kind == kube::types::kPod.kind) {
    result.set("spec", slim_pod_spec(whole["spec"]));
    result.set("status", slim_pod_status(whole["status"]));
  } else if (kind == kube::types::kService.kind) {
    result.set("spec", only(whole["spec"], {"clusterIP", "externalIPs", "type"}));
    result.set("status", only(whole["status"], {"loadBalancer"}));
  } else if (kind == kube::types::kNode.kind) {
    Value status = Value::object();
    status.set("conditions", only_each(whole["status"]["conditions"], {"type", "status"}));
    result.set("status", std::move(status));
  } else if (kind == kube::types::kPersistentVolumeClaim.kind) {
    result.set("spec", only(whole["spec"], {"resources"}));
    result.set("status", only(whole["status"], {"phase", "capacity"}));
  } else if (kind != kube::types::kDeployment.kind) {
    for (const auto& member : whole.members()) {
      if (!result.members().contains(member.key)) result.set(member.key, member.value);
    }
  }
  return result;
}

bool is_long(const kube::Object& object) {
  return object.kind() == kube::types::kPod.kind || object.kind() == kube::types::kDeployment.kind;
}

}  // namespace pgo::operations
