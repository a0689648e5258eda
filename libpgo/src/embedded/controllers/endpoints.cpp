#include "embedded/controllers/facts.h"
#include "embedded/controllers/plans.h"

#include <algorithm>
#include <map>

namespace pgo::embedded::controllers {

namespace {

/// The number a service port leads to on this pod, or 0 when the pod has no port of that name.
std::int64_t target_port(const json::Value& port, const kube::Object& pod) {
  const json::Value& target = port["targetPort"];
  if (target.is_null()) return port["port"].as_int();
  if (target.is_int()) return target.as_int();
  std::string_view protocol = port["protocol"].as_string("TCP");
  for (const json::Value& container : pod["spec"]["containers"].items()) {
    for (const json::Value& open : container["ports"].items()) {
      if (open["name"].as_string() == target.as_string() &&
          open["protocol"].as_string("TCP") == protocol) {
        return open["containerPort"].as_int();
      }
    }
  }
  return 0;
}

json::Array ports_on(const kube::Object& service, const kube::Object& pod) {
  json::Array ports;
  for (const json::Value& port : service["spec"]["ports"].items()) {
    std::int64_t number = target_port(port, pod);
    if (number == 0) continue;
    json::Value entry;
    if (!port["name"].as_string().empty()) entry.set("name", port["name"]);
    entry.set("port", number);
    entry.set("protocol", port["protocol"].as_string("TCP"));
    if (!port["appProtocol"].is_null()) entry.set("appProtocol", port["appProtocol"]);
    ports.push_back(std::move(entry));
  }
  return ports;
}

json::Value address_of(const kube::Object& service, const kube::Object& pod) {
  json::Value address;
  address.set("ip", pod["status"]["podIP"]);
  const json::Value& hostname = pod["spec"]["hostname"];
  if (hostname.is_string() && pod["spec"]["subdomain"].as_string() == service.name()) {
    address.set("hostname", hostname);
  }
  if (!pod["spec"]["nodeName"].is_null()) address.set("nodeName", pod["spec"]["nodeName"]);
  address.set(
      "targetRef",
      json::Value::object(
          {{"kind", "Pod"}, {"name", pod.name()}, {"namespace", pod.ns()}, {"uid", pod.uid()}}));
  return address;
}

struct Group {
  json::Array ports, ready, not_ready;
};

json::Value subsets_of(const kube::Object& service, std::span<const Seen> pods) {
  bool all_count = service["spec"]["publishNotReadyAddresses"].as_bool();
  bool headless = service["spec"]["clusterIP"].as_string() == "None";
  std::vector<Seen> chosen;
  for (const Seen& pod : pods) {
    if (!selects_all(service["spec"]["selector"], (*pod)["metadata"]["labels"])) continue;
    if ((*pod)["status"]["podIP"].as_string().empty() || finished(*pod)) continue;
    if (pod->being_deleted() && !all_count) continue;
    chosen.push_back(pod);
  }
  // A fixed order keeps an unchanged world free of writes.
  std::ranges::sort(chosen, {}, [](const Seen& pod) {
    return std::pair((*pod)["status"]["podIP"].as_string(), pod->uid());
  });
  std::map<std::string, Group> groups;
  for (const Seen& pod : chosen) {
    json::Array ports = ports_on(service, *pod);
    if (ports.empty() && !headless) continue;
    Group& group = groups[json::write(ports)];
    group.ports = std::move(ports);
    (all_count || ready(*pod) ? group.ready : group.not_ready).push_back(address_of(service, *pod));
  }
  json::Array subsets;
  for (auto& [key, group] : groups) {
    json::Value subset;
    if (!group.ready.empty()) subset.set("addresses", std::move(group.ready));
    if (!group.not_ready.empty()) subset.set("notReadyAddresses", std::move(group.not_ready));
    if (!group.ports.empty()) subset.set("ports", std::move(group.ports));
    subsets.push_back(std::move(subset));
  }
  return subsets;
}

}  // namespace

Decision plan_endpoints(const kube::Object& service, const Seen& endpoints,
                        std::span<const Seen> pods) {
  Decision out;
  // Endpoints of a Service without selector are somebody else's business (Patroni writes some).
  if (service["spec"]["selector"].members().empty() || service.being_deleted()) return out;
  if (service["spec"]["type"].as_string() == "ExternalName") return out;
  json::Value subsets = subsets_of(service, pods);
  if (endpoints && endpoints->being_deleted()) return out;
  if (!endpoints) {
    kube::Object fresh(kube::types::kEndpoints, service.ns(), service.name());
    const json::Value& labels = service["metadata"]["labels"];
    if (!labels.is_null()) fresh.document().at_or_add("metadata").set("labels", labels);
    if (!subsets.items().empty()) fresh.document().set("subsets", std::move(subsets));
    out.create(kube::types::kEndpoints, std::move(fresh));
    return out;
  }
  bool same_subsets = (*endpoints)["subsets"].items() == subsets.items();
  bool same_labels =
      (*endpoints)["metadata"]["labels"].members() == service["metadata"]["labels"].members();
  if (same_subsets && same_labels) return out;
  kube::Object changed = *endpoints;
  changed.document().set("subsets", std::move(subsets));
  changed.document().at_or_add("metadata").set("labels", service["metadata"]["labels"]);
  out.update(kube::types::kEndpoints, std::move(changed));
  return out;
}

}  // namespace pgo::embedded::controllers
