#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/kube/client.h"
#include "pgo/kube/object.h"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgo::kube {

struct InformerOptions {
  /// Called from any thread when `step` should be called soon; must return at once and stay
  /// callable while the informer lives. Usually Wakeup::wake of the owner's runner.
  std::function<void()> on_ready{};
  /// Held while the cache changes, `on_change` included, never during a request. Who holds it
  /// shared may call the const members from another thread. Null: nobody else does.
  std::shared_mutex* guard = nullptr;
  int page_size = 500;  ///< objects per list request; one page per step; 0 = all at once
  /// Asked of the server as the life of one watch; a stream much older is taken for dead.
  std::chrono::seconds watch_timeout{300};
  Duration backoff_base = std::chrono::milliseconds(200);
  Duration backoff_cap = std::chrono::seconds(30);
};

/// What one step did and when the next is due.
struct InformerStep {
  bool progressed = false;  ///< something was done: stepping again at once may do more
  TimePoint next{};         ///< call again at this time even when nothing wakes the owner
};

namespace detail {

/// The machinery behind Informer<T>, once for all T: list, watch, resume, order, index.
class InformerCore {
 public:
  using Value = std::shared_ptr<const void>;
  struct Hooks {
    std::function<Value(std::shared_ptr<const Object>)> project{};
    bool (*equal)(const void*, const void*) = nullptr;
    std::function<std::vector<std::string>(const void*)> keys{};
  };
  using OnChange = std::function<void(const ObjectKey&, const Value&, const Value&)>;
  using Visit = std::function<void(const ObjectKey&, const Value&)>;

  InformerCore(Client client, const Clock& clock, IdSource& ids, Log log, ResourceType type,
               std::string ns, ListOptions selection, InformerOptions options, Hooks hooks);
  InformerCore(const InformerCore&) = delete;
  InformerCore& operator=(const InformerCore&) = delete;
  ~InformerCore();

  InformerStep step();
  bool synced() const;
  std::size_t size() const;
  std::string_view version() const;
  const std::optional<Error>& problem() const;
  Value get(std::string_view ns, std::string_view name) const;
  void each(const Visit& visit) const;
  void each_indexed(std::string_view key, const Visit& visit) const;
  void applied(Object answer);
  void removed(std::string_view ns, std::string_view name, std::string_view resource_version);
  void set_on_change(OnChange on_change);
  void index_again();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace detail

/// A cache of the objects of one type: list, then watch. It holds typed projections, not documents.
///
/// T is what the owner needs of an object: movable, with `operator==` and
/// `static T from(const kube::Object&)`; or kube::Object itself for the whole document. Where the
/// projection depends on more than the object, the owner gives a function instead of T::from.
///
/// Steppable: it has no thread and no clock of its own. Single-threaded: one owner calls everything
/// here, but for readers with a guard (InformerOptions); the shared_ptrs handed out may go to other
/// threads. Only on_ready comes from elsewhere.
///
///     kube::Wakeup wakeup;
///     kube::Informer<PodView> pods(client, clock, ids, log, types::kPod, "pgo",
///         {.label_selector = "vendor=crunchydata"}, {.on_ready = wakeup.callback()},
///         [](const PodView& pod) { return std::vector{pod.ns + "/" + pod.cluster}; });
///     pods.on_change([&](const ObjectKey&, const PodView* was, const PodView* is) {
///       queue.add(cluster_key(is ? *is : *was)); });
///     while (!stop.stop_requested()) {            // a simulation calls step() itself instead
///       const auto step = pods.step();
///       if (!step.progressed) wakeup.wait_until(step.next, clock, stop);
///     }
///
/// Read your writes: hand answers of own creates, updates and patches to `applied`. The cache is
/// then never older than them: a watch event or list of an older version does not overwrite a newer
/// one, nor bring back what was deleted meanwhile. Versions are compared as integers; where a
/// server hands out others, events win in order of arrival.
///
/// A broken stream resumes from the last version seen (bookmarks keep that fresh), an expired one
/// (410) lists again and reports only real differences. Failures back off with jitter.
template <class T>
class Informer {
 public:
  using Ptr = std::shared_ptr<const T>;
  using Step = InformerStep;
  /// Under which keys an object is found by `indexed`; give namespaces and kinds of key a place in
  /// the text where they matter.
  using Keys = std::function<std::vector<std::string>(const T&)>;
  using Project = std::function<T(const std::shared_ptr<const Object>&)>;

  /// `clock`, `ids` and the client's transport must outlive it; `type` holds literals. `ns` empty =
  /// all namespaces. Of `selection` only the selectors are used.
  Informer(Client client, const Clock& clock, IdSource& ids, Log log, ResourceType type,
           std::string ns, ListOptions selection = {}, InformerOptions options = {}, Keys keys = {},
           Project project = {})
      : core_(std::move(client), clock, ids, std::move(log), type, std::move(ns),
              std::move(selection), std::move(options),
              hooks(std::move(keys), std::move(project))) {}

