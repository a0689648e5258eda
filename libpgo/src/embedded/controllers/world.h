#pragma once

#include "embedded/controllers/decision.h"
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

/// What garbage collection needs of an object that no other controller reads: its metadata.
struct Light {
  kube::Object object;
  static Light from(const kube::Object& object);
  bool operator==(const Light&) const = default;
};

/// A type the server offers, with the texts its ResourceType points to.
struct ServedType {
  std::string group, version, kind, plural;
  bool namespaced = true;

  kube::ResourceType type() const { return {group, version, kind, plural, namespaced}; }
  /// "deployments.apps"; what tells types apart whatever their version.
  std::string table() const { return plural + "." + group; }
};

std::string table_of(const kube::ResourceType& type);

/// The objects of one type, kept current.
class Watched {
 public:
  virtual ~Watched() = default;
  virtual kube::InformerStep step() = 0;
  virtual bool synced() const = 0;
  virtual void applied(kube::Object answer) = 0;
  /// Null when there is none. Only metadata is complete for types nobody else reads.
  virtual Seen find(std::string_view ns, std::string_view name) const = 0;
  virtual void each(const std::function<void(const kube::Object&)>& visit) const = 0;

  kube::ResourceType type{};
  std::string table;
  std::shared_ptr<const ServedType> served;  ///< null for types known at compile time
  std::shared_ptr<std::atomic<bool>> news = std::make_shared<std::atomic<bool>>(true);
  TimePoint next{};
};

/// Everything the controllers observe: full documents of the types they manage, metadata of all
/// others the server offers, found by discovery anew whenever a CustomResourceDefinition changes.
class World {
 public:
  using Full = kube::Informer<kube::Object>;
  /// `was` null: new; `is` null: gone.
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

 private:
  kube::InformerOptions options(const Watched& watched) const;
  Full& add_full(const kube::ResourceType& type, Full::Keys keys = {});
  void add_light(const ServedType& type);
  void add(std::unique_ptr<Watched> watched);
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
  std::vector<std::unique_ptr<Watched>> all_;
  bool synced_ = false, complete_ = false;
  bool rediscover_ = true;
  TimePoint discover_at_{};
  TimePoint next_{};

 public:
  /// The types known at compile time. Keys of the indexes are made by the functions in `by`.
  Full &namespaces, &nodes, &pods, &services, &endpoints, &claims, &volumes, &deployments, &sets,
      &jobs, &leases;
};

/// Index keys.
namespace by {
std::string owner(std::string_view uid);
std::string node(std::string_view name);
std::string claim(std::string_view ns, std::string_view name);
std::string label(std::string_view ns, std::string_view key, std::string_view value);
/// One label that every pod of this service carries, as `label`; empty when it selects none.
std::string selector(const kube::Object& service);
}  // namespace by

}  // namespace pgo::embedded::controllers
