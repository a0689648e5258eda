#pragma once

#include "pgo/engine/engine.h"
#include "pgo/kube/informer.h"
#include "pgo/plan/view.h"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace pgo::engine {

/// Name and UID of a namespace that this installation owns.
struct NamespaceView {
  std::string name, uid;
  bool deleting = false;

  static NamespaceView from(const kube::Object& object);
  bool operator==(const NamespaceView&) const = default;
};

/// One informer and whether it wants a step.
struct Source {
  std::function<kube::InformerStep()> step;
  std::shared_ptr<std::atomic<bool>> ready = std::make_shared<std::atomic<bool>>(true);
  TimePoint next{};
};

/// The caches of one namespace. Single-threaded, as the informers are.
class NamespaceCaches {
 public:
  struct Surroundings {
    kube::Client client;
    const Clock* clock;
    IdSource* ids;
    Log log;
    std::function<void()> wake;                             ///< from any thread
    std::function<void(const std::string& cluster)> dirty;  ///< a projection changed
  };
  NamespaceCaches(std::string ns, const Surroundings& with);
  NamespaceCaches(const NamespaceCaches&) = delete;
  NamespaceCaches& operator=(const NamespaceCaches&) = delete;
  ~NamespaceCaches();

  const std::string& ns() const { return ns_; }
  std::vector<Source>& sources() { return sources_; }
  bool synced() const;

  /// One cluster as it stands in the caches, with the source of a clone into it.
  plan::ClusterView view(const std::string& cluster) const;
  /// Takes in the stored object that a write answered with.
  void applied(const kube::ResourceType& type, kube::Object object);
  /// Names of all clusters that have a pgcluster or an open task.
  std::set<std::string> clusters() const;

 private:
  struct Informers;

  plan::ClusterView own_view(const std::string& cluster) const;

  std::string ns_;
  std::vector<Source> sources_;
  std::unique_ptr<Informers> informers_;
};

}  // namespace pgo::engine
