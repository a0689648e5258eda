#include "pgo/manifests/namespace.h"

#include "pgo/model/names.h"

#include <array>
#include <utility>

namespace pgo::manifests {

kube::Object target_namespace(std::string_view name, std::string_view installation,
                              std::string_view created_by) {
  namespace label = model::label;
  kube::Object object(kube::types::kNamespace, "", name);
  object.set_label(label::kVendor, label::kVendorValue);
  object.set_label(label::kInstallation, installation);
  object.set_label(label::kCreatedBy, created_by);
  return object;
}

Result<std::vector<TypedObject>> target_rbac(const Renderer& renderer, std::string_view ns,
                                             std::string_view operator_ns) {
  namespace types = kube::types;
  static constexpr std::array<std::pair<std::string_view, const kube::ResourceType*>, 10> kFiles{
      {{"pgo-default-sa.yaml", &types::kServiceAccount},
       {"pgo-target-sa.yaml", &types::kServiceAccount},
       {"pgo-backrest-sa.yaml", &types::kServiceAccount},
       {"pgo-target-role.yaml", &types::kRole},
       {"pgo-target-role-binding.yaml", &types::kRoleBinding},
       {"pgo-backrest-role.yaml", &types::kRole},
       {"pgo-backrest-role-binding.yaml", &types::kRoleBinding},
       {"pgo-pg-sa.yaml", &types::kServiceAccount},
       {"pgo-pg-role.yaml", &types::kRole},
       {"pgo-pg-role-binding.yaml", &types::kRoleBinding}}};
  const json::Value fields =
      json::Object{{"TargetNamespace", ns}, {"OperatorNamespace", operator_ns}};
  std::vector<TypedObject> objects;
  objects.reserve(kFiles.size());
  for (const auto& [file, type] : kFiles) {
    PGO_TRY(auto object, renderer.object(file, fields));
    objects.push_back({*type, std::move(object)});
  }
  return objects;
}

}  // namespace pgo::manifests
