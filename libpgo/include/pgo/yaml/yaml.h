#pragma once

#include "pgo/json/value.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// YAML to and from JSON values, with the scalar rules of YAML 1.1 as Kubernetes reads them (Go's
/// yaml.v2): plain yes/no/on/off/true/false are booleans, ~ and null are null, 0x1f and 017 are
/// integers; whatever is quoted is a string. All functions are safe to call from any thread.
namespace pgo::yaml {

/// Bounds on foreign input.
struct Limits {
  std::size_t max_bytes = 8u << 20;
  std::size_t max_depth = 100;
  /// Scalars, lists and mappings together, counted after aliases are expanded.
  std::size_t max_nodes = 500'000;
};

/// Where a node stands in the text, and its children in the order of the value's items or members.
struct Place {
  std::uint32_t line = 0;  ///< from 1
  std::uint32_t column = 0;
  std::vector<Place> children;
};

/// One document with the places its parts came from.
struct Document {
  json::Value value;
  Place place;

  /// The place of a JSON path as errors name it ("Cluster.Port", "spec.containers[0].name",
  /// `labels["a.b"]`); of the nearest part that exists when the path does not. For a member it is
  /// that of its key.
  const Place& place_of(std::string_view path) const;
  /// The line of that place.
  std::size_t line_of(std::string_view path) const { return place_of(path).line; }
};

/// Parses text that holds exactly one document (an empty text is a null document).
/// Duplicate keys, keys that are no scalars, tags other than the core ones, aliases into
/// themselves, non-finite numbers and everything above the limits are `invalid_argument`; the
/// message names line and column. The merge key `<<` is applied. Mapping keys are the text of the
/// scalar, untyped.
Result<json::Value> parse(std::string_view text, const Limits& limits = {});
/// As above, keeping the places.
Result<Document> parse_document(std::string_view text, const Limits& limits = {});
/// Every document of a stream in order; empty ones are left out.
Result<std::vector<Document>> parse_all(std::string_view text, const Limits& limits = {});

/// Block style, members in their order, two blanks per level, lists at the level of their key, text
/// with line breaks as literal blocks, strings that would read as something else quoted. Ends with
/// a newline. parse(write(v)) == v for every value whose numbers are finite.
std::string write(const json::Value& value);
/// Several documents with "---" between them.
std::string write_all(std::span<const json::Value> values);

}  // namespace pgo::yaml
