#include "pgo/operations/cached_reader.h"

#include "operations/slim.h"
#include "pgo/kube/selector.h"
#include "pgo/kube/wakeup.h"
#include "pgo/model/names.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

namespace pgo::operations {
namespace {

/// What an informer holds of an object.
struct Kept {
  ObjectPtr object;

  static Kept from(const kube::Object& object) {
    return {std::make_shared<const kube::Object>(slim(object))};
  }
  bool operator==(const Kept& other) const { return *object == *other.object; }
};

using BucketKey = std::pair<std::string_view, std::string>;  ///< plural (a literal), namespace

struct Bucket {
  bool synced = false;
  std::map<std::string, ObjectPtr, std::less<>> objects;
};

constexpr const kube::ResourceType* kPerNamespace[] = {
    &kube::types::kPod,        &kube::types::kService,
    &kube::types::kEndpoints,  &kube::types::kPersistentVolumeClaim,
    &kube::types::kDeployment, &kube::types::kPgCluster,
    &kube::types::kPgReplica,  &kube::types::kPgTask,
    &kube::types::kPgPolicy,
};

}  // namespace

struct CachedReader::Impl {
  struct Source {
    BucketKey key;
    std::unique_ptr<kube::Informer<Kept>> informer;
  };

  Impl(kube::Client client_in, const Clock& clock_in, IdSource& ids_in, Log log_in,
       Options options_in)
      : client(std::move(client_in)),
        direct(client),
        clock(clock_in),
        ids(ids_in),
        log(std::move(log_in)),
        options(std::move(options_in)) {
    add(kube::types::kNamespace, "");
    add(kube::types::kNode, "");
    add(kube::types::kSecret, options.operator_namespace);
    add(kube::types::kPod, options.operator_namespace);
  }

  void add(const kube::ResourceType& type, const std::string& ns);
  void follow_namespaces();
  kube::InformerStep step();
  bool is_owned(const kube::Object& ns) const;

  kube::Client client;
  DirectReader direct;
  const Clock& clock;
  IdSource& ids;
  Log log;
  Options options;
  kube::Wakeup wakeup;
  std::vector<Source> sources;  ///< of the stepping thread
  std::atomic<bool> all_synced = false;

  std::shared_mutex mutex;  ///< guards what follows
  std::map<BucketKey, Bucket> buckets;
};

void CachedReader::Impl::add(const kube::ResourceType& type, const std::string& ns) {
  const BucketKey key{type.plural, ns};
  if (std::ranges::any_of(sources, [&](const Source& source) { return source.key == key; })) return;
  kube::InformerOptions informer_options;
  informer_options.on_ready = wakeup.callback();
  auto informer = std::make_unique<kube::Informer<Kept>>(client, clock, ids, log, type, ns,
                                                         kube::ListOptions{}, informer_options);
  informer->on_change([this, key](const kube::ObjectKey& object, const Kept*, const Kept* is) {
    const std::unique_lock lock(mutex);
    auto& objects = buckets[key].objects;
    if (is != nullptr) {
      objects.insert_or_assign(object.name, is->object);
    } else {
      objects.erase(object.name);
    }
  });
  sources.push_back({key, std::move(informer)});
  wakeup.wake();
}

bool CachedReader::Impl::is_owned(const kube::Object& ns) const {
  return ns.label(model::label::kVendor) == model::label::kVendorValue &&
         ns.label(model::label::kInstallation) == options.installation_name && !ns.being_deleted();
}

/// Starts and ends the watches of namespaces as they come and go.
void CachedReader::Impl::follow_namespaces() {
  std::vector<std::string> owned;
  {
    const std::shared_lock lock(mutex);
    const auto found = buckets.find(BucketKey{kube::types::kNamespace.plural, ""});
    if (found == buckets.end() || !found->second.synced) return;
    for (const auto& [name, object] : found->second.objects) {
      if (is_owned(*object)) owned.push_back(name);
    }
  }
  for (const std::string& ns : owned) {
    for (const kube::ResourceType* type : kPerNamespace) add(*type, ns);
  }
  std::erase_if(sources, [&](const Source& source) {
    const std::string& ns = source.key.second;
    if (ns.empty() || ns == options.operator_namespace) return false;
    if (std::ranges::find(owned, ns) != owned.end()) return false;
    const std::unique_lock lock(mutex);
    buckets.erase(source.key);
    return true;
  });
}

kube::InformerStep CachedReader::Impl::step() {
  kube::InformerStep total{.progressed = false, .next = TimePoint::max()};
  bool synced_now = true;
  for (Source& source : sources) {
    const kube::InformerStep one = source.informer->step();
    total.progressed = total.progressed || one.progressed;
    total.next = std::min(total.next, one.next);
    synced_now = synced_now && source.informer->synced();
    if (source.informer->synced()) {
      const std::unique_lock lock(mutex);
      buckets[source.key].synced = true;
    }
  }
  const std::size_t before = sources.size();
  follow_namespaces();
  if (sources.size() != before) {
    total.progressed = true;
    synced_now = false;
  }
  all_synced = synced_now;
  return total;
}

CachedReader::CachedReader(kube::Client client, const Clock& clock, IdSource& ids, Log log,
                           Options options)
    : impl_(std::make_unique<Impl>(std::move(client), clock, ids, std::move(log),
                                   std::move(options))) {}

CachedReader::~CachedReader() = default;

kube::InformerStep CachedReader::step() { return impl_->step(); }

void CachedReader::run(const std::stop_token& stop) {
  const std::stop_callback wake_up(stop, impl_->wakeup.callback());
  while (!stop.stop_requested()) {
    const kube::InformerStep done = impl_->step();
    if (!done.progressed) impl_->wakeup.wait_until(done.next, impl_->clock, stop);
  }
}

bool CachedReader::synced() const { return impl_->all_synced; }

Result<ObjectPtr> CachedReader::get(const kube::ResourceType& type, std::string_view ns,
                                    std::string_view name) {
  {
    const std::shared_lock lock(impl_->mutex);
    const auto bucket = impl_->buckets.find(BucketKey{type.plural, std::string(ns)});
    if (bucket != impl_->buckets.end()) {
      const auto found = bucket->second.objects.find(name);
      if (found != bucket->second.objects.end()) return found->second;
    }
  }
  // Not there, or not seen yet: only the API can tell.
  return impl_->direct.get(type, ns, name);
}

Result<std::vector<ObjectPtr>> CachedReader::list(const kube::ResourceType& type,
                                                  std::string_view ns, std::string_view selector) {
  PGO_TRY(const kube::LabelSelector parsed, kube::LabelSelector::parse(selector));
  {
    const std::shared_lock lock(impl_->mutex);
    const auto bucket = impl_->buckets.find(BucketKey{type.plural, std::string(ns)});
    if (bucket != impl_->buckets.end() && bucket->second.synced) {
      std::vector<ObjectPtr> objects;
      for (const auto& [name, object] : bucket->second.objects) {
        if (parsed.matches(*object)) objects.push_back(object);
      }
      return objects;
    }
  }
  return impl_->direct.list(type, ns, selector);
}

}  // namespace pgo::operations
