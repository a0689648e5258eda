#pragma once

#include "pgo/base/result.h"

#include <string>
#include <utility>

namespace pgo::dev {

/// A network for one environment alone, whatever ports its servers have: the addresses of its pods
/// begin where those of another would. Ends with this object or the process, however that ends.
class NetworkClaim {
 public:
  /// `failed_precondition` names who has it.
  static Result<NetworkClaim> take(const std::string& network);
  NetworkClaim() = default;
  NetworkClaim(NetworkClaim&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  NetworkClaim& operator=(NetworkClaim&& other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
  }
  ~NetworkClaim();

 private:
  explicit NetworkClaim(int socket) : socket_(socket) {}
  int socket_ = -1;
};

}  // namespace pgo::dev
