#include "pgo/json/codec.h"
#include "pgo/json/encode_items.h"

#include <cstring>
#include <utility>

namespace pgo::json::detail {

namespace {

const void* at(const void* object, std::size_t offset) {
  return static_cast<const char*>(object) + offset;
}

template <typename T>
const T& as(const void* object) {
  return *static_cast<const T*>(object);
}

template <typename T>
T read(const void* object) {
  T value;
  std::memcpy(&value, object, sizeof value);
  return value;
}

Value encode_integer(const Type& type, const void* object) {
  switch (type.bytes) {
    case 1:
      return type.is_signed ? Value(int{read<std::int8_t>(object)})
                            : Value(int{read<std::uint8_t>(object)});
    case 2:
      return type.is_signed ? Value(int{read<std::int16_t>(object)})
                            : Value(int{read<std::uint16_t>(object)});
    case 4:
      return type.is_signed ? Value(std::int64_t{read<std::int32_t>(object)})
                            : Value(std::int64_t{read<std::uint32_t>(object)});
    default:
      return type.is_signed ? Value(read<std::int64_t>(object))
                            : Value(read<std::uint64_t>(object));
  }
}

bool integer_is_zero(const Type& type, const void* object) {
  for (std::size_t i = 0; i < type.bytes; ++i) {
    if (static_cast<const unsigned char*>(object)[i] != 0) return false;
  }
  return true;
}

std::string_view enum_name(const Type& type, const void* object) {
  const std::int64_t value = type.get_enum(object);
  for (const EnumEntry& entry : type.names()) {
    if (entry.value == value) return entry.name;
  }
  return {};
}

Value encode_list(const Type& type, const void* object) {
  const Type& element = *type.element();
  const std::size_t count = type.count(object);
  Array items;
  items.reserve(count);
  for (std::size_t i = 0; i < count; ++i) items.push_back(encode(element, type.item(object, i)));
  return items;
}

struct MapEncoder {
  const Type& element;
  Object members;
};

Value encode_map(const Type& type, const void* object) {
  MapEncoder encoder{*type.element(), {}};
  type.each(object, &encoder, [](void* context, const std::string& key, const void* value) {
    auto& to = *static_cast<MapEncoder*>(context);
    to.members.set(key, encode(to.element, value));
  });
  return std::move(encoder.members);
}

/// Whether `value`, just made from a member of this type, counts as not set.
bool left_out(const Type& type, const void* object) {
  switch (type.kind) {
    case Kind::boolean:
      return !as<bool>(object);
    case Kind::integer:
      return integer_is_zero(type, object);
    case Kind::number:
      return as<double>(object) == 0;
    case Kind::string:
      return as<std::string>(object).empty();
    case Kind::value:
      return as<Value>(object).is_null();
    case Kind::optional:
    case Kind::list:
    case Kind::map:
      return type.count(object) == 0;
    case Kind::enumeration:
      return enum_name(type, object).empty();
    case Kind::custom:
      return type.empty(object);
    case Kind::structure:
      return false;  // known only when it is encoded
  }
  return false;
}

bool written_as_null(const TableField& field, const void* object) {
  return field.rules.emit == Emit::always_null_when_empty &&
         (field.type->kind == Kind::list || field.type->kind == Kind::map) &&
         field.type->count(object) == 0;
}

Value encode_structure(const Table& table, const void* object) {
  Object members;
  for (const TableField& field : table.fields) {
    const void* const member = at(object, field.offset);
    const bool optional = field.rules.emit == Emit::if_set;
    if (optional && left_out(*field.type, member)) continue;
    Value value = written_as_null(field, member) ? Value() : encode(*field.type, member);
    if (optional && field.type->kind == Kind::structure && value.members().empty()) continue;
    members.set(field.name, std::move(value));
  }
  if (table.extra_offset != Table::kNone) {
    for (const Member& unknown : as<Extra>(at(object, table.extra_offset)).members) {
      if (!members.contains(unknown.key)) members.set(unknown.key, unknown.value);
    }
  }
  return members;
}

}  // namespace

void Table::inline_table(const Table& inner, std::size_t offset) {
  for (TableField field : inner.fields) {
    field.offset += offset;
    fields.push_back(field);
  }
  if (inner.extra_offset != kNone) extra_offset = offset + inner.extra_offset;
}

Value encode(const Type& type, const void* object) {
  switch (type.kind) {
    case Kind::boolean:
      return as<bool>(object);
    case Kind::integer:
      return encode_integer(type, object);
    case Kind::number:
      return as<double>(object);
    case Kind::string:
      return as<std::string>(object);
    case Kind::value:
      return as<Value>(object);
    case Kind::optional:
      return type.count(object) == 0 ? Value() : encode(*type.element(), type.item(object, 0));
    case Kind::list:
      return encode_list(type, object);
    case Kind::map:
      return encode_map(type, object);
    case Kind::structure:
      return encode_structure(type.table(), object);
    case Kind::enumeration:
      return enum_name(type, object);
    case Kind::custom:
      return type.encode(object);
  }
  return {};
}

namespace {

/// Whether this field is not there in what `encode_structure` makes; `value` is what it would be.
bool left_out_as(const TableField& field, const Value& value) {
  return field.rules.emit == Emit::if_set && field.type->kind == Kind::structure &&
         value.members().empty();
}

class TextOfStructure {
 public:
  TextOfStructure(Escapes escapes, std::string& out, const ComingItems* items = nullptr)
      : escapes_(escapes), out_(out), items_(items) {}

