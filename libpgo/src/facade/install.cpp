#include "facade/install.h"

#include "pgo/manifests/crds.h"
#include "pgo/manifests/namespace.h"

namespace pgo::facade {
namespace {

namespace types = kube::types;

Result<void> create_if_missing(const kube::Client& client, const kube::ResourceType& type,
                               const kube::Object& object) {
  auto created = client.create(type, object);
  if (created || created.error().code == Code::already_exists) return {};
  return fail(std::move(created).error());
}

}  // namespace

Result<void> install(const kube::Client& client, const std::string& operator_namespace,
                     const std::vector<std::string>& namespaces, const std::string& installation) {
  PGO_TRY_VOID(create_if_missing(client, types::kNamespace,
                                 kube::Object(types::kNamespace, "", operator_namespace)));
  for (const kube::Object& definition : manifests::custom_resource_definitions()) {
    PGO_TRY_VOID(create_if_missing(client, types::kCustomResourceDefinition, definition));
  }
  for (const std::string& name : namespaces) {
    PGO_TRY_VOID(
        create_if_missing(client, types::kNamespace,
                          manifests::target_namespace(name, installation, "operator-bootstrap")));
  }
  return {};
}

}  // namespace pgo::facade
