#pragma once

#include <cstdint>
#include <string_view>

/// Which lists of the built-in kinds merge, and by what key.
namespace pgo::json {

/// The parts of the built-in API types that hold lists with a merge key.
enum class Shape : std::uint8_t {
  other,  ///< objects merge, lists are atomic
  root,
  service_root,
  service_account,
  pod,
  pod_template_root,
  node,
  webhooks,
  custom_definition,
  metadata,
  workload_spec,
  pod_template,
  pod_spec,
  pod_status,
  container,
  service_spec,
  node_spec,
  node_status,
  status,
};

/// How one field merges.
struct FieldShape {
  Shape shape = Shape::other;  ///< of the object, or of the items of the list
  /// The field that identifies an item; empty when the list has none.
  std::string_view merge_key;
  /// A list of plain values that merges as a set.
  bool is_set = false;
};

/// The shape of an object of that kind ("Pod").
Shape root_shape(std::string_view kind);
/// How `field` of an object of that shape merges.
FieldShape field_shape(Shape shape, std::string_view field);

}  // namespace pgo::json
