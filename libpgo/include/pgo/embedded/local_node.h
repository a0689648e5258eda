#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/base/result.h"
#include "pgo/embedded/api_server.h"
#include "pgo/kube/transport.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded {

/// Put on PersistentVolumes (ControllersOptions::volume_finalizer) so that a volume object stays
/// until the node has deleted its folder.
inline constexpr std::string_view kLocalVolumeFinalizer = "libpgo/local-volume";

/// Set to "true" on a pod, this annotation makes the node kill the pod's containers and not start
/// them until it is gone: `kubectl annotate pod NAME libpgo/hold=true`. For tests of failover.
inline constexpr std::string_view kHoldAnnotation = "libpgo/hold";

struct LocalNodeOptions {
  std::string node_name = "local";
  /// Everything the node keeps: `pv/` (volumes: also ControllersOptions::volume_root), `pods/`,
  /// `names/`, `libexec/`, `leases.json`. Owned by the user who runs this process, mode 0700.
  std::filesystem::path state_dir{};
  /// Folder with images.yaml, see docs/images.md.
  std::filesystem::path images_dir{};
  /// Pods get addresses of this loopback network; services bring theirs (spec.clusterIP) along.
  std::string pod_range = "127.77.0.0/24";
  /// Addresses of that network that no pod may get, such as the API's.
  std::vector<std::string> reserved_addresses{};
  std::string host_ip = "127.0.0.1";

  /// Where pods reach the API, and the certificate authority of its certificate.
  std::string api_host{};
  std::uint16_t api_port = 0;
  std::string api_ca_pem{};
  /// Tokens for pods' service accounts; without one the API is asked (TokenRequest).
  std::function<Result<std::string>(std::string_view ns, std::string_view account)> token{};

  /// What is asked for; tokens are renewed when half of it is over.
  std::chrono::seconds token_life{3600};

  /// hostPath volumes are allowed below these folders only.
  std::vector<std::filesystem::path> host_paths{};
  /// Files or folders of the host seen read-only in every container: path inside -> path outside.
  std::map<std::string, std::filesystem::path> host_files{};
  std::string bwrap = "/usr/bin/bwrap";
  /// Record Kubernetes Events.
  bool events = true;
};

/// A kubelet in the small: runs the containers of pods bound to it as sandboxed local processes
/// (bubblewrap, rootless), with volumes, probes, restarts, logs and exec; and forwards the
/// addresses of services. It talks to the API only through the Transport, so the API may be
/// anywhere. It has three threads of its own. Everything it starts dies with the process.
class LocalNode final : public ContainerRuntime {
 public:
  /// What must be so before a node can run: not root, bubblewrap works (by running one), the
  /// images' programs are installed. The error says what to do. Takes about 20 ms.
  static Result<void> check_prerequisites(const LocalNodeOptions& options);

  /// Names, without prefix and tag, of the images that a node with this folder can run.
  static Result<std::vector<std::string>> image_names(const std::filesystem::path& images_dir);

  /// Checks the prerequisites and prepares the state folder; starts nothing yet. `transport` acts
  /// as the node and must, like `clock` and `ids`, outlive it.
  static Result<std::unique_ptr<LocalNode>> create(LocalNodeOptions options,
                                                   kube::Transport& transport, const Clock& clock,
                                                   IdSource& ids, Log log);
  LocalNode(const LocalNode&) = delete;
  LocalNode& operator=(const LocalNode&) = delete;
  /// Kills what still runs; call `stop` first for a clean end.
  ~LocalNode() override;

  /// Registers the node and begins to run pods. Returns at once; trouble with the API is logged and
  /// tried again.
  void start();

  /// Ends all containers in parallel, each with its pod's termination grace but at most `grace`,
  /// and waits for that. The API must still be there: Patroni gives its leadership back. Pod
  /// objects stay: the next node of that name runs them again, with their data and addresses.
  void stop(std::chrono::milliseconds grace);

  /// For tests of failover: containers of pods in `ns` whose name begins with `name_prefix` are
  /// killed and not started again, nor are new pods of that name, until `release`.
  void hold(std::string ns, std::string name_prefix);
  void release(std::string_view ns, std::string_view name_prefix);

  /// From any thread; blocks until the command has ended or its time is over.
  /// An empty container name means the pod's first.
  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override;
  Result<int> exec_streams(const kube::ExecRequest& request,
                           const std::shared_ptr<ExecStreams>& streams) override;
  Result<std::string> log(const std::string& ns, const std::string& pod,
                          const std::string& container, int tail_lines, bool previous) override;
  Result<LogPiece> log_since(const std::string& ns, const std::string& pod,
                             const std::string& container, const LogPosition& from) override;

  struct Impl;
  explicit LocalNode(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgo::embedded
