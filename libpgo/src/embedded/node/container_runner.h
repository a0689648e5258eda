#pragma once

#include "embedded/node/backoff.h"
#include "embedded/node/container_probes.h"
#include "embedded/node/log_file.h"
#include "embedded/node/node_context.h"
#include "embedded/node/pod_status.h"
#include "embedded/node/pod_volumes.h"
#include "embedded/node/sandbox.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pgo::embedded::node {

/// What the containers of one pod share.
struct PodFacts {
  kube::Object object;
  PodAddresses addresses;
  std::filesystem::path dir;
  PodVolumes volumes;
};

enum class RestartPolicy { always, on_failure, never };

/// Runs one container of a pod, again and again as its restart policy asks. On the node's loop.
class ContainerRunner : public std::enable_shared_from_this<ContainerRunner> {
 public:
  enum class Kind { init, main };

  /// `changed` is called after every change of `state` that is not the answer to a call from the
  /// owner; it may not destroy this. `specification` is the container's.
  ContainerRunner(NodeContext& context, PodFacts& pod, json::Value specification, Kind kind,
                  RestartPolicy policy, std::function<void()> changed);
  ContainerRunner(const ContainerRunner&) = delete;
  ContainerRunner& operator=(const ContainerRunner&) = delete;
  ~ContainerRunner();

  /// Takes over from an earlier run of the node what the API knows about this container.
  void resume(const json::Value& status);
  /// As `resume` for a pod that is over: only its logs are still of interest.
  void resume_finished(const json::Value& status);

  /// Starts the container when it waits, is due and may be started; else does nothing.
  void advance();

  /// Ends it for good: TERM, and KILL after `grace`.
  void terminate(std::chrono::milliseconds grace);

  /// Kills what runs; it will be started again when nothing forbids it.
  void kill();

  /// True while there is a process, or one is being started.
  bool active() const { return id_ != 0; }
  const ContainerState& state() const { return state_; }

 private:
  Result<Launch> prepare();
  Environment base_environment(const Image& image) const;
  Result<Sandbox> sandbox_of(const Image& image) const;
  void launch(Launch launch);
  void cannot_start(const Error& error);
  void warn_of_taken_ports() const;
  void on_started(ContainerId id);
  void on_ended(ContainerId id, const ContainerExit& exit);
  void decide_restart(const ContainerExit& exit);
  void wait_for_restart(std::chrono::seconds delay);
  void on_probe(ProbeKind kind, bool passing, const std::string& message);
  void publish_entry();
  std::filesystem::path log_path(int run) const;

  NodeContext& context_;
  PodFacts& pod_;
  json::Value specification_;
  Kind kind_;
  RestartPolicy policy_;
  std::function<void()> changed_;
  ContainerState state_;
  ContainerId id_ = 0;
  int run_ = 0;  ///< numbers the log files
  std::shared_ptr<LogRotation> log_rotation_ = std::make_shared<LogRotation>();
  Environment env_;
  std::string working_dir_ = "/";
  RestartBackoff backoff_;
  EventLoop::Steady::time_point launched_at_{};
  EventLoop::TimerId timer_ = 0;
  bool due_ = true;
  bool ending_ = false;
  std::string kill_reason_;
  std::unique_ptr<ContainerProbes> probes_;
};

}  // namespace pgo::embedded::node
