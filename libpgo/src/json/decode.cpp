#include "path.h"
#include "pgo/base/text.h"
#include "pgo/json/codec.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace pgo::json::detail {

namespace {

using Failure = std::optional<Error>;

/// What one decoding carries down: the mode, and whether the current field coerces.
struct Rules {
  Mode mode;
  bool coerce;
};

Failure decode_value(const Type& type, const Value& value, Rules rules, void* object);

Failure wrong(std::string message) {
  return fail(Code::invalid_argument, std::move(message)).error();
}

Failure wrong_type(std::string_view wanted, const Value& value) {
  std::string message = "must be ";
  message += wanted;
  message += value.is_null()                                           ? ", not "
             : value.is_object() || value.is_array() || value.is_int() ? ", not an "
                                                                       : ", not a ";
  message += to_string(value.type());
  return wrong(std::move(message));
}

/// Puts one step in front of the path of an error that came up from below.
Failure under_key(Failure failure, std::string_view key) {
  failure->subject = path_join(path_key(key), failure->subject);
  return failure;
}

Failure under_index(Failure failure, std::size_t index) {
  failure->subject = path_join("[" + std::to_string(index) + "]", failure->subject);
  return failure;
}

void* at(void* object, std::size_t offset) { return static_cast<char*>(object) + offset; }

template <typename T>
bool store(void* object, std::int64_t number) {
  if (!std::in_range<T>(number)) return false;
  const auto narrow = static_cast<T>(number);
  std::memcpy(object, &narrow, sizeof narrow);
  return true;
}

bool store_integer(const Type& type, std::int64_t number, void* object) {
  switch (type.bytes) {
    case 1:
      return type.is_signed ? store<std::int8_t>(object, number)
                            : store<std::uint8_t>(object, number);
    case 2:
      return type.is_signed ? store<std::int16_t>(object, number)
                            : store<std::uint16_t>(object, number);
    case 4:
      return type.is_signed ? store<std::int32_t>(object, number)
                            : store<std::uint32_t>(object, number);
    default:
      return type.is_signed ? store<std::int64_t>(object, number)
                            : store<std::uint64_t>(object, number);
  }
}

/// An integer, a double without a fraction (1e3, or 5.0 as some writers have it), or text where
/// the field allows it.
std::optional<std::int64_t> integer_in(const Value& value, bool coerce) {
  if (value.is_int()) return value.as_int();
  if (value.is_number()) {
    const double number = value.as_double();
    // 2^63 itself is out of range; every double below it that has no fraction converts exactly.
    if (std::trunc(number) == number && number >= -0x1p63 && number < 0x1p63) {
      return static_cast<std::int64_t>(number);
    }
    return std::nullopt;
  }
  if (coerce && value.is_string()) {
    const std::string_view text = text::trim(value.as_string());
    return text.empty() ? 0 : text::to_int(text);
  }
  return std::nullopt;
}

Failure decode_boolean(const Value& value, bool coerce, void* object) {
  std::optional<bool> flag;
  if (value.is_bool()) flag = value.as_bool();
  if (coerce && value.is_string()) {
    flag = value.as_string().empty() ? false : text::to_bool(value.as_string());
  }
  if (!flag) return wrong_type("true or false", value);
  *static_cast<bool*>(object) = *flag;
  return std::nullopt;
}

Failure decode_integer(const Type& type, const Value& value, bool coerce, void* object) {
  const auto number = integer_in(value, coerce);
  if (!number) return wrong_type("an integer", value);
  if (!store_integer(type, *number, object)) return wrong("is out of range");
  return std::nullopt;
}

Failure decode_number(const Value& value, bool coerce, void* object) {
  std::optional<double> number;
  if (value.is_number()) number = value.as_double();
  if (coerce && value.is_string()) {
    // The JSON parser is the one reader of numbers that does not depend on the locale.
    if (auto parsed = parse(text::trim(value.as_string())); parsed && parsed->is_number()) {
      number = parsed->as_double();
    }
  }
  if (!number) return wrong_type("a number", value);
  *static_cast<double*>(object) = *number;
  return std::nullopt;
}

Failure decode_string(const Value& value, bool coerce, void* object) {
  auto& text = *static_cast<std::string*>(object);
  if (const String* held = value.if_string()) {
    text = *held;
  } else if (coerce && (value.is_number() || value.is_bool())) {
    text = write(value);
  } else {
    return wrong_type("a string", value);
  }
  return std::nullopt;
}

Failure decode_enum(const Type& type, const Value& value, void* object) {
  if (!value.is_string()) return wrong_type("a string", value);
  std::string known;
  for (const EnumEntry& entry : type.names()) {
    if (entry.name == value.as_string()) {
      type.set_enum(object, entry.value);
      return std::nullopt;
    }
    if (entry.name.empty()) continue;
    if (!known.empty()) known += ", ";
    known += entry.name;
  }
  return wrong("must be one of " + known);
}

Failure decode_list(const Type& type, const Value& value, Rules rules, void* object) {
  const Array* const items = value.if_array();
  if (items == nullptr) return wrong_type("a list", value);
  type.clear(object);
  const Type& element = *type.element();
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (auto failure = decode_value(element, (*items)[i], rules, type.grow(object))) {
      return under_index(std::move(failure), i);
    }
  }
  return std::nullopt;
}

