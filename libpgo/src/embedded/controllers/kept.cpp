#include "embedded/controllers/kept.h"

#include <string_view>

namespace pgo::embedded::controllers {
namespace {

json::Value metadata_of(const kube::Object& object) {
  json::Value document;
  document.set("apiVersion", object["apiVersion"]);
  document.set("kind", object["kind"]);
  json::Value& metadata = document.at_or_add("metadata");
  for (std::string_view key : {"name", "namespace", "uid", "generation", "deletionTimestamp",
                               "finalizers", "ownerReferences"}) {
    const json::Value& value = object["metadata"][key];
    if (!value.is_null()) metadata.set(key, value);
  }
  // The one ConfigMap whose content a controller keeps.
  if (object.name() == "kube-root-ca.crt") document.set("data", object["data"]);
  return document;
}

/// Most of a pod is how to run its containers.
json::Value pod_of(const kube::Object& object) {
  json::Value document = json::Value::object();
  for (const json::Member& member : object.document().members()) {
    if (member.key != "metadata" && member.key != "spec") document.set(member.key, member.value);
  }
  json::Value& metadata = document.at_or_add("metadata");
  for (const json::Member& member : object["metadata"].members()) {
    if (member.key != "annotations" && member.key != "managedFields") {
      metadata.set(member.key, member.value);
    }
  }
  json::Value& spec = document.at_or_add("spec");
  for (const json::Member& member : object["spec"].members()) {
    if (member.key != "containers" && member.key != "initContainers") {
      spec.set(member.key, member.value);
    }
  }
  json::Value& containers = spec.at_or_add("containers");
  for (const json::Value& container : object["spec"]["containers"].items()) {
    containers.push_back(
        json::Value::object({{"name", container["name"]}, {"ports", container["ports"]}}));
  }
  return document;
}

json::Value part_of(const kube::Object& object, Keep what) {
  if (what == Keep::whole) return object.document();
  return what == Keep::pod ? pod_of(object) : metadata_of(object);
}

}  // namespace

Kept Keeper::keep(const Seen& object) {
  Seen kept = object;
  std::size_t told = 0;
  if (what_ == Keep::metadata || !object->packed()) {
    json::Value part = part_of(*object, what_);
    const std::string text = json::write(part);
    if (what_ == Keep::metadata) told = std::hash<std::string_view>()(text) | 1;
    if (!object->packed()) {
      kept = kube::PackedObject::make(std::move(part), packer_.pack(text));
    }
  }
  Kept result(kept, told);
  recent_->hold(std::move(kept));
  return result;
}

Seen Keeper::take_out(const Kept& kept) const {
  Seen object = kept.object();
  recent_->hold(object);
  return object;
}

}  // namespace pgo::embedded::controllers
