#pragma once

#include "pgo/base/result.h"
#include "pgo/kube/client.h"
#include "pgo/manifests/render.h"

#include <string>

namespace pgo::engine {

/// Makes the namespace, or takes over one that belongs to nobody. `failed_precondition` when it
/// belongs to another installation; it is left alone then.
Result<void> claim_namespace(const kube::Client& client, const std::string& ns,
                             const std::string& installation);

/// Service accounts, roles and bindings that clusters need. What differs is changed in place:
/// deleting a service account would take the token from pods that run.
Result<void> set_up_namespace(const kube::Client& client, const manifests::Renderer& renderer,
                              const std::string& ns, const std::string& operator_namespace);

}  // namespace pgo::engine
