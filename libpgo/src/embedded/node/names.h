#pragma once

#include "pgo/base/result.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace pgo::embedded::node {

/// Name resolution inside pods: one hosts file per namespace (short names repeat), replaced by
/// rename so that running containers see it at once. Single-threaded.
class Names {
 public:
  explicit Names(std::filesystem::path root) : root_(std::move(root)) {}

  /// The folder that containers of `ns` get, with its hosts file. Made when it is not there.
  Result<std::filesystem::path> folder(const std::string& ns);

  /// A service answers to name, name.ns, name.ns.svc and name.ns.svc.cluster.local in its own
  /// namespace, and to the longer ones everywhere. An empty address removes it.
  void set_service(const std::string& ns, const std::string& name, const std::string& address);
  /// A pod answers to its own name in its namespace (as `hostname -i` expects).
  void set_pod(const std::string& ns, const std::string& name, const std::string& address);

  /// Writes the files of what has changed.
  Result<void> publish();

  /// The text of one namespace's hosts file.
  std::string hosts_text(const std::string& ns) const;

 private:
  using ByName = std::map<std::string, std::string>;
  std::filesystem::path root_;
  std::map<std::string, ByName> services_;
  std::map<std::string, ByName> pods_;
  std::set<std::string> folders_;  ///< namespaces whose folder is in use
  std::set<std::string> stale_;    ///< of those, the ones to write again
};

}  // namespace pgo::embedded::node
