#pragma once

#include "pgo/base/result.h"
#include "pgo/kube/client.h"

#include <string>
#include <vector>

namespace pgo::facade {

/// The operator's namespace, the custom resource definitions and the namespaces for clusters, as
/// far as they are missing. Existing objects are left as they are.
Result<void> install(const kube::Client& client, const std::string& operator_namespace,
                     const std::vector<std::string>& namespaces, const std::string& installation);

}  // namespace pgo::facade
