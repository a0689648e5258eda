#pragma once

#include "dev/pki.h"
#include "dev/state_dir.h"
#include "pgo/base/ids.h"
#include "pgo/dev/environment.h"

#include <string>

namespace pgo::dev {

/// The administrator that the client settings log in as.
inline constexpr const char kAdminUser[] = "pgoadmin";

/// The administrator's password: the one of earlier settings, or a new one.
std::string admin_password(const StateDir& state, IdSource& ids);

/// Writes STATE/kubeconfig and STATE/client.json (mode 0600).
Result<void> write_client_settings(const StateDir& state, const Pki& pki, const Options& options,
                                   const Endpoints& endpoints, const std::string& password);

}  // namespace pgo::dev
