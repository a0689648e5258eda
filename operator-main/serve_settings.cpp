#include "serve_settings.h"

#include "pgo/base/text.h"

namespace pgo::daemon {
namespace {

class Variables {
 public:
  explicit Variables(const kube::Environment& environment) : environment_(environment) {}

  std::string text(const char* name) const { return environment_(name).value_or(""); }

  Result<std::string> required(const char* name, const char* meaning) const {
    std::string value = text(name);
    if (!value.empty()) return value;
    return fail(Code::invalid_argument,
                std::string("this environment variable must be set: it names ") + meaning, name);
  }

  Result<bool> flag(const char* name, bool otherwise) const {
    const std::string value = text(name);
    if (value.empty()) return otherwise;
    if (const auto parsed = text::to_bool(value)) return *parsed;
    return fail(Code::invalid_argument, "\"" + value + "\" is neither true nor false", name);
  }

  Result<std::uint16_t> port(const char* name, std::uint16_t otherwise) const {
    const std::string value = text(name);
    if (value.empty()) return otherwise;
    const auto number = text::to_int(value);
    if (number && *number > 0 && *number <= 65535) return static_cast<std::uint16_t>(*number);
    return fail(Code::invalid_argument, "\"" + value + "\" is no port (1 to 65535)", name);
  }

 private:
  const kube::Environment& environment_;
};

}  // namespace

Result<ServeSettings> read_settings(const kube::Environment& environment) {
  const Variables variables(environment);
  ServeSettings settings;
  PGO_TRY(settings.operator_namespace,
          variables.required("PGO_OPERATOR_NAMESPACE", "the namespace of the operator"));
  PGO_TRY(settings.installation,
          variables.required("PGO_INSTALLATION_NAME",
                             "the installation, as namespaces carry it in pgo-installation-name"));
  settings.namespaces = text::split_list(variables.text("NAMESPACE"));
  settings.pod = variables.text("MY_POD_NAME");
  if (settings.pod.empty()) settings.pod = variables.text("HOSTNAME");
  PGO_TRY(settings.port, variables.port("PORT", settings.port));
  PGO_TRY(const bool plain, variables.flag("DISABLE_TLS", false));
  settings.tls = !plain;
  PGO_TRY(settings.os_trust, variables.flag("ADD_OS_TRUSTSTORE", true));
  PGO_TRY(settings.debug, variables.flag("CRUNCHY_DEBUG", false));
  settings.client_trust_file = variables.text("TLS_CA_TRUST");
  if (const auto routes = environment("NOAUTH_ROUTES")) {
    settings.noauth_routes = text::split_list(*routes);
  }
  for (const char* name :
       {"CCP_IMAGE_PREFIX", "CCP_IMAGE_TAG", "PGO_IMAGE_PREFIX", "PGO_IMAGE_TAG"}) {
    settings.images.emplace(name, variables.text(name));
  }
  return settings;
}

}  // namespace pgo::daemon
