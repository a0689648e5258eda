#include "embedded/controllers/garbage.h"

#include "embedded/controllers/facts.h"

#include <algorithm>

namespace pgo::embedded::controllers {

std::vector<std::string> OwnerGraph::change(std::string_view table, const kube::Object* was,
                                            const kube::Object* is) {
  std::vector<std::string> look;
  auto look_at_waiting_owners = [&](const Node& node) {
    for (const std::string& owner : node.owners) {
      auto found = nodes_.find(owner);
      if (found == nodes_.end()) continue;
      if (found->second.foreground || found->second.orphaning) look.push_back(owner);
    }
  };
  auto forget = [&](std::string_view uid) {
    auto found = nodes_.find(uid);
    if (found == nodes_.end()) return;
    look_at_waiting_owners(found->second);
    for (const std::string& owner : found->second.owners) {
      auto list = dependents_.find(owner);
      if (list == dependents_.end()) continue;
      list->second.erase(found->first);
      if (list->second.empty()) dependents_.erase(list);
    }
    nodes_.erase(found);
  };
  if (was != nullptr && (is == nullptr || was->uid() != is->uid())) {
    std::string uid(was->uid());
    forget(uid);
    for (std::string& dependent : dependents(uid)) look.push_back(std::move(dependent));
  }
  if (is == nullptr) return look;

  std::string uid(is->uid());
  Node node{.table = std::string(table),
            .key = {std::string(is->ns()), std::string(is->name())},
            .owners = {},
            .foreground = is->being_deleted() && has_finalizer(*is, kForeground),
            .orphaning = is->being_deleted() && has_finalizer(*is, kOrphan)};
  for (const json::Value& owner : (*is)["metadata"]["ownerReferences"].items()) {
    node.owners.emplace(owner["uid"].as_string());
  }
  auto known = nodes_.find(uid);
  if (known != nodes_.end() && known->second.owners == node.owners) {
    bool same =
        known->second.foreground == node.foreground && known->second.orphaning == node.orphaning;
    known->second = std::move(node);
    if (!same && suspect(known->second)) look.push_back(std::move(uid));
    // A dependent that stopped blocking, or went into deletion itself.
    look_at_waiting_owners(nodes_.find(is->uid())->second);
    return look;
  }
  forget(uid);
  for (const std::string& owner : node.owners) dependents_[owner].insert(uid);
  const Node& stored = nodes_[uid] = std::move(node);
  look_at_waiting_owners(stored);
  if (suspect(stored)) look.push_back(std::move(uid));
  return look;
}

bool OwnerGraph::suspect(const Node& node) const {
  if (node.foreground || node.orphaning) return true;
  return std::ranges::any_of(node.owners, [&](const std::string& owner) {
    auto found = nodes_.find(owner);
    return found == nodes_.end() || found->second.foreground;
  });
}

const OwnerGraph::Node* OwnerGraph::find(std::string_view uid) const {
  auto found = nodes_.find(uid);
  return found == nodes_.end() ? nullptr : &found->second;
}

std::vector<std::string> OwnerGraph::dependents(std::string_view uid) const {
  auto found = dependents_.find(uid);
  if (found == dependents_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<std::string> OwnerGraph::suspects() const {
  std::vector<std::string> found;
  for (const auto& [uid, node] : nodes_) {
    if (suspect(node)) found.push_back(uid);
  }
  return found;
}

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
