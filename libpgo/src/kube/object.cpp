#include "pgo/kube/object.h"

namespace pgo::kube {
namespace {

Labels string_members(const json::Value& value) {
  Labels result;
  for (const json::Member& member : value.members()) {
    result.emplace(member.key, std::string(member.value.as_string()));
  }
  return result;
}

}  // namespace

std::string ResourceType::api_version() const {
  if (group.empty()) return std::string(version);
  std::string result(group);
  result += '/';
  result += version;
  return result;
}

Object::Object(const ResourceType& type, std::string_view ns, std::string_view name) {
  json::Object& root = document_.make_object();
  root.set("apiVersion", type.api_version());
  root.set("kind", type.kind);
  json::Value metadata = json::Value::object();
  if (!name.empty()) metadata.set("name", name);
  if (type.namespaced && !ns.empty()) metadata.set("namespace", ns);
  root.set("metadata", std::move(metadata));
}

std::string_view Object::label(std::string_view key) const {
  return document_["metadata"]["labels"][key].as_string();
}

std::string_view Object::annotation(std::string_view key) const {
  return document_["metadata"]["annotations"][key].as_string();
}

Labels Object::labels() const { return string_members(document_["metadata"]["labels"]); }

Labels Object::annotations() const { return string_members(document_["metadata"]["annotations"]); }

std::vector<OwnerReference> Object::owners() const {
  std::vector<OwnerReference> result;
  const json::Array& references = document_["metadata"]["ownerReferences"].items();
  result.reserve(references.size());
  for (const json::Value& reference : references) {
    result.push_back({.api_version = std::string(reference["apiVersion"].as_string()),
                      .kind = std::string(reference["kind"].as_string()),
                      .name = std::string(reference["name"].as_string()),
                      .uid = std::string(reference["uid"].as_string()),
                      .controller = reference["controller"].as_bool(),
                      .block_owner_deletion = reference["blockOwnerDeletion"].as_bool()});
  }
  return result;
}

bool Object::being_deleted() const {
  return !document_["metadata"]["deletionTimestamp"].as_string().empty();
}

void Object::set_label(std::string_view key, std::string_view value) {
  document().at_or_add("metadata").at_or_add("labels").set(key, value);
}

void Object::set_annotation(std::string_view key, std::string_view value) {
  document().at_or_add("metadata").at_or_add("annotations").set(key, value);
}

void Object::add_owner(const OwnerReference& owner) {
  json::Value& references = document().at_or_add("metadata").at_or_add("ownerReferences");
  for (const json::Value& existing : references.items()) {
    if (existing["uid"].as_string() == owner.uid) return;
  }
  json::Value reference = json::Value::object({{"apiVersion", owner.api_version},
                                               {"kind", owner.kind},
                                               {"name", owner.name},
                                               {"uid", owner.uid}});
  if (owner.controller) reference.set("controller", true);
  if (owner.block_owner_deletion) reference.set("blockOwnerDeletion", true);
  references.make_array().push_back(std::move(reference));
}

std::string ObjectKey::text() const {
  std::string result(ns);
  if (!result.empty()) result += '/';
  result += name;
  return result;
}

std::string Object::text() const {
  std::string result(kind());
  result += ' ';
  if (!ns().empty()) {
    result += ns();
    result += '/';
  }
  result += name().empty() ? document_["metadata"]["generateName"].as_string() : name();
  return result;
}

}  // namespace pgo::kube
