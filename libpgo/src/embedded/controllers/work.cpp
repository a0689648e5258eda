#include "embedded/controllers/facts.h"
#include "embedded/controllers/shell.h"

#include <algorithm>

namespace pgo::embedded {

using namespace controllers;

namespace {

constexpr Duration kExpirySweep = std::chrono::minutes(10);
constexpr Duration kNamespaceRetry = std::chrono::seconds(5);

/// Events are of two groups, which the API keeps apart.
constexpr kube::ResourceType kNewerEvent{"events.k8s.io", "v1", "Event", "events"};
constexpr const kube::ResourceType* kEventTypes[] = {&kube::types::kEvent, &kNewerEvent};

/// When an event was made or last repeated, in the words of either group.
TimePoint last_seen(const kube::Object& event, TimePoint now) {
  TimePoint last = created_at(event).value_or(now);
  for (const json::Value* time : {&event["lastTimestamp"], &event["series"]["lastObservedTime"],
                                  &event["deprecatedLastTimestamp"]}) {
    if (auto seen = time_of(*time)) last = std::max(last, *seen);
  }
  return last;
}

}  // namespace

Result<Controllers::Impl::Decision> Controllers::Impl::decide(std::string_view controller,
                                                              const std::string& ns,
                                                              const std::string& name,
                                                              Seen& subject) {
  auto about = [&](const Watched& objects) { return subject = objects.get(ns, name); };
  if (controller == "set") {
    if (!about(world.sets)) return Decision{};
    return plan_replica_set(*subject, pods_of(subject->uid()), clock.now());
  }
  if (controller == "deployment") {
    return about(world.deployments) ? decide_deployment(*subject) : Decision{};
  }
  if (controller == "job") {
    if (!about(world.jobs)) return Decision{};
    return plan_job(*subject, pods_of(subject->uid()), clock.now());
  }
  if (controller == "bind") return about(world.pods) ? decide_binding(*subject) : Decision{};
  if (controller == "endpoints") {
    if (!about(world.services)) return decide_endpoints_without_service(ns, name);
    return decide_endpoints(*subject);
  }
  if (controller == "slice") {
    Seen endpoints = world.endpoints.get(ns, name);
    return endpoints ? decide_slice(*endpoints) : Decision{};
  }
  if (controller == "claim") return about(world.claims) ? decide_claim(*subject) : Decision{};
  if (controller == "volume") {
    if (!about(world.volumes)) return Decision{};
    return decide_volume(*subject);
  }
  if (controller == "node") return about(world.nodes) ? decide_node(*subject) : Decision{};
  if (controller == "stray") {
    if (!about(world.pods)) return Decision{};
    return decide_stray_pod(*subject);
  }
  if (controller == "namespace") {
    if (!about(world.namespaces)) return Decision{};
    return decide_namespace(*subject);
  }
  if (controller == "garbage") return decide_garbage(name);
  return decide_event_expiry();
}

std::vector<Seen> Controllers::Impl::pods_of(std::string_view owner_uid) const {
  std::vector<Seen> pods = world.pods.indexed(by::owner(owner_uid));
  for (Seen& pod : pods) {
    if (pod->being_deleted() || !doomed.contains(pod->uid())) continue;
    kube::Object marked = *pod;
    marked.document().at_or_add("metadata").set("deletionTimestamp", to_rfc3339(clock.now()));
    pod = std::make_shared<const kube::Object>(std::move(marked));
  }
  return pods;
}

Controllers::Impl::Decision Controllers::Impl::decide_deployment(const kube::Object& deployment) {
  std::vector<Seen> sets = world.sets.indexed(by::owner(deployment.uid()));
  DeploymentView view{.sets = sets,
                      .pods_of = [this](std::string_view uid) { return pods_of(uid); }};
  return plan_deployment(deployment, view, clock.now());
}

Controllers::Impl::Decision Controllers::Impl::decide_binding(const kube::Object& pod) {
  std::vector<Seen> nodes = world.nodes.all();
  auto pods_at = [this](const auto& keys, auto key_of) {
    std::vector<Seen> pods;
    for (const auto& entry : keys) {
      const kube::ObjectKey& key = key_of(entry);
      if (Seen found = world.pods.get(key.ns, key.name)) pods.push_back(std::move(found));
    }
    return pods;
  };
  std::vector<Seen> choosy = pods_at(picky, [](const auto& key) { return key; });
  SchedulerView view{
      .nodes = nodes,
      .bound = [&] { return pods_at(bound, [](const auto& entry) { return entry.first; }); },
      .picky = choosy,
      .load = [this](std::string_view node) -> std::size_t {
        auto found = load.find(node);
        return found == load.end() ? 0 : found->second;
      }};
  return plan_binding(pod, view, clock.now());
}

Controllers::Impl::Decision Controllers::Impl::decide_endpoints(const kube::Object& service) {
  const std::string key = by::selector(service);
  std::vector<Seen> pods;
  if (!key.empty()) pods = world.pods.indexed(key);
  return plan_endpoints(service, world.endpoints.get(service.ns(), service.name()), pods);
}

Result<Controllers::Impl::Decision> Controllers::Impl::decide_endpoints_without_service(
    const std::string& ns, const std::string& name) {
  Decision out;
  Seen left = world.endpoints.get(ns, name);
  if (!left || left->being_deleted()) return out;
  // Only what this controller made: it is known by its target references, and by being empty.
  bool ours = std::ranges::all_of((*left)["subsets"].items(), [](const json::Value& subset) {
    for (std::string_view list : {"addresses", "notReadyAddresses"}) {
      for (const json::Value& address : subset[list].items()) {
        if (address["targetRef"].is_null()) return false;
      }
    }
    return true;
  });
  if (!ours || !(*left)["metadata"]["annotations"].members().empty()) return out;
  auto service = client.get(kube::types::kService, ns, name);
  if (service) return out;
  if (service.error().code != Code::not_found) return fail(std::move(service).error());
  out.remove(kube::types::kEndpoints, *left);
  return out;
}

Result<Controllers::Impl::Decision> Controllers::Impl::decide_slice(const kube::Object& endpoints) {
  Seen service = world.services.get(endpoints.ns(), endpoints.name());
  if (!service || (*service)["spec"]["selector"].members().empty()) return Decision{};
  if (world.find(table_of(kEndpointSlice)) == nullptr) return Decision{};  // not served here
  auto live = client.get(kEndpointSlice, service->ns(), slice_name(*service));
  if (!live && live.error().code != Code::not_found) return fail(std::move(live).error());
  return plan_slice(*service, endpoints,
                    live ? std::make_shared<const kube::Object>(*std::move(live)) : nullptr);
}

Controllers::Impl::Decision Controllers::Impl::decide_claim(const kube::Object& claim) {
  std::string volume(claim["spec"]["volumeName"].as_string());
  if (volume.empty()) volume = "pvc-" + std::string(claim.uid());
  bool in_use = false;
  world.pods.each_indexed(
      by::claim(claim.ns(), claim.name()),
      [&](const kube::ObjectKey&, const kube::Object& pod) { in_use = in_use || !finished(pod); });
  VolumeOptions how{.root = options.volume_root, .finalizer = options.volume_finalizer};
  return plan_claim(claim, world.volumes.get("", volume), in_use, how);
}

Result<Controllers::Impl::Decision> Controllers::Impl::decide_volume(const kube::Object& volume) {
  const json::Value& reference = volume["spec"]["claimRef"];
  std::string ns(reference["namespace"].as_string()), name(reference["name"].as_string());
  Seen claim = world.claims.get(ns, name);
  bool held = claim && (*claim)["metadata"]["uid"] == reference["uid"];
  if (!held && !reference.is_null()) {
    // Data is about to go: ask the API itself, not the cache.
    auto live = client.get(kube::types::kPersistentVolumeClaim, ns, name);
    if (!live && live.error().code != Code::not_found) return fail(std::move(live).error());
    claim = live ? std::make_shared<const kube::Object>(*std::move(live)) : nullptr;
  }
  return plan_volume(volume, claim);
}

Controllers::Impl::Decision Controllers::Impl::decide_node(const kube::Object& node) {
  auto last = heard.find(node.name());
  if (last == heard.end()) return {};
  std::vector<Seen> pods = world.pods.indexed(by::node(node.name()));
  NodeView view{.heard = last->second, .grace = options.node_grace, .pods = pods};
  return plan_node(node, view, clock.now());
}

Result<Controllers::Impl::Decision> Controllers::Impl::decide_stray_pod(const kube::Object& pod) {
  Decision out;
  std::string_view node = pod["spec"]["nodeName"].as_string();
  if (node.empty()) {
    if (pod.being_deleted()) out.remove(kube::types::kPod, pod, "Background", 0);
    return out;
  }
  if (world.nodes.get("", node)) return out;
  TimePoint due = created_at(pod).value_or(clock.now()) + options.vanished_node_grace;
  if (const json::Value* scheduled = find_condition(pod["status"], "PodScheduled")) {
    if (auto at = time_of((*scheduled)["lastTransitionTime"])) {
      due = std::max(due, *at + options.vanished_node_grace);
    }
  }
  if (due > clock.now()) {
    out.look_again(due);
    return out;
  }
  auto live = client.get(kube::types::kNode, "", node);
  if (live) return out;
  if (live.error().code != Code::not_found) return fail(std::move(live).error());
  out.remove(kube::types::kPod, pod, "Background", 0);
  return out;
}

Result<Controllers::Impl::Decision> Controllers::Impl::decide_namespace(const kube::Object& ns) {
  if (ns.being_deleted()) return empty_namespace(ns);
  NamespaceView view;
  view.root_ca_pem = options.root_ca_pem;
  auto known = [&](const kube::ResourceType& type, std::string_view name) -> Result<Seen> {
    const Watched* watched = world.find(table_of(type));
    if (watched != nullptr && watched->synced()) return watched->get(ns.name(), name);
    auto live = client.get(type, ns.name(), name);
    if (live) return std::make_shared<const kube::Object>(*std::move(live));
    if (live.error().code == Code::not_found) return Seen();
    return fail(std::move(live).error());
  };
  PGO_TRY(view.default_account, known(kube::types::kServiceAccount, "default"));
  PGO_TRY(view.root_ca, known(kube::types::kConfigMap, "kube-root-ca.crt"));
  return plan_namespace(ns, view);
}

Result<Controllers::Impl::Decision> Controllers::Impl::empty_namespace(const kube::Object& ns) {
  Decision out;
  if (!world.complete()) {
    out.look_again(clock.now() + kNamespaceRetry);
    return out;
  }
  bool left = false;
  auto empty = [&](const kube::ResourceType& type) -> Result<void> {
    kube::ListOptions one;
    one.limit = 1;
    auto before = client.list(type, ns.name(), one);
    if (!before && before.error().code == Code::not_found) return {};  // not served
    if (!before) return fail(std::move(before).error());
    if (before->items.empty()) return {};
    PGO_TRY_VOID(client.remove_collection(type, ns.name(), {}));
    PGO_TRY(kube::ObjectList after, client.list(type, ns.name(), one));
    left = left || !after.items.empty();
    return {};
  };
  for (const auto& watched : world.all()) {
    if (watched->type.namespaced) PGO_TRY_VOID(empty(watched->type));
  }
  for (const kube::ResourceType* type : kEventTypes) PGO_TRY_VOID(empty(*type));
  if (left) {
    // Objects with finalizers and pods that stop: their vanishing brings us back here.
    out.look_again(clock.now() + kNamespaceRetry);
    return out;
  }
  PGO_TRY_VOID(finalize(ns));
  return out;
}

Result<Controllers::Impl::Decision> Controllers::Impl::decide_event_expiry() {
  Decision out;
  out.look_again(clock.now() + kExpirySweep);
  for (const kube::ResourceType* type : kEventTypes) {
    auto events = client.list(*type, {});
    if (!events && events.error().code == Code::not_found) continue;  // not served
    if (!events) return fail(std::move(events).error());
    for (const kube::Object& event : events->items) {
      if (last_seen(event, clock.now()) + options.event_ttl <= clock.now()) {
        out.remove(*type, event);
      }
    }
  }
  return out;
}

}  // namespace pgo::embedded
