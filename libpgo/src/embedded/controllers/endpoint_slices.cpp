#include "embedded/controllers/facts.h"
#include "embedded/controllers/plans.h"
#include "pgo/base/text.h"

namespace pgo::embedded::controllers {

namespace {

json::Value entry(const json::Value& address, bool is_ready) {
  json::Value entry;
  entry.set("addresses", json::Value::array({address["ip"]}));
  entry.set(
      "conditions",
      json::Value::object({{"ready", is_ready}, {"serving", is_ready}, {"terminating", false}}));
  for (std::string_view key : {"hostname", "nodeName", "targetRef"}) {
    if (!address[key].is_null()) entry.set(key, address[key]);
  }
  return entry;
}

}  // namespace

std::string slice_name(const kube::Object& service) {
  return std::string(service.name()) + "-" + safe_letters(text::fnv1a(service.uid()), 5);
}

Decision plan_slice(const kube::Object& service, const kube::Object& endpoints, const Seen& slice) {
  Decision out;
  if (service.being_deleted() || endpoints.being_deleted()) return out;
  json::Array entries;
  json::Value ports = json::Value::array();
  // One slice has one list of ports. Pods that resolve a named port differently, the only reason
  // for several subsets, are left to Endpoints.
  const json::Value& subset = endpoints["subsets"][std::size_t{0}];
  for (const json::Value& address : subset["addresses"].items()) {
    entries.push_back(entry(address, true));
  }
  for (const json::Value& address : subset["notReadyAddresses"].items()) {
    entries.push_back(entry(address, false));
  }
  for (const json::Value& port : subset["ports"].items()) {
    json::Value named = port;
    if (port["name"].is_null()) named.set("name", "");
    ports.push_back(std::move(named));
  }
  if (slice && (*slice)["endpoints"].items() == entries &&
      (*slice)["ports"].items() == ports.items()) {
    return out;
  }
  kube::Object wanted =
      slice ? *slice : kube::Object(kEndpointSlice, service.ns(), slice_name(service));
  wanted.set_label("kubernetes.io/service-name", service.name());
  wanted.set_label("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io");
  wanted.document().set("addressType", "IPv4");
  wanted.document().set("endpoints", std::move(entries));
  wanted.document().set("ports", std::move(ports));
  if (slice) {
    out.update(kEndpointSlice, std::move(wanted));
  } else {
    // With an owner it goes with its Service by garbage collection.
    wanted.add_owner(controller_reference(kube::types::kService, service));
    out.create(kEndpointSlice, std::move(wanted));
  }
  return out;
}

}  // namespace pgo::embedded::controllers
