#pragma once

#include "pgo/kube/object.h"

#include <vector>

namespace pgo::manifests {

/// The CustomResourceDefinitions (apiextensions.k8s.io/v1). The schemas are made from the field
/// tables of the model and keep what they do not know, so that everything 4.2.0 wrote is accepted.
std::vector<kube::Object> custom_resource_definitions();

}  // namespace pgo::manifests
