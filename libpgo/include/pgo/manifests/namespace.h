#pragma once

#include "pgo/manifests/render.h"

#include <string_view>
#include <vector>

/// What a namespace needs before clusters can live in it.
namespace pgo::manifests {

/// The namespace itself, marked as ours.
kube::Object target_namespace(std::string_view name, std::string_view installation,
                              std::string_view created_by);

struct TypedObject {
  kube::ResourceType type;
  kube::Object object;
};

/// Service accounts, roles and bindings, in the order in which they are made.
Result<std::vector<TypedObject>> target_rbac(const Renderer& renderer, std::string_view ns,
                                             std::string_view operator_ns);

}  // namespace pgo::manifests
