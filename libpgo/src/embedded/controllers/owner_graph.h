#pragma once

#include "pgo/json/string.h"
#include "pgo/kube/object.h"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::controllers {

inline constexpr std::string_view kForeground = "foregroundDeletion";
inline constexpr std::string_view kOrphan = "orphan";

/// Who owns whom, by UID, over all types. Holds every object there is, and so as little of each as
/// will do.
class OwnerGraph {
 public:
  struct Node {
    json::String uid;
    kube::ObjectKey key;
    std::string_view table;                 ///< lives as long as the graph
    bool known = false;                     ///< seen itself, not only named as an owner
    bool foreground = false;                ///< being deleted, waits for its dependents
    bool orphaning = false;                 ///< being deleted, sets its dependents free
    std::vector<Node*> owners, dependents;  ///< each ordered by UID
  };

  /// Takes a change in and returns the UIDs worth a look.
  std::vector<std::string> change(std::string_view table, const kube::Object* was,
                                  const kube::Object* is);
  /// Null when no such object has been seen.
  const Node* find(std::string_view uid) const;
  /// UIDs of the objects that name this one as owner.
  std::vector<std::string> dependents(std::string_view uid) const;
  /// Every object whose owners are not all known, or that is being deleted with care: what a look
  /// is due for after a restart.
  std::vector<std::string> suspects() const;

 private:
  Node& node_of(std::string_view uid);
  std::vector<Node*> owners_of(const kube::Object& object);
  void forget(Node& node);
  void set_owners(Node& node, std::vector<Node*> owners);
  /// Drops a node that is neither seen nor named.
  void drop_if_unused(Node& node);
  static bool suspect(const Node& node);

  using NodePtr = std::unique_ptr<Node>;
  struct ByUid {
    using is_transparent = void;
    static std::string_view uid(const NodePtr& node) { return node->uid; }
    static std::string_view uid(std::string_view uid) { return uid; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return uid(a) < uid(b);
    }
  };
  std::set<NodePtr, ByUid> nodes_;
  std::set<std::string, std::less<>> tables_;
};

}  // namespace pgo::embedded::controllers
