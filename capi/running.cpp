#include "base/signals_blocked.h"
#include "boundary.h"
#include "pgo/base/text.h"
#include "pgo/dev/environment.h"
#include "pgo/embedded/api_server.h"
#include "pgo/kube/kubeconfig.h"
#include "pgo/model/config.h"
#include "pgo/operator.h"
#include "pgo/plan/document.h"

#include <dlfcn.h>
#include <mutex>
#include <shared_mutex>
#include <thread>

using namespace pgo;
using namespace pgo::capi;

namespace {

/// The API and what it needs.
struct Api {
  SystemClock clock;
  SystemIdSource ids;
  std::unique_ptr<embedded::ApiServer> server;
};

/// A door that keeps the API behind it.
class ApiDoor final : public kube::Transport {
 public:
  explicit ApiDoor(std::shared_ptr<Api> api)
      : api_(std::move(api)), door_(api_->server->transport(embedded::Identity::admin())) {}
  Result<kube::Response> request(const kube::Request& request) override {
    return door_->request(request);
  }
  Result<std::unique_ptr<kube::WatchStream>> watch(const kube::Request& request,
                                                   std::function<void()> on_ready) override {
    return door_->watch(request, std::move(on_ready));
  }
  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override {
    return door_->exec(request);
  }

 private:
  std::shared_ptr<Api> api_;
  std::unique_ptr<kube::Transport> door_;
};

/// Something that runs until it is stopped; stopping waits for its uses and its callbacks.
template <typename T>
class Stoppable {
 public:
  void set(std::unique_ptr<T> thing) { thing_ = std::move(thing); }

  template <typename Use>
  Result<void> use(Use use) {
    const std::shared_lock lock(mutex_);
    if (!thing_) return fail(Code::failed_precondition, "this has been stopped");
    return use(*thing_);
  }
  /// From within a callback it cannot wait: the thing waits for the callback. Then it is stopped
  /// beside, and the next who stops it elsewhere, or frees it, waits.
  void stop() noexcept {
    if (!InCallback::now()) {
      std::call_once(stopped_, [this] { end(); });
      return;
    }
    const std::scoped_lock lock(beside_mutex_);
    if (beside_.joinable()) return;
    const SignalsBlocked blocked;
    try {
      beside_ = std::jthread([this] { std::call_once(stopped_, [this] { end(); }); });
    } catch (const std::system_error&) {
      // Without a thread it runs on until it is freed.
      return;
    }
  }

 private:
  void end() {
    std::unique_ptr<T> last;
    {
      const std::unique_lock lock(mutex_);
      last = std::move(thing_);
    }
    // Outside the lock: what ends may call back, and be told that it has been stopped.
  }

  std::shared_mutex mutex_;
  std::unique_ptr<T> thing_;
  std::once_flag stopped_;
  std::mutex beside_mutex_;
  std::jthread beside_;  ///< joined before the rest goes
};

/// PREFIX/share/pgo/images of the PREFIX/lib[/TRIPLET]/libpgo.so that this code was loaded from.
std::filesystem::path installed_images() {
  Dl_info here{};
  if (dladdr(reinterpret_cast<void*>(&pgo_version), &here) == 0) return {};
  std::error_code error;
  std::filesystem::path folder =
      std::filesystem::canonical(here.dli_fname, error).parent_path().parent_path();
  for (int up = 0; up < 2; ++up, folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / "share/pgo/images/images.yaml", error)) break;
  }
  return folder / "share/pgo/images";
}

Result<std::uint16_t> port_of(std::int32_t given, std::uint16_t otherwise, const char* what) {
  if (given == 0) return otherwise;
  if (given < 0 || given > 65535) {
    return fail(Code::invalid_argument, "a port is a number from 1 to 65535", what);
  }
  return static_cast<std::uint16_t>(given);
}

