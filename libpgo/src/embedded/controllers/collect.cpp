#include "embedded/controllers/facts.h"
#include "embedded/controllers/shell.h"

namespace pgo::embedded {

using namespace controllers;

namespace {

/// What nobody asked to be collected: an object, or an owner, whose type cannot be looked up now.
std::unexpected<Error> unknown_type(const json::Value& reference) {
  return fail(Code::unavailable, "the type of an owner is not served",
              std::string(reference["kind"].as_string()) + " " +
                  std::string(reference["name"].as_string()));
}

}  // namespace

std::vector<Related> Controllers::Impl::related_to(std::string_view uid) const {
  std::vector<Related> found;
  for (const std::string& dependent : graph.dependents(uid)) {
    const OwnerGraph::Node* node = graph.find(dependent);
    if (node == nullptr) continue;
    const Watched* watched = world.find(node->table);
    if (watched == nullptr) continue;
    Seen object = watched->get(node->key.ns, node->key.name);
    if (object && object->uid() == dependent) found.push_back({watched->type, std::move(object)});
  }
  return found;
}

Result<OwnerState> Controllers::Impl::owner_state(const json::Value& reference,
                                                  std::string_view ns) {
  std::string_view uid = reference["uid"].as_string();
  if (const OwnerGraph::Node* known = graph.find(uid)) {
    // Being deleted in the foreground is always confirmed by the item's own deletion guard.
    return known->foreground ? OwnerState::waiting : OwnerState::solid;
  }
  const Watched* watched =
      world.resolve(reference["apiVersion"].as_string(), reference["kind"].as_string());
  if (watched == nullptr) return unknown_type(reference);
  // A cluster-scoped object cannot be owned by a namespaced one: nothing follows from such a
  // reference. Source: Kubernetes, "Owners and Dependents", cross-namespace references.
  if (watched->type.namespaced && ns.empty()) return OwnerState::solid;
  auto live =
      client.get(watched->type, watched->type.namespaced ? ns : "", reference["name"].as_string());
  if (!live) {
    if (live.error().code == Code::not_found) return OwnerState::gone;
    return fail(std::move(live).error());
  }
  if (live->uid() != uid) return OwnerState::gone;
  const bool in_deletion = live->being_deleted() && has_finalizer(*live, kForeground);
  return in_deletion ? OwnerState::waiting : OwnerState::solid;
}

Result<Controllers::Impl::Decision> Controllers::Impl::decide_garbage(const std::string& uid) {
  const OwnerGraph::Node* node = graph.find(uid);
  if (node == nullptr) return Decision{};
  const Watched* watched = world.find(node->table);
  if (watched == nullptr) return Decision{};
  // The cache only suspects; what is done rests on the live object.
  auto live = client.get(watched->type, node->key.ns, node->key.name);
  if (!live) {
    if (live.error().code == Code::not_found) return Decision{};
    return fail(std::move(live).error());
  }
  if (live->uid() != uid) return Decision{};
  if (live->being_deleted()) {
    Related owner{watched->type, std::make_shared<const kube::Object>(*live)};
    std::vector<Related> dependents = related_to(uid);
    if (has_finalizer(*live, kOrphan)) return plan_orphans(owner, dependents);
    if (has_finalizer(*live, kForeground)) {
      for (const Related& dependent : dependents) {
        if (!dependent.object->being_deleted()) want("garbage", "", dependent.object->uid());
      }
      return plan_foreground(owner, dependents);
    }
    return Decision{};
  }
  std::vector<OwnerState> states;
  for (const json::Value& reference : (*live)["metadata"]["ownerReferences"].items()) {
    PGO_TRY(OwnerState state, owner_state(reference, live->ns()));
    states.push_back(state);
  }
  return plan_dependent(watched->type, *live, states, !graph.dependents(uid).empty());
}

}  // namespace pgo::embedded
