#include "kube/object_store.h"

#include <algorithm>
#include <span>

namespace pgo::kube::detail {

void ObjectStore::advance(Version to) {
  if (progress_.after(to)) return;
  progress_ = std::move(to);
  std::erase_if(deleted_,
                [&](const auto& deletion) { return progress_.at_or_after(deletion.second); });
}

bool ObjectStore::outdated_by_deletion(const ObjectKey& key, const Version& version) const {
  const auto found = deleted_.find(key);
  return found != deleted_.end() && found->second.at_or_after(version);
}

void ObjectStore::put(ObjectKey key, std::shared_ptr<const Object> object, Version version) {
  const auto at = objects_.lower_bound(key);
  const bool existing = at != objects_.end() && at->first == key;
  if (existing && at->second.version.at_or_after(version)) return;
  if (outdated_by_deletion(key, version)) return;
  store(at, std::move(key), hooks_.project(std::move(object)), std::move(version));
}

void ObjectStore::put_answer(ObjectKey key, std::shared_ptr<const Object> object, Version version) {
  // An answer from before the events already seen, about an object that is not there: it was
  // deleted in between.
  if (!objects_.contains(key) && progress_.at_or_after(version)) return;
  put(std::move(key), std::move(object), std::move(version));
}

void ObjectStore::erase(const ObjectKey& key, const Version& version) {
  const auto existing = objects_.find(key);
  Version at = version;
  if (existing != objects_.end()) {
    if (existing->second.version.after(version)) return;
    if (at.empty()) at = existing->second.version;
  }
  if (at.comparable() && !progress_.at_or_after(at)) deleted_[key] = std::move(at);
  if (existing != objects_.end()) drop(existing);
}

ObjectStore::Listed ObjectStore::listed(Object&& object) const {
  Listed result{.key = {object.ns(), object.name()},
                .version = Version(object.resource_version()),
                .value = {}};
  result.value = hooks_.project(std::make_shared<const Object>(std::move(object)));
  return result;
}

bool ObjectStore::replace(std::vector<Listed> list, Version at) {
  const bool rewound = progress_.after(at);
  ++generation_;
  for (Listed& item : list) {
    const auto place = objects_.lower_bound(item.key);
    const bool existing = place != objects_.end() && place->first == item.key;
    if (existing && !rewound && place->second.version.at_or_after(item.version)) {
      place->second.generation = generation_;
    } else if (rewound || !outdated_by_deletion(item.key, item.version)) {
      store(place, std::move(item.key), std::move(item.value), std::move(item.version)).generation =
          generation_;
    }
  }
  std::vector<Objects::iterator> stale;
  for (auto it = objects_.begin(); it != objects_.end(); ++it) {
    const bool own_write_since = !rewound && it->second.version.after(at);
    if (it->second.generation != generation_ && !own_write_since) stale.push_back(it);
  }
  for (const auto it : stale) drop(it);
  if (rewound) {
    progress_ = {};
    deleted_.clear();
  }
  advance(std::move(at));
  return !rewound;
}

ObjectStore::Entry& ObjectStore::store(Objects::iterator at, ObjectKey key, Value value,
                                       Version version) {
  at = objects_.try_emplace(at, std::move(key));
  Entry& entry = at->second;
  entry.version = std::move(version);
  const bool added = entry.value == nullptr;
  if (!added && hooks_.equal(entry.value.get(), value.get())) return entry;
  if (!added) unindex(*at);
  const Value was = std::exchange(entry.value, std::move(value));
  index(*at);
  if (on_change_) on_change_(at->first, was, entry.value);
  return entry;
}

void ObjectStore::drop(Objects::iterator at) {
  unindex(*at);
  const auto node = objects_.extract(at);
  if (on_change_) on_change_(node.key(), node.mapped().value, nullptr);
}

namespace {

/// Where an object of that key is in a bucket, or would be.
template <typename Bucket>
auto place_of(Bucket& bucket, const ObjectKey& key) {
  return std::ranges::lower_bound(bucket, key, {},
                                  [](const auto* node) -> const ObjectKey& { return node->first; });
}

}  // namespace

void ObjectStore::index(Objects::value_type& node) {
  if (!hooks_.keys) return;
  const std::vector<std::string> keys = hooks_.keys(node.second.value.get());
  if (keys.empty()) return;
  Entry& entry = node.second;
  entry.buckets = std::make_unique<Index::iterator[]>(keys.size());
  for (const std::string& key : keys) {
    auto at = index_.find(key);
    if (at == index_.end()) at = index_.try_emplace(json::String(key)).first;
    Bucket& bucket = at->second;
    const auto place = place_of(bucket, node.first);
    if (place != bucket.end() && *place == &node) continue;  // the key was given twice
    bucket.insert(place, &node);
    entry.buckets[entry.bucket_count++] = at;
  }
}

void ObjectStore::unindex(Objects::value_type& node) {
  Entry& entry = node.second;
  for (const Index::iterator at : std::span(entry.buckets.get(), entry.bucket_count)) {
    at->second.erase(place_of(at->second, node.first));
    if (at->second.empty()) index_.erase(at);
  }
  entry.buckets.reset();
  entry.bucket_count = 0;
}

void ObjectStore::index_again() {
  for (Objects::value_type& node : objects_) {
    unindex(node);
    index(node);
  }
}

ObjectStore::Value ObjectStore::get(std::string_view ns, std::string_view name) const {
  const auto found = objects_.find(KeyLess::View{ns, name});
  return found == objects_.end() ? nullptr : found->second.value;
}

void ObjectStore::each(const InformerCore::Visit& visit) const {
  for (const auto& [key, entry] : objects_) visit(key, entry.value);
}

void ObjectStore::each_indexed(std::string_view key, const InformerCore::Visit& visit) const {
  const auto bucket = index_.find(key);
  if (bucket == index_.end()) return;
  for (const Objects::value_type* node : bucket->second) visit(node->first, node->second.value);
}

}  // namespace pgo::kube::detail
