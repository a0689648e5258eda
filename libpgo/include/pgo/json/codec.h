#pragma once

#include "pgo/json/field.h"
#include "pgo/json/value.h"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

/// Structs to and from JSON by their field tables. Everything here is safe to call from any thread.
namespace pgo::json {

/// How forgiving decoding is. A value of the wrong type is an error in both modes.
enum class Mode : std::uint8_t {
  /// Our own input: an unknown key, a missing required field, and null for anything but a list, a
  /// map, an optional or a Value are errors.
  strict,
  /// The REST contract of 4.2.0 (Go's encoding/json): unknown keys are ignored, a key that matches
  /// no field exactly is matched without regard to case, null leaves the member as it was.
  lenient,
};

// What follows up to `encode` is the type-erased layer: one small description per C++ type, walked
// by code that is compiled once. Not for use outside this header.
namespace detail {

enum class Kind : std::uint8_t {
  boolean,
  integer,
  number,
  string,
  value,
  optional,
  list,
  map,
  structure,
  enumeration,
  custom,
};

struct Type;

struct EnumEntry {
  std::int64_t value;
  std::string_view name;
};

struct TableField {
  std::string_view name;
  std::size_t offset;
  const Type* type;
  FieldRules rules;
};

/// The flattened field table of a struct; made once, at its first use.
struct Table {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<TableField> fields;
  std::size_t extra_offset = kNone;

