#pragma once

#include "embedded/node/node_context.h"
#include "embedded/node/node_object.h"
#include "embedded/node/pod_worker.h"
#include "embedded/node/proxy.h"
#include "embedded/node/service_routes.h"
#include "pgo/embedded/local_node.h"
#include "pgo/kube/informer.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace pgo::embedded::node {

/// Of ConfigMaps and Secrets only the fact that they changed is of interest here.
struct ContentVersion {
  std::string version;
  static ContentVersion from(const kube::Object& object) {
    return {std::string(object.resource_version())};
  }
  bool operator==(const ContentVersion&) const = default;
};

}  // namespace pgo::embedded::node

namespace pgo::embedded {

/// Members are in the order in which they are made; the threads end first.
struct LocalNode::Impl {
  Impl(LocalNodeOptions given, kube::Transport& transport, const Clock& clock_, IdSource& ids_,
       Log log_);

  /// Opens the state folder and makes threads; nothing of Kubernetes yet.
  Result<void> prepare();

  // On the node's loop.
  void begin();
  Result<kube::ExecResult> exec(const kube::ExecRequest& request,
                                const std::shared_ptr<ExecStreams>& streams);
  void step();
  void schedule_step();
  void on_pod(const kube::Object* was, const kube::Object* is);
  void on_volume(const kube::Object* was, const kube::Object* is);
  void on_content(const kube::ResourceType& type, const kube::ObjectKey& key);
  void on_service(const kube::ObjectKey& key);
  void first_sync();
  void remove_folder(const kube::Object& volume);
  void advance_all();
  void sweep();
  void beat();
  bool any_active() const;
  void check_stopped();

  LocalNodeOptions options;
  kube::Client client;
  const Clock& clock;
  IdSource& ids;
  Log log;

  std::unique_ptr<node::EventLoop> loop;
  std::unique_ptr<node::Supervisor> supervisor;
  std::unique_ptr<node::ServiceProxy> proxy;
  std::unique_ptr<node::NodeContext> context;

  // On the node's loop only.
  std::unique_ptr<node::NodeObject> node_object;
  struct Informers;
  std::unique_ptr<Informers> informers;
  std::map<std::string, std::unique_ptr<node::PodWorker>> workers;  ///< by UID
  node::ServiceFacts services;
  bool routes_stale = false;
  bool synced = false;
  node::EventLoop::TimerId step_timer = 0;
  node::EventLoop::TimerId beat_timer = 0;
  node::EventLoop::TimerId sweep_timer = 0;

  /// A step is already on its way to the loop. Shared with callbacks that may outlive this.
  struct Wake {
    std::mutex mutex;
    node::EventLoop* loop = nullptr;  ///< null once the node is gone
    bool posted = false;
    std::function<void()> step;
  };
  std::shared_ptr<Wake> wake = std::make_shared<Wake>();

  std::mutex stop_mutex;
  std::condition_variable stop_changed;
  bool stopped = false;  ///< guarded by stop_mutex
};

struct LocalNode::Impl::Informers {
  template <class T>
  using Of = kube::Informer<T>;

  Of<kube::Object> pods;
  Of<kube::Object> volumes;
  Of<kube::Object> services;
  Of<kube::Object> endpoints;
  Of<node::ContentVersion> config_maps;
  Of<node::ContentVersion> secrets;

  Informers(Impl& impl, const kube::InformerOptions& options)
      : pods(impl.client, impl.clock, impl.ids, impl.log, kube::types::kPod, {},
             {.label_selector = {},
              .field_selector = "spec.nodeName=" + impl.options.node_name,
              .limit = 0,
              .continue_token = {},
              .resource_version = {}},
             options),
        volumes(impl.client, impl.clock, impl.ids, impl.log, kube::types::kPersistentVolume, {}, {},
                options),
        services(impl.client, impl.clock, impl.ids, impl.log, kube::types::kService, {}, {},
                 options),
        endpoints(impl.client, impl.clock, impl.ids, impl.log, kube::types::kEndpoints, {}, {},
                  options),
        config_maps(impl.client, impl.clock, impl.ids, impl.log, kube::types::kConfigMap, {}, {},
                    options),
        secrets(impl.client, impl.clock, impl.ids, impl.log, kube::types::kSecret, {}, {},
                options) {}

  template <class Do>
  void each(Do&& action) {
    action(pods);
    action(volumes);
    action(services);
    action(endpoints);
    action(config_maps);
    action(secrets);
  }
};

}  // namespace pgo::embedded
