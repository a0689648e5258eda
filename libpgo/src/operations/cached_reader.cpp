#include "pgo/operations/cached_reader.h"

#include "operations/slim.h"
#include "pgo/json/packer.h"
#include "pgo/kube/selector.h"
#include "pgo/kube/wakeup.h"
#include "pgo/model/names.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>

namespace pgo::operations {
namespace {

/// Pods, Deployments and Services are read by the thousand when all clusters are shown, and are
/// kept as they are; of all others only the face is, and the rest is packed.
bool read_by_the_thousand(const kube::ResourceType& type) {
  return type == kube::types::kPod || type == kube::types::kDeployment ||
         type == kube::types::kService;
}

/// What is held of an object.
struct Kept {
  ObjectPtr face;      ///< name and labels, or all of it
  json::Packed whole;  ///< empty when the face is all

  bool operator==(const Kept& other) const { return whole == other.whole && *face == *other.face; }
  ObjectPtr object() const {
    if (whole.empty()) return face;
    return std::make_shared<const kube::Object>(whole.value());
  }
};

kube::Informer<Kept>::Project keeping(const kube::ResourceType& type,
                                      const std::shared_ptr<json::Packer::Scratch>& scratch) {
  if (read_by_the_thousand(type)) {
    return [](const ObjectPtr& object) {
      return Kept{std::make_shared<const kube::Object>(slim(*object)), {}};
    };
  }
  return [packer = std::make_shared<json::Packer>(scratch)](const ObjectPtr& object) {
    return Kept{std::make_shared<const kube::Object>(face_of(*object)),
                packer->pack(json::write(slim(*object).document()))};
  };
}

using KeptPtr = std::shared_ptr<const Kept>;
using BucketKey = std::pair<std::string_view, std::string>;  ///< plural (a literal), namespace

struct ByName {
  using is_transparent = void;
  static std::string_view name(const KeptPtr& kept) { return kept->face->name(); }
  static std::string_view name(std::string_view name) { return name; }
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    return name(a) < name(b);
  }
};

struct Bucket {
  bool synced = false;
  std::set<KeptPtr, ByName> objects;
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
  std::shared_ptr<json::Packer::Scratch> scratch = json::Packer::make_scratch();
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
  auto informer = std::make_unique<kube::Informer<Kept>>(
      client, clock, ids, log, type, ns, kube::ListOptions{}, informer_options,
      kube::Informer<Kept>::Keys(), keeping(type, scratch));
  informer->on_change([this, key, source = informer.get()](const kube::ObjectKey& object,
                                                           const Kept*, const Kept* is) {
    const std::unique_lock lock(mutex);
    auto& objects = buckets[key].objects;
    if (const auto old = objects.find(std::string_view(object.name)); old != objects.end()) {
      objects.erase(old);
    }
    if (is != nullptr) objects.insert(source->get(object.ns, object.name));
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
    for (const KeptPtr& kept : found->second.objects) {
      const ObjectPtr object = kept->object();
      if (is_owned(*object)) owned.emplace_back(object->name());
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
      if (found != bucket->second.objects.end()) return (*found)->object();
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
      for (const KeptPtr& kept : bucket->second.objects) {
        if (parsed.matches(*kept->face)) objects.push_back(kept->object());
      }
      return objects;
    }
  }
  return impl_->direct.list(type, ns, selector);
}

}  // namespace pgo::operations
