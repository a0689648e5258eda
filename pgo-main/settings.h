#pragma once

#include "command.h"
#include "pgo/base/result.h"

#include <functional>
#include <optional>
#include <string>

namespace pgo::cli {

/// Reads one environment variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// How to reach the apiserver and as whom.
struct Settings {
  std::string url;  ///< "https://host:port", no slash at the end
  bool tls = true;
  std::string ca_cert;      ///< PEM file; empty with `os_trust`: the system's authorities only
  std::string client_cert;  ///< PEM file, or empty
  std::string client_key;   ///< PEM file, or empty
  bool os_trust = true;     ///< trust the system's authorities too
  std::string username;
  std::string password;
  /// Where the settings were found when no server was named: the local daemon's client.json.
  std::string found_in;
};

/// The namespace to work in: -n, else PGO_NAMESPACE, else that of the local daemon, else empty
/// (which the server refuses).
std::string namespace_setting(const Arguments& arguments, const Environment& environment);

/// Flags win over the environment, the environment over files. When no server is named at all the
/// settings of a local daemon are looked for: client.json in $PGO_STATE_DIR, $XDG_STATE_HOME/pgo,
/// ~/.local/state/pgo, /var/lib/pgo. Errors (`failed_precondition`) say what is missing and how to
/// set it.
Result<Settings> connection_settings(const Arguments& arguments, const Environment& environment);

}  // namespace pgo::cli
