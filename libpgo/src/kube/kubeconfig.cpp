#include "pgo/kube/kubeconfig.h"

#include "pgo/base/text.h"
#include "pgo/yaml/yaml.h"

#include <fstream>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

namespace pgo::kube {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFileBytes = std::size_t{8} << 20;

Result<std::string> read_file(const fs::path& file) {
  std::error_code error;
  if (fs::is_directory(file, error)) {
    return fail(Code::invalid_argument, "is a directory, not a file", file.string());
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    const bool missing = !fs::exists(file, error);
    return fail(missing ? Code::not_found : Code::permission_denied,
                missing ? "no such file" : "cannot be read", file.string());
  }
  std::string content{std::istreambuf_iterator<char>(stream), {}};
  if (content.size() > kMaxFileBytes) {
    return fail(Code::invalid_argument, "is too large for what it should be", file.string());
  }
  return content;
}

/// One entry of a kubeconfig with where it came from, for messages and relative paths.
struct Entry {
  const json::Value* value = nullptr;
  const yaml::Document* document = nullptr;
  fs::path file;
  std::string path;  ///< "users[0].user"

  const json::Value& operator[](std::string_view key) const {
    static const json::Value kNone;
    return value == nullptr ? kNone : (*value)[key];
  }
  std::string_view text(std::string_view key) const { return (*this)[key].as_string(); }
  std::unexpected<Error> wrong(std::string_view key, std::string message,
                               Code code = Code::invalid_argument) const {
    const std::string field = path + "." + std::string(key);
    std::string subject = file.string();
    if (document != nullptr) {
      const std::size_t line = document->line_of(field);
      if (line > 0) subject += ":" + std::to_string(line);
    }
    return fail(code, field + ": " + std::move(message), std::move(subject));
  }
  fs::path resolve(std::string_view name) const {
    const fs::path path_in(name);
    return path_in.is_absolute() ? path_in : file.parent_path() / path_in;
  }
};

struct File {
  fs::path path;
  yaml::Document document;
};

Result<std::vector<File>> read_all(const std::vector<fs::path>& paths) {
  std::vector<File> files;
  for (const fs::path& path : paths) {
    Result<std::string> content = read_file(path);
    if (!content && content.error().code == Code::not_found) continue;
    if (!content) return fail(std::move(content).error());
    Result<yaml::Document> document = yaml::parse_document(*content);
    if (!document) {
      return fail(Code::invalid_argument, document.error().message, path.string());
    }
    if (document->value.is_null()) continue;
    if (!document->value.is_object()) {
      return fail(Code::invalid_argument, "is not a kubeconfig: its top is no mapping",
                  path.string());
    }
    files.push_back({path, *std::move(document)});
  }
  if (!files.empty()) return files;
  if (paths.empty()) return fail(Code::not_found, "no kubeconfig file is configured");
  return fail(Code::not_found, "no such kubeconfig file, or it is empty", paths.front().string());
}

/// The `inner` mapping of the entry called `name` in `list` ("users", "user").
std::optional<Entry> find_entry(const std::vector<File>& files, std::string_view list,
                                std::string_view inner, std::string_view name) {
  for (const File& file : files) {
    const json::Array& items = file.document.value[list].items();
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i]["name"].as_string() != name) continue;
      Entry entry;
      entry.value = &items[i][inner];
      entry.document = &file.document;
      entry.file = file.path;
      entry.path = std::string(list) + "[" + std::to_string(i) + "]." + std::string(inner);
      return entry;
    }
  }
  return std::nullopt;
}

/// PEM text given inline as base64 under KEY-data, or as a file under KEY. Inline wins.
Result<std::string> pem_of(const Entry& entry, const std::string& key) {
  const std::string data_key = key + "-data";
  if (const std::string_view data = entry.text(data_key); !data.empty()) {
    std::string compact;
    for (char c : data) {
      if (c != '\n' && c != '\r' && c != ' ') compact += c;
    }
    Result<std::string> decoded = text::base64_decode(compact);
    if (!decoded) return entry.wrong(data_key, "is not base64");
    if (decoded->find("-----BEGIN ") == std::string::npos) {
      return entry.wrong(data_key, "holds no PEM text");
    }
    return *std::move(decoded);
  }
  const std::string_view name = entry.text(key);
  if (name.empty()) return std::string();
  Result<std::string> content = read_file(entry.resolve(name));
  if (!content) return entry.wrong(key, content.error().text(), content.error().code);
  if (content->find("-----BEGIN ") == std::string::npos) {
    return entry.wrong(key, "the file holds no PEM text");
  }
  return *std::move(content);
}

/// YAML reads an unquoted 12345 as a number; taken for absent, that would be hard to find.
Result<void> require_strings(const Entry& entry, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (!entry[key].is_null() && !entry[key].is_string()) {
      return entry.wrong(key, "must be a string: put it in quotes");
    }
  }
  return {};
}

Result<void> apply_cluster(const Entry& cluster, HttpTransportOptions& options) {
  PGO_TRY_VOID(require_strings(cluster, {"server", "tls-server-name", "proxy-url",
                                         "certificate-authority", "certificate-authority-data"}));
  options.server = cluster.text("server");
  if (options.server.empty()) return cluster.wrong("server", "is missing");
  options.tls.server_name = cluster.text("tls-server-name");
  options.tls.insecure = cluster["insecure-skip-tls-verify"].as_bool();
  options.proxy = cluster.text("proxy-url");
  if (options.tls.insecure && !(cluster.text("certificate-authority").empty() &&
                                cluster.text("certificate-authority-data").empty())) {
    return cluster.wrong("insecure-skip-tls-verify",
                         "contradicts the certificate authority beside it");
  }
  PGO_TRY(options.tls.ca_pem, pem_of(cluster, "certificate-authority"));
  return {};
}

