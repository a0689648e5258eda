#pragma once

#include "pgo/operations/context.h"

#include <memory>
#include <string_view>

namespace pgo::operations {

/// Remembers which passwords were right, so that the deliberately slow check of a stored hash is
/// done once per password and not at every request. Keeps keyed digests only, in a bounded number;
/// a changed secret is a different entry. Thread safe.
class PasswordMemory {
 public:
  explicit PasswordMemory(IdSource& ids);
  ~PasswordMemory();
  /// True when `given` is right for `stored`.
  bool verify(std::string_view stored, std::string_view given);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The operator user behind a name and password, from secret pgouser-NAME. `unauthenticated` for an
/// unknown name and for a wrong password alike; the message holds neither. With pgo.yaml's
/// BasicAuth "false" only the name counts.
Result<Caller> authenticate(const Context& context, PasswordMemory& memory, std::string_view name,
                            std::string_view password);

/// `permission_denied` unless one of the caller's roles grants `permission` ("CreateCluster") or
/// everything ("*"). A role without its secret grants nothing and does not stop the search.
Result<void> authorize(const Context& context, const Caller& caller, std::string_view permission);

/// Refuses a namespace that is empty, not allowed to the caller, absent, or not owned by this
/// installation (labels vendor and pgo-installation-name).
Result<void> check_namespace(const Context& context, const Caller& caller, std::string_view ns);

/// Namespaces that carry the labels of the installation.
Result<std::vector<std::string>> owned_namespaces(const Context& context);

}  // namespace pgo::operations
