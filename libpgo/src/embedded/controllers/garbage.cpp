#include "embedded/controllers/garbage.h"

#include "embedded/controllers/facts.h"

#include <algorithm>

namespace pgo::embedded::controllers {

Decision plan_dependent(const kube::ResourceType& type, const kube::Object& item,
                        std::span<const OwnerState> states, bool has_dependents) {
  Decision out;
  const json::Array& owners = item["metadata"]["ownerReferences"].items();
  if (item.being_deleted() || owners.empty() || owners.size() != states.size()) return out;
  auto count = [&](OwnerState state) { return std::ranges::count(states, state); };
  if (count(OwnerState::solid) == static_cast<std::ptrdiff_t>(states.size())) return out;
  if (count(OwnerState::solid) > 0) {
    json::Array kept;
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (states[i] == OwnerState::solid) kept.push_back(owners[i]);
    }
    json::Value patch;
    patch.at_or_add("metadata").set("ownerReferences", std::move(kept));
    out.patch(type, item, std::move(patch));
    return out;
  }
  std::string propagation = "Background";
  if (has_finalizer(item, kOrphan)) {
    propagation = "Orphan";
  } else if (has_finalizer(item, kForeground) ||
             (count(OwnerState::waiting) > 0 && has_dependents)) {
    propagation = "Foreground";
  }
  out.remove(type, item, std::move(propagation));
  // An owner added after this look must still save the object.
  out.writes.back().options.resource_version = item.resource_version();
  return out;
}

namespace {

bool names(const kube::Object& dependent, std::string_view owner_uid, bool blocking_only) {
  for (const json::Value& owner : dependent["metadata"]["ownerReferences"].items()) {
    if (owner["uid"].as_string() != owner_uid) continue;
    if (!blocking_only || owner["blockOwnerDeletion"].as_bool()) return true;
  }
  return false;
}

void drop_finalizer(const Related& owner, std::string_view finalizer, Decision& out) {
  json::Value patch;
  patch.at_or_add("metadata").set("finalizers", finalizers_without(*owner.object, finalizer));
  out.patch(owner.type, *owner.object, std::move(patch));
}

}  // namespace

Decision plan_orphans(const Related& owner, std::span<const Related> dependents) {
  Decision out;
  std::string_view uid = owner.object->uid();
  for (const Related& dependent : dependents) {
    if (!names(*dependent.object, uid, false)) continue;
    json::Array kept;
    for (const json::Value& reference :
         (*dependent.object)["metadata"]["ownerReferences"].items()) {
      if (reference["uid"].as_string() != uid) kept.push_back(reference);
    }
    json::Value patch;
    patch.at_or_add("metadata")
        .set("ownerReferences", kept.empty() ? json::Value() : json::Value(std::move(kept)));
    out.patch(dependent.type, *dependent.object, std::move(patch));
  }
  drop_finalizer(owner, kOrphan, out);
  return out;
}

Decision plan_foreground(const Related& owner, std::span<const Related> dependents) {
  Decision out;
  bool blocked = std::ranges::any_of(dependents, [&](const Related& dependent) {
    return names(*dependent.object, owner.object->uid(), true);
  });
  if (!blocked) drop_finalizer(owner, kForeground, out);
  return out;
}

}  // namespace pgo::embedded::controllers
