#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace pgo::kube {

/// What a path of the Kubernetes API stands for.
struct ApiPath {
  std::string api;     ///< "/api/v1" or "/apis/GROUP/VERSION"
  std::string ns;      ///< empty: a cluster-wide type, or all namespaces
  std::string plural;  ///< "pods"
  std::string name;    ///< empty: the collection
  std::string subresource;
  std::map<std::string, std::string, std::less<>> query;  ///< decoded

  /// Nothing for paths that name no resource, such as "/version".
  static std::optional<ApiPath> parse(std::string_view path);

  std::string_view parameter(std::string_view key) const;
  /// The same type, and this collection covers that namespace.
  bool covers(const ApiPath& object) const {
    return api == object.api && plural == object.plural && (ns.empty() || ns == object.ns);
  }
  /// The path of the object, or of the collection when there is no name; without query.
  std::string text() const;
};

}  // namespace pgo::kube
