#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::node {

/// A program that listens on all addresses of the host.
struct WildcardListener {
  std::uint16_t port = 0;
  std::uint32_t uid = 0;
  std::uint64_t inode = 0;
};

/// The listeners on 0.0.0.0 and :: in the text of /proc/net/tcp or /proc/net/tcp6.
std::vector<WildcardListener> parse_wildcard_listeners(std::string_view text);

/// Why an address with this port cannot be bound although it looks free: names the program that
/// listens on all addresses of the host ("postgres (pid 812, user postgres)"), or is empty.
std::string wildcard_culprit(std::uint16_t port);

}  // namespace pgo::embedded::node