Failure decode_map(const Type& type, const Value& value, Rules rules, void* object) {
  const Object* const members = value.if_object();
  if (members == nullptr) return wrong_type("an object", value);
  type.clear(object);
  const Type& element = *type.element();
  for (const Member& member : *members) {
    void* const slot = type.insert(object, member.key);
    if (auto failure = decode_value(element, member.value, rules, slot)) {
      return under_key(std::move(failure), member.key);
    }
  }
  return std::nullopt;
}

constexpr std::size_t kNoField = static_cast<std::size_t>(-1);

/// The field of that name. Documents mostly have the order of the table, so the search begins where
/// the last one ended.
std::size_t find_field(const Table& table, std::string_view key, Mode mode, std::size_t hint) {
  const std::size_t count = table.fields.size();
  for (std::size_t step = 0; step < count; ++step) {
    const std::size_t i = hint + step < count ? hint + step : hint + step - count;
    if (table.fields[i].name == key) return i;
  }
  if (mode == Mode::strict) return kNoField;
  for (std::size_t i = 0; i < count; ++i) {
    if (text::equals_ignore_case(table.fields[i].name, key)) return i;
  }
  return kNoField;
}

Failure missing_field(const Table& table, const Object& members) {
  for (const TableField& field : table.fields) {
    if (field.rules.required && !members.contains(field.name)) {
      return under_key(wrong("is required"), field.name);
    }
  }
  return std::nullopt;
}

Failure decode_structure(const Table& table, const Value& value, Mode mode, void* object) {
  const Object* const members = value.if_object();
  if (members == nullptr) return wrong_type("an object", value);
  std::size_t hint = 0;
  for (const Member& member : *members) {
    const std::size_t found = find_field(table, member.key, mode, hint);
    if (found == kNoField) {
      if (table.extra_offset != Table::kNone) {
        static_cast<Extra*>(at(object, table.extra_offset))->members.set(member.key, member.value);
      } else if (mode == Mode::strict) {
        return under_key(wrong("is not a known field"), member.key);
      }
      continue;
    }
    const TableField& field = table.fields[found];
    hint = found + 1;
    if (auto failure = decode_value(*field.type, member.value, {mode, field.rules.coerce},
                                    at(object, field.offset))) {
      return under_key(std::move(failure), field.name);
    }
  }
  return mode == Mode::strict ? missing_field(table, *members) : std::nullopt;
}

/// Null empties what can be empty and, in lenient mode, leaves everything else as it is.
Failure decode_null(const Type& type, Mode mode, const Value& value) {
  switch (type.kind) {
    case Kind::optional:
    case Kind::list:
    case Kind::map:
    case Kind::value:
      return std::nullopt;
    case Kind::boolean:
      return mode == Mode::lenient ? std::nullopt : wrong_type("true or false", value);
    case Kind::integer:
    case Kind::number:
      return mode == Mode::lenient ? std::nullopt : wrong_type("a number", value);
    case Kind::string:
    case Kind::enumeration:
      return mode == Mode::lenient ? std::nullopt : wrong_type("a string", value);
    case Kind::structure:
      return mode == Mode::lenient ? std::nullopt : wrong_type("an object", value);
    case Kind::custom:
      return mode == Mode::lenient ? std::nullopt : wrong("must not be null");
  }
  return std::nullopt;
}

Failure decode_value(const Type& type, const Value& value, Rules rules, void* object) {
  if (value.is_null()) {
    if (type.clear != nullptr) type.clear(object);
    if (type.kind == Kind::value) *static_cast<Value*>(object) = Value();
    return decode_null(type, rules.mode, value);
  }
  switch (type.kind) {
    case Kind::boolean:
      return decode_boolean(value, rules.coerce, object);
    case Kind::integer:
      return decode_integer(type, value, rules.coerce, object);
    case Kind::number:
      return decode_number(value, rules.coerce, object);
    case Kind::string:
      return decode_string(value, rules.coerce, object);
    case Kind::enumeration:
      return decode_enum(type, value, object);
    case Kind::value:
      *static_cast<Value*>(object) = value;
      return std::nullopt;
    case Kind::optional:
      return decode_value(*type.element(), value, rules, type.grow(object));
    case Kind::list:
      return decode_list(type, value, rules, object);
    case Kind::map:
      return decode_map(type, value, rules, object);
    case Kind::structure:
      return decode_structure(type.table(), value, rules.mode, object);
    case Kind::custom:
      return type.decode(value, object);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> decode(const Type& type, const Value& value, Mode mode, void* object) {
  return decode_value(type, value, {mode, false}, object);
}

}  // namespace pgo::json::detail
