#include "embedded/controllers/facts.h"
#include "embedded/controllers/shell.h"

namespace pgo::embedded {

using namespace controllers;

namespace {

bool waits_for_node(const kube::Object& pod) {
  return pod["spec"]["nodeName"].as_string().empty() && active(pod);
}

bool occupies_node(const kube::Object& pod) {
  return !pod["spec"]["nodeName"].as_string().empty() && !finished(pod);
}

/// Whether a pod must run beside others: their binding is what it may wait for.
bool wants_company(const kube::Object& pod) {
  const json::Value& affinity = pod["spec"]["affinity"]["podAffinity"];
  return !affinity["requiredDuringSchedulingIgnoredDuringExecution"].items().empty();
}

/// Whether anything changed that Endpoints show.
bool endpoints_differ(const kube::Object* was, const kube::Object* is) {
  if (was == nullptr || is == nullptr) return true;
  return ready(*was) != ready(*is) || was->being_deleted() != is->being_deleted() ||
         finished(*was) != finished(*is) ||
         !((*was)["status"]["podIP"] == (*is)["status"]["podIP"]) ||
         !((*was)["metadata"]["labels"] == (*is)["metadata"]["labels"]);
}

}  // namespace

void Controllers::Impl::want(std::string_view controller, std::string_view ns,
                             std::string_view name) {
  std::string key(controller);
  key.append(1, '/').append(ns).append(1, '/').append(name);
  queue.add(key);
}

void Controllers::Impl::changed(const Watched& watched, const kube::Object* was,
                                const kube::Object* is) {
  for (const std::string& uid : graph.change(watched.table, was, is)) {
    if (swept) want("garbage", "", uid);
  }
  const kube::Object& object = is != nullptr ? *is : *was;
  std::string_view kind = watched.type.kind;
  std::string_view ns = object.ns(), name = object.name();
  if (is == nullptr) want_after_vanishing(object);
  if (kind == "Pod") return pod_changed(was, is);
  if (kind == "Node") return node_changed(was, is);
  if (kind == "Lease") {
    if (ns != "kube-node-lease") return;
    heard[std::string(name)] = clock.now();
    if (is == nullptr) heard.erase(std::string(name));
    return want("node", "", name);
  }
  if (kind == "ReplicaSet") {
    want("set", ns, name);
    if (auto owner = controller_of(object)) want("deployment", ns, owner->name);
  } else if (kind == "Deployment") {
    want("deployment", ns, name);
  } else if (kind == "Job") {
    want("job", ns, name);
  } else if (kind == "Service" || kind == "Endpoints") {
    want("endpoints", ns, name);
    if (kind == "Endpoints" && options.endpoint_slices) want("slice", ns, name);
  } else if (kind == "PersistentVolumeClaim") {
    want("claim", ns, name);
    std::string_view volume = object["spec"]["volumeName"].as_string();
    if (!volume.empty()) want("volume", "", volume);
  } else if (kind == "PersistentVolume") {
    want("volume", "", name);
    const json::Value& claim = object["spec"]["claimRef"];
    if (!claim.is_null()) {
      want("claim", claim["namespace"].as_string(), claim["name"].as_string());
    }
  } else if (kind == "Namespace") {
    want("namespace", "", name);
  } else if ((kind == "ServiceAccount" && name == "default") ||
             (kind == "ConfigMap" && name == "kube-root-ca.crt")) {
    want("namespace", "", ns);
  }
}

void Controllers::Impl::want_after_vanishing(const kube::Object& was) {
  if (was.ns().empty()) return;
  // A namespace on its way out is done when its last object is gone.
  auto ns = world.namespaces.get("", was.ns());
  if (ns && ns->being_deleted()) want("namespace", "", was.ns());
}

void Controllers::Impl::want_waiting_pods() {
  for (const kube::ObjectKey& key : waiting) want("bind", key.ns, key.name);
}

void Controllers::Impl::want_endpoints_of(const kube::Object& pod) {
  const json::Value& labels = pod["metadata"]["labels"];
  for (const json::Member& label : labels.members()) {
    if (!world.selecting().contains(label.key.view())) continue;
    world.services.each_indexed(by::label(pod.ns(), label.key, label.value.as_string()),
                                [&](const kube::ObjectKey& key, const kube::Object& service) {
                                  if (selects_all(service["spec"]["selector"], labels))
                                    want("endpoints", key.ns, key.name);
                                });
  }
}

void Controllers::Impl::keep_books(const kube::ObjectKey& key, const kube::Object* pod) {
  auto known = bound.find(key);
  if ((known != bound.end()) == (pod != nullptr)) return;
  if (pod == nullptr) {
    --load[known->second];
    bound.erase(known);
    picky.erase(key);
    return;
  }
  std::string node((*pod)["spec"]["nodeName"].as_string());
  ++load[node];
  bound.emplace(key, std::move(node));
  const json::Value& anti = (*pod)["spec"]["affinity"]["podAntiAffinity"];
  if (!anti["requiredDuringSchedulingIgnoredDuringExecution"].items().empty()) picky.insert(key);
}

void Controllers::Impl::pod_changed(const kube::Object* was, const kube::Object* is) {
  const kube::Object& pod = is != nullptr ? *is : *was;
  kube::ObjectKey key{pod.ns(), pod.name()};
  if (is == nullptr || is->being_deleted()) doomed.erase(std::string(pod.uid()));

  if (auto owner = controller_of(pod)) {
    if (owner->kind == "ReplicaSet") {
      want("set", key.ns, owner->name);
      if (is == nullptr) {
        // A Deployment that recreates waits for the last of its old pods.
        auto set = world.sets.get(key.ns, owner->name);
        auto deployment = set ? controller_of(*set) : std::nullopt;
        if (deployment) want("deployment", key.ns, deployment->name);
      }
    } else if (owner->kind == "Job") {
      want("job", key.ns, owner->name);
    }
  }

  if (is != nullptr && waits_for_node(*is)) {
    if (waiting.insert(key).second) want("bind", key.ns, key.name);
    if (wants_company(*is)) companions.insert(key);
  } else {
    waiting.erase(key);
    companions.erase(key);
  }
  bool occupied = was != nullptr && occupies_node(*was);
  bool occupies = is != nullptr && occupies_node(*is);
  keep_books(key, occupies ? is : nullptr);
  bool relabelled = was != nullptr && is != nullptr &&
                    !((*was)["metadata"]["labels"] == (*is)["metadata"]["labels"]);
  if (!waiting.empty() && ((occupied && !occupies) || relabelled)) want_waiting_pods();
  if (occupies && !occupied) {
    for (const kube::ObjectKey& one : companions) want("bind", one.ns, one.name);
  }

  std::string_view node = pod["spec"]["nodeName"].as_string();
  bool stray = is != nullptr && (node.empty() ? is->being_deleted() : !world.nodes.get("", node));
  if (stray) want("stray", key.ns, key.name);

  if (endpoints_differ(was, is)) {
    if (was != nullptr) want_endpoints_of(*was);
    if (is != nullptr) want_endpoints_of(*is);
  }
  if (is == nullptr || finished(*is)) {
    for (const json::Value& volume : pod["spec"]["volumes"].items()) {
      std::string_view claim = volume["persistentVolumeClaim"]["claimName"].as_string();
      if (!claim.empty()) want("claim", key.ns, claim);
    }
  }
}

void Controllers::Impl::node_changed(const kube::Object* was, const kube::Object* is) {
  std::string name((is != nullptr ? is : was)->name());
  want("node", "", name);
  if (is != nullptr) want_waiting_pods();
  if (is == nullptr) {
    heard.erase(name);
    world.pods.each_indexed(by::node(name), [&](const kube::ObjectKey& key, const kube::Object&) {
      want("stray", key.ns, key.name);
    });
  }
}

}  // namespace pgo::embedded