  void add(std::string_view name, std::size_t offset, const Type* type, const FieldRules& rules) {
    fields.push_back({name, offset, type, rules});
  }
  void inline_table(const Table& inner, std::size_t offset);
};

using MapVisitor = void (*)(void* context, const std::string& key, const void* value);

struct Type {
  Kind kind = Kind::value;
  std::uint8_t bytes = 0;                                    ///< of an integer
  bool is_signed = false;                                    ///< of an integer
  const Type* (*element)() = nullptr;                        // optional, list, map
  std::size_t (*count)(const void*) = nullptr;               // optional (0 or 1), list, map
  const void* (*item)(const void*, std::size_t) = nullptr;   // optional, list
  void* (*grow)(void*) = nullptr;                            // optional, list: a fresh element
  void* (*insert)(void*, const std::string& key) = nullptr;  // map
  void (*clear)(void*) = nullptr;                            // optional, list, map
  void (*each)(const void*, void* context, MapVisitor) = nullptr;  // map
  const Table& (*table)() = nullptr;                               // structure
  std::span<const EnumEntry> (*names)() = nullptr;                 // enumeration
  std::int64_t (*get_enum)(const void*) = nullptr;
  void (*set_enum)(void*, std::int64_t) = nullptr;
  Value (*encode)(const void*) = nullptr;  // custom
  std::optional<Error> (*decode)(const Value&, void*) = nullptr;
  bool (*empty)(const void*) = nullptr;
  Value (*schema)() = nullptr;
};

Value encode(const Type& type, const void* object);
std::string encode_text(const Type& type, const void* object, Escapes escapes);
std::optional<Error> decode(const Type& type, const Value& value, Mode mode, void* object);
Value schema(const Type& type);

template <typename T>
concept HasFields = requires { T::fields(); };
template <typename T>
concept HasCodec = requires(const Value& value) { Codec<T>::decode(value); };
template <typename T>
concept HasNames = std::is_enum_v<T> && requires(T value) { json_names(value); };

template <typename T>
struct Shape {
  static constexpr Kind kind = Kind::structure;
};
template <typename T>
struct Shape<std::optional<T>> {
  static constexpr Kind kind = Kind::optional;
  using Element = T;
};
template <typename T>
struct Shape<std::vector<T>> {
  static constexpr Kind kind = Kind::list;
  using Element = T;
};
template <typename T>
struct Shape<std::map<std::string, T>> {
  static constexpr Kind kind = Kind::map;
  using Element = T;
};

template <typename T>
constexpr Type make_type();
template <typename T>
inline constexpr Type kType = make_type<T>();

template <typename Owner, typename FieldOwner, typename MemberType>
void add_row(Table& table, const Owner& probe, const Field<FieldOwner, MemberType>& row);

template <typename T>
const Table& table_of() {
  static const Table table = [] {
    Table made;
    const T probe{};
    std::apply([&](const auto&... row) { (add_row(made, probe, row), ...); }, T::fields());
    return made;
  }();
  return table;
}

template <typename Owner, typename FieldOwner, typename MemberType>
void add_row(Table& table, const Owner& probe, const Field<FieldOwner, MemberType>& row) {
  using Row = Field<FieldOwner, MemberType>;
  const auto offset =
      static_cast<std::size_t>(reinterpret_cast<const char*>(&(probe.*(row.member))) -
                               reinterpret_cast<const char*>(&probe));
  if constexpr (std::same_as<MemberType, Extra>) {
    table.extra_offset = offset;
  } else {
    if constexpr (HasFields<MemberType>) {
      if (row.role == Row::Role::inlined) {
        table.inline_table(table_of<MemberType>(), offset);
        return;
      }
    }
    table.add(row.name, offset, &kType<MemberType>, row.rules);
  }
}

template <typename T>
constexpr Type list_type() {
  using Element = typename Shape<T>::Element;
  static_assert(!std::same_as<Element, bool>, "std::vector<bool> has no addressable items");
  Type type{.kind = Kind::list};
  type.element = [] { return &kType<Element>; };
  type.count = [](const void* list) { return static_cast<const T*>(list)->size(); };
  type.item = [](const void* list, std::size_t i) {
    return static_cast<const void*>(&(*static_cast<const T*>(list))[i]);
  };
  type.grow = [](void* list) { return static_cast<void*>(&static_cast<T*>(list)->emplace_back()); };
  type.clear = [](void* list) { static_cast<T*>(list)->clear(); };
  return type;
}

template <typename T>
constexpr Type map_type() {
  using Element = typename Shape<T>::Element;
  Type type{.kind = Kind::map};
  type.element = [] { return &kType<Element>; };
  type.count = [](const void* map) { return static_cast<const T*>(map)->size(); };
  type.insert = [](void* map, const std::string& key) {
    return static_cast<void*>(&(*static_cast<T*>(map))[key]);
  };
  type.clear = [](void* map) { static_cast<T*>(map)->clear(); };
  type.each = [](const void* map, void* context, MapVisitor visit) {
    for (const auto& [key, value] : *static_cast<const T*>(map)) visit(context, key, &value);
  };
  return type;
}

template <typename T>
constexpr Type optional_type() {
  using Element = typename Shape<T>::Element;
  Type type{.kind = Kind::optional};
  type.element = [] { return &kType<Element>; };
  type.count = [](const void* held) {
    return static_cast<const T*>(held)->has_value() ? std::size_t{1} : std::size_t{0};
  };
  type.item = [](const void* held, std::size_t) {
    return static_cast<const void*>(&**static_cast<const T*>(held));
  };
  type.grow = [](void* held) { return static_cast<void*>(&static_cast<T*>(held)->emplace()); };
  type.clear = [](void* held) { static_cast<T*>(held)->reset(); };
  return type;
}

template <typename T>
constexpr Type enum_type() {
  Type type{.kind = Kind::enumeration};
  type.names = [] {
    static constexpr auto table = [] {
      constexpr auto names = json_names(T{});
      std::array<EnumEntry, names.size()> made{};
      for (std::size_t i = 0; i < names.size(); ++i) {
        made[i] = {static_cast<std::int64_t>(names[i].value), names[i].name};
      }
      return made;
    }();
    return std::span<const EnumEntry>(table);
  };
  type.get_enum = [](const void* value) {
    return static_cast<std::int64_t>(*static_cast<const T*>(value));
  };
  type.set_enum = [](void* value, std::int64_t number) {
    *static_cast<T*>(value) = static_cast<T>(number);
  };
  return type;
}

template <typename T>
constexpr Type custom_type() {
  Type type{.kind = Kind::custom};
  type.encode = [](const void* object) { return Codec<T>::encode(*static_cast<const T*>(object)); };
  type.decode = [](const Value& value, void* object) -> std::optional<Error> {
    Result<T> made = Codec<T>::decode(value);
    if (!made) return std::move(made).error();
    *static_cast<T*>(object) = *std::move(made);
    return std::nullopt;
  };
  type.empty = [](const void* object) { return Codec<T>::empty(*static_cast<const T*>(object)); };
  type.schema = [] { return Codec<T>::schema(); };
  return type;
}

template <typename T>
constexpr Type make_type() {
  if constexpr (HasCodec<T>) {
    return custom_type<T>();
  } else if constexpr (std::same_as<T, bool>) {
    return {.kind = Kind::boolean};
  } else if constexpr (std::integral<T>) {
    return {.kind = Kind::integer, .bytes = sizeof(T), .is_signed = std::is_signed_v<T>};
  } else if constexpr (std::same_as<T, double>) {
    return {.kind = Kind::number};
  } else if constexpr (std::same_as<T, std::string>) {
    return {.kind = Kind::string};
  } else if constexpr (std::same_as<T, Value>) {
    return {.kind = Kind::value};
  } else if constexpr (std::is_enum_v<T>) {
    static_assert(HasNames<T>, "an enum needs constexpr json_names(Enum) in its own namespace");
    return enum_type<T>();
  } else if constexpr (Shape<T>::kind == Kind::list) {
    return list_type<T>();
  } else if constexpr (Shape<T>::kind == Kind::map) {
    return map_type<T>();
  } else if constexpr (Shape<T>::kind == Kind::optional) {
    return optional_type<T>();
  } else {
    static_assert(HasFields<T>, "the type needs static constexpr auto fields() or a json::Codec");
    Type type{.kind = Kind::structure};
    type.table = []() -> const Table& { return table_of<T>(); };
    return type;
  }
}

}  // namespace detail

/// The JSON form of a struct (or of any member type listed in pgo/json/field.h). The order of
/// members is that of the table; maps are sorted by key; Extra members come last.
template <typename T>
Value encode(const T& object) {
  return detail::encode(detail::kType<T>, &object);
}

/// The compact text of `encode(object)`, made a list's item at a time: an answer about a thousand
/// clusters need not lie in memory twice.
template <typename T>
std::string encode_text(const T& object, Escapes escapes = Escapes::plain) {
  return detail::encode_text(detail::kType<T>, &object, escapes);
}

/// Makes a T out of `value`; members that are absent keep the initialiser of the struct.
/// Errors: `invalid_argument`, whose subject is the path ("spec.containers[0].name").
template <typename T>
Result<T> decode(const Value& value, Mode mode = Mode::strict) {
  Result<T> result{};
  if (auto error = detail::decode(detail::kType<T>, value, mode, &*result)) {
    return fail(*std::move(error));
  }
  return result;
}

/// As above, over the members that `object` already has. After an error `object` is half changed.
template <typename T>
Result<void> decode_into(const Value& value, T& object, Mode mode = Mode::strict) {
  if (auto error = detail::decode(detail::kType<T>, value, mode, &object)) {
    return fail(*std::move(error));
  }
  return {};
}

/// Parses a document and decodes it.
template <typename T>
Result<T> parse_as(std::string_view text, Mode mode = Mode::strict,
                   const ParseLimits& limits = {}) {
  PGO_TRY(const Value value, parse(text, limits));
  return decode<T>(value, mode);
}

/// The OpenAPI v3 structural schema of T, as CustomResourceDefinitions need it: `type`,
/// `properties`, `required`, `description`, `enum`; members that may be null are `nullable`; a
/// Value or an Extra is `x-kubernetes-preserve-unknown-fields`, a coerced number
/// `x-kubernetes-int-or-string`. A type that contains itself is cut at its second appearance.
/// Source: Kubernetes, "Specifying a structural schema".
template <typename T>
Value schema() {
  return detail::schema(detail::kType<T>);
}

}  // namespace pgo::json
