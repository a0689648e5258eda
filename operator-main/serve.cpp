#include "serve.h"

#include "pgo/base/text.h"
#include "pgo/crypto/certificate.h"
#include "pgo/http/server.h"
#include "pgo/kube/client.h"
#include "pgo/kube/http_transport.h"
#include "pgo/kube/lease.h"
#include "pgo/kube/wakeup.h"
#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/model/labels.h"
#include "pgo/model/names.h"
#include "pgo/operator.h"
#include "pgo/server/rest_service.h"
#include "process.h"
#include "serve_settings.h"

#include <fstream>
#include <map>
#include <sstream>
#include <string_view>
#include <thread>

namespace pgo::daemon {
namespace {

namespace types = kube::types;
using json::Value;

/// One refusal may be of an API server that starts and does not know the roles yet.
constexpr int kRefusalsBelieved = 5;
constexpr std::string_view kCertificate = "tls.crt";
constexpr std::string_view kKey = "tls.key";

Result<std::unique_ptr<kube::HttpTransport>> connect(const ServeArguments& arguments,
                                                     const Log& log) {
  const auto connection = arguments.kubeconfig.empty()
                              ? kube::load_default(environment_variable)
                              : kube::load_kubeconfig({arguments.kubeconfig});
  if (!connection) return fail(connection.error());
  return kube::HttpTransport::create(connection->transport, log.named("kube"));
}

/// pgo-config as 4.2.0's installers make it; without it everything is as built in.
struct Configuration {
  std::shared_ptr<const model::Config> config;
  std::shared_ptr<const manifests::Renderer> renderer;
};

Result<Configuration> load_configuration(const kube::Client& client, const ServeSettings& settings,
                                         const Log& log) {
  std::map<std::string, std::string> files;
  auto found = client.get(types::kConfigMap, settings.operator_namespace, model::fixed::kConfigMap);
  if (found) {
    for (const json::Member& file : (*found)["data"].members()) {
      files.emplace(file.key, file.value.as_string());
    }
  } else if (found.error().code != Code::not_found) {
    return fail(std::move(found).error());
  }
  const std::string key(model::fixed::kConfigKey);
  const std::string_view yaml =
      files.contains(key) ? std::string_view(files[key]) : model::default_pgo_yaml();
  PGO_TRY(model::Config config, model::parse_config(yaml, key, settings.images));
  PGO_TRY(manifests::Renderer renderer, manifests::Renderer::load(files));
  for (const std::string& file : renderer.skipped()) {
    log.warn("a customised template of 4.2.0 is not used; the built-in one is", {{"file", file}});
  }
  log.info("configured", {{"from", found ? "ConfigMap pgo-config" : "what is built in"}});
  return Configuration{std::make_shared<const model::Config>(std::move(config)),
                       std::make_shared<const manifests::Renderer>(std::move(renderer))};
}

Result<crypto::CertificatePair> decode_pair(const kube::Object& secret) {
  PGO_TRY(std::string certificate, text::base64_decode(secret["data"][kCertificate].as_string()));
  PGO_TRY(std::string key, text::base64_decode(secret["data"][kKey].as_string()));
  return crypto::CertificatePair{std::move(certificate), std::move(key)};
}

/// The pair of secret pgo.tls; made and stored when there is none. Whoever else makes it at the
/// same moment wins.
Result<crypto::CertificatePair> server_pair(const kube::Client& client, const std::string& ns,
                                            const Clock& clock) {
  auto found = client.get(types::kSecret, ns, model::fixed::kTlsSecret);
  if (found) return decode_pair(*found);
  if (found.error().code != Code::not_found) return fail(std::move(found).error());
  const std::string name(model::fixed::kOperator);
  const TimePoint from = clock.now() - std::chrono::hours(1);
  PGO_TRY(const auto authority,
          crypto::make_authority({.common_name = "pgo authority", .not_before = from}));
  PGO_TRY(
      auto pair,
      crypto::issue_certificate(
          authority, {.common_name = name,
                      .dns_names = {name, name + "." + ns, name + "." + ns + ".svc", "localhost"},
                      .ip_addresses = {"127.0.0.1"},
                      .not_before = from}));
  // The authority goes along, so that clients can be given this one file to trust (PGO_CA_CERT).
  pair.certificate_pem += authority.certificate_pem;
  kube::Object secret(types::kSecret, ns, model::fixed::kTlsSecret);
  secret.set_label(model::label::kVendor, model::label::kVendorValue);
  secret.document().set("type", "kubernetes.io/tls");
  Value& data = secret.document().at_or_add("data");
  data.set(kCertificate, text::base64_encode(pair.certificate_pem));
  data.set(kKey, text::base64_encode(pair.key_pem));
  auto stored = client.create(types::kSecret, secret);
  if (stored) return pair;
  if (stored.error().code != Code::already_exists) return fail(std::move(stored).error());
  PGO_TRY(found, client.get(types::kSecret, ns, model::fixed::kTlsSecret));
  return decode_pair(*found);
}

std::string client_trust(const ServeSettings& settings, const Log& log) {
  if (settings.client_trust_file.empty()) return {};
  std::ifstream file(settings.client_trust_file, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) log.error("TLS_CA_TRUST cannot be read", {{"file", settings.client_trust_file}});
  return content.str();
}

Result<std::unique_ptr<http::Server>> serve_rest(const Operator& the_operator,
                                                 const kube::Client& client,
                                                 const ServeSettings& settings, const Clock& clock,
                                                 const Log& log) {
  server::ListenOptions listen;
  listen.port = settings.port;
  listen.tls = settings.tls;
  listen.os_trust = settings.os_trust;
  if (settings.tls) {
    PGO_TRY(auto pair, server_pair(client, settings.operator_namespace, clock));
    listen.certificate_pem = std::move(pair.certificate_pem);
    listen.key_pem = std::move(pair.key_pem);
    listen.client_trust_pem = client_trust(settings, log);
  }
  PGO_TRY(auto front, server::listen(the_operator.rest(), listen, log.named("rest")));
  log.info("REST service",
           {{"port", std::to_string(settings.port)}, {"tls", settings.tls ? "true" : "false"}});
  return front;
}

/// Leads while it holds the lease. 4.2.0's own role has no right to leases: then this operator
/// leads alone, as that version's did.
void elect(kube::Lease& lease, Operator& the_operator, const Clock& clock, const Log& log,
           const std::stop_token& stop) {
  kube::Wakeup wakeup;
  bool warned = false;
  while (!stop.stop_requested()) {
    const auto step = lease.step();
    if (step.lost || step.gained) {
      the_operator.set_leading(step.leading);
      log.info(step.leading ? "leading" : "no longer leading");
    }
    const bool refused =
        lease.problem() && lease.problem()->code == Code::permission_denied && !step.leading;
    if (step.gained && lease.alone()) {
      log.warn("no right to leases: leading without election; run one replica only");
    } else if (refused && !warned) {
      log.warn("no right to the lease", {{"error", lease.problem()->text()}});
    }
    warned = refused;
    wakeup.wait_until(step.next, clock, stop);
  }
  the_operator.set_leading(false);
  if (auto released = lease.release(); !released) {
    log.warn("the lease was not given back", {{"error", released.error().text()}});
  }
}

OperatorOptions operator_options(const ServeArguments& arguments, const ServeSettings& settings,
                                 const Configuration& configuration) {
  OperatorOptions options;
  options.operator_namespace = settings.operator_namespace;
  options.installation_name = settings.installation;
  options.namespaces = settings.namespaces;
  options.config = configuration.config;
  options.renderer = configuration.renderer;
  options.install = arguments.install;
  options.leading = false;
  options.client_certificates = settings.tls;
  options.noauth_routes = settings.noauth_routes;
  options.password_length = configuration.config->generated_password_length();
  return options;
}

Result<void> run(const ServeArguments& arguments, const ServeSettings& settings, const Log& log,
                 const sigset_t& stop_signals) {
  const SystemClock clock;
  SystemIdSource ids;
  PGO_TRY(const auto transport, connect(arguments, log));
  const kube::Client client(*transport);
  PGO_TRY(const auto configuration, load_configuration(client, settings, log));
  PGO_TRY(const auto the_operator,
          Operator::start(*transport, log, operator_options(arguments, settings, configuration)));
  PGO_TRY(const auto rest, serve_rest(*the_operator, client, settings, clock, log));
  const SteadyClock steady;
  kube::Lease lease(client, steady, ids, log.named("lease"),
                    {.ns = settings.operator_namespace,
                     .name = std::string(model::fixed::kOperator),
                     .identity = settings.pod + "_" + ids.uuid(),
                     .refusals_believed = kRefusalsBelieved,
                     .shown_time = &clock});
  {
    const std::jthread election([&](const std::stop_token& stop) {
      elect(lease, *the_operator, steady, log.named("lease"), stop);
    });
    wait_for_stop(stop_signals, log);
  }
  rest->stop();
  return {};
}

}  // namespace

int serve(const ServeArguments& arguments) {
  const auto settings = read_settings(environment_variable);
  if (!settings) return failed(settings.error(), kSetUpError);
  prepare_process();
  const sigset_t stop_signals = block_stop_signals();
  const SystemClock clock;
  const Log log(stderr_sink(arguments.log_format), clock,
                arguments.debug || settings->debug ? Level::debug : Level::info);
  const auto done = run(arguments, *settings, log, stop_signals);
  return done ? 0 : failed(done.error(), kSetUpError);
}

}  // namespace pgo::daemon