Result<dev::Options> dev_options(const pgo_dev_options& given) {
  PGO_TRY_VOID(require_text(given.state_dir, "state_dir"));
  dev::Options options;
  options.state_dir = std::filesystem::absolute(given.state_dir);
  options.images_dir = text_of(given.images_dir).empty()
                           ? installed_images()
                           : std::filesystem::absolute(given.images_dir);
  if (given.network != nullptr) options.network = given.network;
  if (given.namespaces != nullptr) options.namespaces = text::split_list(given.namespaces);
  PGO_TRY(options.api_port, port_of(given.api_port, options.api_port, "api_port"));
  PGO_TRY(options.rest_port, port_of(given.rest_port, options.rest_port, "rest_port"));
  options.local_node = given.no_node == 0;
  options.events = events_to(given.on_event, given.user_data);
  return options;
}

Result<OperatorOptions> operator_options(const pgo_operator_options& given) {
  OperatorOptions options;
  if (given.operator_namespace != nullptr) options.operator_namespace = given.operator_namespace;
  if (given.installation_name != nullptr) options.installation_name = given.installation_name;
  options.namespaces = text::split_list(text_of(given.namespaces));
  for (const std::string& ns : options.namespaces) {
    if (!text::is_dns1123_label(ns)) {
      return fail(Code::invalid_argument, "\"" + ns + "\" is no name for a namespace",
                  "namespaces");
    }
  }
  if (given.config != nullptr) {
    PGO_TRY(model::Config config, model::parse_config(given.config));
    options.config = std::make_shared<const model::Config>(std::move(config));
  }
  if (given.workers < 0) return fail(Code::invalid_argument, "this is less than 0", "workers");
  options.install = given.install != 0;
  if (given.workers != 0) options.workers = given.workers;
  options.events = events_to(given.on_event, given.user_data);
  return options;
}

pgo_client* client_of(std::shared_ptr<RestChannel> channel, std::string ns) {
  return hand_out(
      std::make_unique<pgo_client>(pgo_client{pgo::Client(std::move(channel), std::move(ns))}));
}

}  // namespace

struct pgo_api {
  std::shared_ptr<Api> held;
};

struct pgo_operator {
  SystemClock clock;
  std::shared_ptr<kube::Transport> transport;
  std::string ns;
  std::shared_ptr<RestChannel> channel;
  Stoppable<pgo::Operator> running;
};

struct pgo_dev {
  SystemClock clock;
  SystemIdSource ids;
  std::string ns;
  dev::Endpoints endpoints;
  std::shared_ptr<RestChannel> channel;
  Stoppable<dev::Environment> running;
};

pgo_error* pgo_api_create(const pgo_api_options* options, pgo_api** api) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(api, "api"));
    embedded::ApiServerOptions wanted;
    if (options != nullptr) {
      PGO_TRY(const pgo_api_options known, options_of(options, "options"));
      wanted.database = text_of(known.database);
      if (known.service_prefix != nullptr) wanted.service_prefix = known.service_prefix;
    }
    auto made = std::make_shared<Api>();
    PGO_TRY(made->server,
            embedded::ApiServer::create(std::move(wanted), made->clock, made->ids, Log()));
    *api = hand_out(std::make_unique<pgo_api>(pgo_api{std::move(made)}));
    return {};
  });
}

pgo_transport* pgo_api_transport(pgo_api* api) {
  if (api == nullptr) return nullptr;
  return hand_out(
      std::make_unique<pgo_transport>(pgo_transport{std::make_shared<ApiDoor>(api->held)}));
}

void pgo_api_free(pgo_api* api) { take_back(api); }

pgo_error* pgo_operator_start(pgo_transport* transport, const pgo_operator_options* options,
                              pgo_operator** started) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(transport, "transport"));
    PGO_TRY_VOID(require(started, "started"));
    PGO_TRY(const pgo_operator_options known, options_of(options, "options"));
    PGO_TRY(OperatorOptions wanted, operator_options(known));
    auto made = std::make_unique<pgo_operator>();
    made->transport = transport->held;
    if (!wanted.namespaces.empty()) made->ns = wanted.namespaces.front();
    PGO_TRY(auto running, pgo::Operator::start(
                              *made->transport,
                              log_to(known.on_log, known.log_level, known.user_data, made->clock),
                              std::move(wanted)));
    made->channel = running->channel();
    made->running.set(std::move(running));
    *started = hand_out(std::move(made));
    return {};
  });
}

void pgo_operator_stop(pgo_operator* running) {
  if (running != nullptr) running->running.stop();
}

