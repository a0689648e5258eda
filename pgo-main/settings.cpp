#include "settings.h"

#include "pgo/base/text.h"
#include "pgo/json/value.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace pgo::cli {
namespace {

namespace fs = std::filesystem;

std::string variable(const Environment& environment, const char* name) {
  return environment(name).value_or("");
}

bool is_true(const Environment& environment, const char* name) {
  return text::to_bool(variable(environment, name)).value_or(false);
}

std::string flag_or_variable(const Arguments& arguments, std::string_view flag,
                             const Environment& environment, const char* name) {
  if (!arguments.text(flag).empty()) return arguments.text(flag);
  return variable(environment, name);
}

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

/// What a daemon on this machine left for its clients.
struct LocalDaemon {
  fs::path file;
  json::Value document;

  std::string text(std::string_view key) const { return std::string(document[key].as_string()); }
  std::string path(std::string_view key) const {
    std::string value = text(key);
    if (value.empty() || fs::path(value).is_absolute()) return value;
    return (file.parent_path() / value).string();
  }
};

std::vector<fs::path> local_daemon_files(const Environment& environment) {
  std::vector<fs::path> files;
  if (const std::string dir = variable(environment, "PGO_STATE_DIR"); !dir.empty()) {
    // A state directory that was named is the only one meant.
    return {fs::path(dir) / "client.json"};
  }
  if (const std::string dir = variable(environment, "XDG_STATE_HOME"); !dir.empty()) {
    files.push_back(fs::path(dir) / "pgo/client.json");
  }
  if (const std::string home = variable(environment, "HOME"); !home.empty()) {
    files.push_back(fs::path(home) / ".local/state/pgo/client.json");
  }
  files.emplace_back("/var/lib/pgo/client.json");
  return files;
}

std::optional<LocalDaemon> find_local_daemon(const Environment& environment) {
  for (const fs::path& file : local_daemon_files(environment)) {
    const auto content = read_file(file);
    if (!content) continue;
    if (auto document = json::parse(*content); document && document->is_object()) {
      return LocalDaemon{file, *std::move(document)};
    }
  }
  return std::nullopt;
}

std::optional<LocalDaemon> local_daemon_if_no_server(const Arguments& arguments,
                                                     const Environment& environment) {
  if (!flag_or_variable(arguments, "apiserver-url", environment, "PGO_APISERVER_URL").empty()) {
    return std::nullopt;
  }
  return find_local_daemon(environment);
}

Result<void> parse_credentials(const fs::path& file, Settings& settings) {
  const auto content = read_file(file);
  if (!content) {
    return fail(Code::failed_precondition,
                "cannot read the credentials file " + file.string() + ".");
  }
  const std::string_view line = text::trim(*content);
  const std::size_t colon = line.find(':');
  if (colon == line.npos || colon == 0 || line.find('\n') != line.npos) {
    return fail(Code::failed_precondition, "the credentials file " + file.string() +
                                               " must hold exactly one line \"name:password\".");
  }
  settings.username = std::string(line.substr(0, colon));
  settings.password = std::string(line.substr(colon + 1));
  return {};
}

/// Credentials of the environment; false when it names none.
Result<bool> credentials_from_environment(const Environment& environment, Settings& settings) {
  settings.username = variable(environment, "PGOUSERNAME");
  settings.password = variable(environment, "PGOUSERPASS");
  if (settings.username.empty() != settings.password.empty()) {
    return fail(Code::failed_precondition,
                settings.username.empty() ? "PGOUSERPASS is set but PGOUSERNAME is not; set both."
                                          : "PGOUSERNAME is set but PGOUSERPASS is not; set both.");
  }
  if (!settings.username.empty()) return true;
  const std::string file = variable(environment, "PGOUSER");
  if (file.empty()) return false;
  PGO_TRY_VOID(parse_credentials(file, settings));
  return true;
}

Result<void> credentials(const Environment& environment, Settings& settings) {
  PGO_TRY(const bool found, credentials_from_environment(environment, settings));
  if (found) return {};
  std::error_code error;
  if (const std::string home = variable(environment, "HOME"); !home.empty()) {
    const fs::path file = fs::path(home) / ".pgouser";
    if (fs::exists(file, error)) return parse_credentials(file, settings);
  }
  const fs::path system_file = "/etc/pgo/pgouser";
  if (fs::exists(system_file, error)) return parse_credentials(system_file, settings);
  return fail(
      Code::failed_precondition,
      "no operator user is known: set PGOUSERNAME and PGOUSERPASS, or write \"name:password\" "
      "into ~/.pgouser (or the file that PGOUSER names).");
}

Result<void> require_readable(const std::string& path, std::string_view what, std::string_view flag,
                              std::string_view name) {
  if (path.empty()) {
    return fail(Code::failed_precondition, std::string(what) + " is not set: give --" +
                                               std::string(flag) + " or " + std::string(name) +
                                               " (or --disable-tls for a server without TLS).");
  }
  if (!std::ifstream(path)) {
    return fail(Code::failed_precondition, "cannot read " + std::string(what) + " " + path +
                                               " (--" + std::string(flag) + ").");
  }
  return {};
}

Result<void> tls_files(const Settings& settings) {
  PGO_TRY_VOID(
      require_readable(settings.ca_cert, "the CA certificate", "pgo-ca-cert", "PGO_CA_CERT"));
  PGO_TRY_VOID(require_readable(settings.client_cert, "the client certificate", "pgo-client-cert",
                                "PGO_CLIENT_CERT"));
  return require_readable(settings.client_key, "the client key", "pgo-client-key",
                          "PGO_CLIENT_KEY");
}

bool is_this_machine(const std::string& url) {
  std::string host = url.substr(url.find("://") + 3);
  host = host.substr(0, host.find('/'));
  if (host.starts_with("[::1]")) return true;
  host = host.substr(0, host.find(':'));
  return host == "localhost" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

/// As 4.2.0's client found it: for plain HTTP, and not to this machine.
void find_proxy(const Environment& environment, Settings& settings) {
  if (!settings.url.starts_with("http://") || is_this_machine(settings.url)) return;
  const auto either = [&](const char* name, const char* other) {
    const std::string value = variable(environment, name);
    return value.empty() ? variable(environment, other) : value;
  };
  settings.proxy = either("http_proxy", "HTTP_PROXY");
  settings.no_proxy = either("no_proxy", "NO_PROXY");
}

std::string without_trailing_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

std::string namespace_setting(const Arguments& arguments, const Environment& environment) {
  std::string ns = flag_or_variable(arguments, "namespace", environment, "PGO_NAMESPACE");
  if (!ns.empty()) return ns;
  const auto local = local_daemon_if_no_server(arguments, environment);
  return local ? local->text("namespace") : std::string();
}

Result<Settings> connection_settings(const Arguments& arguments, const Environment& environment) {
  Settings settings;
  settings.ca_cert = flag_or_variable(arguments, "pgo-ca-cert", environment, "PGO_CA_CERT");
  settings.client_cert =
      flag_or_variable(arguments, "pgo-client-cert", environment, "PGO_CLIENT_CERT");
  settings.client_key =
      flag_or_variable(arguments, "pgo-client-key", environment, "PGO_CLIENT_KEY");
  settings.os_trust =
      !arguments.boolean("exclude-os-trust") && !is_true(environment, "EXCLUDE_OS_TRUST");

  if (const auto local = local_daemon_if_no_server(arguments, environment)) {
    settings.found_in = local->file.string();
    settings.url = without_trailing_slash(local->text("url"));
    settings.tls = !settings.url.starts_with("http://");
    find_proxy(environment, settings);
    // The variable may be meant for other servers; the flag is meant for this one.
    if (settings.tls && arguments.boolean("disable-tls")) {
      return fail(Code::failed_precondition,
                  "--disable-tls does not fit the local daemon at " + settings.url +
                      " (settings: " + settings.found_in +
                      "), which has TLS; leave it out, or name a server with --apiserver-url.");
    }
    if (settings.ca_cert.empty()) settings.ca_cert = local->path("ca_cert");
    if (settings.client_cert.empty()) settings.client_cert = local->path("client_cert");
    if (settings.client_key.empty()) settings.client_key = local->path("client_key");
    PGO_TRY(const bool found, credentials_from_environment(environment, settings));
    if (!found) {
      settings.username = local->text("username");
      settings.password = local->text("password");
    }
    if (settings.tls) PGO_TRY_VOID(tls_files(settings));
    return settings;
  }

  settings.url = without_trailing_slash(
      flag_or_variable(arguments, "apiserver-url", environment, "PGO_APISERVER_URL"));
  if (settings.url.empty()) {
    return fail(
        Code::failed_precondition,
        "no apiserver is known: start one here with \"postgres-operator --dev\", or name one "
        "with --apiserver-url or PGO_APISERVER_URL (for example https://127.0.0.1:8443).");
  }
  find_proxy(environment, settings);
  PGO_TRY_VOID(credentials(environment, settings));
  settings.tls = !arguments.boolean("disable-tls") && !is_true(environment, "DISABLE_TLS");
  if (settings.tls) PGO_TRY_VOID(tls_files(settings));
  return settings;
}

}  // namespace pgo::cli
