#pragma once

#include <cstdint>
#include <string>

namespace pgo::http {

/// Who listens on a TCP port of `address` or of all addresses, for the message of a failed bind:
/// "0.0.0.0:5432 (postgres, pid 77)". Empty when nothing is found. Source: proc(5), /proc/net/tcp.
std::string listener_on(const std::string& address, std::uint16_t port);

/// What to tell a user whose address cannot be listened on; `reason` is the system's word for it.
std::string bind_problem(const std::string& address, std::uint16_t port, bool in_use,
                         const std::string& reason);

}  // namespace pgo::http
