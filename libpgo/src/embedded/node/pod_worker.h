#pragma once

#include "embedded/node/container_runner.h"
#include "embedded/node/node_context.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::node {

/// Brings one pod to what its specification asks and reports what it is. Level-triggered: every
/// event ends in `advance`, which looks at everything. On the node's loop.
class PodWorker {
 public:
  /// `freed` is called when the pod has given back its claims and other pods may go on, and when
  /// a stopping node has ended its containers.
  PodWorker(NodeContext& context, const kube::Object& pod, std::function<void()> freed);
  PodWorker(const PodWorker&) = delete;
  PodWorker& operator=(const PodWorker&) = delete;
  ~PodWorker();

  /// Takes in a newer version of the pod; older ones are ignored.
  void update(const kube::Object& pod);
  /// The object is gone from the API: nothing is left to wait for.
  void vanished();
  /// A ConfigMap or Secret of the pod's namespace has changed.
  void content_changed(const kube::ResourceType& type, std::string_view name);
  void advance();

  /// Ends all containers; the pod is run again by the next node.
  void stop(std::chrono::milliseconds grace);
  /// Kills all containers, which are started again unless the pod is held.
  void kill();

  /// True while a container has a process.
  bool active() const;
  /// True when nothing of the pod is left here and its object is gone or on its way out.
  bool finished() const { return finished_; }
  const kube::Object& object() const { return pod_.object; }

 private:
  using Runners = std::vector<std::shared_ptr<ContainerRunner>>;

  void make_runners();
  Runners runners_for(ContainerRunner::Kind kind, RestartPolicy policy);
  void resume();
  void run();
  bool prepare();
  bool run_init_containers();
  void begin_end(std::chrono::milliseconds grace);
  void finish_end();
  void forget_locally();
  void complete();
  void publish();
  json::Value current_status() const;
  void retry_later();
  void refresh_volumes();
  bool refresh_now();
  void renew_tokens_after(std::chrono::milliseconds delay);

  NodeContext& context_;
  PodFacts pod_;
  std::function<void()> freed_;
  Runners init_;
  Runners main_;
  TimePoint start_time_;
  std::string trouble_;  ///< what the pod waits for before its containers
  bool prepared_ = false;
  bool failed_ = false;  ///< an init container failed for good
  bool over_ = false;    ///< succeeded or failed
  bool ending_ = false;
  bool vanished_ = false;
  bool finished_ = false;
  bool cleaned_ = false;
  bool stop_told_ = false;
  EventLoop::Steady::time_point kill_at_ = EventLoop::Steady::time_point::max();
  std::chrono::milliseconds delay_{50};
  EventLoop::TimerId retry_ = 0;
  EventLoop::TimerId refresh_ = 0;
  EventLoop::TimerId token_ = 0;
  json::Value sent_;  ///< the status that the API has from us
};

}  // namespace pgo::embedded::node
