#pragma once

#include <cstdint>
#include <string>

namespace pgo::http {

/// Who listens on a TCP port, for the message of a failed bind: "0.0.0.0:5432 (postgres, pid 77)".
/// Empty when nothing is found. Source: proc(5), /proc/net/tcp.
std::string listener_on(std::uint16_t port);

}  // namespace pgo::http
