#include "caches.h"

#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgtask.h"

#include <utility>

namespace pgo::engine {
namespace {

namespace types = kube::types;

/// Index key of the open tasks that clone a cluster.
std::string clone_key(std::string_view source) { return "clones/" + std::string(source); }

/// Index key of what belongs to a Patroni scope; a '/' cannot be in a name.
std::string scope_key(std::string_view scope) { return "scope/" + std::string(scope); }

template <typename T>
std::vector<std::string> keys_of(const T& one) {
  if (one.meta.cluster.empty()) return {};
  return {one.meta.cluster};
}

template <>
std::vector<std::string> keys_of(const plan::Cluster& one) {
  return {one.meta.name, scope_key(one.scope)};
}

template <>
std::vector<std::string> keys_of(const plan::Task& one) {
  std::vector<std::string> keys;
  if (one.meta.cluster.empty()) return keys;
  keys.push_back(one.meta.cluster);
  if (const std::string_view source = plan::clone_source(one); !source.empty()) {
    keys.push_back(clone_key(source));
  }
  return keys;
}

template <>
std::vector<std::string> keys_of(const plan::ConfigMap& one) {
  std::vector<std::string> keys;
  if (!one.meta.cluster.empty()) keys.push_back(one.meta.cluster);
  if (!one.scope.empty()) keys.push_back(scope_key(one.scope));
  return keys;
}

}  // namespace

NamespaceView NamespaceView::from(const kube::Object& object) {
  return {std::string(object.name()), std::string(object.uid()), object.being_deleted()};
}

struct NamespaceCaches::Informers {
  template <typename T>
  using Of = kube::Informer<T>;

  /// `make(std::type_identity<T>, type, selector)` gives the informer of T; informers cannot move.
  Informers(auto make, const std::string& ours)
      : clusters(make(std::type_identity<plan::Cluster>{}, types::kPgCluster, {})),
        replicas(make(std::type_identity<plan::Replica>{}, types::kPgReplica, {})),
        tasks(make(std::type_identity<plan::Task>{}, types::kPgTask, {})),
        deployments(make(std::type_identity<plan::Deployment>{}, types::kDeployment, ours)),
        pods(make(std::type_identity<plan::Pod>{}, types::kPod, ours)),
        jobs(make(std::type_identity<plan::Job>{}, types::kJob, ours)),
        volumes(make(std::type_identity<plan::Volume>{}, types::kPersistentVolumeClaim, ours)),
        services(make(std::type_identity<plan::Service>{}, types::kService, ours)),
        config_maps(make(std::type_identity<plan::ConfigMap>{}, types::kConfigMap, {})),
        secrets(make(std::type_identity<plan::Secret>{}, types::kSecret, ours)),
        policies(make(std::type_identity<plan::Policy>{}, types::kPgPolicy, {})) {}

  Of<plan::Cluster> clusters;
  Of<plan::Replica> replicas;
  Of<plan::Task> tasks;
  Of<plan::Deployment> deployments;
  Of<plan::Pod> pods;
  Of<plan::Job> jobs;
  Of<plan::Volume> volumes;
  Of<plan::Service> services;
  Of<plan::ConfigMap> config_maps;
  Of<plan::Secret> secrets;
  Of<plan::Policy> policies;

