#pragma once

#include "embedded/controllers/garbage.h"
#include "embedded/controllers/plans.h"
#include "embedded/controllers/world.h"
#include "pgo/embedded/controllers.h"
#include "pgo/kube/work_queue.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded {

/// The imperative shell around the plans: what changed -> which keys to look at; a key -> the view
/// its plan needs; a decision -> writes. One thread.
struct Controllers::Impl {
  using Decision = controllers::Decision;
  using Seen = controllers::Seen;

  Impl(kube::Transport& transport, const Clock& clock, IdSource& ids, Log log,
       ControllersOptions options);

  ControllersStep step();

  // Which keys a change concerns (routes.cpp). A key is "CONTROLLER/NS/NAME".
  void changed(const controllers::Watched& watched, const kube::Object* was,
               const kube::Object* is);
  void pod_changed(const kube::Object* was, const kube::Object* is);
  void node_changed(const kube::Object* was, const kube::Object* is);
  void want(std::string_view controller, std::string_view ns, std::string_view name);
  void want_endpoints_of(const kube::Object& pod);
  void want_waiting_pods();
  void keep_books(const kube::ObjectKey& key, const kube::Object* pod);
  void want_after_vanishing(const kube::Object& was);

  // What one key's plan says (work.cpp).
  Result<Decision> decide(std::string_view controller, const std::string& ns,
                          const std::string& name, Seen& subject);
  Decision decide_deployment(const kube::Object& deployment);
  Decision decide_binding(const kube::Object& pod);
  Decision decide_endpoints(const kube::Object& service);
  Result<Decision> decide_endpoints_without_service(const std::string& ns, const std::string& name);
  Result<Decision> decide_slice(const kube::Object& endpoints);
  Decision decide_claim(const kube::Object& claim);
  Result<Decision> decide_volume(const kube::Object& volume);
  Decision decide_node(const kube::Object& node);
  Result<Decision> decide_stray_pod(const kube::Object& pod);
  Result<Decision> decide_namespace(const kube::Object& ns);
  Result<Decision> empty_namespace(const kube::Object& ns);
  Result<Decision> decide_event_expiry();
  /// Pods of an owner, those we have just asked to delete marked as such.
  std::vector<Seen> pods_of(std::string_view owner_uid) const;

  // Garbage collection (collect.cpp).
  Result<Decision> decide_garbage(const std::string& uid);
  Result<controllers::OwnerState> owner_state(const json::Value& reference, std::string_view ns);
  std::vector<controllers::Related> related_to(std::string_view uid) const;

  // Carrying out (carry_out.cpp).
  Result<void> work(const std::string& key);
  Result<void> carry_out(const Decision& decision);
  Result<void> write(const controllers::Write& write);
  Result<void> bind(const controllers::Write& write);
  Result<void> finalize(const kube::Object& ns);
  void record(const Decision& decision, const Seen& subject);

  kube::Client client;
  const Clock& clock;
  IdSource& ids;
  Log log;
  ControllersOptions options;
  kube::WorkQueue queue;
  controllers::OwnerGraph graph;
  /// The scheduler's own bookkeeping: pods without a node, those of them with required affinity to
  /// others; pods with one that are not finished, those of them with required anti-affinity, and
  /// how many pods each node has.
  std::set<kube::ObjectKey> waiting, companions, picky;
  std::map<kube::ObjectKey, std::string> bound;
  std::map<std::string, std::size_t, std::less<>> load;
  /// When each node's Lease was last seen to change, by our clock: a restart does not make it old.
  std::map<std::string, TimePoint, std::less<>> heard;
  /// UIDs of pods whose deletion was accepted and not yet observed.
  std::set<std::string, std::less<>> doomed;
  bool swept = false;        ///< the graph was searched since the world was last incomplete
  controllers::World world;  ///< last: its informers call back into the rest
};

}  // namespace pgo::embedded
