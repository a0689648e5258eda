#pragma once

#include "pgo/json/value.h"

#include <cstdint>
#include <string_view>
#include <utility>

/// The declarative description of a struct: every JSON key is written once, in the struct's
/// `fields()` table, and encoding, decoding and the schema are derived from it.
///
///     struct EnvVar {
///       std::string name, value;
///       static constexpr auto fields() {
///         return std::tuple{json::field("name", &EnvVar::name, json::Emit::always),
///                           json::field("value", &EnvVar::value).describe("What it is set to.")};
///       }
///       bool operator==(const EnvVar&) const = default;
///     };
///
/// Member types: bool, integers, double, std::string, json::Value (passed through), enums with a
/// `json_names` table, structs with `fields()`, types with a `json::Codec`, and std::optional,
/// std::vector and std::map<std::string, T> of all these. See pgo/json/codec.h.
namespace pgo::json {

/// When a member is written.
enum class Emit : std::uint8_t {
  /// Go's omitempty: not when it is false, 0, "", an empty list or map, an empty optional, a null
  /// Value or an enumerator named "". Unlike in Go a struct that would be written as {} is left out
  /// too; give it Emit::always where the empty object must show.
  if_set,
  /// In every case; an empty optional as null, an empty list as [], an empty map as {}.
  always,
  /// In every case; an empty list or map as null, as Go writes nil slices and maps.
  always_null_when_empty,
};

/// What is said about a field besides its name and place.
struct FieldRules {
  Emit emit = Emit::if_set;
  bool required = false;
  bool coerce = false;
  std::string_view description = {};
};

/// One row of a `fields()` table. Made by field(), extra() and inlined(); the names it holds are
/// string literals.
template <typename Owner, typename MemberType>
struct Field {
  enum class Role : std::uint8_t { named, extra, inlined };

  std::string_view name;
  MemberType Owner::* member;
  FieldRules rules;
  Role role = Role::named;

  /// A sentence for the schema.
  constexpr Field describe(std::string_view text) const {
    Field copy = *this;
    copy.rules.description = text;
    return copy;
  }
  /// The schema demands it, and strict decoding refuses an object without it.
  constexpr Field required() const {
    Field copy = *this;
    copy.rules.required = true;
    return copy;
  }
  /// A number or bool is also taken from its text ("3", "true"), a string also from a number or
  /// bool; for wire formats that mix them.
  constexpr Field coerce() const {
    Field copy = *this;
    copy.rules.coerce = true;
    return copy;
  }
};

/// A named member. `name` must be a string literal.
template <typename Owner, typename MemberType>
constexpr Field<Owner, MemberType> field(std::string_view name, MemberType Owner::* member,
                                         Emit emit = Emit::if_set) {
  return {.name = name, .member = member, .rules = {.emit = emit}};
}

/// A member that is always written, with null for an empty list or map: every field of the 4.2.0
/// REST messages (Go structs without omitempty).
template <typename Owner, typename MemberType>
constexpr Field<Owner, MemberType> always(std::string_view name, MemberType Owner::* member) {
  return field(name, member, Emit::always_null_when_empty);
}

/// Members that no field names. Having this in its table, a struct that is decoded, changed and
/// encoded again loses nothing; strict decoding then accepts unknown keys.
struct Extra {
  Object members;
  bool operator==(const Extra&) const = default;
};

template <typename Owner>
constexpr Field<Owner, Extra> extra(Extra Owner::* member) {
  return {.name = {}, .member = member, .rules = {}, .role = Field<Owner, Extra>::Role::extra};
}

/// A nested struct whose fields stand in the surrounding object, as Go's embedded structs.
template <typename Owner, typename MemberType>
constexpr Field<Owner, MemberType> inlined(MemberType Owner::* member) {
  return {
      .name = {}, .member = member, .rules = {}, .role = Field<Owner, MemberType>::Role::inlined};
}

/// One row of the name table of an enum:
///
///     enum class Role { unknown, primary, replica };
///     constexpr auto json_names(Role) {
///       return std::array{json::Name{Role::unknown, ""}, json::Name{Role::primary, "primary"},
///                         json::Name{Role::replica, "replica"}};
///     }
///
/// The function is found in the enum's own namespace. Any other text is refused on decoding.
template <typename Enum>
struct Name {
  Enum value;
  std::string_view name;
};

/// Specialise for a type that is no struct with fields (a quantity, a time):
///
///     template <> struct json::Codec<Quantity> {
///       static Value encode(const Quantity&);
///       static Result<Quantity> decode(const Value&);   // never called with null
///       static bool empty(const Quantity&);             // left out under Emit::if_set
///       static Value schema();
///     };
template <typename T>
struct Codec;

}  // namespace pgo::json
