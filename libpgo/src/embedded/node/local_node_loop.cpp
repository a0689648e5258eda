// The half of the local node that runs on its loop: what it watches and what it does about it.
#include "embedded/node/files.h"
#include "embedded/node/local_node_impl.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace pgo::embedded {

using namespace node;

namespace {

constexpr std::chrono::seconds kSweepAgain{2};

bool is_finalized_by_us(const kube::Object& volume) {
  return std::ranges::any_of(volume["metadata"]["finalizers"].items(), [](const json::Value& name) {
    return name.as_string() == kLocalVolumeFinalizer;
  });
}

}  // namespace

void LocalNode::Impl::begin() {
  node_object = std::make_unique<NodeObject>(options, client, clock, log);
  beat();
  kube::InformerOptions informer_options;
  informer_options.on_ready = [wake = wake] {
    std::lock_guard lock(wake->mutex);
    if (wake->loop == nullptr || std::exchange(wake->posted, true)) return;
    wake->loop->post([wake] {
      {
        std::lock_guard inner(wake->mutex);
        wake->posted = false;
        if (wake->loop == nullptr) return;
      }
      wake->step();
    });
  };
  informers = std::make_unique<Informers>(*this, informer_options);
  informers->pods.on_change([this](const kube::ObjectKey&, const kube::Object* was,
                                   const kube::Object* is) { on_pod(was, is); });
  informers->volumes.on_change([this](const kube::ObjectKey&, const kube::Object* was,
                                      const kube::Object* is) { on_volume(was, is); });
  informers->services.on_change(
      [this](const kube::ObjectKey& key, const kube::Object*, const kube::Object* is) {
        if (is != nullptr)
          services.services[key] = *is;
        else
          services.services.erase(key);
        on_service(key);
      });
  informers->endpoints.on_change(
      [this](const kube::ObjectKey& key, const kube::Object*, const kube::Object* is) {
        if (is != nullptr)
          services.endpoints[key] = *is;
        else
          services.endpoints.erase(key);
        on_service(key);
      });
  informers->config_maps.on_change(
      [this](const kube::ObjectKey& key, const ContentVersion*, const ContentVersion*) {
        on_content(kube::types::kConfigMap, key);
      });
  informers->secrets.on_change(
      [this](const kube::ObjectKey& key, const ContentVersion*, const ContentVersion*) {
        on_content(kube::types::kSecret, key);
      });
  step();
}

void LocalNode::Impl::step() {
  if (!informers) return;
  bool progressed = false;
  TimePoint next = TimePoint::max();
  informers->each([&](auto& informer) {
    kube::InformerStep done = informer.step();
    progressed = progressed || done.progressed;
    next = std::min(next, done.next);
  });
  if (!synced && informers->pods.synced() && informers->services.synced() &&
      informers->endpoints.synced())
    first_sync();
  if (routes_stale && synced) {
    routes_stale = false;
    if (auto written = context->names.publish(); !written)
      log.error("names not written", {{"problem", written.error().text()}});
    proxy->set_routes(services.routes());
  }
  sweep();
  loop->cancel(step_timer);
  auto delay = progressed                 ? Duration::zero()
               : next == TimePoint::max() ? std::chrono::minutes(5)
                                          : next - clock.now();
  step_timer = loop->after(delay, [this] { step(); });
}

// Clears what an earlier life left behind, now that it is known which pods are still wanted.
void LocalNode::Impl::first_sync() {
  synced = true;
  std::set<std::string> owners;
  std::error_code error;
  std::vector<std::filesystem::path> folders;
  for (auto entry = std::filesystem::directory_iterator(options.state_dir / "pods", error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    folders.push_back(entry->path());
  for (const auto& [uid, worker] : workers) owners.insert(uid);
  for (const auto& folder : folders) {
    if (owners.contains(folder.filename().string())) {
      // emptyDirs start anew: what ran on them is gone.
      for (const char* part : {"volumes", "containers", "account"})
        (void)remove_tree(options.state_dir / "pods", folder / part);
    } else {
      (void)remove_tree(options.state_dir / "pods", folder);
    }
  }
  context->addresses.keep_only(owners);
  context->cleared = true;
  for (const auto& [key, service] : services.services)
    context->names.set_service(key.ns, key.name, services.address_of(key));
  routes_stale = true;
  advance_all();
}

void LocalNode::Impl::on_pod(const kube::Object* was, const kube::Object* is) {
  if (was != nullptr && (is == nullptr || is->uid() != was->uid())) {
    auto found = workers.find(std::string(was->uid()));
    if (found != workers.end()) found->second->vanished();
  }
  if (is == nullptr) return;
  auto& worker = workers[std::string(is->uid())];
  if (worker) return worker->update(*is);
  worker =
      std::make_unique<PodWorker>(*context, *is, [this] { loop->post([this] { advance_all(); }); });
  if (synced) worker->advance();
}

void LocalNode::Impl::on_volume(const kube::Object* was, const kube::Object* is) {
  if (is == nullptr) return remove_folder(*was);
  if (!is->being_deleted() || !is_finalized_by_us(*is)) return;
  remove_folder(*is);
}

void LocalNode::Impl::remove_folder(const kube::Object& volume) {
  if (!context->claims.owns(volume)) return;
  if (volume["spec"]["persistentVolumeReclaimPolicy"].as_string() != "Delete") return;
  auto removed = context->claims.remove(volume);
  if (!removed)
    return log.error("volume folder not deleted",
                     {{"volume", std::string(volume.name())}, {"problem", removed.error().text()}});
  log.info("volume folder deleted", {{"volume", std::string(volume.name())}});
  if (!is_finalized_by_us(volume)) return;
  json::Value left = json::Value::array();
  for (const json::Value& name : volume["metadata"]["finalizers"].items())
    if (name.as_string() != kLocalVolumeFinalizer) left.push_back(name);
  json::Value metadata = json::Value::object({{"uid", volume.uid()}, {"finalizers", left}});
  auto freed = client.patch(kube::types::kPersistentVolume, {}, volume.name(),
                            kube::PatchType::merge, json::Value::object({{"metadata", metadata}}));
  if (!freed && freed.error().code != Code::not_found)
    log.warn("volume not released",
             {{"volume", std::string(volume.name())}, {"problem", freed.error().text()}});
}

void LocalNode::Impl::on_content(const kube::ResourceType& type, const kube::ObjectKey& key) {
  for (auto& [uid, worker] : workers)
    if (worker->object().ns() == key.ns) worker->content_changed(type, key.name);
}

void LocalNode::Impl::on_service(const kube::ObjectKey& key) {
  routes_stale = true;
  if (synced) context->names.set_service(key.ns, key.name, services.address_of(key));
}

void LocalNode::Impl::advance_all() {
  if (!synced) return;
  for (auto& [uid, worker] : workers) worker->advance();
  sweep();
}

void LocalNode::Impl::sweep() {
  std::erase_if(workers, [](const auto& entry) { return entry.second->finished(); });
  check_stopped();
}

void LocalNode::Impl::beat() {
  bool well = node_object->beat();
  loop->cancel(beat_timer);
  beat_timer = loop->after(well ? NodeObject::kInterval : kSweepAgain, [this] { beat(); });
}

bool LocalNode::Impl::any_active() const {
  return std::ranges::any_of(workers, [](const auto& entry) { return entry.second->active(); });
}

void LocalNode::Impl::check_stopped() {
  if (!context->stopping || any_active()) return;
  std::lock_guard lock(stop_mutex);
  stopped = true;
  stop_changed.notify_all();
}

}  // namespace pgo::embedded