  /// Does one piece of work: reads one page of a list, opens the watch, or applies what the watch
  /// has brought. Blocks no longer than one request. Failures are logged, kept in `problem()`,
  /// and tried again after a backoff.
  Step step() { return core_.step(); }

  /// True once a first list was complete: from then on "not there" means just that.
  bool synced() const { return core_.synced(); }
  /// The last failure while there is trouble; none while list and watch work.
  const std::optional<Error>& problem() const { return core_.problem(); }
  std::size_t size() const { return core_.size(); }
  /// The resourceVersion up to which the server's events are in; empty before the first list.
  std::string_view version() const { return core_.version(); }

  /// Null when there is none (or not yet: see `synced`).
  Ptr get(std::string_view ns, std::string_view name) const {
    return std::static_pointer_cast<const T>(core_.get(ns, name));
  }
  /// All objects, ordered by namespace and name.
  std::vector<Ptr> all() const {
    std::vector<Ptr> result;
    result.reserve(core_.size());
    core_.each([&](const ObjectKey&, const detail::InformerCore::Value& value) {
      result.push_back(std::static_pointer_cast<const T>(value));
    });
    return result;
  }
  /// The objects whose keys include `key`, in the same order.
  std::vector<Ptr> indexed(std::string_view key) const {
    std::vector<Ptr> result;
    core_.each_indexed(key, [&](const ObjectKey&, const detail::InformerCore::Value& value) {
      result.push_back(std::static_pointer_cast<const T>(value));
    });
    return result;
  }
  /// As `all` and `indexed` without a vector: visit(const ObjectKey&, const T&). The visitor must
  /// not change the informer.
  template <std::invocable<const ObjectKey&, const T&> Visit>
  void each(Visit&& visit) const {
    core_.each([&](const ObjectKey& key, const detail::InformerCore::Value& value) {
      visit(key, *static_cast<const T*>(value.get()));
    });
  }
  template <std::invocable<const ObjectKey&, const T&> Visit>
  void each_indexed(std::string_view index_key, Visit&& visit) const {
    core_.each_indexed(index_key,
                       [&](const ObjectKey& key, const detail::InformerCore::Value& value) {
                         visit(key, *static_cast<const T*>(value.get()));
                       });
  }

  /// Asks for the keys of every object again: to be called when the function that gives them has
  /// learned something. Takes time that grows with the number of objects.
  void index_again() { core_.index_again(); }

  /// Takes in the answer of an own write at once. An object that the selectors no longer take is
  /// dropped. Answers may come late and in any order.
  void applied(Object answer) { core_.applied(std::move(answer)); }
  /// Drops an object that an own deletion has removed for good (no finalizers, no grace period).
  /// `resource_version` of the deletion's answer; when empty, the version last seen stands for it.
  void removed(std::string_view ns, std::string_view name, std::string_view resource_version = {}) {
    core_.removed(ns, name, resource_version);
  }

  /// Called inside step, applied and removed, only when the projection differs: `was` null = new,
  /// `is` null = gone. It must not call step, applied or removed.
  void on_change(std::function<void(const ObjectKey&, const T* was, const T* is)> callback) {
    if (!callback) return core_.set_on_change({});
    core_.set_on_change([callback = std::move(callback)](const ObjectKey& key,
                                                         const detail::InformerCore::Value& was,
                                                         const detail::InformerCore::Value& is) {
      callback(key, static_cast<const T*>(was.get()), static_cast<const T*>(is.get()));
    });
  }

 private:
  static detail::InformerCore::Hooks hooks(Keys keys, Project project) {
    detail::InformerCore::Hooks result;
    if (project) {
      result.project = [project = std::move(project)](const std::shared_ptr<const Object>& object) {
        return std::make_shared<const T>(project(object));
      };
    } else if constexpr (std::same_as<T, Object>) {
      result.project = [](const std::shared_ptr<const Object>& object) { return object; };
    } else if constexpr (requires(const Object& object) { T::from(object); }) {
      result.project = [](const std::shared_ptr<const Object>& object) {
        return std::make_shared<const T>(T::from(*object));
      };
    }
    result.equal = [](const void* a, const void* b) {
      return *static_cast<const T*>(a) == *static_cast<const T*>(b);
    };
    if (keys) {
      result.keys = [keys = std::move(keys)](const void* value) {
        return keys(*static_cast<const T*>(value));
      };
    }
    return result;
  }

  detail::InformerCore core_;
};

}  // namespace pgo::kube
