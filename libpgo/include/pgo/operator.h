#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/base/result.h"
#include "pgo/client.h"
#include "pgo/engine/engine.h"
#include "pgo/engine/events.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pgo::kube {
class Transport;
}
namespace pgo::manifests {
class Renderer;
}
namespace pgo::model {
struct Config;
}
namespace pgo::server {
class RestService;
}

namespace pgo {

struct OperatorOptions {
  std::string operator_namespace = "pgo";  ///< where users, roles and settings live
  /// Namespaces with label pgo-installation-name of this value are looked after.
  std::string installation_name = "dev";
  /// Namespaces to make or take over at the start.
  std::vector<std::string> namespaces{};
  /// pgo.yaml; null = what is built in.
  std::shared_ptr<const model::Config> config{};
  /// The object templates; null = what is built in.
  std::shared_ptr<const manifests::Renderer> renderer{};
  /// Names, without prefix and tag, of the images that the nodes can run; empty = any. A request
  /// that needs another is refused, instead of leaving a pod that never starts.
  std::vector<std::string> images{};
  /// Make what an installer would have made: the operator's namespace, the custom resource
  /// definitions, `namespaces`. Needs the rights to do so.
  bool install = false;
  /// Make service accounts and roles in the namespaces looked after.
  bool install_rbac = true;
  /// False: caches are filled, requests are answered, and clusters are left alone until
  /// `set_leading`. For the second of two operators.
  bool leading = true;
  /// Whether `rest` asks for client certificates, and the routes that need none beside /healthz:
  /// "/health" and "/healthz" only (DISABLE_TLS and NOAUTH_ROUTES of 4.2.0).
  bool client_certificates = true;
  std::vector<std::string> noauth_routes{"/health"};
  int workers = 4;           ///< threads that carry out plans
  int password_length = 24;  ///< letters of generated passwords
  /// Events of clusters; called from any thread, must return at once. Never after `stop`.
  engine::EventSink events{};
  /// On whose behalf requests through `channel` are made; written to label pgouser.
  std::string user = "libpgo";
  /// For simulations; null = the system's. Must outlive the operator.
  const Clock* clock = nullptr;
  IdSource* ids = nullptr;
};

/// The operator as a part of another program: an engine on threads of its own, and the REST
/// service without a socket.
///
///     auto transport = kube::HttpTransport::create(settings->transport, log);
///     pgo::OperatorOptions options;
///     options.namespaces = {"databases"};
///     auto running = pgo::Operator::start(**transport, log, options);
///     pgo::Client client((*running)->channel(), "databases");
///
/// All functions are thread safe, but for the destructor. The threads block every signal.
class Operator {
 public:
  /// `transport` must outlive the operator. Returns at once but for `install`; whether Kubernetes
  /// can be reached shows in the log and in the answers to requests. Errors: those of `install`.
  static Result<std::unique_ptr<Operator>> start(kube::Transport& transport, Log log,
                                                 OperatorOptions options);
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;
  /// As `stop`.
  ~Operator();

  /// Waits for the action in hand and ends the threads. Clusters run on; the next operator takes
  /// up where this one left. Requests through `channel` answer `failed_precondition` from now on.
  void stop();

  /// See `OperatorOptions::leading`. Losing the lead ends no action that is being carried out; each
  /// is safe beside another operator.
  void set_leading(bool leading);

  /// A way for `Client`, with every right. May outlive the operator.
  std::shared_ptr<RestChannel> channel() const;
  /// The REST interface, to be served on a socket (server::listen) by whoever wants that; lives as
  /// long as the operator.
  const server::RestService& rest() const;

  /// What a cluster waits for; nullopt when none of that name has been looked at.
  std::optional<engine::ClusterStatus> status(const std::string& ns,
                                              const std::string& cluster) const;
  /// Figures since the start.
  engine::Counters counters() const;

  struct Impl;
  /// For `start`.
  explicit Operator(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgo
