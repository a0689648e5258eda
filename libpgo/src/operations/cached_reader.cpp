#include "pgo/operations/cached_reader.h"

#include "operations/kept.h"
#include "operations/slim.h"
#include "pgo/json/packer.h"
#include "pgo/kube/selector.h"
#include "pgo/kube/wakeup.h"
#include "pgo/model/names.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

namespace pgo::operations {
namespace {

using KeptPtr = std::shared_ptr<const Kept>;
using Requirement = kube::LabelSelector::Requirement;

/// Whether the selector takes the object. Nearly all selectors begin with the cluster, and that is
/// known without unpacking.
bool takes(const kube::LabelSelector& selector, const Kept& kept) {
  bool known = true;
  for (const Requirement& requirement : selector.requirements()) {
    if (requirement.key != model::label::kCluster) {
      known = false;
    } else if (!requirement.matches(kept.cluster())) {
      return false;
    }
  }
  return known || selector.matches(*kept.object());
}

kube::Informer<Kept>::Project keeping(const std::shared_ptr<json::Packer::Scratch>& scratch) {
  return [packer = std::make_shared<json::Packer>(scratch)](const ObjectPtr& object) {
    if (object->packed() && !is_long(*object)) return Kept(*listed(object), object->packed());
    json::Value document = slim(*object);
    const std::string text = json::write(document);
    return Kept(*listed(object),
                kube::PackedObject::make(std::move(document), packer->pack(text))->packed());
  };
}

constexpr const kube::ResourceType* kPerNamespace[] = {
    &kube::types::kPod,        &kube::types::kService,
    &kube::types::kEndpoints,  &kube::types::kPersistentVolumeClaim,
    &kube::types::kDeployment, &kube::types::kPgCluster,
    &kube::types::kPgReplica,  &kube::types::kPgTask,
    &kube::types::kPgPolicy,
};

}  // namespace

struct CachedReader::Impl {
  using Source = kube::Informer<Kept>;
  using SourceKey = std::pair<std::string_view, std::string>;  ///< plural (a literal), namespace
  using Sources = std::map<SourceKey, std::unique_ptr<Source>>;

  Impl(kube::Client client_in, const Clock& clock_in, IdSource& ids_in, Log log_in,
       Options options_in)
      : client(std::move(client_in)),
        direct(client),
        clock(clock_in),
        ids(ids_in),
        log(std::move(log_in)),
        options(std::move(options_in)) {
    Source& namespaces = add(kube::types::kNamespace, "");
    namespaces.on_change(
        [this](const kube::ObjectKey&, const Kept*, const Kept*) { namespaces_changed = true; });
    add(kube::types::kNode, "");
    add(kube::types::kSecret, options.operator_namespace);
    add(kube::types::kPod, options.operator_namespace);
  }

  Source& add(const kube::ResourceType& type, const std::string& ns);
  void follow_namespaces();
  std::vector<std::string> owned_namespaces() const;
  void forget_namespaces_but(const std::vector<std::string>& owned);
  kube::InformerStep step();
  bool is_owned(const kube::Object& ns) const;
  const Source* source(const kube::ResourceType& type, std::string_view ns) const;
  KeptPtr get(const kube::ResourceType& type, std::string_view ns, std::string_view name);
  std::optional<std::vector<KeptPtr>> all(const kube::ResourceType& type, std::string_view ns);

  kube::Client client;
  DirectReader direct;
  const Clock& clock;
  IdSource& ids;
  Log log;
  Options options;
  kube::Wakeup wakeup;
  std::shared_ptr<json::Packer::Scratch> scratch = json::Packer::make_scratch();
  bool namespaces_changed = false;
  std::atomic<bool> all_synced = false;

