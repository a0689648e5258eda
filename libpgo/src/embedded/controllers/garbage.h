#pragma once

#include "embedded/controllers/decision.h"

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::controllers {

inline constexpr std::string_view kForeground = "foregroundDeletion";
inline constexpr std::string_view kOrphan = "orphan";

/// Who owns whom, by UID, over all types.
class OwnerGraph {
 public:
  struct Node {
    std::string table;
    kube::ObjectKey key;
    std::set<std::string> owners;
    bool foreground = false;  ///< being deleted, waits for its dependents
    bool orphaning = false;   ///< being deleted, sets its dependents free
  };

  /// Takes a change in and returns the UIDs worth a look.
  std::vector<std::string> change(std::string_view table, const kube::Object* was,
                                  const kube::Object* is);
  const Node* find(std::string_view uid) const;
  /// UIDs of the objects that name this one as owner.
  std::vector<std::string> dependents(std::string_view uid) const;
  /// Every object whose owners are not all known, or that is being deleted with care: what a look
  /// is due for after a restart.
  std::vector<std::string> suspects() const;

 private:
  bool suspect(const Node& node) const;

  std::map<std::string, Node, std::less<>> nodes_;
  std::map<std::string, std::set<std::string>, std::less<>> dependents_;
};

/// What is known for certain about one owner reference.
enum class OwnerState {
  solid,    ///< exists
  waiting,  ///< being deleted in the foreground: it waits for this dependent
  gone,     ///< the API said so: not there, or another object under its name
};

/// What becomes of a dependent. `item` is its live state; `states` runs along its owner references.
/// Source: Kubernetes, "Garbage Collection".
Decision plan_dependent(const kube::ResourceType& type, const kube::Object& item,
                        std::span<const OwnerState> states, bool has_dependents);

/// A dependent or an owner as the plans below see it.
struct Related {
  kube::ResourceType type;
  Seen object;
};
/// Removes `owner` from its dependents' references, then its orphan finalizer.
Decision plan_orphans(const Related& owner, std::span<const Related> dependents);
/// Lets `owner` go once none of the dependents that block it is left.
Decision plan_foreground(const Related& owner, std::span<const Related> dependents);

}  // namespace pgo::embedded::controllers
