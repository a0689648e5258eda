#pragma once

#include "embedded/node/names.h"
#include "embedded/node/proxy.h"
#include "pgo/kube/object.h"

#include <map>
#include <string>

namespace pgo::embedded::node {

/// What Services and Endpoints mean for the proxy and for names. Pure.
struct ServiceFacts {
  std::map<kube::ObjectKey, kube::Object> services;
  std::map<kube::ObjectKey, kube::Object> endpoints;

  /// For each TCP port of each service with an address: the ready endpoints of that port. The API's
  /// own service has no route: the API listens itself.
  Routes routes() const;
  /// The address its name resolves to: the service's own, or for a headless one that of its first
  /// endpoint; empty when there is none.
  std::string address_of(const kube::ObjectKey& service) const;
};

}  // namespace pgo::embedded::node
