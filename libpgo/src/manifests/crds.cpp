#include "pgo/manifests/crds.h"

#include "pgo/base/text.h"
#include "pgo/json/codec.h"
#include "pgo/model/pgbackup.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgpolicy.h"
#include "pgo/model/pgreplica.h"
#include "pgo/model/pgtask.h"

#include <string>
#include <utility>

namespace pgo::manifests {
namespace {

/// 4.2.0 writes null for empty maps and unset switches, and any letter case was read: nothing is
/// demanded and unknown keys are kept, at every level.
void relax(json::Value& schema) {
  auto* members = schema.if_object();
  if (!members) return;
  members->erase("required");
  if (auto* properties = members->find("properties")) {
    for (auto& property : properties->make_object()) {
      relax(property.value);
      property.value.set("nullable", true);
    }
    members->set("x-kubernetes-preserve-unknown-fields", true);
  }
  if (auto* values = members->find("additionalProperties")) relax(*values);
  if (auto* items = members->find("items")) relax(*items);
}

template <typename T>
kube::Object definition(const kube::ResourceType& type) {
  json::Value schema = json::schema<T>();
  relax(schema);
  // The API server owns these three; a schema may say no more than their type.
  if (auto* properties = schema.at_or_add("properties").if_object()) {
    properties->set("apiVersion", json::Value::object({{"type", "string"}}));
    properties->set("kind", json::Value::object({{"type", "string"}}));
    properties->set("metadata", json::Value::object({{"type", "object"}}));
  }
  const std::string kind(type.kind);
  const std::string name = std::string(type.plural) + "." + std::string(type.group);
  json::Value version = json::Value::object(
      {{"name", type.version},
       {"served", true},
       {"storage", true},
       {"schema", json::Value::object({{"openAPIV3Schema", std::move(schema)}})}});
  kube::Object object(kube::types::kCustomResourceDefinition, "", name);
  object.document().set(
      "spec",
      json::Value::object({{"group", type.group},
                           {"scope", "Namespaced"},
                           {"names", json::Value::object({{"kind", kind},
                                                          {"listKind", kind + "List"},
                                                          {"plural", type.plural},
                                                          {"singular", text::to_lower(kind)}})},
                           {"versions", json::Value::array({std::move(version)})}}));
  return object;
}

}  // namespace

std::vector<kube::Object> custom_resource_definitions() {
  return {definition<model::PgCluster>(kube::types::kPgCluster),
          definition<model::PgReplica>(kube::types::kPgReplica),
          definition<model::PgTask>(kube::types::kPgTask),
          definition<model::PgPolicy>(kube::types::kPgPolicy),
          definition<model::PgBackup>(kube::types::kPgBackup)};
}

}  // namespace pgo::manifests
