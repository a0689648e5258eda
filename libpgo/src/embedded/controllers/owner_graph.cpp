#include "embedded/controllers/owner_graph.h"

#include "embedded/controllers/facts.h"

#include <algorithm>
#include <utility>

namespace pgo::embedded::controllers {
namespace {

auto place_of(std::vector<OwnerGraph::Node*>& nodes, const OwnerGraph::Node& node) {
  return std::ranges::lower_bound(nodes, node.uid, {}, &OwnerGraph::Node::uid);
}

/// Owners that wait for their dependents, or set them free, look again when one has changed.
void look_at_waiting(const std::vector<OwnerGraph::Node*>& owners, std::vector<std::string>& look) {
  for (const OwnerGraph::Node* owner : owners) {
    if (owner->known && (owner->foreground || owner->orphaning)) look.emplace_back(owner->uid);
  }
}

}  // namespace

OwnerGraph::Node& OwnerGraph::node_of(std::string_view uid) {
  if (const auto found = nodes_.find(uid); found != nodes_.end()) return **found;
  auto made = std::make_unique<Node>();
  made->uid = uid;
  return **nodes_.insert(std::move(made)).first;
}

std::vector<OwnerGraph::Node*> OwnerGraph::owners_of(const kube::Object& object) {
  std::vector<Node*> owners;
  for (const json::Value& reference : object["metadata"]["ownerReferences"].items()) {
    const std::string_view uid = reference["uid"].as_string();
    if (uid == object.uid()) continue;  // nothing follows from owning oneself
    Node& owner = node_of(uid);
    const auto place = place_of(owners, owner);
    if (place == owners.end() || *place != &owner) owners.insert(place, &owner);
  }
  return owners;
}

void OwnerGraph::drop_if_unused(Node& node) {
  if (node.known || !node.dependents.empty()) return;
  nodes_.erase(nodes_.find(node.uid.view()));
}

void OwnerGraph::set_owners(Node& node, std::vector<Node*> owners) {
  const std::vector<Node*> before = std::exchange(node.owners, std::move(owners));
  for (Node* owner : node.owners) {
    const auto place = place_of(owner->dependents, node);
    if (place == owner->dependents.end() || *place != &node) owner->dependents.insert(place, &node);
  }
  for (Node* owner : before) {
    if (std::ranges::find(node.owners, owner) != node.owners.end()) continue;
    owner->dependents.erase(place_of(owner->dependents, node));
    drop_if_unused(*owner);
  }
}

void OwnerGraph::forget(Node& node) {
  node.known = node.foreground = node.orphaning = false;
  set_owners(node, {});
  drop_if_unused(node);
}

std::vector<std::string> OwnerGraph::change(std::string_view table, const kube::Object* was,
                                            const kube::Object* is) {
  std::vector<std::string> look;
  if (was != nullptr && (is == nullptr || was->uid() != is->uid())) {
    const std::string uid(was->uid());
    if (const auto found = nodes_.find(uid); found != nodes_.end()) {
      look_at_waiting((*found)->owners, look);
      forget(**found);
    }
    for (std::string& dependent : dependents(uid)) look.push_back(std::move(dependent));
  }
  if (is == nullptr) return look;

  Node& node = node_of(is->uid());
  const bool was_known = std::exchange(node.known, true);
  node.table = *tables_.emplace(table).first;
  node.key = {is->ns(), is->name()};
  const bool in_deletion = is->being_deleted();
  const bool foreground = in_deletion && has_finalizer(*is, kForeground);
  const bool orphaning = in_deletion && has_finalizer(*is, kOrphan);
  bool moved = !was_known || foreground != node.foreground || orphaning != node.orphaning;
  node.foreground = foreground;
  node.orphaning = orphaning;
  std::vector<Node*> owners = owners_of(*is);
  if (owners != node.owners) {
    if (was_known) look_at_waiting(node.owners, look);
    set_owners(node, std::move(owners));
    moved = true;
  }
  // A dependent that stopped blocking, or went into deletion itself.
  look_at_waiting(node.owners, look);
  if (moved && suspect(node)) look.emplace_back(node.uid);
  return look;
}

bool OwnerGraph::suspect(const Node& node) {
  if (node.foreground || node.orphaning) return true;
  return std::ranges::any_of(node.owners,
                             [](const Node* owner) { return !owner->known || owner->foreground; });
}

const OwnerGraph::Node* OwnerGraph::find(std::string_view uid) const {
  const auto found = nodes_.find(uid);
  return found == nodes_.end() || !(*found)->known ? nullptr : found->get();
}

std::vector<std::string> OwnerGraph::dependents(std::string_view uid) const {
  std::vector<std::string> found;
  const auto node = nodes_.find(uid);
  if (node == nodes_.end()) return found;
  for (const Node* dependent : (*node)->dependents) found.emplace_back(dependent->uid);
  return found;
}

std::vector<std::string> OwnerGraph::suspects() const {
  std::vector<std::string> found;
  for (const NodePtr& node : nodes_) {
    if (node->known && suspect(*node)) found.emplace_back(node->uid);
  }
  return found;
}

}  // namespace pgo::embedded::controllers
