#pragma once

#include "pgo/base/ids.h"
#include "pgo/base/result.h"
#include "pgo/dev/environment.h"
#include "pgo/kube/client.h"

#include <string>

namespace pgo::dev {

/// The service account the operator runs as.
inline constexpr const char kOperatorAccount[] = "postgres-operator";

/// What an installer would have put into a cluster before the operator starts: namespaces, CRDs,
/// the operator's account and rights, and the administrator with `password`. Existing objects are
/// brought up to date.
Result<void> install(const kube::Client& client, const Options& options,
                     const std::string& password, IdSource& ids);

}  // namespace pgo::dev
