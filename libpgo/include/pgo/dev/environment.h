#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/base/result.h"
#include "pgo/dev/state_dir.h"
#include "pgo/engine/events.h"
#include "pgo/rest_channel.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace pgo::embedded {
class ApiServer;
}

/// Everything in one process: Kubernetes API, controllers, local node, operator and REST service.
namespace pgo::dev {

struct Options {
  /// Where everything lives: the API's database, volumes, certificates, client settings, logs.
  /// Made with mode 0700. One environment at a time; a second one is refused.
  std::filesystem::path state_dir{};
  /// The images the local node runs: the folder that holds images.yaml.
  std::filesystem::path images_dir{};
  /// The first two numbers of the loopback addresses used for the API, pods and services.
  std::string network = "127.77";
  std::uint16_t api_port = 6443;   ///< Kubernetes API, on NETWORK.0.1
  std::uint16_t rest_port = 8443;  ///< REST service, on NETWORK.0.1
  std::string operator_namespace = "pgo";
  /// Namespaces made for clusters; the first one is the client's default.
  std::vector<std::string> namespaces{"pgouser1"};
  std::string installation_name = "dev";
  /// Run pods as processes. Without a node pods stay pending, unless somebody else plays kubelet.
  bool local_node = true;
  /// How long pods get to end by themselves when the environment stops.
  std::chrono::seconds stop_grace{30};
  /// Events of clusters; called from any thread, must return at once.
  engine::EventSink events{};
};

/// Where a running environment can be reached.
struct Endpoints {
  std::string api_url;
  std::string rest_url;
  std::filesystem::path kubeconfig;       ///< for kubectl, full rights
  std::filesystem::path client_settings;  ///< client.json, found by `pgo` by itself
};

/// A running environment. What it holds outlives it: the next one on the same state directory has
/// the same clusters with their data.
class Environment {
 public:
  /// Starts everything and returns once the REST service answers. `clock`, `ids` must outlive it.
  /// Errors name what is missing and how to get it: a package, user namespaces, a port, the state
  /// directory in use. Never run it as root: `failed_precondition`.
  static Result<std::unique_ptr<Environment>> start(Options options, const Clock& clock,
                                                    IdSource& ids, Log log);
  /// The same for a program that has something to do in the state directory before: `state` holds
  /// `options.state_dir`.
  static Result<std::unique_ptr<Environment>> start(Options options, StateDir state,
                                                    const Clock& clock, IdSource& ids, Log log);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  /// Stops pods cleanly (PostgreSQL shuts down), then the rest.
  ~Environment();

  const Endpoints& endpoints() const;

  /// A way for pgo::Client without a socket, with every right. May outlive the environment.
  std::shared_ptr<RestChannel> channel() const;

  /// The API inside, for a program that plays the node itself.
  embedded::ApiServer& api();
  /// For tests of failover: see LocalNode::hold. Nothing happens without a node.
  void hold(const std::string& ns, const std::string& pod_prefix);
  void release(const std::string& ns, const std::string& pod_prefix);

  struct Impl;
  /// For `start`.
  explicit Environment(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgo::dev
