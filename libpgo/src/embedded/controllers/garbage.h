#pragma once

#include "embedded/controllers/decision.h"
#include "embedded/controllers/owner_graph.h"

#include <span>
#include <string_view>

namespace pgo::embedded::controllers {

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
