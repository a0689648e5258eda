#include "pgo/json/codec.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace pgo::json::detail {

namespace {

constexpr std::string_view kPreserve = "x-kubernetes-preserve-unknown-fields";

class SchemaWriter {
 public:
  Object write(const Type& type) {
    Object schema;
    switch (type.kind) {
      case Kind::boolean:
        schema.set("type", "boolean");
        break;
      case Kind::integer:
        schema.set("type", "integer");
        schema.set("format",
                   type.bytes > 4 || (type.bytes == 4 && !type.is_signed) ? "int64" : "int32");
        break;
      case Kind::number:
        schema.set("type", "number");
        schema.set("format", "double");
        break;
      case Kind::string:
        schema.set("type", "string");
        break;
      case Kind::value:
        schema.set(kPreserve, true);
        break;
      case Kind::optional:
        schema = write(*type.element());
        schema.set("nullable", true);
        break;
      case Kind::list:
        schema.set("type", "array");
        schema.set("items", write(*type.element()));
        schema.set("nullable", true);
        break;
      case Kind::map:
        schema.set("type", "object");
        schema.set("additionalProperties", write(*type.element()));
        schema.set("nullable", true);
        break;
      case Kind::structure:
        schema = write_structure(type.table());
        break;
      case Kind::enumeration:
        schema = write_enum(type);
        break;
      case Kind::custom:
        if (Value custom = type.schema(); custom.is_object())
          schema = std::move(*custom.if_object());
        break;
    }
    return schema;
  }

 private:
  static Object write_enum(const Type& type) {
    Array names;
    for (const EnumEntry& entry : type.names()) names.emplace_back(entry.name);
    Object schema;
    schema.set("type", "string");
    schema.set("enum", std::move(names));
    return schema;
  }

  Object write_field(const TableField& field) {
    const Type* bare = field.type;
    while (bare->kind == Kind::optional) bare = bare->element();
    Object schema = write(*field.type);
    if (field.rules.coerce && (bare->kind == Kind::integer || bare->kind == Kind::number)) {
      // The one union of types that a structural schema can say; it excludes `type`.
      schema.erase("type");
      schema.erase("format");
      schema.set("x-kubernetes-int-or-string", true);
    } else if (field.rules.coerce && bare->kind != Kind::structure) {
      schema.erase("type");
      schema.set(kPreserve, true);
    }
    if (!field.rules.description.empty()) schema.set("description", field.rules.description);
    return schema;
  }

  Object write_structure(const Table& table) {
    Object schema;
    schema.set("type", "object");
    // Structural schemas have no references, so a type inside itself ends as "anything".
    if (std::ranges::find(open_, &table) != open_.end()) {
      schema.set(kPreserve, true);
      return schema;
    }
    open_.push_back(&table);
    Object properties;
    Array required;
    for (const TableField& field : table.fields) {
      properties.set(field.name, write_field(field));
      if (field.rules.required) required.emplace_back(field.name);
    }
    open_.pop_back();
    if (!properties.empty()) schema.set("properties", std::move(properties));
    if (!required.empty()) schema.set("required", std::move(required));
    if (table.extra_offset != Table::kNone) schema.set(kPreserve, true);
    return schema;
  }

  std::vector<const Table*> open_;
};

}  // namespace

Value schema(const Type& type) { return SchemaWriter().write(type); }

}  // namespace pgo::json::detail
