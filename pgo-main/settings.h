#pragma once

#include "command.h"
#include "pgo/base/result.h"
#include "pgo/rest_channel.h"

#include <functional>
#include <optional>
#include <string>

namespace pgo::cli {

/// Reads one environment variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

using Settings = RestSettings;

/// The namespace to work in: -n, else PGO_NAMESPACE, else that of the local daemon, else empty
/// (which the server refuses).
std::string namespace_setting(const Arguments& arguments, const Environment& environment);

/// Flags win over the environment, the environment over files. When no server is named at all the
/// settings of a local daemon are looked for: client.json in $PGO_STATE_DIR, $XDG_STATE_HOME/pgo,
/// ~/.local/state/pgo, /var/lib/pgo. Errors (`failed_precondition`) say what is missing and how to
/// set it.
Result<Settings> connection_settings(const Arguments& arguments, const Environment& environment);

}  // namespace pgo::cli
