#pragma once

#include "embedded/api/store.h"
#include "pgo/base/result.h"
#include "pgo/embedded/api_server.h"

#include <set>
#include <string>

namespace pgo::embedded::api {

/// The addresses that Services have, as of one moment. Source: Kubernetes, "Service ClusterIP
/// allocation".
class ServiceAddresses {
 public:
  /// The address of the Service `own` counts as free.
  ServiceAddresses(const Store& store, const Key& own, const ApiServerOptions& options);

  /// Gives a Service that needs one an address, and refuses one that another Service has.
  Result<void> assign(json::Value& service) const;

 private:
  Result<std::string> free() const;

  std::set<std::string, std::less<>> taken_;
  std::string prefix_;
  int first_, last_;
};

}  // namespace pgo::embedded::api
