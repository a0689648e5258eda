#pragma once

#include "pgo/base/log.h"
#include "pgo/base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace pgo::embedded::node {

/// An IPv4 network such as 127.77.0.0/24.
struct AddressRange {
  std::uint32_t first = 0;  ///< the network's own address
  std::uint32_t count = 0;

  static Result<AddressRange> parse(std::string_view text);
  bool contains(std::uint32_t address) const { return address - first < count; }
};

std::string ipv4_text(std::uint32_t address);
Result<std::uint32_t> parse_ipv4(std::string_view text);

/// Gives each pod one address and remembers that in a file, so that a pod keeps it over restarts
/// of its containers and of this process. Single-threaded.
class AddressPool {
 public:
  /// The network's first and last address, and `reserved`, are never given. A file that cannot be
  /// used is told and forgotten: then the pods get other addresses.
  static AddressPool open(std::filesystem::path file, AddressRange range,
                          std::set<std::uint32_t> reserved = {}, const Log& log = {});
  AddressPool() = default;

  /// The address of `owner` (a pod's UID): the one it has, or the one after the last given that is
  /// free; a freed address is used again as late as possible. `resource_exhausted` when all are
  /// taken.
  Result<std::string> lease(const std::string& owner);
  void release(const std::string& owner);
  /// Forgets every owner that is not in `owners`.
  void keep_only(const std::set<std::string>& owners);
  std::size_t size() const { return by_owner_.size(); }

 private:
  Result<void> save() const;

  std::filesystem::path file_;
  AddressRange range_;
  std::set<std::uint32_t> taken_;
  std::set<std::uint32_t> reserved_;
  std::map<std::string, std::uint32_t> by_owner_;
  std::uint32_t last_ = 0;
};

}  // namespace pgo::embedded::node