  void write_all(const Table& table, const void* object) {
    out_ += '{';
    for (const TableField& field : table.fields) {
      const void* const member = at(object, field.offset);
      if (items_ != nullptr && items_->offset == field.offset) {
        key(field.name);
        coming_items(*field.type);
        continue;
      }
      if (field.rules.emit == Emit::if_set && left_out(*field.type, member)) continue;
      if (field.type->kind == Kind::list && !written_as_null(field, member)) {
        key(field.name);
        list(*field.type, member);
        continue;
      }
      const Value value = written_as_null(field, member) ? Value() : encode(*field.type, member);
      if (left_out_as(field, value)) continue;
      key(field.name);
      out_ += write(value, Style::compact, escapes_);
    }
    if (table.extra_offset != Table::kNone) {
      for (const Member& unknown : as<Extra>(at(object, table.extra_offset)).members) {
        if (names(table, unknown.key)) continue;
        key(unknown.key);
        out_ += write(unknown.value, Style::compact, escapes_);
      }
    }
    out_ += '}';
  }

 private:
  static bool names(const Table& table, std::string_view key) {
    for (const TableField& field : table.fields) {
      if (field.name == key) return true;
    }
    return false;
  }

  void key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    out_ += write(Value(name), Style::compact, escapes_);
    out_ += ':';
  }

  void list(const Type& type, const void* object) {
    out_ += '[';
    const std::size_t count = type.count(object);
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ',';
      out_ += write(encode(*type.element(), type.item(object, i)), Style::compact, escapes_);
    }
    out_ += ']';
  }

  void coming_items(const Type& type) {
    out_ += '[';
    const std::size_t start = out_.size();
    while (const void* const item = items_->next()) {
      const bool first = out_.size() == start;
      if (!first) out_ += ',';
      out_ += write(encode(*type.element(), item), Style::compact, escapes_);
      // The others are about as long; a text that grew by doubling would be copied, and be there
      // twice for a while.
      if (first) out_.reserve(start + (out_.size() - start) * items_->expected * 9 / 8);
    }
    out_ += ']';
  }

  Escapes escapes_;
  std::string& out_;
  const ComingItems* items_;
};

}  // namespace

std::string encode_text(const Type& type, const void* object, Escapes escapes) {
  if (type.kind != Kind::structure) return write(encode(type, object), Style::compact, escapes);
  std::string text;
  TextOfStructure(escapes, text).write_all(type.table(), object);
  return text;
}

std::string encode_text(const Type& type, const void* object, const ComingItems& items,
                        Escapes escapes) {
  std::string text;
  TextOfStructure(escapes, text, &items).write_all(type.table(), object);
  return text;
}

}  // namespace pgo::json::detail