  template <typename Visit>
  void each(Visit visit) {
    visit(clusters);
    visit(replicas);
    visit(tasks);
    visit(deployments);
    visit(pods);
    visit(jobs);
    visit(volumes);
    visit(services);
    visit(config_maps);
    visit(secrets);
    visit(policies);
  }
};

NamespaceCaches::NamespaceCaches(std::string ns, const Surroundings& with) : ns_(std::move(ns)) {
  // Only what 4.2.0 labelled is ours to look at; the custom resources and the user's own ConfigMaps
  // carry no such label.
  const std::string ours =
      std::string(model::label::kVendor) + "=" + std::string(model::label::kVendorValue);
  sources_.reserve(11);
  const auto options = [&] {
    Source& source = sources_.emplace_back();
    kube::InformerOptions result;
    result.on_ready = [ready = source.ready, wake = with.wake] {
      ready->store(true);
      if (wake) wake();
    };
    return result;
  };
  const auto make = [&]<typename T>(std::type_identity<T>, const kube::ResourceType& type,
                                    const std::string& selector) {
    return kube::Informer<T>(with.client, *with.clock, *with.ids, with.log, type, ns_,
                             {.label_selector = selector,
                              .field_selector = {},
                              .limit = 0,
                              .continue_token = {},
                              .resource_version = {}},
                             options(), keys_of<T>);
  };
  informers_ = std::make_unique<Informers>(make, ours);
  std::size_t index = 0;
  informers_->each([&](auto& informer) {
    sources_[index++].step = [&informer] { return informer.step(); };
    informer.on_change([this, dirty = with.dirty](const kube::ObjectKey&, const auto* was,
                                                  const auto* is) {
      for (const std::string& key : keys_of(is != nullptr ? *is : *was)) {
        if (key.find('/') == std::string::npos) {
          dirty(key);
          // What changes with the source of a clone may concern its target.
          informers_->tasks.each_indexed(
              clone_key(key),
              [&](const kube::ObjectKey&, const plan::Task& task) { dirty(task.meta.cluster); });
          continue;
        }
        if (!key.starts_with("scope/")) continue;
        // Patroni's objects name their scope; it is a cluster's name unless that was restored.
        dirty(key.substr(std::string_view("scope/").size()));
        informers_->clusters.each_indexed(
            key, [&](const kube::ObjectKey&, const plan::Cluster& cluster) {
              dirty(cluster.meta.name);
            });
      }
    });
  });
}

NamespaceCaches::~NamespaceCaches() = default;

bool NamespaceCaches::synced() const {
  bool all = true;
  informers_->each([&](const auto& informer) { all = all && informer.synced(); });
  return all;
}

plan::ClusterView NamespaceCaches::view(const std::string& cluster) const {
  plan::ClusterView view = own_view(cluster);
  for (const auto& task : view.tasks) {
    const std::string source(plan::clone_source(*task));
    if (source.empty() || source == cluster) continue;
    view.source = std::make_shared<const plan::ClusterView>(own_view(source));
    break;
  }
  return view;
}

plan::ClusterView NamespaceCaches::own_view(const std::string& cluster) const {
  const Informers& from = *informers_;
  plan::ClusterView view;
  view.ns = ns_;
  view.name = cluster;
  view.cluster = from.clusters.get(ns_, cluster);
  view.replicas = from.replicas.indexed(cluster);
  view.tasks = from.tasks.indexed(cluster);
  view.deployments = from.deployments.indexed(cluster);
  view.pods = from.pods.indexed(cluster);
  view.jobs = from.jobs.indexed(cluster);
  view.volumes = from.volumes.indexed(cluster);
  view.services = from.services.indexed(cluster);
  view.secrets = from.secrets.indexed(cluster);
  view.config_maps = from.config_maps.indexed(cluster);

  for (const std::string& name : plan::policies_asked_for(view)) {
    if (auto policy = from.policies.get(ns_, name)) view.policies.push_back(std::move(policy));
  }
  std::set<std::string, std::less<>> scopes{cluster};
  if (view.cluster) scopes.insert(view.cluster->scope);
  for (const auto& task : view.tasks) {
    const std::string_view scope = task->parameter(model::param::kScope);
    if (scope.empty()) continue;
    scopes.emplace(scope);
    // O7: a removal looks for the scopes of earlier restores, which their volumes are named after.
    for (const auto& volume : view.volumes) scopes.insert(volume->meta.name);
  }
  for (const auto& deployment : view.deployments) {
    if (!deployment->scope.empty()) scopes.insert(deployment->scope);
  }
  for (const std::string& scope : scopes) {
    for (auto& map : from.config_maps.indexed(scope_key(scope))) {
      if (map->meta.cluster.empty()) view.config_maps.push_back(std::move(map));
    }
  }
  if (view.cluster && view.cluster->object) {
    const std::string& wanted = view.cluster->object->spec.custom_config;
    if (!wanted.empty()) view.custom_config = from.config_maps.get(ns_, wanted);
    if (!view.custom_config) {
      view.custom_config = from.config_maps.get(ns_, model::fixed::kCustomConfigMap);
    }
  }
  return view;
}

void NamespaceCaches::applied(const kube::ResourceType& type, kube::Object object) {
  Informers& to = *informers_;
  if (type == types::kPgCluster) return to.clusters.applied(std::move(object));
  if (type == types::kPgReplica) return to.replicas.applied(std::move(object));
  if (type == types::kPgTask) return to.tasks.applied(std::move(object));
  if (type == types::kDeployment) return to.deployments.applied(std::move(object));
  if (type == types::kPod) return to.pods.applied(std::move(object));
  if (type == types::kJob) return to.jobs.applied(std::move(object));
  if (type == types::kPersistentVolumeClaim) return to.volumes.applied(std::move(object));
  if (type == types::kService) return to.services.applied(std::move(object));
  if (type == types::kConfigMap) return to.config_maps.applied(std::move(object));
  if (type == types::kSecret) return to.secrets.applied(std::move(object));
}

std::set<std::string> NamespaceCaches::clusters() const {
  std::set<std::string> names;
  informers_->clusters.each(
      [&](const kube::ObjectKey& key, const plan::Cluster&) { names.insert(key.name); });
  informers_->tasks.each([&](const kube::ObjectKey&, const plan::Task& task) {
    if (!task.meta.cluster.empty()) names.insert(task.meta.cluster);
  });
  return names;
}

}  // namespace pgo::engine
