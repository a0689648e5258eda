#include "namespaces.h"

#include "pgo/manifests/namespace.h"
#include "pgo/model/names.h"

#include <utility>

namespace pgo::engine {
namespace {

namespace types = kube::types;
using json::Value;

/// True when the stored object says what we want in every part but the metadata.
bool agrees(const kube::Object& stored, const kube::Object& wanted) {
  for (const json::Member& part : wanted.document().members()) {
    if (part.key == "metadata" || part.key == "apiVersion" || part.key == "kind") continue;
    if (!(stored[part.key] == part.value)) return false;
  }
  return true;
}

Result<void> ensure(const kube::Client& client, const manifests::TypedObject& wanted) {
  const kube::Object& object = wanted.object;
  auto stored = client.get(wanted.type, object.ns(), object.name());
  if (!stored && stored.error().code == Code::not_found) {
    auto created = client.create(wanted.type, object);
    if (created || created.error().code == Code::already_exists) return {};
    return fail(std::move(created).error());
  }
  if (!stored) return fail(std::move(stored).error());
  if (agrees(*stored, object)) return {};
  PGO_TRY_VOID(client.patch(wanted.type, object.ns(), object.name(), kube::PatchType::merge,
                            object.document()));
  return {};
}

}  // namespace

Result<void> claim_namespace(const kube::Client& client, const std::string& ns,
                             const std::string& installation) {
  auto stored = client.get(types::kNamespace, "", ns);
  if (!stored && stored.error().code == Code::not_found) {
    PGO_TRY_VOID(client.create(
        types::kNamespace, manifests::target_namespace(ns, installation, "operator-bootstrap")));
    return {};
  }
  if (!stored) return fail(std::move(stored).error());
  const std::string_view owner = stored->label(model::label::kInstallation);
  const bool taken = stored->label(model::label::kVendor) == model::label::kVendorValue;
  if (taken && owner == installation) return {};
  if (taken && !owner.empty()) {
    return fail(Code::failed_precondition, "the namespace belongs to another installation", ns);
  }
  const Value labels = Value::object({{model::label::kVendor, model::label::kVendorValue},
                                      {model::label::kInstallation, installation}});
  PGO_TRY_VOID(client.patch(types::kNamespace, "", ns, kube::PatchType::merge,
                            Value::object({{"metadata", Value::object({{"labels", labels}})}})));
  return {};
}

Result<void> set_up_namespace(const kube::Client& client, const manifests::Renderer& renderer,
                              const std::string& ns, const std::string& operator_namespace) {
  PGO_TRY(const auto objects, manifests::target_rbac(renderer, ns, operator_namespace));
  for (const manifests::TypedObject& object : objects) PGO_TRY_VOID(ensure(client, object));
  return {};
}

}  // namespace pgo::engine
