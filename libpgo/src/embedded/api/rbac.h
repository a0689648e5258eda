#pragma once

#include "embedded/api/call.h"
#include "embedded/api/store.h"
#include "pgo/base/result.h"
#include "pgo/embedded/api_server.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// Who may do what. Source: Kubernetes, "Using RBAC Authorization".
namespace pgo::embedded::api {

/// What a request wants to do.
struct Attributes {
  std::string verb, group, resource, subresource, ns, name;
  std::string path;  ///< non-resource requests
  bool is_resource = true;
};
Attributes attributes_of(const Call& call);

/// The refusal, worded as the API words it.
std::unexpected<Error> forbidden(const Identity& identity, const Attributes& attributes);

/// What a binding gives to one subject.
struct Grant {
  std::string ns;  ///< where it holds; empty = everywhere
  std::shared_ptr<const json::Value> rules;
};

/// What one identity may do by the bindings of one moment.
class Rights {
 public:
  static Rights of_masters() { return Rights(true, {}); }
  explicit Rights(std::vector<Grant> grants) : Rights(false, std::move(grants)) {}
  bool allow(const Attributes& attributes) const;

 private:
  Rights(bool everything, std::vector<Grant> grants)
      : everything_(everything), grants_(std::move(grants)) {}

  bool everything_;
  std::vector<Grant> grants_;
};

/// Decides by the Role and binding objects of a store, which are read again only after one of them
/// has changed. Thread safe.
class Rbac {
 public:
  explicit Rbac(const Store& store) : store_(&store) {}
  bool allowed(const Identity& identity, const Attributes& attributes) const;
  Rights rights_of(const Identity& identity) const;
  /// The rules of the role that a binding in `ns` refers to; null when there is no such role.
  std::shared_ptr<const json::Value> rules_of(const json::Value& role_ref,
                                              const std::string& ns) const;

 private:
  struct Snapshot {
    std::uint64_t version = 0;
    /// By "User NAME" or "Group NAME".
    std::map<std::string, std::vector<Grant>, std::less<>> grants;
  };

  std::uint64_t version() const;
  std::shared_ptr<const Snapshot> snapshot() const;
  void add_bindings(std::string_view table, Snapshot& snapshot) const;

  const Store* store_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace pgo::embedded::api
