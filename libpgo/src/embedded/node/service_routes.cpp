#include "embedded/node/service_routes.h"

#include <algorithm>

namespace pgo::embedded::node {

namespace {

const kube::ObjectKey kApiService{"default", "kubernetes"};

std::string cluster_ip(const kube::Object& service) {
  std::string ip(service["spec"]["clusterIP"].as_string());
  return ip == "None" ? std::string() : ip;
}

void add_endpoints(const kube::Object& endpoints, const json::Value& service_port,
                   std::vector<SocketAddress>& into) {
  std::string_view name = service_port["name"].as_string();
  for (const json::Value& subset : endpoints["subsets"].items()) {
    for (const json::Value& port : subset["ports"].items()) {
      if (port["name"].as_string() != name) continue;
      for (const json::Value& address : subset["addresses"].items())
        into.push_back({std::string(address["ip"].as_string()),
                        static_cast<std::uint16_t>(port["port"].as_int())});
    }
  }
}

}  // namespace

Routes ServiceFacts::routes() const {
  Routes routes;
  for (const auto& [key, service] : services) {
    std::string ip = cluster_ip(service);
    if (ip.empty() || key == kApiService) continue;
    auto found = endpoints.find(key);
    for (const json::Value& port : service["spec"]["ports"].items()) {
      if (port["protocol"].as_string("TCP") != "TCP") continue;
      auto& targets = routes[{ip, static_cast<std::uint16_t>(port["port"].as_int())}];
      if (found != endpoints.end()) add_endpoints(found->second, port, targets);
    }
  }
  return routes;
}

std::string ServiceFacts::address_of(const kube::ObjectKey& key) const {
  auto service = services.find(key);
  if (service == services.end()) return {};
  if (std::string ip = cluster_ip(service->second); !ip.empty()) return ip;
  if (std::string_view outside = service->second["spec"]["externalName"].as_string();
      !outside.empty())
    return {};
  auto found = endpoints.find(key);
  if (found == endpoints.end()) return {};
  return std::string(
      found->second["subsets"][std::size_t{0}]["addresses"][std::size_t{0}]["ip"].as_string());
}

}  // namespace pgo::embedded::node
