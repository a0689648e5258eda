#pragma once

#include "pgo/base/result.h"

#include <filesystem>
#include <string>

/// Started by root, the daemon becomes an ordinary user before it does anything else: sandboxes of
/// root would still be root outside.
namespace pgo::daemon {

/// True when this process runs as root.
bool is_root();

/// Makes `state_dir` belong to `user` and becomes that user for good: no groups of root, no way
/// back. `failed_precondition` with the command to run when there is no such user, and when the
/// directory is somebody else's, used by root, or a symbolic link.
Result<void> become(const std::string& user, const std::filesystem::path& state_dir);

}  // namespace pgo::daemon