  /// Held by the stepping thread while it changes what follows, or one of the informers does. Other
  /// threads read with it held shared, and never for longer than it takes to pick pointers up.
  std::shared_mutex mutex;
  Sources sources;
};

CachedReader::Impl::Source& CachedReader::Impl::add(const kube::ResourceType& type,
                                                    const std::string& ns) {
  const SourceKey key{type.plural, ns};
  if (const auto there = sources.find(key); there != sources.end()) return *there->second;
  kube::InformerOptions informer_options;
  informer_options.on_ready = wakeup.callback();
  informer_options.guard = &mutex;
  auto made = std::make_unique<Source>(client, clock, ids, log, type, ns, kube::ListOptions{},
                                       informer_options, Source::Keys(), keeping(scratch));
  wakeup.wake();
  const std::unique_lock lock(mutex);
  return *sources.emplace(key, std::move(made)).first->second;
}

bool CachedReader::Impl::is_owned(const kube::Object& ns) const {
  return ns.label(model::label::kVendor) == model::label::kVendorValue &&
         ns.label(model::label::kInstallation) == options.installation_name && !ns.being_deleted();
}

std::vector<std::string> CachedReader::Impl::owned_namespaces() const {
  std::vector<std::string> owned;
  for (const KeptPtr& kept : source(kube::types::kNamespace, "")->all()) {
    if (is_owned(*kept->object())) owned.emplace_back(kept->name());
  }
  return owned;
}

/// Starts and ends the watches of namespaces as they come and go.
void CachedReader::Impl::follow_namespaces() {
  if (!std::exchange(namespaces_changed, false)) return;
  const std::vector<std::string> owned = owned_namespaces();
  for (const std::string& ns : owned) {
    for (const kube::ResourceType* type : kPerNamespace) add(*type, ns);
  }
  forget_namespaces_but(owned);
}

void CachedReader::Impl::forget_namespaces_but(const std::vector<std::string>& owned) {
  // Watches end without the lock, as that may take a while.
  std::vector<Sources::node_type> ended;
  const std::unique_lock lock(mutex);
  for (auto at = sources.begin(); at != sources.end();) {
    const auto here = at++;
    const std::string& ns = here->first.second;
    if (ns.empty() || ns == options.operator_namespace) continue;
    if (std::ranges::find(owned, ns) == owned.end()) ended.push_back(sources.extract(here));
  }
}

kube::InformerStep CachedReader::Impl::step() {
  kube::InformerStep total{.progressed = false, .next = TimePoint::max()};
  bool synced_now = true;
  for (const auto& [key, source] : sources) {
    const kube::InformerStep one = source->step();
    total.progressed = total.progressed || one.progressed;
    total.next = std::min(total.next, one.next);
    synced_now = synced_now && source->synced();
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

const CachedReader::Impl::Source* CachedReader::Impl::source(const kube::ResourceType& type,
                                                             std::string_view ns) const {
  const auto found = sources.find(SourceKey{type.plural, std::string(ns)});
  return found == sources.end() ? nullptr : found->second.get();
}

KeptPtr CachedReader::Impl::get(const kube::ResourceType& type, std::string_view ns,
                                std::string_view name) {
  const std::shared_lock lock(mutex);
  const Source* const held = source(type, ns);
  return held == nullptr ? nullptr : held->get(ns, name);
}

/// Nothing while not all are known.
std::optional<std::vector<KeptPtr>> CachedReader::Impl::all(const kube::ResourceType& type,
                                                            std::string_view ns) {
  const std::shared_lock lock(mutex);
  const Source* const held = source(type, ns);
  if (held == nullptr || !held->synced()) return std::nullopt;
  return held->all();
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
  if (const KeptPtr kept = impl_->get(type, ns, name)) return kept->object();
  // Not there, or not seen yet: only the API can tell.
  return impl_->direct.get(type, ns, name);
}

Result<std::vector<ListedPtr>> CachedReader::find(const kube::ResourceType& type,
                                                  std::string_view ns, std::string_view selector) {
  PGO_TRY(const kube::LabelSelector parsed, kube::LabelSelector::parse(selector));
  if (auto kept = impl_->all(type, ns)) {
    std::erase_if(*kept, [&](const KeptPtr& one) { return !takes(parsed, *one); });
    return std::vector<ListedPtr>(kept->begin(), kept->end());
  }
  return impl_->direct.find(type, ns, selector);
}

}  // namespace pgo::operations
