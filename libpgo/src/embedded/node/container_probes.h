#pragma once

#include "embedded/node/event_loop.h"
#include "embedded/node/probe.h"
#include "embedded/node/supervisor.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pgo::embedded::node {

/// Runs the probes of one run of a container: the startup probe first, then the others. On the
/// node's loop; destroyed with the run.
class ContainerProbes {
 public:
  /// Called when a probe's verdict changes; may destroy this.
  using OnVerdict = std::function<void(ProbeKind, bool passing, const std::string& message)>;

  struct Target {
    ContainerId container = 0;
    std::map<std::string, std::string> env;
    std::string working_dir;
    std::string pod_ip;
  };

  ContainerProbes(EventLoop& loop, Supervisor& supervisor, const json::Value& specification,
                  Target target, OnVerdict on_verdict);
  ContainerProbes(const ContainerProbes&) = delete;
  ContainerProbes& operator=(const ContainerProbes&) = delete;
  ~ContainerProbes();

  bool has(ProbeKind kind) const;
  void start();

 private:
  struct Probe {
    ProbeKind kind;
    ProbeSpec spec;
    ProbeVerdict verdict;
    bool begun = false;
    EventLoop::TimerId timer = 0;
    std::unique_ptr<NetworkProbe> network;
  };

  void begin(Probe& probe);
  void schedule(Probe& probe);
  void run(Probe& probe);
  void on_result(Probe& probe, bool success, const std::string& message);

  EventLoop& loop_;
  Supervisor& supervisor_;
  Target target_;
  OnVerdict on_verdict_;
  std::vector<std::unique_ptr<Probe>> probes_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pgo::embedded::node
