#include "embedded/controllers/kept.h"

#include <string_view>

namespace pgo::embedded::controllers {
namespace {

kube::Object metadata_of(const kube::Object& object) {
  kube::Object light;
  json::Value& document = light.document();
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
  return light;
}

/// Most of a pod is how to run its containers.
kube::Object pod_of(const kube::Object& object) {
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
  return kube::Object(std::move(document));
}

Seen part_of(const Seen& object, Keep what) {
  if (what == Keep::whole) return object;
  return std::make_shared<const kube::Object>(what == Keep::pod ? pod_of(*object)
                                                                : metadata_of(*object));
}

}  // namespace

Seen Kept::object() const {
  Seen object = object_.lock();
  if (object) return object;
  object = std::make_shared<const kube::Object>(document_.value());
  object_ = object;
  return object;
}

Kept Keeper::keep(const Seen& object) {
  Seen kept = part_of(object, what_);
  Kept result(packer_.pack(json::write(kept->document())), kept);
  recent_->hold(std::move(kept));
  return result;
}

Seen Keeper::take_out(const Kept& kept) const {
  Seen object = kept.object();
  recent_->hold(object);
  return object;
}

}  // namespace pgo::embedded::controllers
