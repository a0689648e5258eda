#include "pgo/operator.h"

#include "base/signals_blocked.h"
#include "facade/install.h"
#include "pgo/kube/client.h"
#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/operations/cached_reader.h"
#include "pgo/server/rest_service.h"

#include <mutex>
#include <shared_mutex>
#include <thread>

namespace pgo {
namespace {

/// Requests go to the service directly, until it is closed.
class LocalChannel final : public RestChannel {
 public:
  LocalChannel(const server::RestService& service, std::string user) : service_(&service) {
    caller_.user = std::move(user);
  }

  Result<RestAnswer> send(const RestRequest& request) override {
    if (request.stop.stop_requested()) {
      return fail(Code::cancelled, "the request was cancelled before it was made");
    }
    const std::shared_lock lock(mutex_);
    if (service_ == nullptr) {
      return fail(Code::failed_precondition, "the operator has been stopped");
    }
    http::Request asked;
    asked.method = request.method;
    asked.target = request.path;
    asked.body = request.body;
    http::Response response = service_->answer_as(caller_, asked, request.stop);
    RestAnswer answer{.status = response.status, .body = std::move(response.body)};
    for (auto& [name, value] : response.headers) {
      if (name == server::kErrorCodeHeader) answer.error_code = std::move(value);
    }
    return answer;
  }

  /// Waits for the requests that run.
  void close() {
    const std::unique_lock lock(mutex_);
    service_ = nullptr;
  }

 private:
  std::shared_mutex mutex_;
  const server::RestService* service_;
  operations::Caller caller_;
};

engine::Options engine_options(const OperatorOptions& options) {
  engine::Options engine;
  engine.installation = options.installation_name;
  engine.operator_namespace = options.operator_namespace;
  engine.namespaces = options.namespaces;
  engine.settings = {.config = options.config.get(), .renderer = options.renderer.get()};
  engine.events = options.events;
  engine.workers = options.workers;
  engine.password_length = options.password_length;
  engine.install_rbac = options.install_rbac;
  return engine;
}

/// What is built in lives as long as the program.
template <typename T>
std::shared_ptr<const T> built_in(const T& object) {
  return {std::shared_ptr<void>(), &object};
}

}  // namespace

/// The parts, in the order in which they start; they stop in the opposite order.
struct Operator::Impl {
  Impl(kube::Transport& transport, Log the_log, OperatorOptions wanted)
      : options(std::move(wanted)),
        clock(options.clock != nullptr ? *options.clock : own_clock),
        ids(options.ids != nullptr ? *options.ids : own_ids),
        log(std::move(the_log)),
        client(transport) {
    if (!options.config) options.config = built_in(model::Config::defaults());
    if (!options.renderer) options.renderer = built_in(manifests::Renderer::built_in());
  }

  Result<void> start();
  void stop();

  OperatorOptions options;
  const SystemClock own_clock{};
  SystemIdSource own_ids;
  const Clock& clock;
  IdSource& ids;
  Log log;
  kube::Client client;
  std::unique_ptr<engine::Engine> engine;
  std::jthread engine_thread;
  std::unique_ptr<operations::CachedReader> reader;
  std::jthread reader_thread;
  std::unique_ptr<server::RestService> rest;
  std::shared_ptr<LocalChannel> channel;
};

Result<void> Operator::Impl::start() {
  if (options.install) {
    PGO_TRY_VOID(facade::install(client, options.operator_namespace, options.namespaces,
                                 options.installation_name));
  }
  engine = std::make_unique<engine::Engine>(client, clock, ids, log.named("engine"),
                                            engine_options(options));
  engine->set_leading(options.leading);
  engine_thread = std::jthread([this](std::stop_token stop) { engine->run(std::move(stop)); });
  reader = std::make_unique<operations::CachedReader>(
      client, clock, ids, log.named("cache"),
      operations::CachedReader::Options{.operator_namespace = options.operator_namespace,
                                        .installation_name = options.installation_name});
  reader_thread = std::jthread([this](const std::stop_token& stop) { reader->run(stop); });
  PGO_TRY(rest, server::RestService::create(
                    operations::Context{.client = client,
                                        .reader = *reader,
                                        .config = *options.config,
                                        .clock = clock,
                                        .ids = ids,
                                        .log = log.named("rest"),
                                        .operator_namespace = options.operator_namespace,
                                        .installation_name = options.installation_name,
                                        .started = clock.now(),
                                        .images = options.images,
                                        .renderer = options.renderer.get()},
                    {.tls = options.client_certificates,
                     .noauth_routes = options.noauth_routes,
                     .renderer = options.renderer.get()}));
  channel = std::make_shared<LocalChannel>(*rest, options.user);
  return {};
}

void Operator::Impl::stop() {
  if (channel) channel->close();
  for (std::jthread* thread : {&reader_thread, &engine_thread}) {
    thread->request_stop();
    if (thread->joinable()) thread->join();
  }
}

Operator::Operator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Operator::~Operator() { stop(); }

Result<std::unique_ptr<Operator>> Operator::start(kube::Transport& transport, Log log,
                                                  OperatorOptions options) {
  const SignalsBlocked blocked;
  auto started = std::make_unique<Operator>(
      std::make_unique<Impl>(transport, std::move(log), std::move(options)));
  PGO_TRY_VOID(started->impl_->start());
  return started;
}

void Operator::stop() { impl_->stop(); }

void Operator::set_leading(bool leading) { impl_->engine->set_leading(leading); }

std::shared_ptr<RestChannel> Operator::channel() const { return impl_->channel; }

const server::RestService& Operator::rest() const { return *impl_->rest; }

std::optional<engine::ClusterStatus> Operator::status(const std::string& ns,
                                                      const std::string& cluster) const {
  return impl_->engine->status(ns, cluster);
}

engine::Counters Operator::counters() const { return impl_->engine->counters(); }

}  // namespace pgo
