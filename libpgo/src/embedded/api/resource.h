#pragma once

#include "pgo/base/result.h"
#include "pgo/json/value.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::api {

/// A column of the Table output of a custom resource. Source: Kubernetes, "Additional printer
/// columns".
struct PrinterColumn {
  std::string name, type, json_path, format, description;
  int priority = 0;
};

/// The table of CustomResourceDefinitions.
inline constexpr std::string_view kCrdTable = "apiextensions.k8s.io/customresourcedefinitions";

/// One resource type as it is served. Immutable once published.
struct Resource {
  std::string group, version, kind, plural, singular;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  bool namespaced = true;
  bool status = false;  ///< has the status subresource: ordinary writes ignore `status`
  bool scale = false;
  bool generation = false;  ///< metadata.generation counts changes of the desired state
  bool custom = false;      ///< defined by a CRD
  bool ending = false;      ///< its definition is being deleted: nothing new is made
  /// Deletion without a propagation policy keeps dependents. Source: Job API, "orphanDependents".
  bool orphan_by_default = false;
  bool returns_deleted = false;  ///< DELETE answers the object instead of a Status
  /// What a fieldSelector may name besides metadata.name and metadata.namespace.
  std::vector<std::string> fields;
  std::vector<PrinterColumn> columns;              ///< custom resources only
  std::string scale_spec_path, scale_status_path;  ///< JSON pointers
  /// Objects of all versions of one resource share a table: "group/plural".
  std::string table;
  json::Value schema;  ///< custom resources: openAPIV3Schema as given

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
  /// "deployments.apps", as messages name a resource.
  std::string qualified() const { return group.empty() ? plural : plural + "." + group; }
};

using ResourcePtr = std::shared_ptr<const Resource>;

/// The types served at one moment. Immutable.
class Registry {
 public:
  /// The built-in types plus one entry for each served version of each CRD document.
  static std::shared_ptr<const Registry> build(const std::vector<json::Value>& crds);

  /// The type that a CRD document defines, also when none of its versions is served.
  static ResourcePtr of_definition(const json::Value& crd);

  /// Null when not served.
  ResourcePtr find(std::string_view group, std::string_view version, std::string_view plural) const;
  const std::vector<ResourcePtr>& all() const { return all_; }

 private:
  void add(Resource resource);

  std::vector<ResourcePtr> all_;
  std::map<std::string, ResourcePtr, std::less<>> by_path_;
};

}  // namespace pgo::embedded::api
