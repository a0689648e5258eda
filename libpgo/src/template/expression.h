#pragma once

#include "pgo/json/value.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The expressions of structural templates: `.Path`, a JSON literal, `not`, and filters.
namespace pgo::templates {

struct Filter {
  enum class Kind : std::uint8_t { as_string, as_json, as_base64, fallback };
  Kind kind;
  json::Value argument;  ///< of `default`
};

/// One `{{ ... }}`, compiled.
struct Expression {
  std::vector<std::string> path;  ///< empty when it is a literal
  json::Value literal;
  bool negated = false;
  bool keep = false;  ///< neither removed when empty nor spliced
  std::vector<Filter> filters;

  /// The path as it was written: ".Storage.Size".
  std::string path_text() const;
};

/// A scalar taken apart: text and expressions in their order.
using Piece = std::variant<std::string, Expression>;

/// Splits a scalar at its expressions. Errors: `invalid_argument` without subject.
Result<std::vector<Piece>> split_scalar(std::string_view scalar);

/// The value of an expression over `fields`. Errors: `invalid_argument` without subject; a value of
/// a field is never part of the message.
Result<json::Value> evaluate(const Expression& expression, const json::Value& fields);

/// Appends a value to text; a list or object does not fit there.
Result<void> append_text(std::string& text, const json::Value& value, const Expression& source);

/// null, "", [] and {}.
bool is_empty(const json::Value& value);
/// Neither empty nor false nor zero.
bool is_true(const json::Value& value);

}  // namespace pgo::templates
