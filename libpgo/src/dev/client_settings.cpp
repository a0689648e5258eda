#include "dev/client_settings.h"

#include "pgo/base/text.h"
#include "pgo/json/value.h"
#include "pgo/yaml/yaml.h"

namespace pgo::dev {
namespace {

using json::Value;

constexpr std::size_t kPasswordLength = 24;
constexpr std::string_view kLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

Value kubeconfig(const Pki& pki, const Options& options, const Endpoints& endpoints) {
  const auto named = [](std::string_view name, std::string_view key, Value value) {
    return Value::array({Value::object({{"name", name}, {key, std::move(value)}})});
  };
  return Value::object(
      {{"apiVersion", "v1"},
       {"kind", "Config"},
       {"clusters", named("pgo", "cluster",
                          Value::object({{"server", endpoints.api_url},
                                         {"certificate-authority-data",
                                          text::base64_encode(pki.authority.certificate_pem)}}))},
       {"users",
        named("admin", "user",
              Value::object(
                  {{"client-certificate-data", text::base64_encode(pki.admin.certificate_pem)},
                   {"client-key-data", text::base64_encode(pki.admin.key_pem)}}))},
       {"contexts", named("pgo", "context",
                          Value::object({{"cluster", "pgo"},
                                         {"user", "admin"},
                                         {"namespace", options.namespaces.front()}}))},
       {"current-context", "pgo"}});
}

}  // namespace

std::string admin_password(const StateDir& state, IdSource& ids) {
  if (const auto text = read_file(state / "client.json")) {
    if (const auto settings = json::parse(*text)) {
      const std::string_view password = (*settings)["password"].as_string();
      if (!password.empty()) return std::string(password);
    }
  }
  return ids.text(kPasswordLength, kLetters);
}

Result<void> write_client_settings(const StateDir& state, const Pki& pki, const Options& options,
                                   const Endpoints& endpoints, const std::string& password) {
  PGO_TRY_VOID(
      write_private_file(endpoints.kubeconfig, yaml::write(kubeconfig(pki, options, endpoints))));
  const std::filesystem::path folder = state / "pki";
  const Value settings = Value::object({{"url", endpoints.rest_url},
                                        {"username", kAdminUser},
                                        {"password", password},
                                        {"namespace", options.namespaces.front()},
                                        {"ca_cert", (folder / "ca.crt").string()},
                                        {"client_cert", (folder / "client.crt").string()},
                                        {"client_key", (folder / "client.key").string()}});
  return write_private_file(endpoints.client_settings,
                            json::write(settings, json::Style::pretty) + "\n");
}

}  // namespace pgo::dev
