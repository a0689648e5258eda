#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/embedded/api_server.h"
#include "pgo/kube/informer.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pgo::test {

/// What the stand-in reads of a pod.
struct StandInPod {
  std::string ns, name, uid, node, phase, ip, scope, role;
  std::vector<std::string> containers;
  bool runs_to_end = false;  ///< belongs to a Job, or restartPolicy Never/OnFailure
  bool deleting = false, ready = false;

  static StandInPod from(const kube::Object& pod);
  bool operator==(const StandInPod&) const = default;
  kube::ObjectKey key() const { return {ns, name}; }
};

struct StandInOptions {
  std::string name = "stand-in";
  bool make_node = true;  ///< create the Node object, ready
  /// From the moment a pod is bound (seen by us) until it is Running and Ready.
  Duration ready_after = std::chrono::milliseconds(200);
  /// From Running until a pod that runs to its end has Succeeded.
  Duration ends_after = std::chrono::milliseconds(200);
  /// From a deletion request until the pod is gone.
  Duration stops_after = Duration::zero();
  /// Play Patroni's part for pods with label crunchy-pgha-scope and pgo-pg-database=true.
  bool patroni = true;
  /// From the loss of a leader until another ready member of its scope leads.
  Duration fails_over_after = std::chrono::seconds(1);
  /// True: this pod that runs to its end fails instead.
  std::function<bool(const StandInPod&)> fails{};
  /// Why this command fails, or empty.
  std::function<std::string(const kube::ExecRequest&)> command_fails{};
  /// Answers exec; without one every command succeeds and prints nothing, and a POST to Patroni's
  /// /failover in a database pod hands over to that pod.
  std::function<Result<kube::ExecResult>(const kube::ExecRequest&)> on_exec{};
  /// Called from any thread when `step` should be called soon.
  std::function<void()> on_ready{};
};

/// A node without containers: it says of the pods bound to it what a kubelet would say, and of
/// database pods what Patroni would. Deterministic and steppable, on the given clock; it keeps
/// nothing that matters, so it may be destroyed and made anew at any time.
///
///     test::StandInNode node(*server->transport(Identity::admin()), clock, ids, {});
///     server->set_container_runtime(&node);
///     while (controllers.step().progressed || node.step().progressed) {}
///
/// One thread calls step; exec and log may come from any.
class StandInNode final : public embedded::ContainerRuntime {
 public:
  StandInNode(kube::Transport& transport, const Clock& clock, IdSource& ids,
              StandInOptions options = {}, Log log = {});
  ~StandInNode() override;

  struct Step {
    bool progressed = false;
    TimePoint next{};  ///< when to step again though nothing happens; max() = never
  };
  Step step();

  /// While held, pods make no progress (they stay as they are; deletions wait too).
  void hold(bool held);
  /// Says the pod is (not) ready from now on, as after a failing probe. A leader that is not ready
  /// loses its lock.
  Result<void> set_ready(const std::string& ns, const std::string& pod, bool ready);
  /// The commands executed so far, oldest first.
  std::vector<kube::ExecRequest> execs() const;

  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override;
  Result<std::string> log(const std::string& ns, const std::string& pod,
                          const std::string& container, int tail_lines, bool previous) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pgo::test