Result<void> apply_user(const Entry& user, HttpTransportOptions& options) {
  PGO_TRY_VOID(
      require_strings(user, {"client-certificate", "client-certificate-data", "client-key",
                             "client-key-data", "token", "tokenFile", "username", "password"}));
  for (const std::string_view plugin : {"exec", "auth-provider"}) {
    if (user[plugin].is_object()) {
      return user.wrong(plugin, "credential plugins are not supported yet", Code::unimplemented);
    }
  }
  PGO_TRY(options.tls.certificate_pem, pem_of(user, "client-certificate"));
  PGO_TRY(options.tls.key_pem, pem_of(user, "client-key"));
  if (options.tls.certificate_pem.empty() != options.tls.key_pem.empty()) {
    return options.tls.key_pem.empty()
               ? user.wrong("client-key", "is missing beside client-certificate")
               : user.wrong("client-certificate", "is missing beside client-key");
  }
  if (!user["as"].is_null()) {
    return user.wrong("as", "impersonation is not supported", Code::unimplemented);
  }
  // The file wins over the fixed token, as in client-go: it is the one that is rotated.
  if (const std::string_view file = user.text("tokenFile"); !file.empty()) {
    options.auth = token_file_auth(user.resolve(file));
  } else if (const std::string_view token = user.text("token"); !token.empty()) {
    if (token.find_first_of("\r\n") != std::string_view::npos) {
      return user.wrong("token", "holds a line break");
    }
    options.auth = token_auth(std::string(token));
  } else if (const std::string_view name = user.text("username"); !name.empty()) {
    options.auth = basic_auth(std::string(name), std::string(user.text("password")));
  }
  return {};
}

std::string current_context(const std::vector<File>& files) {
  for (const File& file : files) {
    const std::string_view name = file.document.value["current-context"].as_string();
    if (!name.empty()) return std::string(name);
  }
  return {};
}

}  // namespace

Result<ConnectionSettings> load_kubeconfig(const std::vector<fs::path>& paths,
                                           const KubeconfigOptions& options) {
  PGO_TRY(const std::vector<File> files, read_all(paths));
  const std::string shown = files.front().path.string();
  ConnectionSettings result;
  result.context = options.context.empty() ? current_context(files) : options.context;
  std::string cluster_name = options.cluster;
  std::string user_name = options.user;
  if (!result.context.empty()) {
    const auto context = find_entry(files, "contexts", "context", result.context);
    if (!context) {
      return fail(Code::not_found, "there is no context '" + result.context + "'", shown);
    }
    if (cluster_name.empty()) cluster_name = context->text("cluster");
    if (user_name.empty()) user_name = context->text("user");
    result.ns = context->text("namespace");
    if (cluster_name.empty()) return context->wrong("cluster", "is missing");
  }
  if (cluster_name.empty()) {
    return fail(Code::invalid_argument, "current-context is not set and no context was chosen",
                shown);
  }
  const auto cluster = find_entry(files, "clusters", "cluster", cluster_name);
  if (!cluster) return fail(Code::not_found, "there is no cluster '" + cluster_name + "'", shown);
  PGO_TRY_VOID(apply_cluster(*cluster, result.transport));
  if (user_name.empty()) return result;
  const auto user = find_entry(files, "users", "user", user_name);
  if (!user) return fail(Code::not_found, "there is no user '" + user_name + "'", shown);
  PGO_TRY_VOID(apply_user(*user, result.transport));
  return result;
}

std::vector<fs::path> kubeconfig_files(const Environment& environment) {
  std::vector<fs::path> result;
  if (const auto list = environment("KUBECONFIG"); list && !list->empty()) {
    for (std::string& name : text::split_list(*list, ':')) result.emplace_back(std::move(name));
    return result;
  }
  if (const auto home = environment("HOME"); home && !home->empty()) {
    result.push_back(fs::path(*home) / ".kube" / "config");
  }
  return result;
}

Result<ConnectionSettings> load_in_cluster(const Environment& environment, const fs::path& root) {
  const auto host = environment("KUBERNETES_SERVICE_HOST");
  const auto port = environment("KUBERNETES_SERVICE_PORT");
  if (!host || host->empty() || !port || port->empty()) {
    return fail(
        Code::failed_precondition,
        "not inside a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  }
  const fs::path folder = root / "var/run/secrets/kubernetes.io/serviceaccount";
  ConnectionSettings result;
  result.context = "in-cluster";
  const bool ipv6 = host->find(':') != std::string::npos;
  result.transport.server = "https://" + (ipv6 ? "[" + *host + "]" : *host) + ":" + *port;
  PGO_TRY(result.transport.tls.ca_pem, read_file(folder / "ca.crt"));
  result.transport.auth = token_file_auth(folder / "token");
  // Asked now, so that a pod without a token fails at its start and not at its first request.
  PGO_TRY_VOID(result.transport.auth->credentials());
  if (const Result<std::string> ns = read_file(folder / "namespace")) {
    result.ns = text::trim(*ns);
  }
  return result;
}

Result<ConnectionSettings> load_default(const Environment& environment,
                                        const KubeconfigOptions& options) {
  const auto list = environment("KUBECONFIG");
  if (!list || list->empty()) {
    Result<ConnectionSettings> in_cluster = load_in_cluster(environment);
    if (in_cluster || in_cluster.error().code != Code::failed_precondition) return in_cluster;
  }
  return load_kubeconfig(kubeconfig_files(environment), options);
}

}  // namespace pgo::kube
