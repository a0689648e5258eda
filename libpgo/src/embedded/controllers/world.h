#pragma once

#include "embedded/controllers/decision.h"
#include "embedded/controllers/kept.h"
#include "pgo/kube/informer.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::controllers {

/// A type the server offers, with the texts its ResourceType points to.
struct ServedType {
  std::string group, version, kind, plural;
  bool namespaced = true;

  kube::ResourceType type() const { return {group, version, kind, plural, namespaced}; }
  /// "deployments.apps"; what tells types apart whatever their version.
  std::string table() const { return plural + "." + group; }
};

std::string table_of(const kube::ResourceType& type);

/// What the informer of one type needs beside its type.
struct Watching {
  kube::Client client;
  const Clock& clock;
  IdSource& ids;
  Log log;
  std::function<void()> on_ready;
  std::shared_ptr<Recent> recent;
};

/// The objects of one type, kept current.
class Watched {
 public:
  using Keys = std::function<std::vector<std::string>(const kube::Object&)>;
  using Visit = std::function<void(const kube::ObjectKey&, const kube::Object&)>;
  /// `was` null: new; `is` null: gone. Of pods `was` is the state before; of other types, where
  /// that is nobody's concern, `is` stands for it as long as it is the same object.
  using Changed = std::function<void(const kube::Object* was, const kube::Object* is)>;

  /// `served` is null for types known at compile time.
  Watched(const kube::ResourceType& type, std::shared_ptr<const ServedType> served, Keep keep,
          Keys keys, const Watching& with);

  kube::InformerStep step() { return informer_.step(); }
  bool synced() const { return informer_.synced(); }
  void applied(kube::Object answer) { informer_.applied(std::move(answer)); }
  void on_change(Changed changed);
  /// As the informer's: `keys` has learned something.
  void index_again() { informer_.index_again(); }

  /// Null when there is none. Only metadata is complete where no more is kept.
  Seen get(std::string_view ns, std::string_view name) const;
  std::vector<Seen> all() const;
  std::vector<Seen> indexed(std::string_view key) const;
  void each(const Visit& visit) const;
  void each_indexed(std::string_view key, const Visit& visit) const;

  const kube::ResourceType type;
  const std::string table;
  const std::shared_ptr<const ServedType> served;
  const std::shared_ptr<std::atomic<bool>> news = std::make_shared<std::atomic<bool>>(true);
  TimePoint next{};

 private:
  kube::InformerOptions options(const std::function<void()>& on_ready) const;

  Keeper keeper_;
  kube::Informer<Kept> informer_;
};

/// Everything the controllers observe: full documents of the types they manage, metadata of all
/// others the server offers, found by discovery anew whenever a CustomResourceDefinition changes.
class World {
 public:
  /// As Watched::Changed, with the type.
  using Changed =
      std::function<void(const Watched&, const kube::Object* was, const kube::Object* is)>;

  World(kube::Client client, const Clock& clock, IdSource& ids, Log log,
        std::function<void()> on_ready, Changed changed);
  ~World();

  /// Takes in what has arrived. Cheap when nothing has.
  bool step();
  /// When `step` must be called though nothing woke us.
  TimePoint next() const;
  /// All types that controllers read are complete.
  bool synced() const { return synced_; }
  /// Every type of the server is complete, and which types there are is known.
  bool complete() const { return complete_; }

  const Watched* find(std::string_view table) const;
  /// The type behind apiVersion and kind, or null when the server does not offer it.
  const Watched* resolve(std::string_view api_version, std::string_view kind) const;
  const std::vector<std::unique_ptr<Watched>>& all() const { return all_; }
  /// The answer of an own write.
  void applied(const kube::ResourceType& type, kube::Object answer);

  using LabelKeys = std::set<std::string, std::less<>>;
  /// The keys of labels that some Service selects its pods by; pods are indexed by these alone.
  const LabelKeys& selecting() const { return selecting_; }

 private:
  Watched& add_full(const kube::ResourceType& type, Watched::Keys keys = {},
                    Keep keep = Keep::whole);
  void add_light(const ServedType& type);
  Watched& add(std::unique_ptr<Watched> watched);
  Watching watching() const;
  void learn_selector(const kube::Object& service);
  bool discover();
  Result<std::vector<ServedType>> offered() const;
  void drop_missing(const std::vector<ServedType>& offered);

  kube::Client client_;
  const Clock& clock_;
  IdSource& ids_;
  Log log_;
  std::function<void()> on_ready_;
  Changed changed_;
  std::shared_ptr<std::atomic<bool>> any_news_;
  std::shared_ptr<Recent> recent_;
  LabelKeys selecting_;
  std::vector<std::unique_ptr<Watched>> all_;
  bool synced_ = false, complete_ = false;
  bool rediscover_ = true;
  TimePoint discover_at_{};
  TimePoint next_{};

 public:
  /// The types known at compile time. Keys of the indexes are made by the functions in `by`.
  Watched &namespaces, &nodes, &pods, &services, &endpoints, &claims, &volumes, &deployments, &sets,
      &jobs, &leases;
};

/// Index keys.
namespace by {
std::string owner(std::string_view uid);
std::string node(std::string_view name);
std::string claim(std::string_view ns, std::string_view name);
std::string label(std::string_view ns, std::string_view key, std::string_view value);
/// One label that every pod of this service carries, as `label`; empty when it selects none. Pods
/// are found by it.
std::string selector(const kube::Object& service);
}  // namespace by

}  // namespace pgo::embedded::controllers
