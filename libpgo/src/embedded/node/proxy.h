#pragma once

#include "pgo/base/log.h"
#include "pgo/base/result.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pgo::embedded::node {

struct SocketAddress {
  std::string ip;
  std::uint16_t port = 0;
  auto operator<=>(const SocketAddress&) const = default;
  std::string text() const { return ip + ":" + std::to_string(port); }
};

/// The wanted state: for each listening address, where connections go.
using Routes = std::map<SocketAddress, std::vector<SocketAddress>>;

/// Forwards TCP connections to services to one of their ready endpoints: a userspace kube-proxy on
/// one thread. Each connection picks anew, in turn, skipping endpoints that refuse. One that finds
/// none is reset. A half-close is passed on. Existing connections stay when endpoints change: the
/// server at their end decides about them. Thread safe.
class ServiceProxy {
 public:
  static Result<std::unique_ptr<ServiceProxy>> create(Log log);
  ServiceProxy(const ServiceProxy&) = delete;
  ServiceProxy& operator=(const ServiceProxy&) = delete;
  ~ServiceProxy();

  /// Replaces all routes at once. An address that cannot be bound is logged with the likely reason
  /// and tried again every few seconds.
  void set_routes(Routes routes);

  struct Impl;
  explicit ServiceProxy(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgo::embedded::node
