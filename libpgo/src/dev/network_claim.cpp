#include "dev/network_claim.h"

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace pgo::dev {

namespace {

struct Name {
  sockaddr_un address{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

/// Abstract: such a name exists for as long as somebody listens on it, in each network namespace on
/// its own, as the addresses do. `pgo.testing` knows it too.
Name name_of(const std::string& network) {
  const std::string text = "pgo-network-" + network;
  Name name;
  name.address.sun_family = AF_UNIX;
  text.copy(&name.address.sun_path[1], sizeof name.address.sun_path - 1);
  name.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  return name;
}

/// The process that listens, which any user may ask for: "postgres-operator, pid 77".
std::string holder_of(const Name& name) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = ::connect(socket, name.get(), name.length) == 0 &&
                     ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  close(socket);
  if (!known) return "another process";
  std::string program;
  std::ifstream("/proc/" + std::to_string(peer.pid) + "/comm") >> program;
  return (program.empty() ? "a process" : program) + ", pid " + std::to_string(peer.pid);
}

}  // namespace

Result<NetworkClaim> NetworkClaim::take(const std::string& network) {
  NetworkClaim claim(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Name name = name_of(network);
  if (claim.socket_ >= 0 && ::bind(claim.socket_, name.get(), name.length) == 0 &&
      ::listen(claim.socket_, 1) == 0) {
    return claim;
  }
  if (errno != EADDRINUSE) {
    return fail(Code::unavailable,
                "claiming the network: " + std::generic_category().message(errno), network);
  }
  return fail(Code::failed_precondition, "the network " + network + " is in use by " +
                                             holder_of(name) + "; choose another with --network");
}

NetworkClaim::~NetworkClaim() {
  if (socket_ >= 0) close(socket_);
}

}  // namespace pgo::dev
