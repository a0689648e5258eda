#include "pgo/dev/environment.h"

#include "base/signals_blocked.h"
#include "dev/bootstrap.h"
#include "dev/client_settings.h"
#include "dev/network_claim.h"
#include "dev/pki.h"
#include "dev/state_dir.h"
#include "pgo/base/text.h"
#include "pgo/embedded/api_server.h"
#include "pgo/embedded/controllers.h"
#include "pgo/embedded/https_front.h"
#include "pgo/embedded/local_node.h"
#include "pgo/http/server.h"
#include "pgo/model/config.h"
#include "pgo/operator.h"
#include "pgo/server/rest_service.h"

namespace pgo::dev {

namespace fs = std::filesystem;

namespace {

// Addresses NETWORK.0.1 to NETWORK.127.254 are pods', the upper half is services'.
constexpr int kFirstServiceBlock = 128;
constexpr int kLastServiceBlock = 255;
constexpr int kPasswordLength = 24;

std::string own_address(const Options& options) { return options.network + ".0.1"; }

std::string url(const std::string& address, std::uint16_t port) {
  return "https://" + address + ":" + std::to_string(port);
}

/// "127.77": what is served must not be reachable from other machines, and 127.0 is the host's own.
Result<void> check_network(const std::string& network) {
  const std::vector<std::string> parts = text::split(network, '.');
  const auto second =
      parts.size() == 2 && parts[0] == "127" ? text::to_int(parts[1]) : std::nullopt;
  if (second && *second >= 1 && *second <= 255) return {};
  return fail(Code::invalid_argument,
              "\"" + network +
                  "\" is no network for this; it is 127 and a number from 1 to 255, "
                  "such as 127.77",
              "network");
}

/// Where the user says so.
Error elsewhere(Error error, const std::string& port) {
  if (error.code == Code::unavailable) error.message += " (--network, " + port + ")";
  return error;
}

embedded::LocalNodeOptions node_options(const Options& options, const Pki& pki,
                                        embedded::ApiServer& api) {
  embedded::LocalNodeOptions node;
  node.state_dir = options.state_dir;
  node.images_dir = options.images_dir;
  node.pod_range = options.network + ".0.0/17";
  node.reserved_addresses = {own_address(options)};
  node.api_host = own_address(options);
  node.api_port = options.api_port;
  node.api_ca_pem = pki.authority.certificate_pem;
  node.token = [&api](std::string_view ns, std::string_view account) -> Result<std::string> {
    return api.issue_token(embedded::Identity::service_account(ns, account));
  };
  return node;
}

embedded::ControllersOptions controllers_options(const Options& options, const Pki& pki) {
  embedded::ControllersOptions controllers;
  controllers.root_ca_pem = pki.authority.certificate_pem;
  controllers.volume_root = (options.state_dir / "pv").string();
  if (options.local_node) controllers.volume_finalizer = embedded::kLocalVolumeFinalizer;
  return controllers;
}

/// 4.2.0's pgo.yaml, but for its eight-letter passwords.
model::Config configuration() {
  model::Config config = model::Config::defaults();
  config.cluster.password_length = std::to_string(kPasswordLength);
  return config;
}

OperatorOptions operator_options(const Options& options, const Clock& clock, IdSource& ids) {
  OperatorOptions wanted;
  wanted.operator_namespace = options.operator_namespace;
  wanted.installation_name = options.installation_name;
  wanted.config = std::make_shared<const model::Config>(configuration());
  wanted.password_length = kPasswordLength;
  wanted.events = options.events;
  wanted.user = kAdminUser;
  wanted.clock = &clock;
  wanted.ids = &ids;
  return wanted;
}

}  // namespace

/// The parts, in the order in which they start; they stop in the opposite order.
struct Environment::Impl {
  Impl(Options wanted, StateDir held, const Clock& the_clock, IdSource& the_ids, Log the_log)
      : options(std::move(wanted)),
        state(std::move(held)),
        clock(the_clock),
        ids(the_ids),
        log(std::move(the_log)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  Result<void> start();
  Result<void> start_api();
  Result<void> start_node();
  Result<void> start_operator();
  Result<void> start_rest();

  Options options;
  StateDir state;
  NetworkClaim network;
  const Clock& clock;
  IdSource& ids;
  Log log;
  Endpoints endpoints;
  Pki pki;

  std::unique_ptr<embedded::ApiServer> api;
  std::unique_ptr<kube::Transport> admin;    ///< node, installation
  std::unique_ptr<kube::Transport> early;    ///< controllers
  std::unique_ptr<kube::Transport> account;  ///< the operator, with the rights it is shipped with
  std::unique_ptr<embedded::HttpsFront> api_front;
  std::unique_ptr<embedded::ControllersRunner> controllers;
  std::unique_ptr<embedded::LocalNode> node;
  std::unique_ptr<Operator> the_operator;
  std::unique_ptr<http::Server> rest_front;
};

Environment::Impl::~Impl() {
  if (rest_front) rest_front->stop();
  rest_front.reset();
  the_operator.reset();
  // The API answers until the last pod has ended: Patroni gives its leadership back through it.
  if (node) node->stop(options.stop_grace);
  // Before the runtime goes: commands and logs that are followed use it.
  if (api_front) api_front->stop();
  if (api) api->set_container_runtime(nullptr);
  node.reset();
  controllers.reset();
  api_front.reset();
}

Result<void> Environment::Impl::start_api() {
  embedded::ApiServerOptions api_options;
  api_options.database = state / "api.db";
  api_options.service_prefix = options.network;
  api_options.service_first = kFirstServiceBlock;
  api_options.service_last = kLastServiceBlock;
  PGO_TRY(api, embedded::ApiServer::create(std::move(api_options), clock, ids, log.named("api")));
  admin = api->transport(embedded::Identity::admin());
  early = api->controllers_transport();
  account = api->transport(
      embedded::Identity::service_account(options.operator_namespace, kOperatorAccount));

  embedded::HttpsOptions front;
  front.address = own_address(options);
  front.port = options.api_port;
  front.certificate_pem = pki.api.certificate_pem;
  front.key_pem = pki.api.key_pem;
  front.client_ca_pem = pki.authority.certificate_pem;
  auto served = embedded::serve_https(*api, std::move(front), log.named("api"));
  if (!served) return fail(elsewhere(std::move(served).error(), "--api-port"));
  api_front = *std::move(served);
  return {};
}

Result<void> Environment::Impl::start_node() {
  if (!options.local_node) return {};
  PGO_TRY(node, embedded::LocalNode::create(node_options(options, pki, *api), *admin, clock, ids,
                                            log.named("node")));
  api->set_container_runtime(node.get());
  node->start();
  return {};
}

Result<void> Environment::Impl::start_operator() {
  OperatorOptions wanted = operator_options(options, clock, ids);
  if (options.local_node) {
    PGO_TRY(wanted.images, embedded::LocalNode::image_names(options.images_dir));
  }
  PGO_TRY(the_operator, Operator::start(*account, log, std::move(wanted)));
  return {};
}

Result<void> Environment::Impl::start_rest() {
  server::ListenOptions listen;
  listen.address = own_address(options);
  listen.port = options.rest_port;
  listen.certificate_pem = pki.rest.certificate_pem;
  listen.key_pem = pki.rest.key_pem;
  listen.client_trust_pem = pki.authority.certificate_pem;
  listen.os_trust = false;
  auto served = server::listen(the_operator->rest(), listen, log.named("rest"));
  if (!served) return fail(elsewhere(std::move(served).error(), "--rest-port"));
  rest_front = *std::move(served);
  return {};
}

Result<void> Environment::Impl::start() {
  const std::string address = own_address(options);
  endpoints = {.api_url = url(address, options.api_port),
               .rest_url = url(address, options.rest_port),
               .kubeconfig = state / "kubeconfig",
               .client_settings = state / "client.json"};
  // Without pods, their addresses are nobody's business.
  if (options.local_node) {
    PGO_TRY(network, NetworkClaim::take(options.network));
  }
  PGO_TRY(pki, load_pki(state, address, clock.now()));
  PGO_TRY_VOID(start_api());
  const std::string password = admin_password(state, ids);
  PGO_TRY_VOID(install(kube::Client(*admin), options, password, ids));
  controllers = std::make_unique<embedded::ControllersRunner>(
      *early, clock, ids, log.named("controllers"), controllers_options(options, pki));
  PGO_TRY_VOID(start_node());
  PGO_TRY_VOID(start_operator());
  PGO_TRY_VOID(start_rest());
  return write_client_settings(state, pki, options, endpoints, password);
}

namespace {

/// Before anything is written: what is missing is better said at once than by each pod.
Result<void> check(const Options& options) {
  PGO_TRY_VOID(check_network(options.network));
  if (options.local_node) {
    embedded::LocalNodeOptions node;
    node.images_dir = options.images_dir;
    PGO_TRY_VOID(embedded::LocalNode::check_prerequisites(node));
  }
  if (options.namespaces.empty()) {
    return fail(Code::invalid_argument, "at least one namespace for clusters is needed");
  }
  return {};
}

Result<std::unique_ptr<Environment>> run_in(StateDir state, Options options, const Clock& clock,
                                            IdSource& ids, Log log) {
  auto impl = std::make_unique<Environment::Impl>(std::move(options), std::move(state), clock, ids,
                                                  std::move(log));
  PGO_TRY_VOID(impl->start());
  return std::make_unique<Environment>(std::move(impl));
}

}  // namespace

Result<std::unique_ptr<Environment>> Environment::start(Options options, const Clock& clock,
                                                        IdSource& ids, Log log) {
  const SignalsBlocked blocked;
  PGO_TRY_VOID(check(options));
  PGO_TRY(StateDir state, StateDir::open(options.state_dir));
  return run_in(std::move(state), std::move(options), clock, ids, std::move(log));
}

Result<std::unique_ptr<Environment>> Environment::start(Options options, StateDir state,
                                                        const Clock& clock, IdSource& ids,
                                                        Log log) {
  const SignalsBlocked blocked;
  PGO_TRY_VOID(check(options));
  return run_in(std::move(state), std::move(options), clock, ids, std::move(log));
}

Environment::Environment(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Environment::~Environment() = default;

const Endpoints& Environment::endpoints() const { return impl_->endpoints; }

embedded::ApiServer& Environment::api() { return *impl_->api; }

std::shared_ptr<RestChannel> Environment::channel() const { return impl_->the_operator->channel(); }

void Environment::hold(const std::string& ns, const std::string& pod_prefix) {
  if (impl_->node) impl_->node->hold(ns, pod_prefix);
}

void Environment::release(const std::string& ns, const std::string& pod_prefix) {
  if (impl_->node) impl_->node->release(ns, pod_prefix);
}

}  // namespace pgo::dev