pgo_error* pgo_operator_status(pgo_operator* running, const char* ns, const char* cluster,
                               pgo_string** status) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(running, "running"));
    PGO_TRY_VOID(require(status, "status"));
    PGO_TRY_VOID(require_text(ns, "ns"));
    PGO_TRY_VOID(require_text(cluster, "cluster"));
    return running->running.use([&](const pgo::Operator& the_operator) -> Result<void> {
      const auto found = the_operator.status(ns, cluster);
      if (!found) {
        return fail(Code::not_found, "no cluster of this name has been looked at",
                    std::string(ns) + "/" + cluster);
      }
      json::Value value = json::Value::object({{"conditions", json::Value::array()}});
      for (const plan::Condition& condition : found->conditions) {
        value.at_or_add("conditions").push_back(plan::to_json(condition));
      }
      if (found->error) value.set("error", found->error->text());
      if (!found->failed.empty()) value.set("failed", found->failed);
      give(status, json::write(value));
      return {};
    });
  });
}

pgo_client* pgo_operator_client(pgo_operator* running) {
  return running == nullptr ? nullptr : client_of(running->channel, running->ns);
}

void pgo_operator_free(pgo_operator* running) {
  pgo_operator_stop(running);
  take_back(running);
}

pgo_error* pgo_dev_start(const pgo_dev_options* options, pgo_dev** started) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(started, "started"));
    PGO_TRY(const pgo_dev_options known, options_of(options, "options"));
    PGO_TRY(dev::Options wanted, dev_options(known));
    auto made = std::make_unique<pgo_dev>();
    if (!wanted.namespaces.empty()) made->ns = wanted.namespaces.front();
    PGO_TRY(auto running, dev::Environment::start(
                              std::move(wanted), made->clock, made->ids,
                              log_to(known.on_log, known.log_level, known.user_data, made->clock)));
    made->endpoints = running->endpoints();
    made->channel = running->channel();
    made->running.set(std::move(running));
    *started = hand_out(std::move(made));
    return {};
  });
}

pgo_error* pgo_dev_endpoints(pgo_dev* running, pgo_string** endpoints) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(running, "running"));
    PGO_TRY_VOID(require(endpoints, "endpoints"));
    const dev::Endpoints& at = running->endpoints;
    give(endpoints,
         json::write(json::Value::object({{"apiUrl", at.api_url},
                                          {"restUrl", at.rest_url},
                                          {"kubeconfig", at.kubeconfig.string()},
                                          {"clientSettings", at.client_settings.string()},
                                          {"namespace", running->ns}})));
    return {};
  });
}

pgo_client* pgo_dev_client(pgo_dev* running) {
  return running == nullptr ? nullptr : client_of(running->channel, running->ns);
}

pgo_error* pgo_dev_transport(pgo_dev* running, pgo_transport** transport) {
  if (running == nullptr) return guard([] { return require(nullptr, "running"); });
  pgo_kubeconfig_options options = PGO_KUBECONFIG_OPTIONS_INIT;
  const std::string path = running->endpoints.kubeconfig.string();
  options.path = path.c_str();
  return pgo_transport_from_kubeconfig(&options, transport);
}

pgo_error* pgo_dev_hold(pgo_dev* running, const char* ns, const char* pod_prefix) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(running, "running"));
    PGO_TRY_VOID(require_text(ns, "ns"));
    PGO_TRY_VOID(require_text(pod_prefix, "pod_prefix"));
    return running->running.use([&](dev::Environment& environment) -> Result<void> {
      environment.hold(ns, pod_prefix);
      return {};
    });
  });
}

pgo_error* pgo_dev_release(pgo_dev* running, const char* ns, const char* pod_prefix) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(running, "running"));
    PGO_TRY_VOID(require_text(ns, "ns"));
    PGO_TRY_VOID(require_text(pod_prefix, "pod_prefix"));
    return running->running.use([&](dev::Environment& environment) -> Result<void> {
      environment.release(ns, pod_prefix);
      return {};
    });
  });
}

void pgo_dev_stop(pgo_dev* running) {
  if (running != nullptr) running->running.stop();
}

void pgo_dev_free(pgo_dev* running) {
  pgo_dev_stop(running);
  take_back(running);
}
